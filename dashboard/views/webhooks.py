"""Webhooks: endpoints, deliveries, attempts, replay."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from agentcollect.kit import clock
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import hooks
from dashboard.views.common import asked, back, one, page_of, plain
from webhooks import operations

MOST_AT_ONCE = 100


@page
def endpoints(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/endpoints.html", {"endpoints": hooks.endpoints(seat, clock.now())})


@page
def deliveries(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, "status", "endpoint", "q")
    rows = hooks.deliveries(
        seat,
        status=filters.get("status", ""),
        endpoint_id=filters.get("endpoint", ""),
        text=filters.get("q", ""),
    )
    found = page_of(rows, request, filters, scope=f"dashboard:deliveries:{seat.organisation.id}:{seat.livemode}")
    found |= {"endpoints": hooks.endpoint_choices(seat), "tabs": _tabs(filters)}
    return render(request, "dashboard/deliveries.html", found)


def _tabs(filters: dict[str, str]) -> list[tuple[str, str, str]]:
    """(state, words, query string) of each state's tab; the other filters stay."""
    others = {name: value for name, value in filters.items() if name != "status"}
    states = [("", "All"), *((state, said.label) for state, said in words.DELIVERY.items())]
    return [(state, label, urlencode(others | ({"status": state} if state else {}))) for state, label in states]


@page
def delivery(request: HttpRequest, seat: Seat, delivery_id: str) -> HttpResponse:
    found = one(hooks.deliveries(seat), delivery_id)
    attempts = hooks.attempts(seat, found)
    body = hooks.body_of(seat, found)
    shown = {
        "delivery": found,
        "body": hooks.indented(body),
        "attempts": [
            (attempt, hooks.as_curl(found.endpoint.url, attempt.request_headers, body)) for attempt in attempts
        ],
    }
    return render(request, "dashboard/delivery.html", shown)


@action()
def replay(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Send the chosen deliveries again, now: the same event id, a fresh timestamp."""
    chosen = [plain(text) for text in request.POST.getlist("delivery")][:MOST_AT_ONCE]
    here = back(request, "/dashboard/webhooks/deliveries")
    if not chosen:
        messages.error(request, "Select at least one delivery to replay.")
        return redirect(here)
    done = operations.replay(
        delivery_ids=chosen,
        organisation_id=seat.organisation.id,
        livemode=seat.livemode,
        by=seat.by,
        at=clock.now(),
    )
    if done.refused and not done.replayed and set(done.refused.values()) == {operations.replays.NOT_FOUND}:
        raise Http404
    if many := len(done.replayed):
        messages.success(request, f"{many} deliver{'y is' if many == 1 else 'ies are'} being sent again.")
    for why, ids in _grouped(done.refused).items():
        messages.error(request, f"Not replayed: {', '.join(ids)}. {why}")
    return redirect(here)


def _grouped(refused: dict[str, str]) -> dict[str, list[str]]:
    """Refusals by their reason, so that forty equal ones are one message."""
    groups: dict[str, list[str]] = {}
    for delivery_id, why in refused.items():
        groups.setdefault(why, []).append(delivery_id)
    return groups
