"""Signing in and out, a forgotten password, and which organisation and mode is looked at."""

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from rest_framework.request import Request

from accounts.authentication import address
from agentcollect.kit import mail, ratelimit
from dashboard.access import Seat, page
from dashboard.forms.account import SignInForm
from dashboard.views.common import back

PER_LOGIN, PER_ADDRESS = 10, 60


def root(_request: HttpRequest) -> HttpResponse:
    return redirect("dashboard:home")


class SignIn(account.LoginView):
    """Sign in by e-mail and password. Attempts are limited before the password is looked at."""

    template_name = "dashboard/account/login.html"
    form_class = SignInForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self._allowed(request):
            context = self.get_context_data(form=SignInForm(request=request), too_many=True)
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


class SecondFactor(mfa.AuthenticateView):
    """After the password: a code of the authenticator app, a recovery code, or a passkey."""

    template_name = "dashboard/account/second_factor.html"


class PasskeySignIn(webauthn.LoginWebAuthnView):
    """GET (as JSON): what the browser signs; POST: its signature."""


class SignOut(account.LogoutView):
    """Sign out (POST). Somebody half signed in gives up with it."""

    http_method_names = ["post"]


class Inactive(account.AccountInactiveView):
    template_name = "dashboard/account/inactive.html"


class ForgottenPassword(account.PasswordResetView):
    """The answer is the same whether the address has a login or not; the mail says which."""

    template_name = "dashboard/account/forgotten.html"


class ResetSent(account.PasswordResetDoneView):
    template_name = "dashboard/account/reset_sent.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"local_mail": mail.readable_by(self.request)}


class NewPassword(account.PasswordResetFromKeyView):
    """Opened from the mail. The secret of the address moves into the session before the page is drawn."""

    template_name = "dashboard/account/new_password.html"


class ResetDone(account.PasswordResetFromKeyDoneView):
    template_name = "dashboard/account/reset_done.html"


def too_many(request: HttpRequest) -> HttpResponse:
    """What a visitor reads whose attempts were too many (agentcollect.urls.handler429)."""
    answer = render(request, "dashboard/account/too_many.html", status=429)
    answer["Retry-After"] = "60"
    return answer


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
    more = ("campaigns-new", "team", "settings", "settings-notifications", "calls", "phone")
    lists |= {reverse(f"dashboard:{name}") for name in more}
    here = back(request, reverse("dashboard:home")).partition("?")[0]
    return HttpResponseRedirect(here if here in lists else reverse("dashboard:home"))
