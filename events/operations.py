"""The one way a fact is recorded."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.utils.module_loading import import_string

from agentcollect.kit import clock, context, db, ids
from events.catalogue import TYPES
from events.models import Counter, Event

_told_in_order: ContextVar[bool] = ContextVar("told_in_order", default=False)


@contextmanager
def told_in_order() -> Iterator[None]:
    """Around a transaction that tells of several moments: its events are numbered in the order of their moments, those
    of one moment in the order in which they were recorded."""
    token = _told_in_order.set(True)
    try:
        yield
    finally:
        _told_in_order.reset(token)


class About(NamedTuple):
    """The rows a fact is about; empty where it is about none."""

    campaign_id: str = ""
    case_id: str = ""
    debtor_id: str = ""


def record(
    *,
    type: str,
    organisation_id: str,
    livemode: bool,
    data: dict[str, Any],
    by: str,
    at: datetime,
    about: About = About(),  # noqa: B008  (immutable)
    cause: str = "",
) -> str:
    """Record one fact in the present transaction and return its event id.

    `data` is the public payload, frozen when the transaction commits; money in it is already a JSON number, times are
    text. Request id and acting platform are read from kit.context. Must be called inside `kit.db.atomic`: the outermost
    block writes all events of the transaction at its end.
    """
    event = Event(
        id=ids.new("evt"),
        type=TYPES[type].name,
        organisation_id=organisation_id,
        livemode=livemode,
        campaign_id=about.campaign_id,
        case_id=about.case_id,
        debtor_id=about.debtor_id,
        actor=by,
        acting_organisation_id=context.acting_organisation_id(),
        cause=cause,
        request_id=context.request_id(),
        created_at=at,
        recorded_at=clock.now(),
    )
    db.collect(_write, (event, data))
    return event.id


def _write(collected: list[tuple[Event, dict[str, Any]]]) -> None:
    """Number, freeze and insert what the transaction recorded, then let each subscriber add its own rows; they hear of
    internal facts, too.

    One counter update per (organisation, mode): it is the transaction's last lock, so numbers are gap-free and follow
    the commit order. Keys are taken in sorted order, so two transactions cannot wait for each other.
    """
    if _told_in_order.get():
        collected = sorted(collected, key=lambda told: told[0].created_at)
    by_tenant: dict[tuple[str, bool], list[tuple[Event, dict[str, Any]]]] = defaultdict(list)
    for event, data in collected:
        by_tenant[(event.organisation_id, event.livemode)].append((event, data))
    for (organisation_id, livemode), rows in sorted(by_tenant.items()):
        _number(organisation_id, livemode, [event for event, _ in rows if TYPES[event.type].public])
    for event, data in collected:
        event.payload = envelope(event, data).decode()
    events = [event for event, _ in collected]
    db.bulk_insert(Event, events)
    for subscriber in _subscribers():
        subscriber(events)


def _number(organisation_id: str, livemode: bool, events: list[Event]) -> None:
    if not events:
        return
    last = db.next_numbers(
        Counter._meta.db_table, organisation_id=organisation_id, livemode=livemode, count=len(events)
    )
    for offset, event in enumerate(events, start=1):
        event.sequence = last - len(events) + offset


def envelope(event: Event, data: dict[str, Any]) -> bytes:
    """The bytes a receiver gets: the product page's four fields first, then ours."""
    return orjson.dumps(
        {
            "event": event.type,
            "id": event.id,
            "created_at": clock.iso(event.created_at),
            "data": data,
            "livemode": event.livemode,
            "api_version": settings.API_VERSION,
            "sequence": event.sequence,
        }
    )


@cache
def _subscribers() -> tuple[Callable[[list[Event]], None], ...]:
    return tuple(import_string(path) for path in settings.EVENT_SUBSCRIBERS)
