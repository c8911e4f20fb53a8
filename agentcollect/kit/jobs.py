"""Waking workers. What must be done stands in rows; a nudge only shortens the wait until the next sweep."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from kombu.exceptions import OperationalError

from agentcollect.kit import db

log = structlog.get_logger()

# After a broker failure this process stops trying for a while: a dead broker must not slow requests down.
_PAUSE_SECONDS = 5.0
_silent_until = 0.0
_gathered: ContextVar[dict[str, None] | None] = ContextVar("gathered", default=None)
_silent: ContextVar[bool] = ContextVar("silent", default=False)


def enqueue(name: str, **kwargs: Any) -> None:
    """Ask a worker to run task `name` after the present transaction commits. Never raises, never blocks for long."""
    if _silent.get():
        return
    gathered = _gathered.get()
    if gathered is None or kwargs:
        db.after_commit(lambda: _nudge(name, kwargs))
    elif name not in gathered:
        gathered[name] = None
        db.after_commit(lambda: _nudge(name, {}))


@contextmanager
def once_each() -> Iterator[None]:
    """Around a transaction of many acts: a task that all of them ask for is asked for once."""
    token = _gathered.set({})
    try:
        yield
    finally:
        _gathered.reset(token)


@contextmanager
def silent() -> Iterator[None]:
    """Nobody is woken: the caller does all the work itself, and sweeps find whatever else there is."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


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
