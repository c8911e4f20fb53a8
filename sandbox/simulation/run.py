"""Run a simulated portfolio: an organisation of its own, a clock, campaigns through the API's own checks, and time."""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from dateutil.relativedelta import relativedelta
from django.conf import settings

from accounts.models import Organisation, TestClock
from agentcollect.kit import clock, ids, jobs
from campaigns import operations as campaigns
from campaigns.serializers import checks, intake
from sandbox import clocks, demo, driver
from sandbox.simulation import portfolio, report
from sandbox.simulation.measure import measure
from sandbox.simulation.portfolio import Order

# Between two looks at how far it has come; and after how many without a step further something must be wrong.
_LOOK_SECONDS = 2.0
_LOOKS = 20
Progress = Callable[[datetime, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Where the report is, what it took, and where the rows are, unless they were erased."""

    data: Path
    page: Path
    seconds: float
    acts: int
    memory_mb: float
    organisation_id: str
    clock_id: str
    login: str


class Stopped(Exception):
    """The clock failed on the way, and its error says at what; or its driver comes no further."""


def simulate(order: Order, *, folder: Path, erase: bool, progress: Progress, by: str, wall: datetime) -> Finished:
    """Make the portfolio, move its clock `order.months` on and a few days, write the report into `folder`.

    Raises Stopped. What was made stays for a look, then and always unless `erase`.
    """
    with jobs.silent():
        return _simulate(order, folder=folder, erase=erase, progress=progress, by=by, wall=wall)


def _simulate(order: Order, *, folder: Path, erase: bool, progress: Progress, by: str, wall: datetime) -> Finished:
    began = time.monotonic()
    made = demo.ensure(name=f"Simulation {order.name} {ids.random62(4)}", by=by, at=wall)
    organisation = Organisation.objects.get(id=made.organisation_id)
    row = clocks.create(
        organisation_id=organisation.id, livemode=False, frozen_time=order.start, name=order.name, by=by, at=wall
    )
    for body in portfolio.bodies(order):
        _place(organisation, body, row.id, by=by, at=order.start)
    # A few days more: the mandates end at the midnight after their last day, and payments on their way arrive.
    end = order.start + relativedelta(months=order.months) + timedelta(days=7)
    acts = _advance(row.id, end, progress, by=by)
    data, page = report.write(measure(order, row.id), folder)
    seconds = time.monotonic() - began
    if erase:
        _erase(row.id, by=by)
    return Finished(
        data=data,
        page=page,
        seconds=seconds,
        acts=acts,
        memory_mb=_memory_mb(),
        organisation_id=organisation.id,
        clock_id=row.id,
        login=f"{settings.PUBLIC_URL}/dashboard  {made.email} / {made.password}",
    )


def _place(organisation: Organisation, body: dict[str, object], clock_id: str, *, by: str, at: datetime) -> None:
    """As `POST /v1/campaigns` does."""
    decoded = intake.decode(orjson.dumps(body | {"test_clock": clock_id}))
    request = checks.check(decoded, checks.terms_of(organisation, livemode=False, at=at))
    campaigns.create(organisation=organisation, livemode=False, request=request, by=by, at=at)


def _advance(clock_id: str, end: datetime, progress: Progress, *, by: str) -> int:
    clocks.advance(clock_id=clock_id, frozen_time=end, by=by, at=clock.now())
    acts = still = 0
    while still < _LOOKS:
        done = driver.drive(wall=clock.now(), seconds=_LOOK_SECONDS, clock_id=clock_id, gaps=False)
        acts, still = acts + done, 0 if done else still + 1
        row = TestClock.objects.get(id=clock_id)
        progress(row.frozen_time, acts)
        if row.status == TestClock.Status.FAILED:
            raise Stopped(f"The clock stopped at {clock.iso(row.frozen_time)}: {row.error}")
        if row.status == TestClock.Status.READY:
            return acts
    raise Stopped(f"The clock does not come further than {clock.iso(row.frozen_time)}; the log says why.")


def _erase(clock_id: str, *, by: str) -> None:
    clocks.delete(clock_id=clock_id, by=by, at=clock.now())
    while TestClock.objects.filter(id=clock_id).exists():
        driver.drive(wall=clock.now(), seconds=_LOOK_SECONDS, clock_id=clock_id, gaps=False)


def _memory_mb() -> float:
    """The most this process has held at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)
