"""What django-allauth asks us: who may sign up, which words are shown, where its mail leads, how secrets are kept."""

import ipaddress
import smtplib
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import operations
from accounts.models import User
from agentcollect.kit import crypto

log = structlog.get_logger()


class AccountAdapter(DefaultAccountAdapter):
    """People sign in by e-mail address; an address is verified before it lets anybody in."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This login is switched off. Ask the owner of your organisation.",
        "email_password_mismatch": "That e-mail and password do not belong together. Check both and try again.",
        "enter_current_password": "This is not your present password.",
        "incorrect_code": "This code is not the right one, or it has been used.",
        "incorrect_password": "This is not your password.",
        "rate_limited": "Too many requests. Wait a minute, then try again.",
        "same_as_current": "This is your address already.",
        "too_many_login_attempts": "Too many wrong attempts. Wait ten minutes, or reset your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Open unless the operator closed it or mail cannot reach anybody; an invited person may always come in."""
        invited = bool(request.session.get("account_verified_email"))
        return bool(settings.SYSTEM_MAIL or invited) and (settings.SIGNUP_OPEN or invited)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name", "")
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """A login without any address row was made by the operator (sign-up always writes one): nothing to verify."""
        operations.vouch(user=user)
        return super().pre_login(request, user, **kwargs)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor's address: behind a proxy what the proxy saw. Never empty: sessions keep it."""
        text = request.META.get("REMOTE_ADDR", "")
        if settings.SECURE_PROXY_SSL_HEADER:
            text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return "0.0.0.0"  # noqa: S104  (nobody's address, not one to listen on)

    # --- mail

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under our own address, never under the Host that the visitor sent: the link lets somebody in."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PUBLIC_URL + path.replace("UID-KEY", key)

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        marked = {"Auto-Submitted": "auto-generated"} | (headers or {})
        return super().render_mail(template_prefix, email, context | {"base_url": settings.PUBLIC_URL}, marked)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer is said, not shown as our failure: the page offers to send again."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.error(
                "system_mail_failed", template=template_prefix, error=type(error).__name__, words=str(error)[:200]
            )
            said = "The mail could not be sent. Try again in a minute; if that does not help, tell your operator."
            messages.error(self.request, said)


class MfaAdapter(DefaultMFAAdapter):
    """Seeds of authenticator apps and recovery codes are encrypted at rest."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not the right one, or it has been used.",
    }

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = user.authenticator_set.filter(type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "AgentCollect"}
