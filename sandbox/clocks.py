"""Test clocks: made, moved forward, deleted. The moving itself is a worker's (sandbox.driver)."""

from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts import timeline
from accounts.models import TestClock
from agentcollect.kit import clock, db, errors, jobs
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign

errors.define("clock_backwards", 400, "A test clock only goes forward.")
errors.define("clock_too_far", 400, "A test clock moves 24 months at once, and shows a time between 2000 and 2090.")
errors.define("clock_advancing", 409, "This test clock is on its way already; wait until it is ready.")

MOST_MONTHS = 24
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
Status = TestClock.Status


def create(
    *, organisation_id: str, livemode: bool, frozen_time: datetime, name: str, by: str, at: datetime
) -> TestClock:
    """A clock that shows `frozen_time`; `at` is the wall's. Raises ApiError: test_mode_only, clock_too_far."""
    if livemode:
        raise ApiError("test_mode_only")
    _check_range(frozen_time)
    return TestClock.objects.create(
        organisation_id=organisation_id,
        livemode=False,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        name=name,
        frozen_time=frozen_time,
        actor=by,
    )


def advance(*, clock_id: str, frozen_time: datetime, by: str, at: datetime) -> TestClock:
    """Let the clock go to `frozen_time`: a driver does what is due on the way. One that failed goes on.

    Raises ApiError: clock_backwards, clock_too_far, clock_advancing, clock_deleting.
    """
    with db.atomic():
        row = _locked(clock_id)
        if row.status == Status.ADVANCING:
            raise ApiError("clock_advancing", target=clock.iso(row.target or row.frozen_time))
        if frozen_time <= row.frozen_time:
            words = f"The clock shows {clock.iso(row.frozen_time)}; it only goes forward."
            raise ApiError("clock_backwards", words, param="frozen_time")
        if frozen_time > row.frozen_time + relativedelta(months=MOST_MONTHS):
            raise ApiError("clock_too_far", param="frozen_time")
        _check_range(frozen_time)
        row.status, row.target, row.began_from = Status.ADVANCING, frozen_time, row.frozen_time
        row.acts, row.error, row.actor, row.updated_at = 0, "", by, at
        row.save(update_fields=["status", "target", "began_from", "acts", "error", "actor", "updated_at"])
        jobs.enqueue(timeline.DRIVE)
        return row


def delete(*, clock_id: str, by: str, at: datetime) -> TestClock:
    """Delete the clock with everything on it, in the background; what was told about it stays told (events, deliveries,
    requests). Under way already: nothing happens."""
    with db.atomic():
        row = db.locked(TestClock.objects.filter(id=clock_id)).get()
        if row.status != Status.DELETING:
            row.status, row.target, row.actor, row.updated_at = Status.DELETING, None, by, at
            row.save(update_fields=["status", "target", "actor", "updated_at"])
            jobs.enqueue(timeline.DRIVE)
        return row


def _locked(clock_id: str) -> TestClock:
    row = db.locked(TestClock.objects.filter(id=clock_id)).get()
    if row.status == Status.DELETING:
        raise ApiError("clock_deleting")
    return row


def _check_range(moment: datetime) -> None:
    if not _FIRST <= moment <= _LAST:
        raise ApiError("clock_too_far", param="frozen_time")


# --- read


def clocks(organisation_id: str, livemode: bool) -> QuerySet[TestClock]:
    """The clocks of one organisation, each with `campaigns`, how many are on it."""
    on_it = Campaign.objects.filter(clock_id=OuterRef("id")).exclude(clock_id="").order_by()
    counted = on_it.values("clock_id").annotate(n=Count("id")).values("n")
    rows = TestClock.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return rows.annotate(campaigns=Coalesce(Subquery(counted), 0, output_field=IntegerField()))


def named(organisation_id: str, livemode: bool, clock_id: str) -> TestClock:
    """Raises ApiError(not_found)."""
    found = clocks(organisation_id, livemode).filter(id=clock_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


def progress(row: TestClock) -> int:
    """How much of the present way lies behind it, in percent of the story's time."""
    if row.status not in (Status.ADVANCING, Status.FAILED) or not row.target or not row.began_from:
        return 100
    return int(100 * (row.frozen_time - row.began_from) / (row.target - row.began_from))
