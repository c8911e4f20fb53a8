"""How often somebody may be called: the caps of R-11. Source: 12 CFR 1006.14(b)(2); stricter state caps in data.

Seven consecutive days are calendar days, counted by the clocks of every place where the debtor may be. The day of a
conversation is day one (comment 14(b)(2)(i)-1), so the next call may be made on the eighth day.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from compliance import tables
from compliance.volume import Breach
from compliance.zones import region_code

LAW, DEFAULT = 7, 3
DAYS = 7
_CAPS = tables.load("call_caps")["caps"]


@dataclass(frozen=True, slots=True)
class Cap:
    """How many attempts in seven days, and who says so."""

    number: int
    source: str


def cap(country: str | None, region: str | None) -> Cap:
    """The strictest of the law's cap, the house's default and the state's; a state nobody knows may be any of them."""
    places = _CAPS.get((country or "US").upper(), {})
    named = region_code(country, region)
    states = [places[named]] if named in places else [] if named else list(places.values())
    caps = [Cap(DEFAULT, "house default"), Cap(LAW, "1006.14(b)(2)")]
    caps += [Cap(entry["calls"], entry["citation"]) for entry in states]
    return min(caps, key=lambda one: one.number)


def breach(
    at: datetime, attempts: Sequence[datetime], talks: Sequence[datetime], *, cap: int, zones: Collection[str]
) -> Breach | None:
    """The cap that a call at ``at`` would break, or None. ``until`` is a moment before which it stays broken."""
    return _talked(at, talks, zones) or _attempted(at, attempts, cap, zones)


def _talked(at: datetime, talks: Sequence[datetime], zones: Collection[str]) -> Breach | None:
    for zone in zones:
        today = _day(at, zone)
        near = [talk for talk in talks if abs((today - _day(talk, zone)).days) < DAYS]
        if near:
            until = _midnight(max(_day(talk, zone) for talk in near) + timedelta(days=DAYS), zone)
            return Breach("they were spoken to within seven days", tuple(near), until)
    return None


def _attempted(at: datetime, attempts: Sequence[datetime], cap: int, zones: Collection[str]) -> Breach | None:
    """Every seven days that hold ``at``, also those that end later: another worker's call may be reserved already."""
    for zone in zones:
        today = _day(at, zone)
        days = sorted(_day(attempt, zone) for attempt in attempts)
        for first in range(len(days) - cap + 1):
            group = days[first : first + cap]
            if (max(group[-1], today) - min(group[0], today)).days < DAYS:
                words = f"{cap} calls in seven days have been made"
                return Breach(words, tuple(attempts), _midnight(group[0] + timedelta(days=DAYS), zone))
    return None


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
