"""The first organisation: who it is, then its key, shown once, with the calls that use it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import operations
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import seat_of
from dashboard.forms.organisation import OrganisationForm
from dashboard.queries import onboarding


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """GET asks; POST makes the organisation and shows its key on this very page: it is kept nowhere."""
    if seat_of(request):
        return _already(request)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _open(request, form)
    return render(request, "dashboard/account/start.html", {"form": form})


@sensitive_variables("opened")
def _open(request: HttpRequest, form: OrganisationForm) -> HttpResponse:
    try:
        opened = operations.open_organisation(user=request.user, at=clock.now(), **form.facts())  # type: ignore[arg-type]
    except ApiError:
        return _already(request)
    request.seat = seat_of(request)  # type: ignore[attr-defined]
    shown = {
        "secret": opened.secret,
        "calls": onboarding.three_calls(secret=opened.secret, company=opened.organisation.name),
    }
    return render(request, "dashboard/ready.html", shown, status=201)


def _already(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        messages.success(request, "Your organisation is set up. If you did not copy its key, make another one here.")
        return redirect("dashboard:keys")
    return redirect("dashboard:home")
