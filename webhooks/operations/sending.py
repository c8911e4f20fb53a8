"""How an attempt is claimed and settled. In between, outside any transaction, the sender POSTs.

The row is the queue. A claim leases it and moves its token; only who still knows the token may settle or release it.
A worker that dies keeps nobody waiting: when its lease ends the row is due again, so the receiver may hear an event
twice and never not at all.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F

from agentcollect.kit import db, due, ids
from agentcollect.kit.http import Outcome
from events.models import Event
from webhooks import vault, versions
from webhooks.health import BRAKE
from webhooks.models import Attempt, Delivery, Endpoint, Rendering
from webhooks.operations import breaking
from webhooks.rules import TEST_EVENT, VERIFICATION, Settlement, live_secrets, settle_outcome

LEASE = timedelta(seconds=30)  # three deadlines of 10 s: a queued row may wait for two others
KEPT_BODY = 8_192  # characters of an answer that the attempt log keeps


@dataclass(frozen=True, slots=True)
class Claim:
    """One leased delivery with all that its POST needs.

    `headers` are the endpoint's own, None when they cannot be read. `challenge`: the answer must hold it. `probe`: the
    one POST by which an open circuit breaker finds out. `limited`: the endpoint's POSTs are paced.
    """

    delivery_id: str
    organisation_id: str
    livemode: bool
    token: int
    lease_until: datetime
    attempt: int
    failures_in_row: int
    replay: bool
    event_id: str
    sequence: int | None
    request_id: str
    body: bytes
    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    headers: dict[str, str] | None = field(default_factory=dict)
    challenge: str = ""
    long_tail: bool = False
    limited: bool = False
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claim's POST. `spread` in [-1, 1] is the jitter drawn for its next attempt."""

    claim: Claim
    request_headers: dict[str, str]
    outcome: Outcome
    started_at: datetime
    finished_at: datetime
    spread: float


class Row(NamedTuple):
    """The columns of a delivery that its claim reads."""

    id: str
    organisation_id: str
    livemode: bool
    lease_token: int
    attempts_made: int
    failures_in_row: int
    replay: bool
    event_id: str
    event_type: str
    endpoint_id: str


class Site(NamedTuple):
    """An endpoint as its claim reads it."""

    url: str
    secrets: str
    headers: str
    rate_limit: int | None
    long_tail: bool
    challenge: str
    api_version: str
    open_until: datetime | None


# An unverified endpoint is asked for its challenge and told nothing else. Members' mail is claimed elsewhere.
_OWNED = "o.kind = 'webhook' AND o.status IN ('active', 'unverified')"
_KEPT = f"(o.status = 'active' OR t.event_type = '{VERIFICATION}')"


def claim(
    *, at: datetime, room: dict[str, int], default_room: int, limit: int, holding: Collection[str] | None = None
) -> list[Claim]:
    """Lease up to `limit` due deliveries, oldest first, of each endpoint at most its `room` and what its rate limit and
    circuit breaker let through. With `holding` (endpoints of which this sender has some already) the room is that of
    all senders together (`due.due_by_parent`).

    Nothing due costs one read and no transaction.
    """
    names = due.due_by_parent(
        Delivery,
        parent="endpoint_id",
        owners=Endpoint,
        state="pending",
        at=at,
        room=room,
        default_room=default_room,
        limit=limit,
        owned=_OWNED,
        kept=_KEPT,
        brake=BRAKE,
        holding=holding,
    )
    if not names:
        return []
    until = at + LEASE
    with db.atomic():
        # Asked again under the lock: between the read and here another worker may have been faster.
        free = Delivery.objects.filter(
            due.unleased(at),
            id__in=names,
            status=Delivery.Status.PENDING,
            next_attempt_at__lte=at,
        )
        place = {name: number for number, name in enumerate(names)}
        rows = [Row(*columns) for columns in db.claimable(free).values_list(*Row._fields)]
        rows.sort(key=lambda row: place[row.id])
        sites = _sites(rows)
        rows, probing = _let_through(rows, sites, at)
        Delivery.objects.filter(id__in=[row.id for row in rows]).update(
            lease_token=F("lease_token") + 1, lease_until=until
        )
    return _completed(rows, sites, probing, at)


def _sites(rows: list[Row]) -> dict[str, Site]:
    found = Endpoint.objects.filter(id__in={row.endpoint_id for row in rows})
    columns = ("health__open_until" if name == "open_until" else name for name in Site._fields)
    return {name: Site(*rest) for name, *rest in found.values_list("id", *columns)}


