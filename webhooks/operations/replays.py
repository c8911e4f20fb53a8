"""Sending again what was sent before: the same row, the same event id, the same bytes, a fresh timestamp."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from events.operations import record
from webhooks import queries
from webhooks.models import Delivery, Endpoint


@dataclass(frozen=True, slots=True)
class Replayed:
    """Ids that will be sent again, and why the others will not (id → plain words)."""

    replayed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


NOT_FOUND = "There is no such delivery."
UNDER_WAY = "An attempt is under way: wait for its outcome."
WAITING = "Its replay is waiting to be sent."


def replay(*, delivery_ids: Sequence[str], organisation_id: str, livemode: bool, by: str, at: datetime) -> Replayed:
    """Owe these deliveries once more, from the first attempt on; each is recorded as `delivery.replayed`.

    A pending automatic attempt is replaced. Not replayed: one whose endpoint is off, one that a worker has in hand,
    one whose replay is already waiting (repeating the request changes nothing).
    """
    with db.atomic():
        own = queries.deliveries(organisation_id, livemode).filter(id__in=delivery_ids)
        rows = list(db.locked(own.order_by("id")))
        found = {row.id for row in rows}
        refused = {name: NOT_FOUND for name in delivery_ids if name not in found} | refusals(rows, at)
        again = [row for row in rows if row.id not in refused]
        owe_again([row.id for row in again], at=at)
        for row in again:
            _record(row, by=by, at=at)
    return Replayed([row.id for row in again], refused)


def replay_one(*, delivery_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> Delivery:
    """Replay one. Raises ApiError: not_found, or illegal_transition with the reason."""
    done = replay(delivery_ids=[delivery_id], organisation_id=organisation_id, livemode=livemode, by=by, at=at)
    words = done.refused.get(delivery_id, WAITING)
    if words == NOT_FOUND:
        raise ApiError("not_found")
    if words != WAITING:
        raise ApiError("illegal_transition", words)
    return queries.delivery(organisation_id, livemode, delivery_id)


def owe_again(delivery_ids: Sequence[str], *, at: datetime, **marks: str) -> None:
    """Make these (locked) rows due from the first attempt on; `marks` is what else they are given.

    Moving the token bars whoever still had one in hand, so an automatic retry is replaced, never doubled.
    """
    Delivery.objects.filter(db.among("id", delivery_ids)).update(
        status=Delivery.Status.PENDING,
        reason="",
        replay=True,
        failures_in_row=0,
        next_attempt_at=at,
        settled_at=None,
        lease_token=F("lease_token") + 1,
        lease_until=None,
        **marks,
    )


def refusals(rows: Sequence[Delivery], at: datetime) -> dict[str, str]:
    """Which of these (locked) rows cannot be owed again now, and why: id → plain words."""
    off = _switched_off({row.endpoint_id for row in rows})
    return {row.id: words for row in rows if (words := _why_not(row, off, at))}


def _switched_off(endpoint_ids: set[str]) -> dict[str, str]:
    off = Endpoint.objects.filter(id__in=endpoint_ids).exclude(status=Endpoint.Status.ACTIVE)
    return dict(off.values_list("id", "status"))


def _why_not(row: Delivery, off: dict[str, str], at: datetime) -> str:
    if row.endpoint_id in off:
        return f"The endpoint is {off[row.endpoint_id]}: nothing is sent to it."
    if row.lease_until is not None and row.lease_until > at:
        return UNDER_WAY
    waiting = row.status == Delivery.Status.PENDING and row.replay and row.failures_in_row == 0
    return WAITING if waiting else ""


def _record(row: Delivery, *, by: str, at: datetime) -> None:
    record(
        type="delivery.replayed",
        organisation_id=row.organisation_id,
        livemode=row.livemode,
        data={"delivery_id": row.id, "event_id": row.event_id, "webhook_id": row.endpoint_id},
        by=by,
        at=at,
    )
