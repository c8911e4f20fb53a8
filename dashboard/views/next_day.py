"""The next 24 hours: who will be contacted, how, when, why; one press holds an invoice, another stops everything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import operations as accounts
from accounts import timeline
from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Case, Hold
from dashboard.access import Seat, action, page
from dashboard.queries import waiting
from dashboard.views.common import back, one, plain, press


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    after = plain(request.GET.get("after", ""))
    contacts, more = waiting.next_contacts(seat, clock.now(), after=after)
    shown = {"contacts": contacts, "first": not after, "next_after": contacts[-1][0].step.id if more else ""}
    return render(request, "dashboard/next.html", shown)


@action()
def hold(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Nothing is sent about this invoice until the hold is released on its page."""
    case = one(seat.rows(Case), case_id)
    named = {"case_id": case.id, "kind": Hold.Kind.CREDITOR_PAUSE.value, "reason": "held in the dashboard"}
    press(
        request,
        "On hold. Nothing is sent about this invoice until you release it on its page.",
        lambda: operations.hold_case(**named, ends_at=None, by=seat.by, at=timeline.act(case.clock_id)),
    )
    return redirect(back(request, reverse("dashboard:campaigns-case", args=[case.id])))


@page
def pause(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Asks once more before everything stops, or goes on."""
    return render(request, "dashboard/pause.html", {"planned": waiting.planned_count(seat)})


@action()
def set_pause(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Stop everything of this mode, or let it go on."""
    named = {"organisation_id": seat.organisation.id, "livemode": seat.livemode, "by": seat.by, "at": clock.now()}
    if request.POST.get("on") == "yes":
        press(request, "Everything is paused.", lambda: accounts.pause_organisation(**named))
    else:
        press(
            request,
            "Resumed. What is due goes out in the next permitted hours.",
            lambda: accounts.resume_organisation(**named),
        )
    return redirect("dashboard:home")
