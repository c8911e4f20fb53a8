"""Signing up: name, address, password; then the code that was mailed."""

from typing import Any

from allauth.account import views as account
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from agentcollect.kit import mail
from dashboard.forms.account import SignUpForm


class SignUp(account.SignupView):
    """An address that has a login already is answered alike; its owner is told by mail."""

    template_name = "dashboard/account/signup.html"
    template_name_signup_closed = "dashboard/account/signup_closed.html"
    form_class = SignUpForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"label_suffix": ""}

    def get_next_url(self) -> str | None:
        """Back to an invitation; anything else of the dashboard has to wait for an organisation."""
        wanted = super().get_next_url()
        return wanted if wanted and wanted.startswith("/invitations/") else None


class VerifyEmail(account.ConfirmEmailVerificationCodeView):
    """The code from the mail: after sign-up, after a sign-in with an address not verified yet, after a change."""

    template_name = "dashboard/account/verify.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"local_mail": mail.readable_by(self.request)}


@never_cache
def local_mail(request: HttpRequest) -> HttpResponse:
    """What would have been mailed, where no mail server is set up: for whoever sits at this machine, else a 404."""
    if not mail.readable_by(request):
        raise Http404
    return render(request, "dashboard/account/local_mail.html", {"letters": mail.letters()})
