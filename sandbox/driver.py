"""Moves test clocks: everything that is due up to a clock's target happens, each thing at its own moment.

The way goes in windows (docs/decisions/0017-a-clock-goes-in-windows.md). A window is one transaction: what happened,
its events, and how far the clock has come; a driver that dies in it leaves the clock where it was before. A campaign's
own moments (its mandate's end) stand alone between two windows.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet

from accounts import timeline
from accounts.models import TestClock
from agentcollect.kit import clock as wall_clock
from agentcollect.kit import db, jobs
from events.operations import told_in_order
from outreach import operations as outreach
from sandbox import due, erasing, windows
from sandbox.due import Item
from sandbox.windows import BLINK, Act, ActFailedError, Done, Tries

log = structlog.get_logger()

WINDOW = timedelta(days=1)
SECONDS = 10.0
_LEASE = timedelta(seconds=60)
# SQLite has no queue of writers: who waits looks again and again, and must find a gap.
_GAP = 0.1
Status = TestClock.Status


class LeaseLostError(Exception):
    """Another driver has the clock by now; what this one was about to commit is none of its business any more."""


class StandstillError(Exception):
    """A window without an act that brought the clock no further: the next one would be the same, for ever."""


def drive(*, wall: datetime, seconds: float = SECONDS, clock_id: str = "", gaps: bool = True) -> int:
    """Drive the clocks that have something to do (or only `clock_id`) for about `seconds`; returns how many acts were
    done. What is left is the next run's. Several drivers at once share the clocks among them. `wall` dates the lease.
    `gaps` False: nobody else writes, so that no gap is left for them on SQLite.
    """
    end, done = time.monotonic() + seconds, 0
    for waiting in _to_drive(clock_id):
        if time.monotonic() >= end:
            break
        if token := _claim(waiting, wall):
            done += _drive_one(_Way(waiting, token, gaps), end)
    if _to_drive(clock_id) and time.monotonic() >= end:
        jobs.enqueue(timeline.DRIVE)
    return done


def _to_drive(clock_id: str) -> list[str]:
    """Who was driven longest ago comes first."""
    stirred = Q(status=Status.READY, stirred_at__isnull=False)
    rows = TestClock.objects.filter(Q(status__in=[Status.ADVANCING, Status.DELETING]) | stirred)
    named = rows.filter(id=clock_id) if clock_id else rows
    return list(named.order_by("updated_at", "id").values_list("id", flat=True)[:100])


def _claim(clock_id: str, wall: datetime) -> int:
    """The token of the lease; 0 when another driver has the clock."""
    free = TestClock.objects.filter(Q(lease_until=None) | Q(lease_until__lte=wall), id=clock_id)
    with db.atomic():
        row = db.claimable(free).first()
        if row is None:
            return 0
        row.lease_token, row.lease_until = row.lease_token + 1, wall + _LEASE
        row.save(update_fields=["lease_token", "lease_until"])
        return row.lease_token


def _drive_one(way: "_Way", end: float) -> int:
    clock_id = way.clock_id
    try:
        way.go(end)
    except LeaseLostError:
        log.warning("test_clock_lease_lost", clock=clock_id)
    except (OperationalError, InterfaceError):
        # The database went away, or is too busy: the next run takes the clock up where it stands.
        log.exception("test_clock_not_driven", clock=clock_id)
    except Exception as error:
        # No act of its own: it would fail again for ever, and nobody would be told.
        log.exception("test_clock_failed", clock=clock_id)
        way.fail(f"{type(error).__name__}: {error}")
    way.mine().update(lease_until=None)
    return way.done


@dataclass
class _Way:
    """One driver on one clock, as long as its lease is its own."""

    clock_id: str
    token: int
    gaps: bool = True
    done: int = 0
    tries: Tries = field(default_factory=Counter)
    # The stir after which campaigns were opened and people searched.
    begun: datetime | str | None = ""

    def mine(self) -> QuerySet[TestClock]:
        return TestClock.objects.filter(id=self.clock_id, lease_token=self.token)

    def fail(self, words: str) -> None:
        standing = self.mine().exclude(status=Status.DELETING)
        standing.update(status=Status.FAILED, error=words[:300], updated_at=wall_clock.now())

    def go(self, end: float) -> None:
        while time.monotonic() < end:
            clock = self._look()
            if clock.status == Status.DELETING:
                more = erasing.erase_some(clock)
            else:
                more = clock.status != Status.FAILED and self._forward(clock)
            if not more:
                return

    def _look(self, *, lock: bool = False) -> TestClock:
        """The clock's row. Raises LeaseLostError."""
        clock = (db.locked(self.mine()) if lock else self.mine()).first()
        if clock is None:
            raise LeaseLostError
        return clock

    def _forward(self, clock: TestClock) -> bool:
        """One window further; False when nothing is left to do."""
        advancing = clock.status == Status.ADVANCING
        target = clock.target if advancing and clock.target else clock.frozen_time
        try:
            self._begin(clock)
            if self._window(clock.frozen_time, target):
                return True
        except ActFailedError as failed:
            log.error("test_clock_failed", clock=clock.id, act=failed.words)
            self.fail(failed.words)
            return False
        arrived = {"frozen_time": target, "status": Status.READY} if advancing else {}
        now = wall_clock.now()
        self.mine().filter(status=clock.status).update(**arrived, updated_at=now)
        # Done to the clock's things since this look: the next one finds it.
        return not self.mine().filter(stirred_at=clock.stirred_at).update(stirred_at=None)

    # --- what has no moment of its own: done as soon as it is seen, each batch in a commit of its own

    def _begin(self, clock: TestClock) -> None:
        to_open, at = due.instants(clock.id).to_open, clock.frozen_time
        if self.begun == clock.stirred_at and not to_open:
            return
        for campaign_id in to_open:
            windows.do(Act(Item("opening", campaign_id, "", at), at))
        if due.unsearched(clock.id):
            while outreach.enrich_due(at=at, clock_id=clock.id):
                pass
        outreach.check_contacts(at=at, clock_id=clock.id)
        self.begun = clock.stirred_at

    # --- windows

    def _window(self, frozen: datetime, target: datetime) -> bool:
        """Do what is due next, up to `target`; False when nothing is."""
        ends = [(max(moment or frozen, frozen), id) for moment, id in due.instants(self.clock_id).ends]
        ends = [(moment, id) for moment, id in ends if not self.tries["mandate", id, moment]]
        earliest = due.earliest(self.clock_id)
        first = min([moment for moment in (earliest, ends[0][0] if ends else None) if moment], default=None)
        if first is None or first > target:
            return False
        begin = max(first, frozen)
        if ends and ends[0][0] <= begin:
            self._commit(begin, lambda tries: self._end_mandate(ends[0][1], begin, tries))
            return True
        until = min(begin + WINDOW, target)
        if ends and ends[0][0] <= until:
            until = ends[0][0] - BLINK
        before = self.done
        self._commit_up_to(begin, until)
        if self.done > before or self._look().frozen_time > frozen or until >= target:
            return self.done > before or until < target
        if ends and ends[0][0] - BLINK == until:  # nothing more happens before that moment
            self._commit(ends[0][0], lambda tries: self._end_mandate(ends[0][1], ends[0][0], tries))
            return True
        raise StandstillError(f"nothing happens at {wall_clock.iso(begin)}, and no time passes")

    def _end_mandate(self, campaign_id: str, at: datetime, tries: Tries) -> Done:
        tries["mandate", campaign_id, at] += 1
        windows.alone(Act(Item("mandate", campaign_id, "", at), at))
        return Done(at, 1)

    def _commit_up_to(self, begin: datetime, until: datetime) -> None:
        """One window. When an act of it fails, everything before that act is done all the same, and nothing after."""
        try:
            self._commit(begin, lambda tries: windows.run(self.clock_id, begin=begin, until=until, tries=tries))
        except ActFailedError as failed:
            if failed.act.at > begin:
                self._commit_up_to(begin, failed.act.at - BLINK)
            raise

    def _commit(self, begin: datetime, work: Callable[[Tries], Done]) -> None:
        """The window's transaction; a clock that another driver has taken commits nothing. Raises LeaseLostError."""
        started, tries = time.monotonic(), Counter(self.tries)
        with told_in_order(), jobs.once_each(), db.atomic():
            self._look(lock=True)
            done = work(tries)
            now = wall_clock.now()
            came = {"frozen_time": done.until, "acts": F("acts") + done.acts}
            if not self.mine().update(**came, lease_until=now + _LEASE, updated_at=now):
                raise LeaseLostError
        self.done += done.acts
        self.tries = Counter({key: count for key, count in tries.items() if key[2] >= done.until})
        if self.gaps and not db.is_postgresql():
            time.sleep((time.monotonic() - started) * _GAP)
