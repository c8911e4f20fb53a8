"""The request log: every call of the API, and what it answered."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from agentcollect.kit import clock
from dashboard.access import Seat, page
from dashboard.queries import calls
from dashboard.views.common import asked, page_of, plain

METHODS = ("GET", "POST", "PATCH", "DELETE")
STATUSES = (("", "All"), ("2xx", "Succeeded"), ("4xx", "Refused"), ("5xx", "Failed on our side"))


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    at = clock.now()
    filters = asked(request, "status", "method", "key", "error", "q")
    rows = calls.listed(seat, filters)
    found = page_of(rows, request, filters, scope=f"dashboard:calls:{seat.organisation.id}:{seat.livemode}")
    keys = calls.key_choices(seat)
    found |= {
        "tabs": _tabs(filters),
        "methods": METHODS,
        "keys": keys,
        "failures": calls.failures(seat, at),
        "usage": calls.usage(seat, at),
        "days": settings.REQUEST_LOG_DAYS,
    }
    return render(request, "dashboard/calls.html", found)


def _tabs(filters: dict[str, str]) -> list[tuple[str, str, str]]:
    """(status, words, query string) of each tab; the other filters stay."""
    others = {name: value for name, value in filters.items() if name != "status"}
    return [(status, words, urlencode(others | ({"status": status} if status else {}))) for status, words in STATUSES]


@page
def detail(request: HttpRequest, seat: Seat, log_id: str) -> HttpResponse:
    call = calls.one(seat, plain(log_id))
    if call is None:
        raise Http404
    shown = {
        "call": call,
        "key": calls.key_of(call),
        "sent": calls.indented(call.request_body),
        "got": calls.indented(call.response_body),
        "curl": calls.as_curl(call, settings.PUBLIC_URL),
        "events": calls.events_of(call),
    }
    return render(request, "dashboard/call.html", shown)
