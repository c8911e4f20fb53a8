"""`python -m agentcollect`."""

from agentcollect.cli import main

main()
