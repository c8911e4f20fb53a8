"""The letter a member gets: one event, or everything that was gathered for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from events.models import Event
from webhooks import wording
from webhooks.models import Endpoint

Letter = EmailMultiAlternatives
MOST_SHOWN = 50
MOST_IN_SUBJECT = 120


class Item(NamedTuple):
    """One event as the letter tells it. `when` is in the organisation's zone."""

    title: str
    when: str
    facts: list[tuple[str, str]]
    url: str


def write(endpoint: Endpoint, to: str, events: Sequence[Event], *, number: str, stop_token: str) -> Letter:
    """The letter about `events` (at least one). No link in it acts by being opened.

    `number` makes its Message-ID; `endpoint.organisation` is read.
    """
    zone = ZoneInfo(endpoint.organisation.timezone)
    subject = _subject(events, endpoint.organisation.name, endpoint.livemode)
    shown = _links(endpoint, stop_token) | {
        "subject": subject,
        "organisation": wording.one_line(endpoint.organisation.name),
        "livemode": endpoint.livemode,
        "items": [_item(event, zone) for event in events[:MOST_SHOWN]],
        "single": len(events) == 1,
        "left_out": max(0, len(events) - MOST_SHOWN),
    }
    letter = Letter(subject, render_to_string("webhooks/mail.txt", shown), None, [to], headers=_headers(shown, number))
    letter.attach_alternative(render_to_string("webhooks/mail.html", shown), "text/html")
    return letter


def _subject(events: Sequence[Event], organisation: str, livemode: bool) -> str:
    first, others = wording.title(events[0].type, events[0].data), len(events) - 1
    whole = f"{first}, and {others} more" if others else first
    if len(whole) > MOST_IN_SUBJECT:
        whole = whole[: MOST_IN_SUBJECT - 1] + "…"
    return f"{'' if livemode else '[Test] '}{whole} · {wording.one_line(organisation)}"


def _item(event: Event, zone: ZoneInfo) -> Item:
    return Item(
        wording.title(event.type, event.data),
        _when(event.created_at, zone),
        wording.facts(event.type, event.data),
        _absolute("dashboard:open", event.id),
    )


def _when(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} ({zone.key})"


def _links(endpoint: Endpoint, stop_token: str) -> dict[str, Any]:
    return {
        "choose_url": _absolute("dashboard:open", endpoint.id),
        "stop_url": _absolute("dashboard:notifications-stop", stop_token),
        "log_url": _absolute("dashboard:events"),
    }


def _absolute(name: str, *args: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"


def _headers(shown: dict[str, Any], number: str) -> dict[str, str]:
    """List-Unsubscribe leads to a page with a button; a mail program may press it for the reader (RFC 8058)."""
    return {
        "Message-ID": f"<{number}@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office programs do not answer
        "List-Unsubscribe": f"<{shown['stop_url']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
