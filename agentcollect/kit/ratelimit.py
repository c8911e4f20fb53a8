"""Fixed-window limits, exact under concurrency: one Lua call counts and answers.

The window is anchored at the first request, so a client that starts at :59 has its whole minute. With Redis gone each
process admits its share of the limit from memory: requests are still served, and nobody is let through unlimited.
"""

import math
import os
import threading
import time
from dataclasses import dataclass

from agentcollect.kit import redis
from agentcollect.kit.redis import Gone

WINDOW_SECONDS = 60
_COUNT = redis.Script(
    """
local count, left = redis.call('INCR', KEYS[1]), redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
"""
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limit said: `resets` is the end of the window in epoch seconds. What clients read is rounded up."""

    limit: int
    remaining: int
    resets: float
    allowed: bool

    @property
    def reset_at(self) -> int:
        """Whole epoch seconds."""
        return math.ceil(self.resets)

    @property
    def retry_after(self) -> int:
        """Whole seconds, at least 1."""
        return max(1, math.ceil(self.resets - time.time()))

    def headers(self) -> dict[str, str]:
        """Both header families: the product page's, and the IETF draft's (draft-ietf-httpapi-ratelimit-headers)."""
        wait = max(0, math.ceil(self.resets - time.time()))
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"default";r={self.remaining};t={wait}',
        }


def hit(bucket: str, limit: int) -> Verdict:
    """Count one request against `bucket` and say whether it is within `limit` per minute."""
    try:
        count, left_ms = redis.call(_COUNT, [f"rl:{bucket}"], [WINDOW_SECONDS * 1000])
    except Gone:
        return hit_alone(bucket, limit)
    return verdict(count, limit, left_ms)


def verdict(count: int, limit: int, left_ms: int) -> Verdict:
    """What `count` hits mean under `limit`, in a window that ends in `left_ms` milliseconds."""
    return Verdict(limit, max(0, limit - count), time.time() + left_ms / 1000, count <= limit)


def hit_alone(bucket: str, limit: int) -> Verdict:
    """`hit` without Redis: against this process's share of the limit, from its own memory."""
    count, left_ms = _own.hit(bucket, time.monotonic())
    return verdict(count, max(1, limit // _processes()), left_ms)


def _processes() -> int:
    return max(1, int(os.environ.get("WEB_PROCESSES", "2")))


class _Own:
    """The process's own counts while Redis is gone: bucket → (when its window began, hits)."""

    MOST = 10_000

    def __init__(self) -> None:
        self.windows: dict[str, tuple[float, int]] = {}
        self.lock = threading.Lock()

    def hit(self, bucket: str, now: float) -> tuple[int, int]:
        """Hits in the bucket's window, this one included, and the milliseconds it has left."""
        with self.lock:
            began, count = self.windows.get(bucket, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, count = now, 0
            if bucket not in self.windows and len(self.windows) >= self.MOST:
                self._make_room(now)
            self.windows[bucket] = (began, count + 1)
            return count + 1, int((began + WINDOW_SECONDS - now) * 1000)

    def _make_room(self, now: float) -> None:
        """Drop what has run out; among as many living buckets as that, the older half (callers by the thousand)."""
        self.windows = {name: held for name, held in self.windows.items() if now - held[0] < WINDOW_SECONDS}
        for name in list(self.windows)[: len(self.windows) // 2] if len(self.windows) >= self.MOST else ():
            del self.windows[name]


_own = _Own()
