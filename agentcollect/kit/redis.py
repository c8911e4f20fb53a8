"""Redis as a request may use it: one connection a thread, short waits, and a memory of when it was gone.

Redis only ever shortens the way: whoever calls it must know what to do without it (`Gone`). After a failure a process
leaves it alone for two seconds, then one request tries again.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from time import monotonic
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

log = structlog.get_logger()

# A request waits for these: connecting, and an answer.
_CONNECT_SECONDS, _ANSWER_SECONDS = 0.2, 0.5
_RETRY_SECONDS = 2.0


class Gone(Exception):
    """Redis did not answer, or failed a moment ago and is left alone."""


class Script:
    """A Lua script, called by its digest: the text is sent only to a server that does not know it yet."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def call(script: Script, keys: Sequence[str], args: Sequence[Any], *, insist: bool = False) -> Any:
    """Run `script` in one round trip. `insist` asks even a server that failed a moment ago. Raises Gone."""
    if not insist and _health.resting():
        raise Gone
    try:
        answer = _run(_link(settings.REDIS_URL), script, keys, args)
    except redis.RedisError as error:
        _health.failed(error)
        raise Gone from error
    if _health.gone:
        _health.returned()
    return answer


def steady_for(seconds: float) -> bool:
    """Has Redis failed this process neither now nor within `seconds` after it last came back?"""
    return not _health.gone and monotonic() - _health.back_since >= seconds


def on_return(call: Callable[[], None]) -> None:
    """Run `call` whenever Redis answers this process again after a failure."""
    _on_return.append(call)


@lru_cache(maxsize=4)
def client(url: str) -> redis.Redis:
    """A pool of connections for everything that is no request's first question (probes, tools)."""
    return redis.Redis.from_url(url, **_options())


def _options() -> dict[str, Any]:
    # One quick second try, and only for a connection that was found closed: redis-py's own default sleeps for seconds.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": _CONNECT_SECONDS, "retry": retry}


def _run(link: redis.Redis, script: Script, keys: Sequence[str], args: Sequence[Any]) -> Any:
    try:
        return link.execute_command("EVALSHA", script.sha, len(keys), *keys, *args)
    except NoScriptError:
        return link.execute_command("EVAL", script.text, len(keys), *keys, *args)


_links = threading.local()


def _link(url: str) -> redis.Redis:
    """This thread's own connection: no pool to lock, no poll before each command (a fifth of the CPU of a call)."""
    if getattr(_links, "url", "") != url:
        _links.link = redis.Redis.from_url(url, single_connection_client=True, **_options())
        _links.url = url
    return _links.link


def _new_links() -> None:
    """A forked child must not speak on its parent's connections."""
    global _links
    _links = threading.local()


os.register_at_fork(after_in_child=_new_links)


class _Health:
    """What this process knows of Redis, by the monotonic clock."""

    def __init__(self) -> None:
        self.gone, self.retry_at, self.back_since = False, 0.0, float("-inf")

    def resting(self) -> bool:
        """Leave it alone? Of the threads that come when it is time to try again, one tries."""
        if not self.gone:
            return False
        now = monotonic()
        if now < self.retry_at:
            return True
        self.retry_at = now + _RETRY_SECONDS
        return False

    def failed(self, error: Exception) -> None:
        if not self.gone:
            log.warning("redis_gone", error=type(error).__name__)
        self.gone, self.retry_at = True, monotonic() + _RETRY_SECONDS

    def returned(self) -> None:
        self.gone, self.back_since = False, monotonic()
        log.info("redis_back")
        for call in _on_return:
            call()


_health = _Health()
_on_return: list[Callable[[], None]] = []
