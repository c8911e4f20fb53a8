"""The contact fuse: a counter outside the engine. It believes no step and no decision, only what was handed over on the
wall; a test clock makes a year's messages in a minute.

It blows when within an hour more left than three times what the plan had due, or when one and the same text reached
people at several debtors. Then everything of that mode stops, and only a person restarts it.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db import IntegrityError
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import MD5

from agentcollect.kit import db
from campaigns.models import Step
from outreach.models import FuseTrip, Message
from outreach.operations.switches import spread_due

log = structlog.get_logger()

WINDOW = timedelta(hours=1)
FACTOR = 3
# Below this many an hour nothing is ever too much: a small campaign may well have one busy hour.
FLOOR = 30


class Seen(NamedTuple):
    """What was handed over in a window, and what the plan had due in it."""

    handed_over: int
    planned: int

    @property
    def allowed(self) -> int:
        return max(FLOOR, FACTOR * self.planned)


def check(*, at: datetime) -> list[FuseTrip]:
    """Look at the last hour of each mode; returns the fuses that blew now. One that has blown is left alone."""
    blown = set(FuseTrip.objects.filter(restarted_at=None).values_list("livemode", flat=True))
    found = [_judge(livemode, at=at) for livemode in (True, False) if livemode not in blown]
    return [trip for trip in found if trip]


def _judge(livemode: bool, *, at: datetime) -> FuseTrip | None:
    since = _since(livemode, at=at)
    seen = count(livemode=livemode, since=since, at=at)
    if seen.handed_over > seen.allowed:
        words = f"{seen.handed_over} messages left within an hour; the plan had {seen.planned} due"
        return _trip(livemode, "volume", words, seen._asdict() | {"since": since.isoformat()}, at=at)
    if seen.handed_over > 1 and (twice := _one_text_for_many(livemode, since=since, at=at)):
        words = f"one text went to people at {twice['debtors']} debtors"
        return _trip(livemode, "same_text", words, twice, at=at)
    return None


def _since(livemode: bool, *, at: datetime) -> datetime:
    """The last hour, or since a person restarted it: what they have looked at does not blow it again."""
    restarted = FuseTrip.objects.filter(livemode=livemode, restarted_at__lte=at).order_by("-restarted_at")
    last = restarted.values_list("restarted_at", flat=True).first()
    return max(at - WINDOW, last) if last else at - WINDOW


def _left(livemode: bool, since: datetime, at: datetime) -> Any:
    left = Message.objects.filter(livemode=livemode, handed_over_at__gt=since, handed_over_at__lte=at)
    return left if livemode else left.filter(case__clock_id="")


def count(*, livemode: bool, since: datetime, at: datetime) -> Seen:
    """Messages handed over in the window, and the invoices for which the plan had something due by then.

    Planned are invoices, not steps: an engine that plans one and the same act again and again plans no more by it. What
    left without a step, or before its step was due, was not planned; what was due and has not left yet was.
    """
    due = Step.objects.filter(id=OuterRef("step_id"), due_at__lte=OuterRef("handed_over_at"))
    left = _left(livemode, since, at)
    sums = left.aggregate(all=Count("id"), cases=Count("case_id", distinct=True, filter=Q(Exists(due))))
    due_by_now = {"due_at__gt": since, "due_at__lte": at, "clock_id": ""}
    waiting = Step.objects.filter(status=Step.Status.PLANNED, livemode=livemode, **due_by_now)
    still = waiting.exclude(case_id__in=left.values("case_id")).values("case_id").distinct().count()
    return Seen(sums["all"], sums["cases"] + still)


def _one_text_for_many(livemode: bool, *, since: datetime, at: datetime) -> dict[str, Any] | None:
    """A text names its debtor and carries its reader's own opt-out link: two debtors can never be sent the same."""
    same = _left(livemode, since, at).annotate(hash=MD5("text")).values("hash")
    counted = same.annotate(
        debtors=Count("debtor_id", distinct=True),
        people=Count("recipient", distinct=True),
        messages=Count("id"),
    )
    many = counted.filter(debtors__gt=1, people__gt=1).order_by("-debtors").first()
    if many is None:
        return None
    rows = _left(livemode, since, at).annotate(hash=MD5("text")).filter(hash=many["hash"])
    return dict(many) | {"message_ids": list(rows.order_by("id").values_list("id", flat=True)[:20])}


def _trip(livemode: bool, cause: str, words: str, evidence: dict[str, Any], *, at: datetime) -> FuseTrip | None:
    try:
        with db.atomic():
            trip = FuseTrip.objects.create(
                livemode=livemode, cause=cause, reason=words, evidence=evidence, tripped_at=at
            )
    except IntegrityError:
        return None  # another worker saw it first
    log.critical("contact_fuse_blown", livemode=livemode, cause=cause, reason=words, evidence=evidence)
    return trip


def restart(*, livemode: bool, by: str, at: datetime) -> FuseTrip | None:
    """A person has looked, and lets that mode go on: what is due is spread over the next minutes. None: it had not
    blown."""
    with db.atomic():
        trip = db.locked(FuseTrip.objects.filter(livemode=livemode, restarted_at=None)).first()
        if trip is None:
            return None
        trip.restarted_at, trip.restarted_by = at, by
        trip.save(update_fields=["restarted_at", "restarted_by"])
        spread_due(Q(livemode=livemode), at=at)
    log.warning("contact_fuse_restarted", livemode=livemode, by=by)
    return trip
