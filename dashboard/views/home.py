"""Home."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agentcollect.kit import clock
from dashboard.access import Seat, page
from dashboard.queries import home as queries
from dashboard.queries import timeline


@page
def home(request: HttpRequest, seat: Seat) -> HttpResponse:
    at = clock.now()
    overview, set_up = queries.overview(seat), queries.set_up(seat)
    shown = {
        "overview": overview,
        "needs_people": any(overview.count(state) for state in ("needs_contact", "disputed", "escalation_pending")),
        "steps": queries.next_steps(seat),
        "lines": [timeline.entry(event) for event in queries.recent_events(seat)],
        "holds": queries.waiting_holds(seat),
        "failed_deliveries": queries.failed_deliveries(seat, at),
        "set_up": set_up,
        "first_call": queries.first_call(seat, set_up.key),
    }
    return render(request, "dashboard/home.html", shown)
