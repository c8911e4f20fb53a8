"""Where a debtor may be, what the clocks show there, and which days are holidays: written from LAW.md, R-01.

12 CFR 1006.6(b)(1) and its comment: where facts conflict, the hour must be convenient in every place they point to.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from benchmarks.checker.areas import AREA_CODES, CONTIGUOUS, COUNTRIES, STATES
from benchmarks.checker.story import Debtor, Touch

# LAW.md, R-01: minutes of the local day. Consumer's calls end a quarter of an hour earlier.
OPENS, CLOSES, CONSUMER_CLOSES, CONSUMER_CALLS_CLOSE = 8 * 60, 18 * 60, 21 * 60, 20 * 60 + 45
SATURDAY = 5


def consumer(debtor: Debtor, credit_kind: str = "", attested: str = "commercial") -> bool:
    """R-00 and R-32: a natural person is a consumer, in California and everywhere; an unknown class is the stricter."""
    if debtor.debtor_type in ("individual", "sole_proprietor"):
        return True
    return (debtor.debt_class or attested) != "commercial"


@cache
def zones(country: str, region: str, phone: str, declared: str) -> tuple[str, ...]:
    """Every zone that the address, the number and the debtor's own word point to; none: every zone of the country."""
    found = {*_of_state(country, region), *_of_phone(country, phone), *([declared] if declared else [])}
    if not found:
        found = {*COUNTRIES.get(country, CONTIGUOUS)}
    elif len(COUNTRIES.get(country, ())) == 1:
        found |= {*COUNTRIES[country]}
    return tuple(sorted(found))


def zones_of(debtor: Debtor, number: str = "") -> tuple[str, ...]:
    """The zones of one debtor; `number`: the recipient's own, else the company's."""
    return zones(debtor.country.upper(), debtor.region.upper(), number or debtor.phone, debtor.timezone)


def _of_state(country: str, region: str) -> tuple[str, ...]:
    return STATES.get(region.removeprefix("US-"), ()) if country == "US" else ()


def _of_phone(country: str, phone: str) -> tuple[str, ...]:
    digits = "".join(character for character in phone if character.isdigit())
    if phone.strip().startswith("+") and not digits.startswith("1"):
        return ()
    return AREA_CODES.get(digits.removeprefix("1")[:3], ()) if len(digits) in (10, 11) else ()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def clocks(debtor: Debtor, at: datetime, number: str = "") -> Iterator[tuple[str, datetime]]:
    """What every clock that may be theirs shows."""
    for name in zones_of(debtor, number):
        yield name, at.astimezone(_zone(name))


def days(debtor: Debtor, at: datetime, number: str = "") -> set[tuple[str, date]]:
    """The calendar days it may be there: two moments that share one of them may be the same day."""
    return {(name, local.date()) for name, local in clocks(debtor, at, number)}


def days_apart(debtor: Debtor, one: datetime, other: datetime, number: str = "") -> int:
    """How many calendar days lie between two moments, by the clock that shows the fewest."""
    names = zones_of(debtor, number)
    return min(abs((one.astimezone(_zone(n)).date() - other.astimezone(_zone(n)).date()).days) for n in names)


def closed_hour(local: datetime, *, consumer: bool, channel: str) -> str:
    """Why this is no hour to reach somebody; "" where it is one."""
    closes = CLOSES
    if consumer:
        closes = CONSUMER_CALLS_CLOSE if channel == "call" else CONSUMER_CLOSES
    elif local.weekday() >= SATURDAY:
        return f"it is a {local:%A}"
    minute = local.hour * 60 + local.minute
    return "" if OPENS <= minute < closes else f"it is {local:%H:%M}"


@cache
def _holidays(country: str, region: str, year: int) -> dict[date, str]:
    known = holidays.list_supported_countries()
    if country not in known:
        return {}
    return dict(holidays.country_holidays(country, subdiv=region if region in known[country] else None, years=year))


def holiday(debtor: Debtor, day: date) -> str:
    """The public holiday of the debtor's country and region on a day; "" for none."""
    country = debtor.country.upper()
    return _holidays(country, debtor.region.upper().removeprefix(f"{country}-"), day.year).get(day, "")


def within(told: dict[str, object], local: datetime) -> bool:
    """Whether a local time lies in a time that they called inconvenient (R-02); no times: it always does."""
    listed = told.get("days") or ()
    wanted = {int(day) for day in listed} if isinstance(listed, list | tuple) else set()
    begins, ends = (_minutes(told.get(name)) for name in ("from", "to"))
    minute, today = local.hour * 60 + local.minute, not wanted or local.weekday() in wanted
    begins = begins or 0
    if not ends:
        return today and minute >= begins
    if begins < ends:
        return today and begins <= minute < ends
    yesterday = not wanted or (local - timedelta(days=1)).weekday() in wanted
    return (today and minute >= begins) or (yesterday and minute < ends)


def _minutes(text: object) -> int | None:
    if not text:
        return None
    hour, minute = str(text).split(":")[:2]
    return int(hour) * 60 + int(minute)


def number_of(touch: Touch, phones: dict[str, str]) -> str:
    """The number that tells where the recipient of a touch is."""
    return touch.address if touch.channel == "call" else phones.get(touch.contact, "")
