"""Test mode: the debtor, their mail server or their bank does something, because a developer says so."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from campaigns.models import Case
from dashboard.access import Seat, action
from dashboard.forms.simulate import SIMULATIONS
from dashboard.views.common import one, press


@action()
def act(request: HttpRequest, seat: Seat, case_id: str, name: str) -> HttpResponse:
    """One form of the panel. Live mode knows no such thing: 404."""
    if seat.livemode or name not in SIMULATIONS:
        raise Http404
    case = one(seat.rows(Case).select_related("campaign__organisation", "organisation", "debtor"), case_id)
    form = SIMULATIONS[name](case, request.POST)
    if form.is_valid():
        press(request, form.done, lambda: form.run(seat.by))
    else:
        messages.error(request, " ".join(str(words) for faults in form.errors.values() for words in faults))
    return redirect("dashboard:campaigns-case", case.id)
