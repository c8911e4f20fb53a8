"""`agentcollect`: the API from a terminal."""

from agentcollect.cli.app import main

__all__ = ["main"]
