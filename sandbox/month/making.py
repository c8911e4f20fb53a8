"""The month, from an empty clock to the last moment: the creditor places invoices, time passes, people act."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from accounts.models import TestClock
from agentcollect.kit import clock
from campaigns.models import Campaign, Case, Task
from outreach.models import Message, Referral
from outreach.queries import LEFT
from payments import operations as payments
from sandbox import clocks, demo, driver
from sandbox.month import cast, office, wall
from sandbox.month.acts import ACTS
from sandbox.month.cast import STORIES, After, Back, Line, Portfolio, Proposed, Sent
from sandbox.month.door import Door, RefusedError

MONTH = timedelta(days=31)
# How far the clock goes without looking what has come.
_LOOK = timedelta(hours=4)
_DRIVE_SECONDS, _DRIVES, _WAIT = 20.0, 200, 0.1
# The creditor reads drafts within half a day and makes calls within two …
_APPROVES, _CALLS = timedelta(hours=6), timedelta(hours=30)
# … but drafts and calls about what was placed in the last days wait still when the month ends.
_UNREAD_DAYS, _UNCALLED_DAYS = 5.0, 9.0
Progress = Callable[[datetime], None]


class NotMadeError(Exception):
    """The month could not be made; the words say why."""


@dataclass(slots=True)
class Made:
    """Who may look at it, what it took, and what of the story did not come about."""

    login: demo.Demo
    seconds: float = 0.0
    skipped: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Role:
    """A debtor on the stage: the lines still to come, and when the one before was."""

    case_id: str
    lines: list[Line]
    last: datetime | None = None
    days: float = 0.0


def make(*, name: str, seed: int, most: int, progress: Progress, by: str, at: datetime) -> Made:
    """Play the month that ends at `at` for the demo organisation `name`, and move it to the wall; `most` debtors a
    campaign. Raises NotMadeError where it is there already, or the story stops."""
    began = time.monotonic()
    login = demo.ensure(name=name, by=by, at=at)
    if wall.standing(login.organisation_id).exists():  # whole, or what an interrupted run left
        raise NotMadeError("The month is there already.")
    stage = _Stage(login, seed, most, at, progress, by)
    stage.play()
    try:
        wall.land(stage.clock_id)
    except wall.NotLandedError as why:
        raise NotMadeError(str(why)) from why
    office.after(stage.door, login, seed=seed, most=most, by=by, at=clock.now())
    return Made(login, time.monotonic() - began, stage.skipped)


class _Stage:
    def __init__(self, login: demo.Demo, seed: int, most: int, end: datetime, progress: Progress, by: str) -> None:
        self.login, self.seed, self.most, self.end, self.by, self.progress = login, seed, most, end, by, progress
        self.organisation_id, self.door = login.organisation_id, Door(login.api_key)
        self.now = end - MONTH
        self.roles: list[_Role] = []
        self.skipped: list[str] = []
        whose: dict[str, Any] = {"organisation_id": login.organisation_id, "livemode": False}
        self.clock_id = clocks.create(**whose, frozen_time=self.now, name=wall.CLOCK, by=by, at=end).id

    def play(self) -> None:
        office.before(self.door, self.login, at=self.now)
        waiting = sorted(self._entrances(), key=lambda one: one[0])
        while self.now < self.end:
            while waiting and waiting[0][0] <= self.now:
                waiting.pop(0)[1]()
            self._act()
            self._office_hours()
            self._advance(min(self._next_line(), waiting[0][0] if waiting else self.end, self.now + _LOOK, self.end))
        self._act()
        self._drive()

    # --- who comes on

    def _entrances(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        for portfolio in cast.PORTFOLIOS:
            first = (self.end - timedelta(days=portfolio.lots[0][0])).date()
            rows = cast.rows(portfolio, seed=self.seed, today=first, most=self.most)
            for number, (days, count) in enumerate(portfolio.lots):
                if lot := list(islice(rows, count)):
                    lot += list(cast.further(portfolio, lot, seed=self.seed))
                    yield self.end - timedelta(days=days), self._placing(portfolio, lot, days, add=number > 0)

    def _placing(
        self, portfolio: Portfolio, rows: list[dict[str, Any]], days: float, *, add: bool
    ) -> Callable[[], None]:
        def place() -> None:
            if add:
                found = Campaign.objects.get(clock_id=self.clock_id, name=portfolio.body["name"])
                self.door.post(f"/v1/campaigns/{found.id}/debtors", {"debtors": rows})
            else:
                body = portfolio.body | {"debtors": rows, "test_clock": self.clock_id, "metadata": wall.MARK}
                self.door.post("/v1/campaigns", body)
            self._enter(portfolio, [row["invoice_number"] for row in rows], days=days)

        return place

    def _enter(self, portfolio: Portfolio, numbers: list[str], *, days: float) -> None:
        stories = {company.name: company.story for company in portfolio.companies}
        cases = Case.objects.filter(clock_id=self.clock_id, invoice_number__in=numbers).select_related("debtor")
        met: set[str] = set()
        for case in cases.order_by("invoice_number"):
            # Who owes several invoices has one story: that of the first.
            lines = [] if case.debtor_id in met else list(STORIES[stories[case.debtor.name]])
            self.roles.append(_Role(case.id, lines, days=days))
            met.add(case.debtor_id)

    # --- what they do

    def _act(self) -> None:
        sent = self._sent()
        for role in self.roles:
            while role.lines and (moment := self._moment(role, sent)) and moment <= self.now:
                self._do(role, role.lines.pop(0))
                self._drive()

    def _do(self, role: _Role, line: Line) -> None:
        role.last = self.now
        case = Case.objects.select_related("debtor").get(id=role.case_id)
        try:
            ACTS[line.act](self.door, case, line.told, self.now)
        except (RefusedError, IndexError) as why:
            self.skipped.append(f"{case.debtor.name}: {line.act}: {why}"[:300])

    def _next_line(self) -> datetime:
        sent = self._sent()
        moments = [moment for role in self.roles if role.lines and (moment := self._moment(role, sent))]
        return max(min(moments, default=self.end), self.now + timedelta(minutes=1))

    def _moment(self, role: _Role, sent: dict[str, list[datetime]]) -> datetime | None:
        """When the next line of a role is; None: that hangs on something that has not happened."""
        when = role.lines[0].when
        if isinstance(when, Back):
            return self.end - timedelta(hours=when.hours)
        if isinstance(when, After):
            return (role.last or self.now) + timedelta(hours=when.hours)
        if isinstance(when, Proposed):
            asked = Referral.objects.filter(case_id=role.case_id).values_list("created_at", flat=True).first()
            return asked + timedelta(hours=when.hours) if asked else None
        return _after(when, sent.get(role.case_id, []))

    def _sent(self) -> dict[str, list[datetime]]:
        """When the messages about each case left, in their order."""
        left = Message.objects.filter(case__clock_id=self.clock_id, kind="outreach", channel="email", status__in=LEFT)
        found: dict[str, list[datetime]] = {}
        for case_id, created_at in left.order_by("created_at", "id").values_list("case_id", "created_at"):
            found.setdefault(case_id, []).append(created_at)
        return found

    def _office_hours(self) -> None:
        """Drafts are approved and calls are made, after a while; the latest are still to be done at the end."""
        known = {role.case_id: role.days for role in self.roles}
        open_tasks = Task.objects.filter(clock_id=self.clock_id, status="open", kind__in=("approve", "call"))
        for task in open_tasks.order_by("created_at", "id"):
            days, waited = known.get(task.case_id or "", 0.0), self.now - task.created_at
            if task.kind == "approve" and days > _UNREAD_DAYS and waited >= _APPROVES:
                self.door.post(f"/v1/messages/{task.facts['message_id']}/approve")
            elif task.kind == "call" and days > _UNCALLED_DAYS and waited >= _CALLS:
                self._complete(task, "conversation" if int(task.created_at.timestamp()) % 3 else "voicemail")

    def _complete(self, task: Task, outcome: str) -> None:
        try:
            self.door.post(
                f"/v1/tasks/{task.id}/complete", {"outcome": outcome, "note": "Spoke with accounts payable."}
            )
        except RefusedError as why:
            self.skipped.append(f"call {task.id}: {why}"[:300])

    # --- time

    def _advance(self, until: datetime) -> None:
        clocks.advance(clock_id=self.clock_id, frozen_time=until, by=self.by, at=clock.now())
        self._drive()
        if until.date() > self.now.date():
            payments.pay_out(at=until, organisation_id=self.organisation_id)
        self.now = until
        self.progress(until)

    def _drive(self) -> None:
        """Until the clock has arrived, and nothing is left to do at its moment. Raises NotMadeError."""
        for _ in range(_DRIVES):
            driver.drive(wall=clock.now(), seconds=_DRIVE_SECONDS, clock_id=self.clock_id)
            row = TestClock.objects.get(id=self.clock_id)
            if row.status == TestClock.Status.FAILED:
                raise NotMadeError(f"The story stopped at {clock.iso(row.frozen_time)}: {row.error}")
            if row.status == TestClock.Status.READY and row.stirred_at is None:
                return
            time.sleep(_WAIT * (row.lease_until is not None))  # a running product's worker has it just now
        raise NotMadeError(f"The clock stands still at {clock.iso(row.frozen_time)}; the log says why.")


def _after(when: Sent, sent: list[datetime]) -> datetime | None:
    return sent[when.number - 1] + timedelta(hours=when.hours) if len(sent) >= when.number else None


__all__ = ["Made", "NotMadeError", "make"]
