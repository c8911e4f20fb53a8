"""One case: what is owed, whom we may reach, what was decided and why, what comes next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agentcollect.kit import clock
from campaigns.models import Case
from dashboard.access import Seat, action, page
from dashboard.queries import collection, timeline
from dashboard.views.campaigns import run_next
from dashboard.views.common import one, plain
from payments.queries import pay_url


@page
def detail(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    case = one(seat.rows(Case).select_related("campaign", "debtor"), case_id)
    before = plain(request.GET.get("before", ""))
    events, older = timeline.of_case(seat, case.id, before=before)
    shown = {
        "case": case,
        "ledger": collection.ledger(seat, case),
        "people": collection.people(seat, case),
        "holds": collection.holds(seat, case),
        "decisions": collection.decisions(seat, case),
        "messages_sent": collection.messages(seat, case),
        "referral": collection.referral(seat, case),
        "pay_url": pay_url(case),
        "days": timeline.by_day(events, seat.zone),
        "steps": timeline.planned(seat, case_id=case.id),
        "story_at": timeline.story_time(events, clock.now()),
        "latest": "" if before else timeline.latest(events),
        "older": events[-1].id if older else "",
    }
    return render(request, "dashboard/case.html", shown)


@page
def news(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """How many entries the timeline gained since it was drawn."""
    case = one(seat.rows(Case), case_id)
    count = timeline.newer_than(seat, plain(request.GET.get("after", "")), case_id=case.id)
    return render(request, "dashboard/parts/news.html", {"count": count, "address": f"/dashboard/cases/{case.id}"})


@action()
def send_next(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Test mode: run the case's next planned step now, in story time."""
    case = one(seat.rows(Case), case_id)
    run_next(request, seat, case_id=case.id)
    return redirect("dashboard:campaigns-case", case.id)
