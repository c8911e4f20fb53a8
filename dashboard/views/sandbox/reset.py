"""Start over: all test data goes, after the organisation's name was typed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agentcollect.kit import clock
from dashboard.access import KEYS, Seat, action, page
from dashboard.views.common import press
from dashboard.views.sandbox.common import test_mode
from sandbox import resetting


@page
@test_mode
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    organisation = seat.organisation
    shown = {
        "busy": organisation.test_reset_at is not None,
        "progress": resetting.progress(organisation),
        "counts": resetting.counts(organisation.id),
        "may_reset": seat.member.role in KEYS,
    }
    return render(request, "dashboard/reset.html", shown)


@action(KEYS)
@test_mode
def start(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Nothing happens before the name is right: what goes does not come back."""
    if " ".join(request.POST.get("name", "").split()) != " ".join(seat.organisation.name.split()):
        messages.error(request, "That is not the organisation's name. Nothing was deleted.")
        return redirect("dashboard:reset")
    named = {"organisation_id": seat.organisation.id, "by": seat.by, "at": clock.now()}
    press(request, "Everything of test mode is being deleted.", lambda: resetting.begin(**named))
    return redirect("dashboard:reset")