def _let_through(rows: list[Row], sites: dict[str, Site], at: datetime) -> tuple[list[Row], set[str]]:
    """The rows that pace and breaker let through, and the endpoints of which one is a probe."""
    restraints = {name: breaking.Restraint(site.rate_limit, site.open_until) for name, site in sites.items()}
    wanted = Counter(row.endpoint_id for row in rows)
    shares = breaking.let_through(wanted, restraints, at)
    if not shares:
        return rows, set()
    left = {name: share.going for name, share in shares.items()}
    going = []
    for row in rows:
        if left.get(row.endpoint_id, 1) > 0:
            going.append(row)
            if row.endpoint_id in left:
                left[row.endpoint_id] -= 1
    return going, {name for name, share in shares.items() if share.probe}


def _completed(rows: list[Row], sites: dict[str, Site], probing: set[str], at: datetime) -> list[Claim]:
    events = {
        event_id: (payload, sequence, request_id)
        for event_id, payload, sequence, request_id in Event.objects.filter(
            id__in={row.event_id for row in rows}
        ).values_list("id", "payload", "sequence", "request_id")
    }
    own = _renderings(rows, sites)
    # A row whose event a sandbox reset took away must not stop the others, nor come back for ever.
    whole = [row for row in rows if row.event_id in events and row.endpoint_id in sites]
    if len(whole) < len(rows):
        _end_orphans({row.id for row in rows} - {row.id for row in whole}, at)
    claims = []
    for row in whole:
        payload, sequence, request_id = events[row.event_id]
        site = sites[row.endpoint_id]
        body = _body(row, site, payload, own.get((row.event_id, site.api_version)))
        claims.append(_claim(row, site, body, sequence, request_id, probe=row.endpoint_id in probing, at=at))
    return claims


def _body(row: Row, site: Site, payload: str, rendering: str | None) -> bytes:
    if rendering is not None:
        return rendering.encode()
    if site.api_version == settings.API_VERSION:
        return payload.encode()
    # Owed to it by a replay, of an event that it had not asked for: the same bytes as at fan-out, for they are pure.
    return versions.render(row.event_type, payload.encode(), site.api_version)


def _end_orphans(names: set[str], at: datetime) -> None:
    Delivery.objects.filter(id__in=names).update(
        status=Delivery.Status.FAILED,
        next_attempt_at=None,
        settled_at=at,
        lease_token=F("lease_token") + 1,
        lease_until=None,
        last_error="Not sent: the event does not exist any more.",
    )


def _claim(
    row: Row, site: Site, body: bytes, sequence: int | None, request_id: str, *, probe: bool, at: datetime
) -> Claim:
    return Claim(
        delivery_id=row.id,
        organisation_id=row.organisation_id,
        livemode=row.livemode,
        token=row.lease_token + 1,
        lease_until=at + LEASE,
        attempt=row.attempts_made + 1,
        failures_in_row=row.failures_in_row,
        replay=row.replay,
        event_id=row.event_id,
        sequence=sequence,
        request_id=request_id,
        body=body,
        endpoint_id=row.endpoint_id,
        url=site.url,
        secrets=live_secrets(_secrets(site.secrets), at),
        headers=_headers(site.headers),
        challenge=site.challenge if row.event_type == VERIFICATION else "",
        long_tail=site.long_tail,
        limited=bool(site.rate_limit),
        probe=probe,
    )


def _renderings(rows: list[Row], sites: dict[str, Site]) -> dict[tuple[str, str], str]:
    """The bytes that are not the event's own (an older version's, a test of another type), by event and version."""
    asked = {
        row.event_id
        for row in rows
        if row.event_type == TEST_EVENT
        or (row.endpoint_id in sites and sites[row.endpoint_id].api_version != settings.API_VERSION)
    }
    if not asked:
        return {}
    found = Rendering.objects.filter(event_id__in=asked).values_list("event_id", "api_version", "payload")
    return {(event_id, version): payload for event_id, version, payload in found}


@lru_cache(maxsize=4096)
def _secrets(sealed: str) -> tuple[Any, ...]:
    """As they are stored; none when our keys do not open them: that delivery fails, the rest of the batch does not."""
    try:
        return tuple(vault.secrets(sealed))
    except ValueError:
        return ()


@lru_cache(maxsize=4096)
def _headers(sealed: str) -> dict[str, str] | None:
    try:
        return vault.headers(sealed)
    except ValueError:
        return None


