"""What a dead worker or a switched-off endpoint leaves behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F

from agentcollect.kit import db, due
from webhooks.models import Delivery, Endpoint
from webhooks.operations.disabling import disable_failing
from webhooks.rules import VERIFICATION

SLICE = 500  # rows written in one transaction: SQLite's other writers wait for it


class Swept(NamedTuple):
    """How many leases were taken back, how many deliveries to endpoints that are off were given up, and how many
    endpoints were switched off because they only fail."""

    released: int
    given_up: int
    disabled: int = 0


def sweep(*, at: datetime) -> Swept:
    """Take back expired leases, switch off what fails for days, and give up what is owed to endpoints that are off.

    The sender finds an expired lease by itself, because its row is due again; the sweep makes that visible and bars
    the late worker by moving the token.
    """
    released = given_up = 0
    while count := _take_back(at):
        released += count
    disabled = len(disable_failing(at=at))
    owing = due.parents_owing(Delivery, parent="endpoint_id", state="pending")
    off = Endpoint.objects.filter(id__in=owing).exclude(status=Endpoint.Status.ACTIVE)
    for endpoint_id in list(off.values_list("id", flat=True)):
        while count := give_up(endpoint_ids=[endpoint_id], at=at):
            given_up += count
    return Swept(released, given_up, disabled)


def _take_back(at: datetime) -> int:
    expired = Delivery.objects.filter(status=due.literal(Delivery.Status.PENDING), lease_until__lte=at)
    # Read outside a transaction: on most sweeps there is nothing, and nobody should wait for that.
    if not expired.exists():
        return 0
    with db.atomic():
        names = list(db.claimable(expired).values_list("id", flat=True)[:SLICE])
        return Delivery.objects.filter(id__in=names).update(lease_token=F("lease_token") + 1, lease_until=None)


def give_up(*, endpoint_ids: Sequence[str], at: datetime) -> int:
    """Settle up to a slice of what is owed to each of these endpoints that is off, and not under way; how many.

    It becomes `not_sent` with the endpoint's status as its reason, to be sent should the endpoint come back; what a
    deleted one is owed has failed. An unverified endpoint keeps its challenge. Called where an endpoint is switched
    off; the sweep takes the rest.
    """
    off = Endpoint.objects.filter(id__in=endpoint_ids).exclude(status=Endpoint.Status.ACTIVE).order_by("id")
    return sum(_give_up(name, status, at) for name, status in list(off.values_list("id", "status")))


def _give_up(endpoint_id: str, status: str, at: datetime) -> int:
    end: dict[str, Any] = {"status": Delivery.Status.NOT_SENT, "reason": status}
    if status == Endpoint.Status.DELETED:
        end = {"status": Delivery.Status.FAILED, "last_error": "Not sent: the endpoint was switched off."}
    with db.atomic():
        owed = Delivery.objects.filter(
            due.unleased(at), endpoint_id=endpoint_id, status=due.literal(Delivery.Status.PENDING)
        )
        if status == Endpoint.Status.UNVERIFIED:
            owed = owed.exclude(event_type=VERIFICATION)
        names = list(db.claimable(owed).values_list("id", flat=True)[:SLICE])
        return Delivery.objects.filter(id__in=names).update(
            **end, next_attempt_at=None, settled_at=at, lease_token=F("lease_token") + 1, lease_until=None
        )
