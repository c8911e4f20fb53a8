"""What all senders know of an endpoint together (`Health`): its pace and its circuit breaker.

A claim asks `let_through`, a settlement tells `note`. Both lock delivery rows first and health rows after them, in the
order of their ids.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from agentcollect.kit import db, due
from webhooks.health import FURTHEST_OPEN
from webhooks.models import Endpoint, Health
from webhooks.rules import BREAKS_AT, MAX_ERROR, open_for, paced

PROBE = timedelta(seconds=30)  # so long nothing follows a probe whose outcome is not known: the lease of a claim


# --- before an attempt


class Restraint(NamedTuple):
    """What holds an endpoint back, as far as its claim knows: POSTs a second, and the breaker's moment."""

    rate_limit: int | None
    open_until: datetime | None


def let_through(wanted: Mapping[str, int], restraints: Mapping[str, Restraint], at: datetime) -> dict[str, "Share"]:
    """Of the endpoints that are held back, how many of the rows wanted may go now. The others are not in the answer.

    Inside the claim's transaction: what is taken here is taken for all senders. A row that another sender has locked
    just now lets nothing through; the next look comes in a moment.
    """
    held = sorted(name for name, to in restraints.items() if to.rate_limit or to.open_until)
    if not held:
        return {}
    make_room([name for name in held if restraints[name].rate_limit])
    found = Health.objects.filter(endpoint_id__in=held).order_by("endpoint_id")
    shares = {
        health.endpoint_id: _share(health, restraints[health.endpoint_id].rate_limit, wanted[health.endpoint_id], at)
        for health in db.claimable(found)
    }
    rows = [(name, share.open_until, share.paced_until) for name, share in shares.items() if share.going]
    due.update_where(Health, match=("endpoint",), change=("open_until", "paced_until"), rows=rows)
    return {name: shares.get(name, NOTHING) for name in held}


class Share(NamedTuple):
    """How many rows may go, whether the one is a probe, and what health becomes."""

    going: int
    probe: bool
    open_until: datetime | None
    paced_until: datetime | None


NOTHING = Share(0, False, None, None)


def _share(health: Health, rate: int | None, wanted: int, at: datetime) -> Share:
    count, probe, open_until, paced_until = wanted, False, health.open_until, health.paced_until
    if open_until is not None:
        if at < open_until <= at + FURTHEST_OPEN:
            return NOTHING
        count, probe, open_until = min(count, 1), True, at + PROBE
    if rate:
        count, paced_until = paced(paced_until, rate, count, at)
    return Share(count, probe, open_until, paced_until) if count else NOTHING


def make_room(endpoint_ids: Collection[str]) -> None:
    """A health row for each of these that still exist and have none."""
    missing = Endpoint.objects.filter(id__in=endpoint_ids, health=None).order_by("id").values_list("id", flat=True)
    if names := list(missing):
        Health.objects.bulk_create([Health(endpoint_id=name) for name in names], ignore_conflicts=True)


# --- after an attempt


@dataclass(frozen=True, slots=True)
class Note:
    """One settled attempt, as health sees it. `spread` in [-1, 1] is the jitter of the time that a breaker is open."""

    endpoint_id: str
    delivery_id: str
    error: str  # empty: it was delivered
    finished_at: datetime
    probe: bool
    spread: float


_CHANGE = (
    "failures_in_row",
    "failing_since",
    "last_success_at",
    "last_failure_at",
    "last_error",
    "last_delivery_id",
    "open_until",
    "times_opened",
)


def note(notes: Sequence[Note]) -> set[str]:
    """Take settled attempts into their endpoints' health, in one statement; the endpoints whose breaker has opened.

    Inside the settlement's transaction, after `make_room` for those that failed. A success is written only where it
    ends a row of failures: a healthy endpoint costs one look-up for all of them.
    """
    failed = {note.endpoint_id for note in notes if note.error}
    told = {note.endpoint_id for note in notes}
    concerned = Q(endpoint_id__in=failed) | Q(endpoint_id__in=told, failing_since__isnull=False)
    kept = {
        health.endpoint_id: health for health in db.locked(Health.objects.filter(concerned).order_by("endpoint_id"))
    }
    opened: set[str] = set()
    for one in sorted(notes, key=lambda note: note.finished_at):
        health = kept.get(one.endpoint_id)
        if health is not None and _learn(health, one):
            opened.add(one.endpoint_id)
    rows = [(name, *(getattr(health, column) for column in _CHANGE)) for name, health in kept.items()]
    due.update_where(Health, match=("endpoint",), change=_CHANGE, rows=rows)
    return {name for name in opened if kept[name].open_until is not None}


def _learn(health: Health, one: Note) -> bool:
    """Whether this attempt opened the breaker. Failures of what was out already when it opened count, and no more."""
    if not one.error:
        health.failures_in_row, health.failing_since = 0, None
        health.open_until, health.times_opened = None, 0
        health.last_success_at = one.finished_at
        return False
    health.failures_in_row += 1
    health.failing_since = health.failing_since or one.finished_at
    health.last_failure_at, health.last_error = one.finished_at, one.error[:MAX_ERROR]
    health.last_delivery_id = one.delivery_id
    opens = one.probe or (health.open_until is None and health.failures_in_row >= BREAKS_AT)
    if opens:
        health.open_until = one.finished_at + open_for(health.times_opened, one.spread)
        health.times_opened += 1
    return opens
