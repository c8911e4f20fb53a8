"""A person's own security: address, password, authenticator app, passkeys, recovery codes, where they are signed in.

Whatever weakens or widens a login asks for the password (or a second factor) again first; allauth's views do that.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from allauth.account import views as account
from allauth.account.models import EmailAddress
from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as usersessions
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.access import seat_of
from dashboard.forms.account import PasskeyForm
from dashboard.queries import devices
from dashboard.views.common import one


@method_decorator(never_cache, name="dispatch")
class Framed:
    """Drawn inside the dashboard for a member, on a bare page for somebody of no organisation yet."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.seat = seat_of(request) if request.user.is_authenticated else None  # type: ignore[attr-defined]
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = "dashboard/base.html" if getattr(self.request, "seat", None) else "dashboard/account/door.html"
        return super().get_context_data(**kwargs) | {"frame": frame}  # type: ignore[misc]


class Overview(Framed, mfa.IndexView):
    """Everything about one's own login on one page."""

    template_name = "dashboard/account/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, found = authenticated_user(self.request), super().get_context_data(**kwargs)
        return found | {
            "address": EmailAddress.objects.get_primary(user),
            "has_totp": Authenticator.Type.TOTP in found["authenticators"],
            "passkeys": found["authenticators"].get(Authenticator.Type.WEBAUTHN, []),
            "recovery": found["authenticators"].get(Authenticator.Type.RECOVERY_CODES),
            "sessions": devices.of(user),
            "passkeys_work": passkeys_work(self.request),
        }


def passkeys_work(request: HttpRequest) -> bool:
    """A passkey belongs to a domain name (WebAuthn: the RP ID is a domain string); an address in figures has none."""
    try:
        ipaddress.ip_address(urlsplit(f"//{request.get_host()}").hostname or "")
    except ValueError:
        return True
    return False


class ChangeEmail(Framed, account.EmailView):
    """The new address replaces the present one when its code was typed in."""

    template_name = "dashboard/account/email.html"


class ChangePassword(Framed, account.PasswordChangeView):
    """Every other session ends with the old password."""

    template_name = "dashboard/account/password.html"

    def get_default_success_url(self) -> str:
        return str(reverse_lazy("mfa_index"))


class SetPassword(Framed, account.PasswordSetView):
    template_name = "dashboard/account/password.html"

    def get_default_success_url(self) -> str:
        return str(reverse_lazy("mfa_index"))


class ConfirmByPassword(Framed, account.ReauthenticateView):
    template_name = "dashboard/account/confirm.html"


class ConfirmByCode(Framed, mfa.ReauthenticateView):
    template_name = "dashboard/account/confirm.html"


class ConfirmByPasskey(Framed, webauthn.ReauthenticateWebAuthnView):
    template_name = "dashboard/account/confirm_passkey.html"


class AddAuthenticator(Framed, totp.ActivateTOTPView):
    template_name = "dashboard/account/authenticator.html"


class RemoveAuthenticator(Framed, totp.DeactivateTOTPView):
    template_name = "dashboard/account/remove.html"
    extra_context = {
        "heading": "Remove the authenticator app",
        "explains": "Signing in will no longer ask for its code. Recovery codes go with your last second factor.",
    }


class RecoveryCodes(Framed, recovery.ViewRecoveryCodesView):
    template_name = "dashboard/account/recovery_codes.html"


class NewRecoveryCodes(Framed, recovery.GenerateRecoveryCodesView):
    template_name = "dashboard/account/new_recovery_codes.html"


class AddPasskey(Framed, webauthn.AddWebAuthnView):
    template_name = "dashboard/account/passkey.html"
    form_class = PasskeyForm


class RenamePasskey(Framed, webauthn.EditWebAuthnView):
    template_name = "dashboard/account/rename.html"
    success_url = reverse_lazy("mfa_index")


class RemovePasskey(Framed, webauthn.RemoveWebAuthnView):
    template_name = "dashboard/account/remove.html"
    success_url = reverse_lazy("mfa_index")
    extra_context = {
        "heading": "Remove this passkey",
        "explains": "It no longer signs you in. Delete it in your browser or on your device too.",
    }


def passkeys(_request: HttpRequest) -> HttpResponse:
    """Passkeys are listed on the overview; this address is the one allauth returns to."""
    return redirect("mfa_index")


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign out one of one's own sessions, elsewhere or here."""
    number = request.POST.get("session", "")
    rows = UserSession.objects.filter(user=authenticated_user(request))
    session = one(rows, int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0)
    end_sessions(request, [session])
    messages.success(request, "That session is signed out.")
    return redirect("mfa_index")


class EndOtherSessions(usersessions.ListUserSessionsView):
    """Sign out everywhere else (POST). The list itself stands on the overview."""

    http_method_names = ["post"]
    success_url = reverse_lazy("mfa_index")
