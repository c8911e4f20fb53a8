"""What time it is in a story: the wall's, or that of the test clock something is on.

Surfaces that act on a debtor, a case or a campaign (or on what belongs to one: a promise, a message, a task) read the
clock of that thing and hand the moment down as `at`. What makes no story (keys, endpoints, requests, leases) reads
kit.clock.
"""

from collections.abc import Mapping
from datetime import datetime

from django.apps import apps
from django.conf import settings

from accounts.models import TestClock
from agentcollect.kit import clock, errors, jobs
from agentcollect.kit.errors import ApiError

errors.define("clock_deleting", 409, "This test clock is being deleted, and everything on it with it.")

errors.define("unknown_test_clock", 400, "There is no test clock with that id in this mode.")

DRIVE = "sandbox.drive_clocks"


def now(clock_id: str) -> datetime:
    """The moment on clock `clock_id`; "" is the wall. While it advances: the moment it has reached."""
    if not clock_id:
        return clock.now()
    return TestClock.objects.values_list("frozen_time", flat=True).get(id=clock_id)


def act(clock_id: str) -> datetime:
    """`now`, for a surface that is about to change something on the clock: wakes its driver, which does what becomes
    due at that very moment. Raises ApiError(clock_deleting)."""
    if not clock_id:
        return clock.now()
    stirred = TestClock.objects.filter(id=clock_id).exclude(status=TestClock.Status.DELETING)
    if not stirred.update(stirred_at=clock.now()):
        raise ApiError("clock_deleting")
    jobs.enqueue(DRIVE)
    return now(clock_id)


def begin(clock_id: str, *, organisation_id: str, livemode: bool) -> datetime:
    """`act` for something new that asks to live on clock `clock_id` ("" the wall): the caller's own, in test mode.

    Raises ApiError: unknown_test_clock, clock_deleting.
    """
    own = TestClock.objects.filter(id=clock_id, organisation_id=organisation_id, livemode=livemode)
    if clock_id and not own.exists():
        raise ApiError("unknown_test_clock", param="test_clock")
    return act(clock_id)


def clock_of(named: Mapping[str, str]) -> str:
    """The id of the test clock that the thing named is on, found by the first name that settings.TIMELINES knows:
    {"case_id": "cas_…"}. "" is the wall; also where nothing has that id, as the operation will say."""
    for name, value in named.items():
        if name in settings.TIMELINES:
            model, path = settings.TIMELINES[name]
            rows = apps.get_model(model)._default_manager.filter(pk=value)
            return rows.values_list(path, flat=True).first() or ""
    return ""


def now_of(**named: str) -> datetime:
    """The moment on that thing's timeline, for a surface that only reads."""
    return now(clock_of(named))


def act_on(**named: str) -> datetime:
    """The moment on that thing's timeline, for a surface about to change it. Raises ApiError(clock_deleting)."""
    return act(clock_of(named))
