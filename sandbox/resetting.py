"""Start over: every campaign, debtor and clock of an organisation's test mode goes; keys, endpoints, playbooks,
settings and what was told (events, deliveries, requests) stay.

That it was asked for is kept at the organisation, so that a worker that dies leaves the rest to the next run. What is
on a test clock goes with its clock, by the clock's own driver; the wall's debtors go here, some at a time.
"""

import time
from datetime import datetime

import structlog

from accounts import operations as accounts
from accounts.models import Organisation, TestClock
from agentcollect.kit import db, jobs
from campaigns.models import Campaign, Debtor
from sandbox import clocks, erasing

log = structlog.get_logger()

SECONDS = 10.0
TASK = "sandbox.reset_test_data"
# SQLite has no queue of writers: who waits looks again and again, and must find a gap.
_GAP = 0.1


def begin(*, organisation_id: str, by: str, at: datetime) -> None:
    """Let all test data of the organisation go, in the background. Raises ApiError: not_found, test_data_resetting."""
    with db.atomic():
        accounts.begin_test_reset(organisation_id=organisation_id, debtors=left(organisation_id), by=by, at=at)
        _delete_clocks(organisation_id, by, at)
        jobs.enqueue(TASK)


def go_on(*, wall: datetime, seconds: float = SECONDS) -> int:
    """Delete for about `seconds` what is to go; returns how many batches that took. The rest is the next run's."""
    end, done = time.monotonic() + seconds, 0
    asked = Organisation.objects.exclude(test_reset_at=None).order_by("test_reset_at", "id")
    for organisation_id in asked.values_list("id", flat=True)[:100]:
        try:
            while time.monotonic() < end and _some(organisation_id, wall):
                done += 1
        except Exception:
            # Something of it was being written just now: the next run meets it again; the others go on.
            log.exception("test_data_not_deleted", organisation=organisation_id)
    return done


def _some(organisation_id: str, wall: datetime) -> bool:
    """The next batch, one transaction; False when nothing is left here, or another worker is at it."""
    started = time.monotonic()
    with db.atomic():
        if not db.try_lock(f"test-reset:{organisation_id}"):
            return False
        more = erasing.erase_some_of_wall(organisation_id)
        if not more and not _delete_clocks(organisation_id, "engine", wall):
            accounts.end_test_reset(organisation_id=organisation_id, at=wall)
    if more and not db.is_postgresql():
        time.sleep((time.monotonic() - started) * _GAP)
    return more


def _delete_clocks(organisation_id: str, by: str, at: datetime) -> int:
    """Let their drivers delete all clocks that there are by now; how many that is."""
    found = TestClock.objects.filter(organisation_id=organisation_id, livemode=False).order_by("id")
    for clock_id, status in (rows := list(found.values_list("id", "status"))):
        if status != TestClock.Status.DELETING:
            clocks.delete(clock_id=clock_id, by=by, at=at)
    return len(rows)


# --- read


def left(organisation_id: str) -> int:
    """How many debtors of test mode there are, on the wall and on clocks."""
    return Debtor.objects.filter(organisation_id=organisation_id, livemode=False).count()


def counts(organisation_id: str) -> dict[str, int]:
    """What would go."""
    mine = {"organisation_id": organisation_id, "livemode": False}
    campaigns, clocks_ = Campaign.objects.filter(**mine).count(), TestClock.objects.filter(**mine).count()
    return {"campaigns": campaigns, "debtors": left(organisation_id), "clocks": clocks_}


def progress(organisation: Organisation) -> int:
    """How much of what was to go is gone, in percent of the debtors; 100 where nothing goes."""
    if organisation.test_reset_at is None:
        return 100
    total = max(organisation.test_reset_total, 1)
    return min(max(100 - 100 * left(organisation.id) // total, 0), 99)
