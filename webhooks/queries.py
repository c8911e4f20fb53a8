"""Reads of endpoints, deliveries and attempts; another organisation's or mode's row is not found."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from agentcollect.kit import due
from agentcollect.kit.errors import ApiError
from events.models import Event
from webhooks.models import Attempt, Delivery, Endpoint


def endpoints(organisation_id: str, livemode: bool) -> QuerySet[Endpoint]:
    """Those that were not deleted."""
    own = Endpoint.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return own.exclude(status=Endpoint.Status.DELETED)


def endpoint(organisation_id: str, livemode: bool, endpoint_id: str) -> Endpoint:
    """Raises ApiError(not_found)."""
    found = endpoints(organisation_id, livemode).filter(id=endpoint_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


def deliveries(organisation_id: str, livemode: bool, *, endpoint_id: str = "", status: str = "") -> QuerySet[Delivery]:
    """Deliveries of one organisation and mode; narrowed where asked (`status` is one of Status)."""
    found = Delivery.objects.filter(organisation_id=organisation_id, livemode=livemode)
    if endpoint_id:
        found = found.filter(endpoint_id=endpoint_id)
    return found.filter(status=due.literal(status)) if status else found


def delivery(organisation_id: str, livemode: bool, delivery_id: str) -> Delivery:
    """Raises ApiError(not_found)."""
    found = deliveries(organisation_id, livemode).filter(id=delivery_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


MAX_ATTEMPTS_SHOWN = 100


def attempts(delivery_id: str) -> list[Attempt]:
    """The latest attempts of a delivery, oldest first; at most 100 (each replay adds up to four)."""
    latest = Attempt.objects.filter(delivery_id=delivery_id).order_by("-number")[:MAX_ATTEMPTS_SHOWN]
    return list(latest)[::-1]


class Sent(NamedTuple):
    """What a receiver of an event gets: the bytes, and the API call that caused it (empty for none)."""

    payload: bytes
    request_id: str


def sent(event_id: str) -> Sent:
    """The event behind a delivery."""
    payload, request_id = Event.objects.values_list("payload", "request_id").get(id=event_id)
    return Sent(payload.encode(), request_id)


class Backlog(NamedTuple):
    """How far behind the sender is: seconds the oldest due delivery has waited, 0 when nothing is due."""

    oldest_due_seconds: float
    endpoints_owed: int


def backlog(at: datetime) -> Backlog:
    """Looked up by one index step for each endpoint that is owed anything."""
    owed = due.parents_owing(Delivery, parent="endpoint_id", state="pending")
    oldest = due.due_by_parent(
        Delivery,
        parent="endpoint_id",
        owners=Endpoint,
        state="pending",
        at=at,
        room={},
        default_room=1,
        limit=1,
    )
    since = Delivery.objects.filter(id__in=oldest).values_list("next_attempt_at", flat=True).first()
    return Backlog((at - since).total_seconds() if since else 0.0, len(owed))
