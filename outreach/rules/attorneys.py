"""Whom an attorney serves, and when a demo attorney answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from compliance.hours import public_holidays


def business_day_after(moment: datetime, region: str) -> datetime:
    """One working day later, at the same time of day (UTC): no weekend, no public holiday of the US state."""
    day = moment.astimezone(UTC) + timedelta(days=1)
    while day.weekday() >= 5 or day.date() in public_holidays("US", region or None, day.year):
        day += timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Licence:
    """What the choice of an attorney looks at. `open_cases` counts offers and acceptances."""

    attorney_id: str
    bar_state: str
    expires_on: date
    capacity: int
    open_cases: int


def choose_attorney(licences: Iterable[Licence], *, region: str, on: date, must_match: bool) -> str | None:
    """The attorney to ask: licensed in the debtor's state, in date, with room, the least loaded first.

    `must_match` False (test mode): another state will do where none matches.
    """
    free = [one for one in licences if one.expires_on >= on and one.open_cases < one.capacity]
    matching = [one for one in free if region and one.bar_state.upper() == region.upper()]
    asked = matching or ([] if must_match else free)
    best = min(asked, key=lambda one: (one.open_cases / one.capacity, one.attorney_id), default=None)
    return best.attorney_id if best else None
