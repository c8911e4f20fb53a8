"""Signing in and out, and which organisation and mode is looked at."""

from typing import Any

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from rest_framework.request import Request

from accounts.authentication import address
from agentcollect.kit import ratelimit
from dashboard.access import Seat, page
from dashboard.views.common import back

PER_LOGIN, PER_ADDRESS = 10, 60


def root(_request: HttpRequest) -> HttpResponse:
    return redirect("dashboard:home")


class SignIn(auth_views.LoginView):
    """Sign in by e-mail and password. Attempts are limited before the password is looked at."""

    template_name = "dashboard/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self._allowed(request):
            form = AuthenticationForm(request)
            context = self.get_context_data(form=form, too_many=True)
            return self.render_to_response(context, status=429, headers={"Retry-After": "60"})
        return super().post(request, *args, **kwargs)

    def _allowed(self, request: HttpRequest) -> bool:
        where = address(Request(request))
        email = request.POST.get("username", "").strip().lower()[:254]
        counted = (
            ratelimit.hit(f"login:{where}:{email}", PER_LOGIN),
            ratelimit.hit(f"login:{where}", PER_ADDRESS),
        )
        return all(verdict.allowed for verdict in counted)

    def get_form_kwargs(self) -> dict[str, Any]:
        """E-mail addresses are folded as they were when the login was made."""
        kwargs = super().get_form_kwargs()
        if data := kwargs.get("data"):
            kwargs["data"] = data.copy()
            kwargs["data"]["username"] = data.get("username", "").strip().lower()
        return kwargs


class SignOut(auth_views.LogoutView):
    """Sign out (POST)."""


@page
def choose_organisation(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Look at another organisation of this member's; one that is not theirs is a 404."""
    if request.method != "POST":
        raise Http404
    chosen = request.POST.get("organisation", "")
    if chosen not in {seat.organisation.id, *(other.id for other in seat.others)}:
        raise Http404
    request.session["organisation"] = chosen
    return redirect("dashboard:home")


@page
def choose_mode(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Look at live or test mode. A page of one row has no twin in the other mode, so those lead home."""
    if request.method != "POST":
        raise Http404
    request.session["livemode"] = request.POST.get("mode") == "live"
    lists = {reverse(f"dashboard:{name}") for name in ("home", "campaigns", "payments", "webhooks", "events", "keys")}
    here = back(request, reverse("dashboard:home")).partition("?")[0]
    return HttpResponseRedirect(here if here in lists else reverse("dashboard:home"))
