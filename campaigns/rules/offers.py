"""What a creditor grants a debtor: time, or a settlement for less. The campaign's word over the organisation's over the
house's, which gives nothing away."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from compliance.hours import NeverPermitted, public_holidays


class Rung(NamedTuple):
    """From `min_age_days` past due on, at most so many percent of the balance may be given up."""

    min_age_days: int
    max_discount_percent: int


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
    # The floor of settlements by age, ascending; empty: nothing is ever given up. It is the creditor's own: in no
    # prompt, no message, no event.
    settlement: tuple[Rung, ...] = ()
    # How many days a settlement offer may stand, at most.
    settlement_days: int = 14
    # Who says yes to one within the floor: a person, another person than the one who drafted it, or nobody.
    settlement_approval: str = "person"


APPROVALS = ("person", "second_person", "auto")
MAX_RUNGS, OLDEST_DAYS, MOST_PERCENT = 10, 3650, 90


# What each may be, so that no policy makes a plan that nobody can keep, or one that outlives every mandate.
BOUNDS: dict[str, tuple[int, int]] = {
    "max_instalments": (2, 36),
    "min_instalment_minor": (1, 99_999_999_999),
    "max_months": (1, 36),
    "max_promise_days": (1, 90),
    "grace_days": (0, 30),
    "answer_days": (1, 30),
    "settlement_days": (1, 90),
}


def policy(campaign_policy: Mapping[str, Any], organisation_policy: Mapping[str, Any]) -> Policy:
    """The policy in force: each bound is the campaign's, else the organisation's, else the default. What is not in it
    as the intake writes it (a row typed by hand) counts as not said."""
    found = Policy()._asdict()
    for given in (organisation_policy, campaign_policy):
        found |= {name: value for name, value in given.items() if _holds(name, value)}
    return Policy(**found | {"settlement": tuple(ladder(found["settlement"]))})


def _holds(name: str, value: Any) -> bool:
    if name == "plans":
        return isinstance(value, bool)
    if name == "settlement":
        return isinstance(value, list) and not fault(value)
    if name == "settlement_approval":
        return value in APPROVALS
    return _whole(value, *BOUNDS.get(name, (1, 0)))


# --- settlements


def ladder(rows: Iterable[Any]) -> list[Rung]:
    """The rungs of `settlement` as a row or a body has it."""
    return [one if isinstance(one, Rung) else Rung(one["min_age_days"], one["max_discount_percent"]) for one in rows]


def fault(rows: list[Any]) -> str:
    """What is wrong with `settlement` as given, in plain words; "" nothing."""
    if len(rows) > MAX_RUNGS:
        return f"must have at most {MAX_RUNGS} entries"
    for one in rows:
        if not isinstance(one, dict) or set(one) != set(Rung._fields):
            return "must be a list of entries with min_age_days and max_discount_percent, nothing else"
        if not _whole(one["min_age_days"], 0, OLDEST_DAYS) or not _whole(one["max_discount_percent"], 1, MOST_PERCENT):
            return f"takes whole numbers: 0 to {OLDEST_DAYS} days, 1 to {MOST_PERCENT} percent"
    ages = [one["min_age_days"] for one in rows]
    return "" if ages == sorted(set(ages)) else "must name each age once, the youngest first"


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def most_discount(rungs: Iterable[Rung], age_days: int) -> int:
    """The percent that may be given up on a debt `age_days` past due: that of the last rung it has reached, else 0."""
    reached = [rung for rung in rungs if rung.min_age_days <= age_days]
    return max(reached).max_discount_percent if reached else 0


def today(zone: str, at: datetime) -> date:
    """The calendar day where the creditor is."""
    return at.astimezone(ZoneInfo(zone)).date()


def end_of(day: date, zone: str) -> datetime:
    """The first moment after `day` where the creditor is. Days of 23 or 25 hours end when their calendar day does."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def day_before(end: datetime, zone: str) -> date:
    """The day that `end_of` gave `end` for."""
    return (end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


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
