"""The cache that limits sign-in attempts: Redis, and this process's own memory while Redis is gone.

django-allauth counts wrong passwords and used one-time codes in Django's cache. An outage of Redis must neither lock
people out nor let anybody guess unlimited, so each process then counts for itself.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger()

RETRY_SECONDS = 2.0


def _steady(name: str) -> Callable[..., Any]:
    def call(self: "SteadyRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= SteadyRedisCache.retry_at:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                SteadyRedisCache.retry_at = time.monotonic() + RETRY_SECONDS
                log.warning("cache_without_redis", error=type(error).__name__)
        return getattr(self.memory, name)(*args, **kwargs)

    call.__name__ = name
    return call


class SteadyRedisCache(RedisCache):
    """Redis for all processes; after a failure it is left alone for two seconds, and memory answers."""

    # Of the process, not of the thread: each thread has an instance of its own.
    retry_at = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        kept = {name: value for name, value in params.items() if name.upper() != "OPTIONS"}
        self.memory = LocMemCache("steady", kept)

    add, get, set, touch, delete = (_steady(name) for name in ("add", "get", "set", "touch", "delete"))
    get_many, set_many, delete_many = (_steady(name) for name in ("get_many", "set_many", "delete_many"))
    has_key, incr, clear = (_steady(name) for name in ("has_key", "incr", "clear"))
