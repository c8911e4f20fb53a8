"""How an attempt is claimed and settled. In between, outside any transaction, the sender POSTs.

The row is the queue. A claim leases it and moves its token; only who still knows the token may settle or release it.
A worker that dies keeps nobody waiting: when its lease ends the row is due again, so the receiver may hear an event
twice and never not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from django.db.models import F

from agentcollect.kit import crypto, db, due, ids
from agentcollect.kit.http import Outcome
from events.models import Event
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.rules import MAX_ERROR, Settlement, settle_outcome

LEASE = timedelta(seconds=30)  # three deadlines of 10 s: a queued row may wait for two others
KEPT_BODY = 8_192  # characters of an answer that the attempt log keeps


@dataclass(frozen=True, slots=True)
class Claim:
    """One leased delivery with all that its POST needs."""

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


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claim's POST. `spread` in [-1, 1] is the jitter drawn for its next attempt."""

    claim: Claim
    request_headers: dict[str, str]
    outcome: Outcome
    started_at: datetime
    finished_at: datetime
    spread: float


_CLAIMED = (
    "id",
    "organisation_id",
    "livemode",
    "lease_token",
    "attempts_made",
    "failures_in_row",
    "replay",
    "event_id",
    "endpoint_id",
)


def claim(*, at: datetime, room: dict[str, int], default_room: int, limit: int) -> list[Claim]:
    """Lease up to `limit` due deliveries, oldest first, of each endpoint at most its `room`.

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
        rows = list(db.claimable(free).values_list(*_CLAIMED))
        Delivery.objects.filter(id__in=[row[0] for row in rows]).update(
            lease_token=F("lease_token") + 1, lease_until=until
        )
    return _completed(rows, until, names)


def _completed(rows: list[tuple[Any, ...]], until: datetime, order: list[str]) -> list[Claim]:
    events = {
        event_id: (payload.encode(), sequence, request_id)
        for event_id, payload, sequence, request_id in Event.objects.filter(
            id__in={row[7] for row in rows}
        ).values_list("id", "payload", "sequence", "request_id")
    }
    endpoints = {
        name: (url, secrets)
        for name, url, secrets in Endpoint.objects.filter(id__in={row[8] for row in rows}).values_list(
            "id", "url", "secrets"
        )
    }
    place = {name: number for number, name in enumerate(order)}
    rows.sort(key=lambda row: place[row[0]])
    # A row whose event a sandbox reset took away must not stop the others.
    whole = [row for row in rows if row[7] in events and row[8] in endpoints]
    return [_claim(row, until, events[row[7]], endpoints[row[8]]) for row in whole]


def _claim(row: tuple[Any, ...], until: datetime, event: tuple[bytes, int | None, str], to: tuple[str, str]) -> Claim:
    name, organisation_id, livemode, token, made, failures, replay, event_id, endpoint_id = row
    body, sequence, request_id = event
    url, encrypted = to
    return Claim(
        delivery_id=name,
        organisation_id=organisation_id,
        livemode=livemode,
        token=token + 1,
        lease_until=until,
        attempt=made + 1,
        failures_in_row=failures,
        replay=replay,
        event_id=event_id,
        sequence=sequence,
        request_id=request_id,
        body=body,
        endpoint_id=endpoint_id,
        url=url,
        secrets=_secrets(encrypted),
    )


@lru_cache(maxsize=4096)
def _secrets(encrypted: str) -> tuple[str, ...]:
    """Newest first; none when our keys do not open them: that delivery fails, the rest of the batch does not."""
    try:
        return tuple(orjson.loads(crypto.decrypt(encrypted)))
    except ValueError:
        return ()


def settle(*, results: Sequence[Result], at: datetime) -> list[str]:
    """Write outcomes and their attempt rows: two statements, however many there are.

    Returns the ids that were settled. One whose lease was lost is not among them and leaves no trace: whoever has the
    row now tells the story. Endpoints that answered 410 are for `disable_gone`, in a transaction of its own: locks
    are taken endpoint first.
    """
    settlements = [_settlement(result) for result in results]
    rows = [_row(result, to, at) for result, to in zip(results, settlements, strict=True)]
    with db.atomic():
        written = due.update_where(Delivery, match=_MATCH, change=_CHANGE, rows=rows)
        kept = [pair for pair in zip(results, settlements, strict=True) if pair[0].claim.delivery_id in written]
        names = ids.new_many("att", len(kept))
        made = [_attempt(name, result, to) for name, (result, to) in zip(names, kept, strict=True)]
        db.insert_rows(Attempt, made, {"recorded_at": at})
    return [result.claim.delivery_id for result, _ in kept]


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
        "number": claimed.attempt,
        "replay": claimed.replay,
        "status_code": outcome.status,
        "error": to.error[:MAX_ERROR],
        "request_headers": result.request_headers,
        "response_headers": outcome.headers,
        "response_body": _text(outcome.body),
        "address": outcome.resolved_address or "",
        "timings": outcome.timings,
        "created_at": result.started_at,
    }


def _text(body: bytes) -> str:
    """The beginning of an answer as text a row can hold."""
    return body[: KEPT_BODY * 4].decode("utf-8", "replace").replace("\0", "�")[:KEPT_BODY]


def release(*, claims: Sequence[Claim]) -> int:
    """Give leases back without an attempt (the process stops, or the endpoint turned out slow): due at once."""
    rows = [(claim.delivery_id, claim.token, claim.token + 1, None) for claim in claims]
    with db.atomic():
        return len(due.update_where(Delivery, match=_MATCH, change=("lease_token", "lease_until"), rows=rows))
