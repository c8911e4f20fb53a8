"""Upcoming escalations: which cases go to an attorney when, what stands in the way, and the creditor's word on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import timeline
from agentcollect.kit import clock
from campaigns.models import Case
from dashboard.access import Seat, action, page
from dashboard.queries import escalations
from dashboard.views.common import back, one, page_of, plain, press
from outreach import operations

_SIZE = 20


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    """A page costs some statements a row: why not is asked of the law itself."""
    found = page_of(escalations.upcoming(seat), request, {}, scope="dashboard.escalations", size=_SIZE)
    return render(
        request, "dashboard/escalations.html", found | {"rows": escalations.shown(found["rows"], clock.now())}
    )


@action()
def veto(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """No attorney takes this case; it goes on without."""
    case, reason = one(seat.rows(Case), case_id), plain(request.POST.get("reason", ""))
    press(
        request,
        "Vetoed. No attorney is asked, and the case goes on without one.",
        lambda: operations.veto(case_id=case.id, reason=reason, by=seat.by, at=timeline.act(case.clock_id)),
    )
    return redirect(back(request, reverse("dashboard:escalations")))


@action()
def escalate(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """An attorney is asked now, by this member's word."""
    case = one(seat.rows(Case), case_id)
    press(
        request,
        "An attorney is asked now. Our own messages about this invoice have ended.",
        lambda: operations.escalate(case_id=case.id, by=seat.by, at=timeline.act(case.clock_id)),
    )
    return redirect(back(request, reverse("dashboard:escalations")))
