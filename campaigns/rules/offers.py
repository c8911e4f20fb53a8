"""What a creditor grants a debtor who asks for time: the campaign's word over the organisation's over the house's."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from compliance.hours import NeverPermitted, public_holidays


class Policy(NamedTuple):
    """The bounds. Amounts in minor units of the case's currency; days are calendar days where the creditor is, but
    `answer_days`, which are working days there."""

    plans: bool = True
    max_instalments: int = 3
    min_instalment_minor: int = 100_00
    max_months: int = 3
    max_promise_days: int = 30
    # How long after its day an instalment may come before the plan is in default.
    grace_days: int = 3
    # Within how many working days a dispute is owed an answer.
    answer_days: int = 5


# What each may be, so that no policy makes a plan that nobody can keep, or one that outlives every mandate.
BOUNDS: dict[str, tuple[int, int]] = {
    "max_instalments": (2, 36),
    "min_instalment_minor": (1, 99_999_999_999),
    "max_months": (1, 36),
    "max_promise_days": (1, 90),
    "grace_days": (0, 30),
    "answer_days": (1, 30),
}


def policy(campaign_policy: Mapping[str, Any], organisation_policy: Mapping[str, Any]) -> Policy:
    """The policy in force: each bound is the campaign's, else the organisation's, else the default. What is not in it
    as the intake writes it (a row typed by hand) counts as not said."""
    found = Policy()._asdict()
    for given in (organisation_policy, campaign_policy):
        found |= {name: value for name, value in given.items() if _holds(name, value)}
    return Policy(**found)


def _holds(name: str, value: Any) -> bool:
    if name == "plans":
        return isinstance(value, bool)
    low, high = BOUNDS.get(name, (1, 0))
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def today(zone: str, at: datetime) -> date:
    """The calendar day where the creditor is."""
    return at.astimezone(ZoneInfo(zone)).date()


def end_of(day: date, zone: str) -> datetime:
    """The first moment after `day` where the creditor is. Days of 23 or 25 hours end when their calendar day does."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def answer_by(at: datetime, days: int, *, zone: str, country: str) -> datetime:
    """The end of the `days`-th working day after `at` where the creditor is: no weekend, no public holiday there."""
    day = today(zone, at)
    for _ in range(days):
        day += timedelta(days=1)
        while day.weekday() >= 5 or day in _holidays(country, day.year):
            day += timedelta(days=1)
    return end_of(day, zone)


def _holidays(country: str, year: int) -> Mapping[date, str]:
    try:
        return public_holidays(country, None, year)
    except NeverPermitted:
        return {}  # an unknown country's holidays: the answer is then due a little sooner
