"""What rows say, kept in Redis for at most a minute, and never once it was told to forget.

Whoever finds nothing gets a lease: a random mark laid under the name before the row is read. Facts are kept only
while that lease still lies there, and live as long as it would have: a minute from before the row was read. So
`forget`, called after a change was committed, removes old facts, and whoever read the old row at that moment can no
longer keep what it read. (The technique is that of leases in memcached at Facebook, NSDI 2013, section 3.2.1.)
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from agentcollect.kit import redis
from agentcollect.kit.ratelimit import WINDOW_SECONDS
from agentcollect.kit.redis import Gone

SECONDS = 60
_LEASE = b"?"
_ORPHANS = 10_000

_COUNT_AND_READ = redis.Script(
    """
local found = {redis.call('INCR', KEYS[1]), redis.call('PTTL', KEYS[1])}
if found[2] < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  found[2] = tonumber(ARGV[1])
end
for i = 2, #KEYS do
  local held = redis.call('GET', KEYS[i])
  if not held then
    held = ARGV[3]
    redis.call('SET', KEYS[i], held, 'PX', ARGV[2])
  end
  found[i + 1] = held
end
return found
"""
)
_KEEP = redis.Script(
    """
for i, name in ipairs(KEYS) do
  if redis.call('GET', name) == ARGV[2 * i - 1] then redis.call('SET', name, ARGV[2 * i], 'KEEPTTL') end
end
"""
)
_FORGET = redis.Script("return redis.call('DEL', unpack(KEYS))")


class Held(NamedTuple):
    """What lies under a name: facts (`value`), or the lease that allows keeping them (`value` is None)."""

    value: bytes | None
    lease: bytes


class Counted(NamedTuple):
    """How many hits the bucket has, for how many milliseconds more, and what lies under each name asked for."""

    hits: int
    left_ms: int
    held: list[Held]


def count_and_read(bucket: str, names: Sequence[str]) -> Counted:
    """Count one hit against `bucket` and read `names`, in one round trip. Raises Gone."""
    keys = [f"rl:{bucket}", *[f"facts:{name}" for name in names]]
    lease = _LEASE + os.urandom(12)
    hits, left_ms, *raw = redis.call(_COUNT_AND_READ, keys, (WINDOW_SECONDS * 1000, SECONDS * 1000, lease))
    return Counted(hits, left_ms, [Held(None, one) if one[:1] == _LEASE else Held(one, b"") for one in raw])


def trusted() -> bool:
    """May this process believe what Redis holds?

    Not until a minute after it came back from a failure: by then all that it may have failed to forget is gone.
    """
    return redis.steady_for(SECONDS)


def keep(read: Sequence[tuple[str, bytes, bytes]]) -> None:
    """Keep facts as (name, lease, value), where nobody forgot the name meanwhile. Nothing happens without Redis."""
    if not read:
        return
    names = [f"facts:{name}" for name, _, _ in read]
    try:
        redis.call(_KEEP, names, [text for _, lease, value in read for text in (lease, value)])
    except Gone:
        pass


def forget(names: Sequence[str]) -> int:
    """Forget `names`; call it after the commit. Returns the seconds until no process believes the old facts.

    0 when Redis confirmed; SECONDS when it did not: then the facts run out by themselves at the latest, and this
    process tries again as soon as Redis answers it.
    """
    if not names:
        return 0
    try:
        redis.call(_FORGET, [f"facts:{name}" for name in names], (), insist=True)
    except Gone:
        if len(_unconfirmed) < _ORPHANS:
            _unconfirmed.update(names)
        return SECONDS
    _unconfirmed.difference_update(names)
    return 0


_unconfirmed: set[str] = set()


def _forget_unconfirmed() -> None:
    forget(list(_unconfirmed))


redis.on_return(_forget_unconfirmed)
