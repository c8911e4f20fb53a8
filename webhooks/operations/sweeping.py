"""What a dead worker or a switched-off endpoint leaves behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F

from agentcollect.kit import db, due
from webhooks.models import Delivery, Endpoint

SLICE = 500  # rows written in one transaction: SQLite's other writers wait for it


class Swept(NamedTuple):
    """How many leases were taken back, and how many deliveries to endpoints that are off were given up."""

    released: int
    given_up: int


def sweep(*, at: datetime) -> Swept:
    """Take back expired leases and give up what is owed to endpoints that are off, a slice at a time.

    The sender finds an expired lease by itself, because its row is due again; the sweep makes that visible and bars
    the late worker by moving the token.
    """
    released = given_up = 0
    while count := _take_back(at):
        released += count
    owing = due.parents_owing(Delivery, parent="endpoint_id", state="pending")
    off = Endpoint.objects.filter(id__in=owing).exclude(status=Endpoint.Status.ACTIVE)
    for endpoint_id in list(off.values_list("id", flat=True)):
        while count := give_up(endpoint_ids=[endpoint_id], at=at):
            given_up += count
    return Swept(released, given_up)


def _take_back(at: datetime) -> int:
    expired = Delivery.objects.filter(status=due.literal(Delivery.Status.PENDING), lease_until__lte=at)
    # Read outside a transaction: on most sweeps there is nothing, and nobody should wait for that.
    if not expired.exists():
        return 0
    with db.atomic():
        names = list(db.claimable(expired).values_list("id", flat=True)[:SLICE])
        return Delivery.objects.filter(id__in=names).update(lease_token=F("lease_token") + 1, lease_until=None)


def give_up(*, endpoint_ids: Sequence[str], at: datetime) -> int:
    """Fail up to a slice of what is owed to these endpoints and not under way; how many.

    Called where an endpoint is switched off; the sweep takes the rest.
    """
    with db.atomic():
        owed = Delivery.objects.filter(
            due.unleased(at), endpoint_id__in=endpoint_ids, status=due.literal(Delivery.Status.PENDING)
        )
        names = list(db.claimable(owed).values_list("id", flat=True)[:SLICE])
        return Delivery.objects.filter(id__in=names).update(
            status=Delivery.Status.FAILED,
            next_attempt_at=None,
            settled_at=at,
            lease_token=F("lease_token") + 1,
            lease_until=None,
            last_error="Not sent: the endpoint was switched off.",
        )
