"""Fixed-window limits, exact under concurrency: one Lua call counts and answers.

The window is anchored at the first request, so a client that starts at :59 has its whole minute. With Redis gone each
process admits its share of the limit from memory: requests are still served, and nobody is let through unlimited.
"""

import os
import time
from dataclasses import dataclass
from functools import lru_cache

import redis
import structlog
from django.conf import settings

log = structlog.get_logger()

WINDOW_SECONDS = 60
_LUA = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limit said: `reset_at` is epoch seconds, `retry_after` whole seconds, at least 1."""

    limit: int
    remaining: int
    reset_at: int
    allowed: bool

    @property
    def retry_after(self) -> int:
        return max(1, self.reset_at - int(time.time()))

    def headers(self) -> dict[str, str]:
        """Both header families: the product page's, and the IETF draft's (draft-ietf-httpapi-ratelimit-headers)."""
        wait = max(0, self.reset_at - int(time.time()))
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"default";r={self.remaining};t={wait}',
        }


@lru_cache(maxsize=4)
def client(url: str) -> redis.Redis:
    """The process's own connection pool to Redis; short timeouts, because a request waits for it."""
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.2)


@lru_cache(maxsize=4)
def _script(url: str) -> "redis.commands.core.Script":
    return client(url).register_script(_LUA)


def hit(bucket: str, limit: int) -> Verdict:
    """Count one request against `bucket` and say whether it is within `limit` per minute."""
    now = time.time()
    if now >= _Local.retry_redis_at:
        try:
            count, left_ms = _script(settings.REDIS_URL)(keys=[f"rl:{bucket}"], args=[WINDOW_SECONDS * 1000])
            return _verdict(int(count), limit, now + int(left_ms) / 1000)
        except redis.RedisError as error:
            _Local.retry_redis_at = now + 2.0
            log.warning("rate_limit_without_redis", error=type(error).__name__)
    return _Local.hit(bucket, max(1, limit // _processes()), now)


def _verdict(count: int, limit: int, reset_at: float) -> Verdict:
    return Verdict(limit, max(0, limit - count), int(reset_at) + 1, count <= limit)


def _processes() -> int:
    return max(1, int(os.environ.get("WEB_PROCESSES", "2")))


class _Local:
    """The process's own counts while Redis is gone."""

    retry_redis_at = 0.0
    windows: dict[str, tuple[float, int]] = {}

    @classmethod
    def hit(cls, bucket: str, limit: int, now: float) -> Verdict:
        started, count = cls.windows.get(bucket, (now, 0))
        if now - started >= WINDOW_SECONDS:
            started, count = now, 0
        if len(cls.windows) > 10_000:
            cls.windows.clear()
        cls.windows[bucket] = (started, count + 1)
        return _verdict(count + 1, limit, started + WINDOW_SECONDS)
