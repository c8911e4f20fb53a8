"""What must be known of a credential to let it in, without asking the database each time.

`look_up` names a request's key, its access token and the child it acts for, and gets what their rows say together
with the count against the key's bucket: one round trip to Redis. What Redis does not hold is read from the rows, and
kept there for at most a minute (`agentcollect.kit.facts` says how). While Redis is gone, and for a minute after it
came back, the rows are read on every request, so that what was revoked meanwhile is refused all the same.

Whoever changes a row that is read here calls `forget…` right after the commit.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings

from accounts import queries, rules
from agentcollect.kit import db, facts, ratelimit
from agentcollect.kit.facts import Held
from agentcollect.kit.ratelimit import Verdict
from agentcollect.kit.redis import Gone


class Key(msgspec.Struct, frozen=True, array_like=True):
    """What a key's row says, with those of its organisations. Times are epoch seconds.

    `serves` is whose rows it touches when no child is named (the child it is bound to, else its own organisation),
    `linked` whether that one still is the key's to serve, `approved` whether it is approved for live mode.
    """

    id: str
    organisation_id: str
    serves: str
    linked: bool
    approved: bool
    livemode: bool
    scopes: tuple[str, ...]
    expires_at: float | None
    revoked: bool
    rate_limit: int | None
    allowed_addresses: tuple[str, ...]
    api_version: str
    last_used_at: float | None

    @property
    def bound(self) -> bool:
        """Does it serve one child of its organisation, and nobody else?"""
        return self.serves != self.organisation_id

    @property
    def requests_per_minute(self) -> int:
        return self.rate_limit or settings.RATE_LIMIT_PER_MINUTE

    def usable(self, at: datetime) -> bool:
        """Neither revoked nor expired at `at`."""
        return not self.revoked and (self.expires_at is None or at.timestamp() < self.expires_at)


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What an access token's row says beyond the token itself."""

    revoked: bool


class Child(msgspec.Struct, frozen=True, array_like=True):
    """What an organisation's row says to a platform that names it."""

    id: str
    parent_id: str
    approved: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a request's credential; None where there is no such row, or nobody asked for it.

    `verdict` is about the key's bucket; `read` is true when the key's row had to be read, about once a minute.
    """

    key: Key
    token: Token | None
    child: Child | None
    verdict: Verdict
    read: bool


def key_id(text: str) -> str | None:
    """The id of the key that `text` spells, revoked and expired ones too; None for anything that is no key of ours."""
    if rules.key_mode(text) is None:
        return None
    try:
        return _key_id(tuple(rules.digest(text, pepper) for pepper in settings.API_KEY_PEPPERS.values()))
    except LookupError:
        return None


@lru_cache(maxsize=10_000)
def _key_id(digests: tuple[str, ...]) -> str:
    """A key's digest never changes: each process asks once. What is not found raises, and is so not remembered."""
    found = queries.key_id_by_digest(digests)
    if found is None:
        raise LookupError
    return found


def look_up(key_id: str, *, token_id: str = "", child_id: str = "") -> Found | None:
    """What is known of this key, token and child; counts one hit against the key's bucket. None: no such key."""
    names = [name for name in (key_id, token_id, child_id) if name]
    bucket = f"key:{key_id}"
    try:
        counted = facts.count_and_read(bucket, names if facts.trusted() else ())
        held = dict(zip(names, counted.held, strict=False))
    except Gone:
        counted, held = None, {}
    known = {name: _kind(name).decoded(one.value) for name, one in held.items()}
    if missing := [name for name in names if known.get(name) is None]:
        known |= _read(missing, held)
    key = known[key_id]
    if key is None:
        return None
    limit = key.requests_per_minute
    verdict = ratelimit.verdict(counted.hits, limit, counted.left_ms) if counted else ratelimit.hit_alone(bucket, limit)
    return Found(key, known.get(token_id), known.get(child_id), verdict, key_id in missing)


