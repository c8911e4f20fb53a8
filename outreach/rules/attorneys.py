"""Whom an attorney serves, which status of a referral follows which, and when a demo attorney answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from compliance.hours import public_holidays

_ENDS = frozenset({"recovered", "settled", "returned"})
REFERRAL: dict[str, frozenset[str]] = {
    "proposed": frozenset({"authorised", "declined"}),
    "authorised": frozenset({"offered", "declined"}),
    "offered": frozenset({"accepted", "declined"}),
    "accepted": frozenset({"packet_delivered"}) | _ENDS,
    "packet_delivered": frozenset({"letter_reviewed"}) | _ENDS,
    "letter_reviewed": frozenset({"letter_sent"}) | _ENDS,
    "letter_sent": _ENDS,
    "recovered": frozenset(),
    "settled": frozenset(),
    "returned": frozenset(),
    "declined": frozenset(),
}
# A debtor of such a name is declined by every demo attorney.
_DECLINES = "attorney_declines"


def demo_declines(debtor: str) -> bool:
    """Whether a demo attorney declines the case of a debtor of that name."""
    return _DECLINES in debtor.lower()


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


def choose_attorney(licences: Iterable[Licence], *, region: str, on: date) -> str | None:
    """The attorney to ask: licensed in the debtor's state, in date, with room, the least loaded first."""
    free = [one for one in licences if one.expires_on >= on and one.open_cases < one.capacity]
    matching = [one for one in free if region and one.bar_state.upper() == region.upper()]
    best = min(matching, key=lambda one: (one.open_cases / one.capacity, one.attorney_id), default=None)
    return best.attorney_id if best else None
