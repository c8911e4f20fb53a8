"""Deliveries and attempts: found, watched as they come, looked at, checked, sent again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from agentcollect.kit import clock
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import endpoints, hooks, signatures
from dashboard.views.common import asked, back, one, page_of, plain
from events.catalogue import PUBLIC
from webhooks import operations
from webhooks.models import Attempt, Delivery
from webhooks.operations.sending import KEPT_BODY
from webhooks.rules import DIRECTED

MOST_AT_ONCE = 100
FILTERS = ("status", "reason", "endpoint", "type", "q", "after", "before", "replay")
TYPES = sorted(PUBLIC | DIRECTED)


@page
def deliveries(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, *FILTERS)
    rows, fault = narrowed(seat, filters)
    if request.GET.get("tail"):
        found = _tail(request, rows, filters)
    else:
        scope = f"dashboard:deliveries:{seat.organisation.id}:{seat.livemode}"
        found = page_of(rows, request, filters, scope=scope) | {"tail": False}
    found |= {"fault": fault, "types": TYPES, "reasons": words.NOT_SENT.items()}
    found |= {"endpoints": hooks.endpoint_choices(seat), "tabs": _tabs(filters)}
    return render(request, "dashboard/deliveries.html", found)


def narrowed(seat: Seat, filters: dict[str, str]) -> tuple[Any, str]:
    """The rows that `filters` of the address ask for, and what is wrong with them (then no row is shown)."""
    times = {}
    for name in ("after", "before"):
        if text := filters.get(name):
            try:
                times[name] = hooks.local_time(text, seat.zone)
            except ValueError:
                return hooks.deliveries(seat).none(), f"“{text[:40]}” is no day and time that can be read."
    found = hooks.deliveries(
        seat,
        status=filters.get("status", ""),
        reason=filters.get("reason", ""),
        endpoint_id=filters.get("endpoint", ""),
        event_type=filters.get("type", ""),
        replay_id=filters.get("replay", ""),
        text=filters.get("q", ""),
        **times,
    )
    return found, ""


def _tail(request: HttpRequest, rows: Any, filters: dict[str, str]) -> dict[str, Any]:
    """What has come since the tail was switched on; its beginning stands in the address that is asked again."""
    mark = hooks.marked(plain(request.GET.get("since", "")), clock.now())
    query = filters | {"tail": "on", "since": mark}
    return {
        "tail": True,
        "first": True,
        "rows": hooks.tail(rows, mark),
        "most": hooks.TAIL_SHOWN,
        "filters": filters,
        "query": urlencode(filters),
        "again": f"{request.path}?{urlencode(query)}",
    }


def _tabs(filters: dict[str, str]) -> list[tuple[str, str, str]]:
    """(state, words, query string) of each state's tab; the other filters stay."""
    others = {name: value for name, value in filters.items() if name not in {"status", "reason"}}
    states = [("", "All"), *((state, said.label) for state, said in words.DELIVERY.items())]
    return [(state, label, urlencode(others | ({"status": state} if state else {}))) for state, label in states]


@page
def delivery(request: HttpRequest, seat: Seat, delivery_id: str) -> HttpResponse:
    found = one(hooks.deliveries(seat), delivery_id)
    return render(request, "dashboard/delivery.html", _shown(seat, found))


def _shown(seat: Seat, found: Delivery) -> dict[str, Any]:
    at, body = clock.now(), hooks.body_of(seat, found)
    secrets = endpoints.live(found.endpoint, at)
    return {
        "delivery": found,
        "body": hooks.indented(body),
        "raw": body,
        "attempts": [_attempt(attempt, found, body, secrets) for attempt in hooks.attempts(seat, found)],
        "shown_most": hooks.ATTEMPTS_SHOWN,
    }


def _attempt(attempt: Attempt, of: Delivery, body: str, secrets: tuple[str, ...]) -> dict[str, Any]:
    """An attempt with all that is read off it. Its signatures are checked at the time that they were made."""
    sent = signatures.Pasted(body, attempt.request_headers)
    return {
        "row": attempt,
        "answer": hooks.indented(attempt.response_body),
        "cut": len(attempt.response_body) >= KEPT_BODY,
        "parts": hooks.parts(attempt.timings),
        "curl": hooks.as_curl(of.endpoint.url, attempt.request_headers, body),
        "masked": any("••" in str(value) for value in attempt.request_headers.values()),
        "verdicts": signatures.check(sent, event_id=of.event_id, secrets=secrets, stored=body, at=attempt.created_at),
    }


@require_POST
@page
def verify(request: HttpRequest, seat: Seat, delivery_id: str) -> HttpResponse:
    """Does the pasted signature fit the pasted body? Nothing is changed, and nothing is signed."""
    found = one(hooks.deliveries(seat), delivery_id)
    shown = _shown(seat, found)
    body, headers = request.POST.get("body", "") or shown["raw"], request.POST.get("headers", "")[:8000]
    pasted = signatures.read(body, headers)
    at = clock.now()
    verdicts = signatures.check(
        pasted, event_id=found.event_id, secrets=endpoints.live(found.endpoint, at), stored=shown["raw"], at=at
    )
    shown |= {"checked": True, "pasted_body": request.POST.get("body", ""), "pasted_headers": headers}
    return render(request, "dashboard/delivery.html", shown | {"pasted_verdicts": verdicts})


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
