"""Test clocks: the list, one with what is on it, and what can be done to it. Every write is sandbox.clocks'."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import TestClock
from agentcollect.kit import clock as wall_clock
from agentcollect.kit.errors import ApiError
from dashboard.access import Seat, action, page
from dashboard.forms.sandbox import STEPS, AdvanceForm, ClockForm, stepped
from dashboard.queries import clocks as queries
from dashboard.queries import collection, home, timeline
from dashboard.views.common import one, page_of, plain, press
from dashboard.views.sandbox.common import test_mode
from sandbox import clocks


@page
@test_mode
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _listed(request, seat, ClockForm(seat.zone, wall_clock.now()))


def _listed(request: HttpRequest, seat: Seat, form: ClockForm, status: int = 200) -> HttpResponse:
    found = page_of(queries.listed(seat), request, {}, scope=f"dashboard:clocks:{seat.organisation.id}")
    busy = any(map(queries.at_work, found["rows"]))
    found["rows"] = [(row, clocks.progress(row)) for row in found["rows"]]
    return render(request, "dashboard/clocks.html", found | {"form": form, "busy": busy}, status=status)


@action()
@test_mode
def create(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = ClockForm(seat.zone, wall_clock.now(), request.POST)
    if not form.is_valid():
        return _listed(request, seat, form, 422)
    mine = {"organisation_id": seat.organisation.id, "livemode": seat.livemode}
    try:
        made = clocks.create(**mine, **form.cleaned_data, by=seat.by, at=wall_clock.now())
    except ApiError as refused:
        form.add_error("frozen_time", refused.message)
        return _listed(request, seat, form, 422)
    messages.success(request, "The clock is made. Put a campaign on it, then advance it.")
    return redirect("dashboard:clocks-detail", made.id)


@page
@test_mode
def detail(request: HttpRequest, seat: Seat, clock_id: str) -> HttpResponse:
    """One clock. One that is being deleted is shown in the list only, as it may be gone any moment."""
    found = one(queries.listed(seat), clock_id)
    if found.status == TestClock.Status.DELETING:
        return redirect("dashboard:clocks")
    before = plain(request.GET.get("before", ""))
    events, older = timeline.of_clock(seat, found.id, before=before)
    shown = {
        "clock": found,
        "now": found.frozen_time,
        "progress": clocks.progress(found),
        "busy": queries.at_work(found),
        "days": timeline.by_day(events, seat.zone),
        "story_at": found.frozen_time,
        "older": events[-1].id if older else "",
        "steps_on": [(name, label, stepped(found, seat.zone, name)) for name, (label, _) in STEPS.items()],
    }
    return render(request, "dashboard/clock.html", shown | _on_it(seat, found))


def _on_it(seat: Seat, found: TestClock) -> dict[str, Any]:
    campaigns = queries.campaigns_on(seat, found)
    figures, key = collection.figures(seat, campaigns), home.usable_key(seat)
    shown = f"{key.prefix}…{key.last_four}" if key else "sk_test_…"
    return {
        "campaigns": [(row, figures.get(row.id, collection.Figures())) for row in campaigns],
        # While it is on its way, that changes faster than one can read.
        "ahead": None if found.status == TestClock.Status.ADVANCING else queries.ahead(seat, found),
        "attach": queries.attach(found, shown),
        "advance": queries.advance(found, shown, stepped(found, seat.zone, "month")),
    }


@action()
@test_mode
def advance(request: HttpRequest, seat: Seat, clock_id: str) -> HttpResponse:
    """On by a day, a week or a month, or to a moment. A scenario's page sends the same form and is come back to."""
    found = one(seat.rows(TestClock), clock_id)
    form = AdvanceForm(found, seat.zone, request.POST)
    if form.is_valid():
        named = {"clock_id": found.id, "frozen_time": form.target(), "by": seat.by, "at": wall_clock.now()}
        press(request, "It is on its way.", lambda: clocks.advance(**named))
    else:
        messages.error(request, " ".join(str(words) for faults in form.errors.values() for words in faults))
    campaign_id = plain(request.POST.get("scenario", ""))
    if campaign_id:
        return redirect("dashboard:scenarios-detail", campaign_id)
    return redirect("dashboard:clocks-detail", found.id)


@action()
@test_mode
def delete(request: HttpRequest, seat: Seat, clock_id: str) -> HttpResponse:
    """It goes with everything on it, in the background."""
    found = one(seat.rows(TestClock), clock_id)
    done = "It is being deleted, with everything on it. What was told about it stays: events, deliveries, requests."
    press(request, done, lambda: clocks.delete(clock_id=found.id, by=seat.by, at=wall_clock.now()))
    return redirect("dashboard:clocks")
