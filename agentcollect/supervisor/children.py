"""The processes of the product, as the Procfile names them, for one machine.

`python -m …` only: the first line of a console script cannot hold a path with spaces.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

_CELERY = [sys.executable, "-m", "celery", "-A", "agentcollect.celery"]


@dataclass(frozen=True)
class Plan:
    """How one child is started.."""

    name: str
    command: list[str]
    cwd: Path
    env: dict[str, str] = field(default_factory=dict)


def product(root: Path, var: Path, port: int) -> list[Plan]:
    """web, worker, sender and beat, started in this order."""
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    # blocking-threads 2: with connections kept open, more threads than this only wait for each other.
    web += ["--workers", "2", "--blocking-threads", "2", "--respawn-failed-workers", "--no-ws"]
    queue = ["worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    beat = ["beat", "--loglevel", "INFO", "-s", str(var / "beat"), "--pidfile="]
    return [
        Plan("web", [*web, "agentcollect.wsgi:application"], root),
        Plan("worker", [*_CELERY, *queue, "-Q", "default", "-c", "2", "-n", "worker@%h"], root),
        Plan("sender", [*_CELERY, *queue, "-Q", "webhooks", "-P", "solo", "-n", "sender@%h"], root),
        Plan("beat", [*_CELERY, *beat], root),
    ]


def manage(root: Path, *arguments: str) -> list[str]:
    """The command line of one management command."""
    return [sys.executable, str(root / "manage.py"), *arguments]
