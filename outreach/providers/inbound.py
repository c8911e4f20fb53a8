"""Mail providers' callbacks, through django-anymail: its views verify the signature and know each provider's shape.

Which providers are open, and their keys, stand in settings.ANYMAIL; one that has neither a key of its own nor the
shared `WEBHOOK_SECRET` is closed, since anybody could post to it.
"""

import hashlib
import warnings
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailError, AnymailWebhookValidationFailure
from anymail.inbound import AnymailInboundMessage
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError

errors.define("unknown_provider", 404, "No callbacks of that mail provider are taken here.")
errors.define("callback_refused", 403, "The callback is not signed, or not by the key that is set here.")
errors.define("callback_unreadable", 400, "The callback is not what that provider sends to this address.")

# Name in the address → (module, class prefix, settings that prove who posts mails, and news; one of them is enough).
# Without one of its own a provider needs the shared secret, which is the basic auth of its address.
_MAILGUN = ("MAILGUN_WEBHOOK_SIGNING_KEY", "MAILGUN_API_KEY")
_VIEWS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "mailgun": ("mailgun", "Mailgun", _MAILGUN, _MAILGUN),
    "postmark": ("postmark", "Postmark", (), ()),
    "sendgrid": ("sendgrid", "SendGrid", (), ()),
    "amazon_ses": ("amazon_ses", "AmazonSES", (), ()),
    "mailersend": ("mailersend", "MailerSend", ("MAILERSEND_INBOUND_SECRET",), ("MAILERSEND_SIGNING_SECRET",)),
    "mailjet": ("mailjet", "Mailjet", (), ()),
    "brevo": ("brevo", "Brevo", (), ()),
    "sparkpost": ("sparkpost", "SparkPost", (), ()),
}
_TOLD = {"bounced": "bounced", "failed": "bounced", "rejected": "bounced", "complained": "complained"}
_TOLD |= {"delivered": "delivered"}
# A message its provider refused to send because of the address: no better than a bounce.
_HARD = {"bounced", "invalid"}
_GONE = ("bounced", "failed", "rejected")


@dataclass(frozen=True, slots=True)
class Told:
    """One event about a mail of ours; `key` is the same for each delivery of it."""

    key: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Posted:
    """What one callback held."""

    mails: list[bytes] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)


def read(provider: str, request: HttpRequest) -> Posted:
    """Verify and read a callback; the address `<provider>` takes mails, `<provider>/events` news.

    Raises ApiError: unknown_provider, callback_refused, callback_unreadable.
    """
    view = _view(provider, news=request.path.endswith("/events"))
    try:
        view.run_validators(request)
        found = view.parse_events(request)
    except (AnymailWebhookValidationFailure, SuspiciousOperation) as error:
        raise ApiError("callback_refused") from error
    except (AnymailError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ApiError("callback_unreadable") from error
    return _posted(found)


def _view(provider: str, *, news: bool) -> Any:
    module, prefix, *keys = _VIEWS.get(provider, ("", "", (), ()))
    proofs = (*keys[news], "WEBHOOK_SECRET")
    if not module or not any(settings.ANYMAIL.get(name) for name in proofs):
        raise ApiError("unknown_provider")
    name = f"{prefix}{'Tracking' if news else 'Inbound'}WebhookView"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that no basic auth is set, where a key of the provider's own is
            return getattr(import_module(f"anymail.webhooks.{module}"), name)()
    except (ImportError, AttributeError, AnymailConfigurationError) as error:
        raise ApiError("unknown_provider") from error


def _posted(found: list[Any]) -> Posted:
    posted = Posted()
    for event in found:
        message = getattr(event, "message", None)
        if isinstance(message, AnymailInboundMessage):
            posted.mails.append(_raw(message))
        elif event.event_type in _TOLD:
            posted.events.append(_told(event))
    return posted


def _raw(message: AnymailInboundMessage) -> bytes:
    """The mail, with the envelope's recipient on top, as a mail server delivers it."""
    recipient = str(message.envelope_recipient or "")
    head = f"Delivered-To: {recipient}\r\n".encode() if recipient.isascii() and recipient.isprintable() else b""
    return (head if recipient else b"") + message.as_bytes()


def _told(event: Any) -> Told:
    hard = event.event_type in _GONE and str(event.reject_reason) in _HARD and not _soft(event)
    facts = {
        "type": _TOLD[event.event_type],
        "ids": [str(one) for one in (event.message_id, *_ids(event.esp_event)) if one],
        "recipient": str(event.recipient or "").lower(),
        "hard": hard,
        "words": str(event.mta_response or event.description or event.reject_reason or "")[:280],
    }
    named = f"{event.event_id}|{facts['type']}|{facts['recipient']}|{facts['ids']}"
    return Told(hashlib.sha256(named.encode()).hexdigest(), facts)


# How providers say that it may go better another time: Postmark's Type, Mailgun's severity, SendGrid's type, SES's.
_TEMPORARY = {"softbounce", "transient", "dnserror", "temporary", "blocked", "undetermined", "soft_bounce", "soft"}


def _soft(event: Any) -> bool:
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    inner = [raw, *(one for one in raw.values() if isinstance(one, dict))]
    said = {str(one.get(name, "")).lower() for one in inner for name in ("Type", "type", "severity", "bounceType")}
    return bool(said & _TEMPORARY) or str(event.mta_response or "").lstrip().startswith("4")


def _ids(event: Any) -> list[str]:
    """Where providers keep the Message-ID of what they relayed, when their own id is another."""
    if not isinstance(event, dict):
        return []
    headers = _inner(_inner(event, "mail"), "commonHeaders")
    return [str(one) for one in (event.get("smtp-id"), headers.get("messageId"), event.get("message-id")) if one]


def _inner(event: dict[str, Any], name: str) -> dict[str, Any]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}
