"""From a fact to what is owed: runs inside the fact's own transaction, so nothing falls between the two."""

from collections import defaultdict
from typing import Any

from django.db.models import Q

from agentcollect.kit import db, ids
from events.models import Event
from webhooks.models import Delivery, Endpoint
from webhooks.rules import TEST_EVENT, wants


def fan_out(events: list[Event]) -> None:
    """One Delivery per event and active endpoint that wants its type: two queries, however many there are.

    The endpoints are read from the database every time: one indexed query, and an organisation without any stops
    there. A cache would have to learn of every change in every process within the same instant.
    """
    listening = _listening(events)
    owed = [
        (event, endpoint_id)
        for event in events
        for endpoint_id, subscribed in listening.get((event.organisation_id, event.livemode), ())
        if _is_for(event, endpoint_id, subscribed)
    ]
    if owed:
        names = ids.new_many("whd", len(owed))
        rows = [_delivery(name, *pair) for name, pair in zip(names, owed, strict=True)]
        db.insert_rows(Delivery, rows, {"status": Delivery.Status.PENDING})


def _listening(events: list[Event]) -> dict[tuple[str, bool], list[tuple[str, list[str]]]]:
    tenants = {(event.organisation_id, event.livemode) for event in events}
    theirs = Q()
    for organisation_id, livemode in sorted(tenants):
        theirs |= Q(organisation_id=organisation_id, livemode=livemode)
    rows = Endpoint.objects.filter(theirs, status=Endpoint.Status.ACTIVE)
    found = defaultdict(list)
    for organisation_id, livemode, endpoint_id, subscribed in rows.values_list(
        "organisation_id", "livemode", "id", "events"
    ):
        found[organisation_id, livemode].append((endpoint_id, subscribed))
    return found


def _is_for(event: Event, endpoint_id: str, subscribed: list[str]) -> bool:
    if event.type == TEST_EVENT:
        return event.data.get("webhook_id") == endpoint_id
    return wants(subscribed, event.type)


def _delivery(name: str, event: Event, endpoint_id: str) -> dict[str, Any]:
    return {
        "id": name,
        "organisation_id": event.organisation_id,
        "livemode": event.livemode,
        "endpoint_id": endpoint_id,
        "event_id": event.id,
        "event_type": event.type,
        "next_attempt_at": event.recorded_at,  # real HTTP keeps to the wall clock, whatever clock the story is on
        "created_at": event.created_at,
        "recorded_at": event.recorded_at,
    }
