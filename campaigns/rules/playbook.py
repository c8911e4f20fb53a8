"""The default playbook, as data: on which day which step, by which channel, to which level at the debtor.

Days count from the first step that was resolved. The next step follows a resolved one, never age alone, so a missed
day is caught up once and not repeated. Calls join with the phone channel; the days are those of the whole playbook.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from compliance.hours import next_permitted
from compliance.zones import candidates


@dataclass(frozen=True, slots=True)
class PlaybookStep:
    """`channel` "attorney" is no message: on that day the case is judged ready for a referral, or for a person."""

    index: int
    day: int
    channel: str
    intent: str
    level: int


DEFAULT: tuple[PlaybookStep, ...] = (
    PlaybookStep(0, 0, "email", "first_reminder", 1),
    PlaybookStep(1, 4, "email", "second_reminder", 1),
    PlaybookStep(2, 7, "email", "escalate_controller", 2),
    PlaybookStep(3, 14, "email", "last_before_next_steps", 3),
    PlaybookStep(4, 20, "attorney", "escalate", 0),
)
PLAYBOOKS = {("default", 1): DEFAULT}

# The least an attorney may be asked on: ENGINE.md, the playbook's day 20.
MIN_DELIVERED, MIN_CONTACTS, MIN_DAYS = 3, 2, 14


def following(playbook: str, version: int, after_index: int | None) -> PlaybookStep | None:
    """The step after `after_index` (None: the first), or None when the playbook ends there."""
    steps = PLAYBOOKS[playbook, version]
    return next((step for step in steps if after_index is None or step.index > after_index), None)


def days_between(playbook: str, version: int, after_index: int, then: PlaybookStep) -> timedelta:
    """How long the playbook waits between two of its steps."""
    before = next(step for step in PLAYBOOKS[playbook, version] if step.index == after_index)
    return timedelta(days=then.day - before.day)


def may_escalate(
    *, delivered: int, contacts_reached: int, contacts_known: int, first_at: datetime, at: datetime
) -> str:
    """Empty when the case may be offered to an attorney, else the reason why a person must look."""
    if delivered < MIN_DELIVERED:
        return f"only {delivered} of {MIN_DELIVERED} messages were delivered"
    if contacts_reached < min(MIN_CONTACTS, contacts_known):
        return f"only {contacts_reached} of {min(MIN_CONTACTS, contacts_known)} contacts were reached"
    if at - first_at < timedelta(days=MIN_DAYS):
        return f"the first message is less than {MIN_DAYS} days old"
    return ""


MIN_LEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What decides a debtor's permitted hours; equal ones share one calculation."""

    country: str
    region: str
    timezone: str
    phone: str
    consumer: bool


def permitted(where: Whereabouts, *, channel: str, not_before: datetime) -> datetime:
    """The first moment from `not_before` on at which the law's hours allow `channel` there (R-01).

    Raises compliance.hours.NeverPermitted where no hour is lawful (a consumer whose zone nobody knows).
    """
    found = candidates(
        country=where.country,
        region=where.region or None,
        phone=where.phone or None,
        declared=where.timezone or None,
    )
    return next_permitted(
        not_before,
        zones=found.zones if found.known else (),
        country=where.country,
        region=where.region or None,
        channel=channel,
        consumer=where.consumer,
    )


def earliest_start(due: date | None, zone: str, at: datetime) -> datetime:
    """An hour from `at`, and not before the day after the due date (in the creditor's zone)."""
    begin = at + MIN_LEAD
    if due is None:
        return begin
    overdue = datetime.combine(due + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)
    return max(begin, overdue)
