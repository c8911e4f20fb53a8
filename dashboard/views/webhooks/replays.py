"""Replays: choose, count, confirm, watch, cancel, and what still fails afterwards."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import hooks
from dashboard.queries import replays as found
from dashboard.views.common import asked, one, page_of, plain, press
from events.catalogue import PUBLIC
from webhooks import operations
from webhooks.rules import DIRECTED

ASKS = ("status", "reason", "endpoint", "type", "q", "after", "before", "missed")


@page
def replays(request: HttpRequest, seat: Seat) -> HttpResponse:
    scope = f"dashboard:replays:{seat.organisation.id}:{seat.livemode}"
    shown = page_of(found.listed(seat), request, {}, scope=scope)
    shown["rows"] = [(row, found.progress(row)) for row in shown["rows"]]
    return render(request, "dashboard/replays.html", shown)


@page
def new(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The filter; with `count`, what it finds, and the question whether to send it."""
    given = asked(request, *ASKS)
    shown = _form(seat, given)
    if request.GET.get("count"):
        try:
            shown["preview"] = found.preview(seat, given, clock.now())
        except ApiError as refused:
            shown["fault"] = refused.message
    return render(request, "dashboard/replay_new.html", shown)


def _form(seat: Seat, given: dict[str, str]) -> dict[str, Any]:
    return {
        "given": given,
        "query": urlencode(given),
        "endpoints": hooks.endpoint_choices(seat),
        "states": found.STATES,
        "reasons": words.NOT_SENT.items(),
        "types": sorted(PUBLIC | DIRECTED),
        "rates": found.RATES,
    }


@action()
def start(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Begin what was counted. The job reads its filters anew: what was added meanwhile and stood before is included."""
    given = {name: plain(request.POST.get(name, "")) for name in ASKS}
    given = {name: value for name, value in given.items() if value}
    try:
        job = operations.start_replay(
            filters=found.filters_of(seat, given),
            rate=found.rate_of(request.POST.get("rate", "")),
            organisation_id=seat.organisation.id,
            livemode=seat.livemode,
            by=seat.by,
            at=clock.now(),
        )
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect(f"/dashboard/webhooks/replays/new?{urlencode(given)}")
    return redirect("dashboard:webhooks-replays-detail", job.id)


@page
def detail(request: HttpRequest, seat: Seat, replay_id: str) -> HttpResponse:
    job = one(found.listed(seat), replay_id)
    shown = {
        "replay": job,
        "progress": found.progress(job),
        "asked": found.in_words(seat, job),
        "failing": list(hooks.deliveries(seat, replay_id=job.id, status="failed").order_by("-id")[: found.FAILING]),
        "most_failing": found.FAILING,
    }
    return render(request, "dashboard/replay.html", shown)


@action()
def cancel(request: HttpRequest, seat: Seat, replay_id: str) -> HttpResponse:
    job = one(found.listed(seat), replay_id)
    done = "Cancelled. What was already owed again is still sent; nothing more is added."
    press(
        request,
        done,
        lambda: operations.cancel_replay(
            replay_id=job.id,
            organisation_id=seat.organisation.id,
            livemode=seat.livemode,
            by=seat.by,
            at=clock.now(),
        ),
    )
    return redirect("dashboard:webhooks-replays-detail", job.id)
