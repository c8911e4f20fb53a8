"""Reads of deliveries and attempts; another organisation's or mode's row is not found."""

from typing import NamedTuple

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from agentcollect.kit import due
from agentcollect.kit.errors import ApiError
from events.models import Event
from webhooks.models import Attempt, Delivery, Endpoint, Rendering


def deliveries(organisation_id: str, livemode: bool, *, endpoint_id: str = "", status: str = "") -> QuerySet[Delivery]:
    """What the webhooks of one organisation and mode were owed; narrowed where asked (`status` is one of Status).

    What a member gets by mail is in the same table and nobody else's business. (Left out by a list of the few that
    are: joined to their endpoints, the rows would be found by other indexes than those made for it.)
    """
    mine = {"organisation_id": organisation_id, "livemode": livemode}
    mailboxes = Endpoint.objects.filter(**mine, kind=Endpoint.Kind.EMAIL).values("id")
    found = Delivery.objects.filter(**mine).exclude(endpoint_id__in=mailboxes)
    if endpoint_id:
        found = found.filter(endpoint_id=endpoint_id)
    return found.filter(status=due.literal(status)) if status else found


def not_sent_for(rows: QuerySet[Delivery], reason: str) -> QuerySet[Delivery]:
    """Of `rows` those not sent for this reason. Only such have one: said so, their partial index finds them."""
    return rows.filter(status=due.literal(Delivery.Status.NOT_SENT), reason=reason)


def delivery(organisation_id: str, livemode: bool, delivery_id: str) -> Delivery:
    """Raises ApiError(not_found)."""
    found = deliveries(organisation_id, livemode).select_related("endpoint").filter(id=delivery_id).first()
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


def sent(event_id: str, api_version: str) -> Sent:
    """The event behind a delivery, in the bytes that an endpoint of that version gets."""
    own = Rendering.objects.filter(event_id=OuterRef("id"), api_version=api_version).values("payload")
    events = Event.objects.annotate(frozen=Coalesce(Subquery(own), F("payload")))
    payload, request_id = events.values_list("frozen", "request_id").get(id=event_id)
    return Sent(payload.encode(), request_id)
