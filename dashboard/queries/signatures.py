"""Does a signature fit? Said in words, for the delivery's page. Nothing here shows a secret.

What a reader pastes is only answered with yes, no and why: a page that signed foreign bytes for anybody who looks at it
would be as good as the secret itself.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from webhooks.rules import sign

OURS, STANDARD = "X-AgentCollect-Signature", "webhook-signature"
TOLERANCE = 300  # seconds that the libraries grant between the timestamp and their own clock


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one family of headers: does it fit, and why (not). `sent` are the signatures found in the header."""

    family: str
    good: bool
    says: str
    sent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pasted:
    """What one received: its raw `body` and those of the signature headers that were given, by lower-case name."""

    body: str
    headers: dict[str, str] = field(default_factory=dict)


def read(body: str, headers: str) -> Pasted:
    """Headers as `Name: value` lines, or the bare value of a signature header."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, headers.splitlines())):
        name, colon, value = line.partition(":")
        if colon and "=" not in name and "," not in name:
            found[name.strip().lower()] = value.strip()
        elif line.startswith("v1,"):
            found[STANDARD] = line
        else:
            found[OURS.lower()] = line
    return Pasted(body, found)


def check(given: Pasted, *, event_id: str, secrets: Sequence[str], stored: str, at: datetime) -> list[Verdict]:
    """One verdict for each family that `given` carries; `stored` is the body that we keep and send."""
    headers = {name.lower(): value for name, value in given.headers.items()}
    stamp, ours = _read_ours(headers.get(OURS.lower(), ""))
    standard = tuple(part[3:] for part in headers.get(STANDARD, "").split() if part.startswith("v1,"))
    named = headers.get("webhook-id", event_id)
    stamps = {OURS: stamp, STANDARD: _number(headers.get("webhook-timestamp", "")) or stamp}
    found = []
    for family, sent in ((OURS, ours), (STANDARD, standard)):
        if family.lower() in headers:
            found.append(_verdict(family, sent, stamps[family], named, given.body, secrets, stored, at))
    return found


def _verdict(
    family: str,
    sent: tuple[str, ...],
    stamp: int | None,
    event_id: str,
    body: str,
    secrets: Sequence[str],
    stored: str,
    at: datetime,
) -> Verdict:
    if stamp is None:
        where = "t=… in the header" if family == OURS else "the webhook-timestamp header"
        return Verdict(family, False, f"There is no timestamp to check it with: {where} is missing.", sent)
    if not sent:
        return Verdict(family, False, "The header holds no signature of version 1 (v1).", sent)
    if not secrets:
        return Verdict(family, False, "The endpoint has no live secret that can be read.", sent)
    place = _place(family, sent, secrets, event_id, body, stamp)
    if place is not None:
        return Verdict(family, True, _fits(place, len(secrets)) + _age(stamp, at), sent)
    return Verdict(family, False, _why_not(family, sent, secrets, event_id, body, stored, stamp), sent)


def _place(
    family: str, sent: Sequence[str], secrets: Sequence[str], event_id: str, body: str, stamp: int
) -> int | None:
    """The place of the first secret that gives one of the signatures `sent`; None when none does."""
    for place, secret in enumerate(secrets):
        made = sign([secret], event_id, body.encode(), stamp)[family]
        wanted = made.partition("v1=")[2] if family == OURS else made.removeprefix("v1,")
        if any(hmac.compare_digest(wanted.encode(), text.encode()) for text in sent):
            return place
    return None


def _fits(place: int, count: int) -> str:
    if count == 1:
        return "It fits the endpoint's secret."
    return "It fits the newest secret." if place == 0 else "It fits an earlier secret, which still signs for a while."


def _age(stamp: int, at: datetime) -> str:
    away = abs(int(at.timestamp()) - stamp)
    if away <= TOLERANCE:
        return ""
    return (
        f" Its timestamp is {_length(away)} away from now: a receiver that allows {TOLERANCE // 60} minutes refuses "
        "it today, and took it when it was sent."
    )


def _length(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"


def _why_not(
    family: str, sent: tuple[str, ...], secrets: Sequence[str], event_id: str, body: str, stored: str, stamp: int
) -> str:
    """The likeliest cause, found by trying it."""

    def fits(text: str) -> bool:
        return _place(family, sent, secrets, event_id, text, stamp) is not None

    if body == stored:
        return (
            "The bytes are those that we sent, but no live secret gives this signature. Either it was signed with a "
            "secret that has been rotated out since, or the header or its timestamp was changed."
        )
    if fits(body.replace("\r\n", "\n")):
        return "It fits once the line breaks are \\n: something on the way turned them into \\r\\n."
    if fits(body.strip()):
        return "It fits without the white space around the body: verify the bytes exactly as they came."
    if fits(stored) and _same_json(body, stored):
        return (
            "The header belongs to this event, and the body says the same in other bytes: it was parsed and written "
            "again. Verify the raw body, before your framework parses it."
        )
    if fits(stored):
        return "The header belongs to this event, but the body is another: it was changed, cut or mixed up."
    return (
        "No live secret of this endpoint gives this signature, neither for the pasted body nor for the one that we "
        "sent. Is the header from another delivery, or the secret from another endpoint or mode?"
    )


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return False


def _read_ours(header: str) -> tuple[int | None, tuple[str, ...]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamp = next((_number(value) for name, _, value in pairs if name == "t"), None)
    return stamp, tuple(value for name, _, value in pairs if name == "v1")


def _number(text: str) -> int | None:
    """Unix seconds; None for what is none (or lies beyond any calendar)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
