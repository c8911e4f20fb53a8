"""From a fact to what is owed: runs inside the fact's own transaction, so nothing falls between the two."""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db.models import Q

from agentcollect.kit import db, ids
from events.catalogue import TYPES
from events.models import Event
from webhooks import rules, versions
from webhooks.models import Delivery, Endpoint, Rendering
from webhooks.rules import DIRECTED, TEST_EVENT, VERIFICATION, wants


class Listener(NamedTuple):
    """An endpoint as far as it matters here."""

    id: str
    kind: str
    status: str
    events: list[str]
    api_version: str
    cadence: dict[str, str]
    timezone: str


class Owed(NamedTuple):
    """One row to write: due at `due`, or (None) not to be sent, because of the state its endpoint is in."""

    event: Event
    to: Listener
    due: datetime | None


def fan_out(events: list[Event]) -> None:
    """One Delivery per event and endpoint that wants its type: two queries, however many there are.

    One that is paused, disabled or unverified gets `not_sent` rows with that reason (a third query), to be seen and
    recovered; one pinned to an older version, its bytes (a fourth). The endpoints are read from the database every
    time: one indexed query, and an organisation without any stops there. A cache would have to learn of every change
    in every process within the same instant.
    """
    public = [event for event in events if event.sequence is not None]
    listening = _listening(public) if public else {}
    found = [
        owed
        for event in public
        for to in listening.get((event.organisation_id, event.livemode), ())
        if (owed := _owed(event, to)) is not None
    ]
    if found:
        _write(found)


def _listening(events: list[Event]) -> dict[tuple[str, bool], list[Listener]]:
    tenants = {(event.organisation_id, event.livemode) for event in events}
    theirs = Q()
    for organisation_id, livemode in sorted(tenants):
        theirs |= Q(organisation_id=organisation_id, livemode=livemode)
    rows = Endpoint.objects.filter(theirs).exclude(status=Endpoint.Status.DELETED)
    found = defaultdict(list)
    for organisation_id, livemode, *columns in rows.values_list(
        *("organisation_id", "livemode", "id", "kind", "status", "events", "api_version", "cadence"),
        "organisation__timezone",
    ):
        found[organisation_id, livemode].append(Listener(*columns))
    return found


def _owed(event: Event, to: Listener) -> Owed | None:
    if not _is_for(event, to):
        return None
    due: datetime | None = event.recorded_at  # real HTTP keeps to the wall clock, whatever clock the story is on
    if to.kind == Endpoint.Kind.EMAIL:
        due = rules.mail_due(to.cadence, event.type, event.recorded_at, to.timezone)
        if due is None:  # the member switched it off
            return None
    return Owed(event, to, due if _may_go(event, to) else None)


def _is_for(event: Event, to: Listener) -> bool:
    if event.type in DIRECTED:
        return event.data.get("webhook_id") == to.id
    return to.kind == Endpoint.Kind.EMAIL or wants(to.events, event.type)


def _may_go(event: Event, to: Listener) -> bool:
    """Of what an unverified endpoint is owed only its challenge may reach it."""
    asked = to.status == Endpoint.Status.UNVERIFIED and event.type == VERIFICATION
    return asked or to.status == Endpoint.Status.ACTIVE


def _write(found: list[Owed]) -> None:
    names = ids.new_many("whd", len(found))
    pairs = list(zip(names, found, strict=True))
    going = [_row(name, owed) | {"next_attempt_at": owed.due} for name, owed in pairs if owed.due]
    kept = [
        _row(name, owed) | {"reason": owed.to.status, "settled_at": owed.event.recorded_at}
        for name, owed in pairs
        if owed.due is None
    ]
    db.insert_rows(Delivery, going, {"status": Delivery.Status.PENDING})
    db.insert_rows(Delivery, kept, {"status": Delivery.Status.NOT_SENT})
    _render([(owed.event, owed.to.api_version) for owed in found if owed.to.kind == Endpoint.Kind.WEBHOOK])


def _row(name: str, owed: Owed) -> dict[str, Any]:
    event = owed.event
    return {
        "id": name,
        "organisation_id": event.organisation_id,
        "livemode": event.livemode,
        "endpoint_id": owed.to.id,
        "event_id": event.id,
        "event_type": event.type,
        "created_at": event.created_at,
        "recorded_at": event.recorded_at,
    }


def _render(pairs: list[tuple[Event, str]]) -> None:
    """Freeze the bytes that are not the event's own, once for each (event, version)."""
    wanted = {(event.id, version): event for event, version in pairs if _has_own_bytes(event, version)}
    if not wanted:
        return
    names = ids.new_many("ren", len(wanted))
    rows = [
        {
            "id": name,
            "organisation_id": event.organisation_id,
            "livemode": event.livemode,
            "event_id": event.id,
            "api_version": version,
            "payload": _bytes(event, version).decode(),
            "created_at": event.created_at,
            "recorded_at": event.recorded_at,
        }
        for name, ((_, version), event) in zip(names, wanted.items(), strict=True)
    ]
    db.insert_rows(Rendering, rows)


def _has_own_bytes(event: Event, version: str) -> bool:
    return version != settings.API_VERSION or (event.type == TEST_EVENT and "event_type" in event.data)


def _bytes(event: Event, version: str) -> bytes:
    shown = event.data.get("event_type") if event.type == TEST_EVENT else None
    if shown is None:
        return versions.render(event.type, event.payload.encode(), version)
    # A test of another type: its example in this event's envelope, and said to be a test.
    body = orjson.loads(event.payload) | {"event": shown, "data": TYPES[shown].example, "test": True}
    return versions.render(shown, orjson.dumps(body), version)
