"""The event log: every public fact, by its number."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import Seat, page
from dashboard.queries import hooks
from dashboard.queries.timeline import entry
from dashboard.views.common import asked, one
from events.catalogue import PUBLIC
from events.models import Event

SIZE = 40


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Paged by the sequence number itself: it has no gaps, so it is its own cursor."""
    filters = asked(request, "type")
    rows = seat.rows(Event).filter(sequence__isnull=False, **filters).order_by("-sequence")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        rows = rows.filter(sequence__lt=min(int(before), 2**62))
    found = list(rows[: SIZE + 1])
    shown = {
        "events": [(event, entry(event)) for event in found[:SIZE]],
        "older": found[SIZE - 1].sequence if len(found) > SIZE else None,
        "first": not before,
        "filters": filters,
        "types": sorted(PUBLIC),
    }
    return render(request, "dashboard/events.html", shown)


@page
def detail(request: HttpRequest, seat: Seat, event_id: str) -> HttpResponse:
    event = one(seat.rows(Event), event_id)
    shown = {
        "event": event,
        "entry": entry(event),
        "payload": json.dumps(json.loads(event.payload), indent=2, ensure_ascii=False),
        "deliveries": list(hooks.deliveries(seat, text=event.id).order_by("created_at", "id")[:50]),
    }
    return render(request, "dashboard/event.html", shown)
