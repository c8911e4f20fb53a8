"""A month that was played on a test clock becomes the wall's; and, to be erased, a clock's again.

Only the demo does this (docs/decisions/0018-the-demo-is-played-on-a-clock.md), and only with test rows.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from accounts.models import TestClock
from agentcollect.kit import clock, db, ids
from agentcollect.kit.models import OnClock
from campaigns.models import Campaign, Case, Contact, Debtor, Suppression
from campaigns.operations.erasing import gone
from outreach.models import Inbound, Reply
from payments.operations import erasing as payments
from sandbox import clocks, driver
from sandbox.month.cast import FRESH

# What the demo's campaigns carry, so that they are known again.
MARK = {"made_by": "manage.py demo"}
CLOCK = MARK["made_by"]
_DRIVE_SECONDS, _DRIVES, _WAIT = 20.0, 200, 0.1


class NotLandedError(Exception):
    """The rows cannot become the wall's; the words say why."""


def standing(organisation_id: str) -> QuerySet[Campaign]:
    """The campaigns of the demo's month that are there, finished or not."""
    mine = Campaign.objects.filter(organisation_id=organisation_id, livemode=False)
    return mine.filter(metadata__made_by=MARK["made_by"])


def finished(organisation_id: str) -> bool:
    """Whether a whole month is there."""
    return standing(organisation_id).filter(clock_id="", name=FRESH.body["name"]).exists()


def land(clock_id: str) -> None:
    """Everything on that clock is the wall's from now on, and the clock is gone: one transaction, or nothing.

    The clock has arrived and shows no later time than the wall. Raises NotLandedError.
    """
    with db.atomic():
        row = db.locked(TestClock.objects.filter(id=clock_id, livemode=False)).get()
        _check(row)
        for model in _on_clocks():
            if model is not Suppression:
                model._default_manager.filter(clock_id=clock_id).update(clock_id="")
        _move_suppressions(clock_id)
        row.delete()


def _check(row: TestClock) -> None:
    if row.status != TestClock.Status.READY or row.stirred_at or row.frozen_time > clock.now():
        raise NotLandedError(f"The clock of the month is {row.status} at {clock.iso(row.frozen_time)}.")
    there = Debtor.objects.filter(organisation_id=row.organisation_id, livemode=False, clock_id="")
    twins = there.filter(identity__in=Debtor.objects.filter(clock_id=row.id).values("identity"))
    if names := list(twins.values_list("name", flat=True)[:3]):
        raise NotLandedError(f"These debtors are in the demo organisation already: {', '.join(names)}.")


def _on_clocks() -> Iterator[type[Any]]:
    return (model for model in apps.get_models() if issubclass(model, OnClock))


def _move_suppressions(clock_id: str) -> None:
    """These are never changed, so they are written again: the same closing, of the same day."""
    rows = Suppression.objects.filter(clock_id=clock_id)
    closed = list(rows)
    gone(rows)
    for one in closed:
        one.id, one.clock_id = ids.new("sup"), ""
    # An address that was closed on the wall already stays closed as it was.
    Suppression.objects.bulk_create(closed, ignore_conflicts=True)


# --- made anew


def erase(organisation_id: str, *, by: str, at: datetime) -> int:
    """Delete the demo's campaigns with their debtors and all that came of them; returns how many there were. What was
    told of it (events, deliveries, requests) stays told; mail that was nobody's answer (a bounce) is kept its time."""
    names = list(standing(organisation_id).values_list("id", flat=True))
    if standing(organisation_id).filter(clock_id="").exists():
        _lift(organisation_id, names, by=by, at=at)
    mine = TestClock.objects.filter(organisation_id=organisation_id, livemode=False, name=CLOCK)
    for clock_id in list(mine.values_list("id", flat=True)):
        clocks.delete(clock_id=clock_id, by=by, at=at)
        _until_gone(clock_id)
    if names and not Debtor.objects.filter(organisation_id=organisation_id, livemode=False).exists():
        _erase_books(organisation_id)
    return len(names)


def _erase_books(organisation_id: str) -> None:
    """Nobody is left whom the pretended bank's and processor's books, or a statement of fees, could be about."""
    with db.atomic():
        payments.erase_statements(organisation_id=organisation_id)
        payments.erase_books(organisation_id=organisation_id)
        payments.erase_bank(organisation_id=organisation_id)


def _until_gone(clock_id: str) -> None:
    for _ in range(_DRIVES):
        driver.drive(wall=clock.now(), seconds=_DRIVE_SECONDS, clock_id=clock_id)
        if not TestClock.objects.filter(id=clock_id).exists():
            return
        time.sleep(_WAIT)  # a running product's worker has it just now
    raise NotLandedError("What is there could not be deleted; the log says why.")


def _lift(organisation_id: str, campaign_ids: list[str], *, by: str, at: datetime) -> None:
    """The wall's rows of these campaigns are a new clock's: the only thing that is deleted with all that is on it."""
    whose: dict[str, Any] = {"organisation_id": organisation_id, "livemode": False}
    with db.atomic():
        row = clocks.create(**whose, frozen_time=at, name=CLOCK, by=by, at=at)
        debtors = list(Case.objects.filter(campaign_id__in=campaign_ids).values_list("debtor_id", flat=True).distinct())
        written = Reply.objects.filter(db.among("debtor_id", debtors))
        people = Contact.objects.filter(db.among("debtor_id", debtors))
        theirs = {
            Campaign: Campaign.objects.filter(id__in=campaign_ids),
            Debtor: Debtor.objects.filter(db.among("id", debtors)),
            Case: Case.objects.filter(db.among("debtor_id", debtors)),
            Contact: people,
            Inbound: Inbound.objects.filter(id__in=written.values("inbound_id")),
        }
        for rows in theirs.values():
            rows.filter(clock_id="").update(clock_id=row.id)
