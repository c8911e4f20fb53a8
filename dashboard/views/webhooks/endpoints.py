"""Endpoints: their health, and what one does with them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import KEYS, Seat, action, page
from dashboard.queries import endpoints as found
from dashboard.queries import hooks
from dashboard.views.common import one, plain, press
from events.catalogue import PUBLIC
from webhooks import operations
from webhooks.models import Delivery, Endpoint
from webhooks.rules import DIRECTED, TEST_EVENT

# (value, words, hours that the secret before still signs)
_OVERLAPS = (
    ("24h", "for 24 more hours", 24),
    ("3d", "for 3 more days", 72),
    ("7d", "for 7 more days", 168),
    ("1h", "for one more hour", 1),
    ("now", "not at all: it has leaked", 0),
)
_USUAL_OVERLAP = 24


@page
def endpoints(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/endpoints.html", {"endpoints": found.listed(seat, clock.now())})


@page
def endpoint(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    return render(request, "dashboard/endpoint.html", shown(seat, own(seat, endpoint_id)))


def own(seat: Seat, endpoint_id: str) -> Endpoint:
    """One that was not deleted; 404 for everything else."""
    return one(found.own(seat), endpoint_id)


def shown(seat: Seat, row: Endpoint) -> dict[str, Any]:
    """What the page of one endpoint is drawn from."""
    at = clock.now()
    health = found.health(row, at)
    return {
        "endpoint": row,
        "health": health,
        "answers": found.answers(health),
        "headers": found.headers(row),
        "secrets": found.secrets(row, at),
        "everything": row.events == ["*"],
        "recent": list(hooks.deliveries(seat, endpoint_id=row.id).order_by("-created_at", "-id")[:8]),
        "missed": found.missed(seat, row),
        "types": [TEST_EVENT, *sorted(PUBLIC - DIRECTED)],
        "overlaps": [(value, words) for value, words, _ in _OVERLAPS],
        "since": found.missed_since(seat, row, health.failing_since),
    }


@action()
def pause(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    done = "Paused. What happens meanwhile is kept as not sent, and can be recovered."
    return _change(request, seat, endpoint_id, done, {"status": Endpoint.Status.PAUSED.value})


@action()
def disable(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    done = "Switched off. What happens meanwhile is kept as not sent, and can be recovered."
    return _change(request, seat, endpoint_id, done, {"status": Endpoint.Status.DISABLED.value})


def _change(request: HttpRequest, seat: Seat, endpoint_id: str, done: str, changes: dict[str, Any]) -> HttpResponse:
    row = own(seat, endpoint_id)
    press(request, done, lambda: operations.change_endpoint(changes=changes, **about(seat, row)))
    return redirect("dashboard:webhooks-endpoint", row.id)


@action()
def resume(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    """Active again; with `recover`, what it did not get since then is sent by a replay."""
    row = own(seat, endpoint_id)
    here = redirect("dashboard:webhooks-endpoint", row.id)
    since = None
    if request.POST.get("recover"):
        try:
            since = hooks.local_time(plain(request.POST.get("since", "")), seat.zone)
        except ValueError:
            messages.error(request, "Say from which day and time on what was missed should be sent.")
            return here
    try:
        changed, replay = operations.change_endpoint(
            changes={"status": Endpoint.Status.ACTIVE.value}, recover_since=since, **about(seat, row)
        )
    except ApiError as refused:
        messages.error(request, refused.message)
        return here
    messages.success(request, _resumed(changed))
    return redirect("dashboard:webhooks-replays-detail", replay.id) if replay else here


def _resumed(row: Endpoint) -> str:
    if row.status == Endpoint.Status.ACTIVE:
        return "Active again: from now on events are sent to it."
    return "Its address has to prove itself first: the challenge is on its way."


@action()
def verify(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    """Send the challenge once more."""
    row = own(seat, endpoint_id)
    return _send(request, row, "The challenge is on its way", lambda: operations.verify_endpoint(**about(seat, row)))


@action()
def test(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    """A test event of the chosen type."""
    row = own(seat, endpoint_id)
    chosen = plain(request.POST.get("type", "")) or TEST_EVENT
    if chosen != TEST_EVENT and chosen not in PUBLIC:
        messages.error(request, f"There is no event type “{chosen[:60]}”.")
        return redirect("dashboard:webhooks-endpoint", row.id)
    done = f"A {chosen} is on its way"
    return _send(request, row, done, lambda: operations.send_test(event_type=chosen, **about(seat, row)))


def _send(request: HttpRequest, row: Endpoint, done: str, send: Callable[[], Delivery]) -> HttpResponse:
    """Owe one delivery and lead to it, where its attempt appears."""
    try:
        sent = send()
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect("dashboard:webhooks-endpoint", row.id)
    messages.success(request, f"{done}. Its attempt appears below.")
    return redirect("dashboard:webhooks-delivery", sent.id)


@action(KEYS)
def rotate(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    """A new signing secret, shown once in this answer."""
    row = own(seat, endpoint_id)
    hours = {value: meaning for value, _, meaning in _OVERLAPS}.get(request.POST.get("overlap", ""), _USUAL_OVERLAP)
    try:
        changed, secret, ends = operations.rotate_secret(overlap_hours=hours, **about(seat, row))
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect("dashboard:webhooks-endpoint", row.id)
    context = shown(seat, changed) | {"secret": secret, "older_until": max(ends, default=None)}
    return render(request, "dashboard/endpoint.html", context, status=201)


def about(seat: Seat, row: Endpoint) -> dict[str, Any]:
    """The arguments of every operation on one endpoint."""
    return {"endpoint_id": row.id} | acting(seat)


def acting(seat: Seat) -> dict[str, Any]:
    return {
        "organisation_id": seat.organisation.id,
        "livemode": seat.livemode,
        "by": seat.by,
        "at": clock.now(),
    }