class Settled(NamedTuple):
    """The deliveries that were settled, and the endpoints whose circuit breaker opened."""

    done: list[str]
    opened: set[str]


def settle(*, results: Sequence[Result], at: datetime) -> Settled:
    """Write outcomes, attempt rows and what they say of their endpoints: a few statements, however many there are.

    One whose lease was lost is not among the settled and leaves no trace: whoever has the row now tells the story.
    Endpoints that answered 410, or their challenge, are for `disable_gone` and `verified`, in transactions of their
    own: locks are taken endpoint first.
    """
    settlements = [_settlement(result) for result in results]
    rows = [_row(result, to, at) for result, to in zip(results, settlements, strict=True)]
    if failed := {result.claim.endpoint_id for result, to in zip(results, settlements, strict=True) if to.error}:
        breaking.make_room(failed)
    with db.atomic():
        written = due.update_where(Delivery, match=_MATCH, change=_CHANGE, rows=rows)
        kept = [pair for pair in zip(results, settlements, strict=True) if pair[0].claim.delivery_id in written]
        names = ids.new_many("att", len(kept))
        made = [_attempt(name, result, to) for name, (result, to) in zip(names, kept, strict=True)]
        db.insert_rows(Attempt, made, {"recorded_at": at})
        opened = breaking.note([_note(result, to) for result, to in kept if result.outcome.error_code not in OURS])
    return Settled([result.claim.delivery_id for result, _ in kept], opened)


OURS = ("secret_unreadable", "headers_unreadable", "internal")  # failures that say nothing of the receiver


def _note(result: Result, to: Settlement) -> breaking.Note:
    claimed = result.claim
    return breaking.Note(
        endpoint_id=claimed.endpoint_id,
        delivery_id=claimed.delivery_id,
        error=to.error,
        finished_at=result.finished_at,
        probe=claimed.probe,
        spread=result.spread,
    )


_MATCH = ("id", "lease_token")
_CHANGE = (
    "lease_token",
    "status",
    "attempts_made",
    "failures_in_row",
    "next_attempt_at",
    "settled_at",
    "last_status_code",
    "last_error",
    "lease_until",
)


def _settlement(result: Result) -> Settlement:
    return settle_outcome(
        status_code=result.outcome.status,
        error=result.outcome.error,
        failures_before=result.claim.failures_in_row,
        finished_at=result.finished_at,
        spread=result.spread,
        retry_after=result.outcome.headers.get("retry-after"),
        long_tail=result.claim.long_tail,
    )


def _row(result: Result, to: Settlement, at: datetime) -> tuple[Any, ...]:
    over = to.next_attempt_at is None
    claimed, code = result.claim, result.outcome.status
    return (
        claimed.delivery_id,
        claimed.token,
        claimed.token + 1,  # so that the same result cannot be written twice
        to.status,
        claimed.attempt,
        to.failures_in_row,
        to.next_attempt_at,
        at if over else None,
        code,
        to.error,
        None,
    )


def _attempt(name: str, result: Result, to: Settlement) -> dict[str, Any]:
    claimed, outcome = result.claim, result.outcome
    return {
        "id": name,
        "organisation_id": claimed.organisation_id,
        "livemode": claimed.livemode,
        "delivery_id": claimed.delivery_id,
        "endpoint_id": claimed.endpoint_id,
        "number": claimed.attempt,
        "replay": claimed.replay,
        "status_code": outcome.status,
        "error": to.error,
        "request_headers": result.request_headers,
        "response_headers": outcome.headers,
        "response_body": _text(outcome.body, cut=outcome.truncated),
        "address": outcome.resolved_address or "",
        "timings": outcome.timings,
        "took_ms": round(outcome.timings["total_ms"]) if "total_ms" in outcome.timings else None,
        "created_at": result.started_at,
    }


_CUT = "\n[The answer was longer; the rest was not read.]"


def _text(body: bytes, *, cut: bool) -> str:
    """The beginning of an answer as text a row can hold."""
    text = body[: KEPT_BODY * 4].decode("utf-8", "replace").replace("\0", "�")
    return text[: KEPT_BODY - len(_CUT)] + _CUT if cut else text[:KEPT_BODY]


def release(*, claims: Sequence[Claim]) -> int:
    """Give leases back without an attempt (the process stops, or the endpoint turned out slow): due at once."""
    rows = [(claim.delivery_id, claim.token, claim.token + 1, None) for claim in claims]
    with db.atomic():
        return len(due.update_where(Delivery, match=_MATCH, change=("lease_token", "lease_until"), rows=rows))