# --- from the rows


def _read(names: Sequence[str], held: Mapping[str, Held]) -> dict[str, Any]:
    """What the rows say of `names`, kept where Redis gave a lease. What does not exist is not kept."""
    known = {name: _kind(name).read(name) for name in names}
    leases = [(name, held[name].lease) for name in names if name in held and held[name].lease and known[name]]
    facts.keep([(name, lease, _kind(name).encoded(known[name])) for name, lease in leases])
    return known


def _read_key(id: str) -> Key | None:
    row = queries.key_facts(id)
    if row is None:
        return None
    bound = row["acting_for_id"] is not None
    return Key(
        id=id,
        organisation_id=row["organisation_id"],
        serves=row["acting_for_id"] or row["organisation_id"],
        linked=not bound or row["acting_for__parent_id"] == row["organisation_id"],
        approved=row["acting_for__live_approved" if bound else "organisation__live_approved"],
        livemode=row["livemode"],
        scopes=tuple(row["scopes"]),
        expires_at=_epoch(row["expires_at"]),
        revoked=row["revoked_at"] is not None,
        rate_limit=row["organisation__rate_limit"],
        allowed_addresses=tuple(row["allowed_addresses"]),
        api_version=row["api_version"],
        last_used_at=_epoch(row["last_used_at"]),
    )


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _read_token(id: str) -> Token | None:
    revoked = queries.token_is_revoked(id)
    return None if revoked is None else Token(revoked)


def _read_child(id: str) -> Child | None:
    row = queries.child_facts(id)
    return None if row is None else Child(id, row["parent_id"] or "", row["live_approved"])


class _Kind:
    """How the facts under one kind of id are read from rows, and spelled in Redis.

    The spelling starts with a mark of the struct's own fields: while two releases run side by side neither takes what
    the other kept for its own.
    """

    def __init__(self, struct: type[msgspec.Struct], read: Callable[[str], Any]) -> None:
        self.read, self._decoder = read, msgspec.json.Decoder(struct)
        shape = [(field.name, repr(field.type)) for field in msgspec.structs.fields(struct)]
        self._mark = b"%08x" % zlib.crc32(repr(shape).encode())

    def encoded(self, known: msgspec.Struct) -> bytes:
        return self._mark + msgspec.json.encode(known)

    def decoded(self, text: bytes | None) -> Any:
        """The facts; None for no text, and for another release's."""
        return self._decoder.decode(text[8:]) if text and text[:8] == self._mark else None


_KINDS = {"key": _Kind(Key, _read_key), "tok": _Kind(Token, _read_token), "org": _Kind(Child, _read_child)}


def _kind(name: str) -> _Kind:
    return _KINDS[name[:3]]


# --- what changed


def forget(key_id: str) -> int:
    """The key's row changed: call it after the commit. Returns the seconds until every process knows.

    0 when Redis confirmed it, else (and inside a transaction, whose commit is still to come) facts.SECONDS.
    """
    return _forget(lambda: [key_id])


def forget_token(token_id: str) -> int:
    """`forget` for one access token."""
    return _forget(lambda: [token_id])


def forget_organisation(organisation_id: str) -> int:
    """`forget` after a change of an organisation's limit, live approval or parent: its keys and those bound to it."""
    return _forget(lambda: [organisation_id, *queries.key_ids_of(organisation_id)])


def forget_stopped(at: datetime) -> int:
    """Forget again what was revoked or ran out lately: a process may have died between its commit and `forget`."""
    return facts.forget(queries.stopped_ids(since=at - timedelta(seconds=2 * facts.SECONDS), at=at))


def _forget(names: Callable[[], Sequence[str]]) -> int:
    if db.in_transaction():
        db.after_commit(lambda: _now(names))
        return facts.SECONDS
    return facts.forget(names())


def _now(names: Callable[[], Sequence[str]]) -> None:
    facts.forget(names())
