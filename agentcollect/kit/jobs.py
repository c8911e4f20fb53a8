"""Waking workers. What must be done stands in rows; a nudge only shortens the wait until the next sweep."""

import time
from typing import Any

import structlog
from kombu.exceptions import OperationalError

from agentcollect.kit import db

log = structlog.get_logger()

# After a broker failure this process stops trying for a while: a dead broker must not slow requests down.
_PAUSE_SECONDS = 5.0
_silent_until = 0.0


def enqueue(name: str, **kwargs: Any) -> None:
    """Ask a worker to run task `name` after the present transaction commits. Never raises, never blocks for long."""
    db.after_commit(lambda: _nudge(name, kwargs))


def _nudge(name: str, kwargs: dict[str, Any]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    from agentcollect.celery import app

    try:
        app.send_task(name, kwargs=kwargs, retry=False, ignore_result=True, expires=60)
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + _PAUSE_SECONDS
        log.warning("broker_unreachable", task=name, error=type(error).__name__)
