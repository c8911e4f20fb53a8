"""Replays as their pages show them: a form's fields become a job's filters, and a job its progress in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard import words
from dashboard.access import Seat
from dashboard.queries import hooks
from webhooks import queries
from webhooks.models import Delivery, Endpoint, Replay
from webhooks.queries import DEFAULT_RATE, MAX_RATE, Preview, Progress
from webhooks.queries.replays import UNDELIVERED

FAILING = 50  # still failing deliveries shown, and sent again by one press
# (value, words, states); the first is what a replay is for.
_STATES = (
    ("", "that failed or were not sent", list(UNDELIVERED)),
    ("failed", "that failed", [Delivery.Status.FAILED.value]),
    ("not_sent", "that were not sent", [Delivery.Status.NOT_SENT.value]),
    ("succeeded", "that were delivered", [Delivery.Status.SUCCEEDED.value]),
    ("any", "in any state", list(Delivery.Status.values)),
)
STATES = [(value, said) for value, said, _ in _STATES]
RATES = [(rate, f"{rate:,} a second") for rate in (DEFAULT_RATE, 1, 10, MAX_RATE)]


def listed(seat: Seat) -> QuerySet[Replay]:
    return queries.replays(seat.organisation.id, seat.livemode)


@dataclass(frozen=True, slots=True)
class Shown:
    """A job's progress with what its bar and its sentence need. `part` is 0 to 100."""

    counts: Progress
    part: int
    over: bool


def progress(job: Replay) -> Shown:
    counts = queries.replay_progress(job)
    over = job.status in (Replay.Status.SUCCEEDED, Replay.Status.CANCELLED)
    return Shown(counts, min(counts.done * 100 // counts.matched, 100) if counts.matched else 100 * over, over)


def filters_of(seat: Seat, given: dict[str, str]) -> dict[str, Any]:
    """A replay's filters from the fields of the form. Raises ApiError(invalid_parameter)."""
    found: dict[str, Any] = {"statuses": _states(given.get("status", ""))}
    for field, name in (("endpoint", "webhook_ids"), ("type", "event_types"), ("reason", "reasons")):
        if value := given.get(field):
            found[name] = [value]
    if text := given.get("q"):
        found[_named(text)] = [text]
    for field, name in (("after", "since"), ("before", "until")):
        if value := given.get(field):
            found[name] = _time(value, seat)
    return found | ({"missed": True} if given.get("missed") else {})


def _states(chosen: str) -> list[str]:
    found = next((list(states) for value, _, states in _STATES if value == chosen), None)
    if found is None:  # must not widen what is sent
        raise ApiError("invalid_parameter", f"Deliveries cannot be chosen by the state “{chosen[:20]}”.")
    return found


def _named(text: str) -> str:
    """Which filter a searched text means."""
    return {"evt_": "event_ids", "whd_": "delivery_ids"}.get(text[:4], "event_types")


def _time(text: str, seat: Seat) -> str:
    try:
        return clock.iso(hooks.local_time(text, seat.zone))
    except ValueError as error:
        raise ApiError("invalid_parameter", f"“{text[:40]}” is no day and time that can be read.") from error


def rate_of(text: str) -> int | None:
    """A rate of RATES; None, the usual one, for anything else."""
    return next((rate for rate, _ in RATES if str(rate) == text), None)


def preview(seat: Seat, given: dict[str, str], at: datetime) -> Preview:
    """Raises ApiError(invalid_parameter)."""
    return queries.replay_preview(seat.organisation.id, seat.livemode, filters_of(seat, given), at)


def in_words(seat: Seat, job: Replay) -> list[tuple[str, list[str]]]:
    """(name, values) of what a job was asked to send again; a value that is a time stays ISO."""
    asked = job.filters
    urls = dict(seat.rows(Endpoint).filter(id__in=asked.get("webhook_ids") or []).values_list("id", "url"))
    said = (
        ("Endpoints", [urls.get(name, name) for name in asked.get("webhook_ids") or []]),
        ("Types", asked.get("event_types") or []),
        ("States", [words.DELIVERY_NAMES.get(state, state) for state in asked.get("statuses") or []]),
        ("Reasons", [words.NOT_SENT.get(reason, reason) for reason in asked.get("reasons") or []]),
        ("Events", asked.get("event_ids") or []),
        ("Deliveries", asked.get("delivery_ids") or []),
    )
    return [(name, values[:20]) for name, values in said if values]
