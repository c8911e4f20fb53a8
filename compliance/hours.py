"""When the windows of R-01 open. Source: 12 CFR 1006.6(b)(1); the commercial hours are the house's default.

Consumer: every day 08:00-21:00, calls begin before 20:45. Commercial: Monday to Friday 08:00-18:00, on no
public holiday of the debtor's country and region. The moment must fit in every zone at once.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from compliance.facts import Facts, is_consumer
from compliance.zones import candidates_of, country_zones, region_code

OPENS = time(8)
COMMERCIAL_CLOSES = time(18)
CONSUMER_CLOSES = time(21)
CONSUMER_CALLS_CLOSE = time(20, 45)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
# One year and a month: hours that fit together only while one side keeps summer time are found within it.
HORIZON = timedelta(days=400)


class NeverPermitted(LookupError):
    """No moment will do: no zone is known, the zones share no hour, or the holidays are unknown."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The window as data: hashable, so that five hundred debtors of the same place share one answer."""

    zones: tuple[str, ...]
    closes: time
    consumer: bool
    country: str | None
    region: str | None


def schedule(
    *, zones: Collection[str], country: str | None, region: str | None, channel: str, consumer: bool
) -> Schedule:
    """The window of R-01. No zone → every zone of the country (commercial only). Raises NeverPermitted."""
    if not zones and consumer:
        raise NeverPermitted("the debtor's time zone is not known, and the debt is a consumer debt")
    names = tuple(sorted(set(zones or country_zones(country))))
    if not names:
        raise NeverPermitted("neither a time zone nor a country with known zones was given")
    closes = COMMERCIAL_CLOSES
    if consumer:
        closes = CONSUMER_CALLS_CLOSE if channel == "call" else CONSUMER_CLOSES
    code = (country or "").strip().upper() or None
    return Schedule(names, closes, consumer, code, region_code(code, region))


def schedule_of(facts: Facts, channel: str) -> Schedule:
    """The window of R-01 for a snapshot. Raises NeverPermitted."""
    found = candidates_of(facts)
    consumer = is_consumer(facts)
    zones = found.zones if found.known or not consumer else ()
    return schedule(zones=zones, country=facts.country, region=facts.region, channel=channel, consumer=consumer)


def next_permitted(
    at: datetime,
    *,
    zones: Collection[str] = (),
    country: str | None,
    region: str | None = None,
    channel: str = "email",
    consumer: bool = False,
) -> datetime:
    """The earliest moment ≥ ``at`` (aware) at which R-01 allows: UTC, whole seconds, ``at`` rounded up.

    ``zones`` empty means none is known: every zone of the country, and NeverPermitted for a consumer.
    Cached per schedule and second. Raises NeverPermitted.
    """
    return opening(schedule(zones=zones, country=country, region=region, channel=channel, consumer=consumer), at)


def next_permitted_for(facts: Facts, *, channel: str, at: datetime) -> datetime:
    """``next_permitted`` for a snapshot: what the planner asks for ``first_contact_at``."""
    return opening(schedule_of(facts, channel), at)


def opening(window: Schedule, at: datetime) -> datetime:
    """The earliest whole second ≥ ``at``, in UTC, inside the window. Raises NeverPermitted."""
    moment = at.astimezone(UTC)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + SECOND
    found = _opening(window, moment)
    if found is None:
        raise NeverPermitted(f"no hour is permitted in all of {', '.join(window.zones)} within 400 days")
    return found


def obstacle(window: Schedule, at: datetime) -> str | None:
    """Why ``at`` is outside the window, in plain words; None inside it."""
    for zone in window.zones:
        local = at.astimezone(ZoneInfo(zone))
        if why := _closed_day(window, local.date()):
            return f"{local:%Y-%m-%d} is {why} in {zone}"
        if not OPENS <= local.time() < window.closes:
            return f"it is {local:%H:%M:%S} in {zone}; the window is {OPENS:%H:%M} to {window.closes:%H:%M}"
    return None


def start_of_next_day(at: datetime, zones: Collection[str]) -> datetime:
    """The earliest moment after ``at``, in UTC, when the day of ``at`` is over in every zone."""
    return max(_midnight_after(at, ZoneInfo(zone)) for zone in zones)


def same_day(one: datetime, other: datetime, zones: Collection[str]) -> bool:
    """True when both fall on one calendar day in any of the zones."""
    return any(one.astimezone(ZoneInfo(z)).date() == other.astimezone(ZoneInfo(z)).date() for z in zones)


@lru_cache(maxsize=16384)
def _opening(window: Schedule, at: datetime) -> datetime | None:
    # Each zone's own next opening is a lower bound for the common one, so taking the latest of them until
    # nothing moves skips no permitted moment.
    limit = at + HORIZON
    while at <= limit:
        openings = [_opens_in(window, zone, at) for zone in window.zones]
        known = [moment for moment in openings if moment is not None]
        if len(known) < len(openings):
            return None
        if max(known) == at:
            return at
        at = max(known)
    return None


@lru_cache(maxsize=16384)
def _opens_in(window: Schedule, zone: str, at: datetime) -> datetime | None:
    alone = Schedule((zone,), window.closes, window.consumer, window.country, window.region)
    if obstacle(alone, at) is None:
        return at
    today = at.astimezone(ZoneInfo(zone)).date()
    days = (today + DAY * n for n in range(HORIZON.days))
    for day in (day for day in days if not _closed_day(window, day)):
        for moment in _instants(zone, day):
            if moment >= at and obstacle(alone, moment) is None:
                return moment
    return None


@lru_cache(maxsize=16384)
def _instants(zone: str, day: date) -> tuple[datetime, ...]:
    """The moments of a local day at which its window can open, in order, in UTC."""
    tz = ZoneInfo(zone)
    # A clock turned back over 08:00 passes it twice; one turned forward over it opens at the turn itself.
    found = {datetime.combine(day, OPENS, tz).replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(found | set(turns(zone, day))))


def turns(zone: str, day: date) -> Iterator[datetime]:
    """The moment on a local day at which its clock is turned, if it is, to the second."""
    tz = ZoneInfo(zone)
    early = datetime.combine(day, time.min, tz).astimezone(UTC)
    late = early + DAY
    before, after = _offset(early, tz), _offset(late, tz)
    if before == after:
        return
    while late - early > SECOND:
        middle = early + (late - early) // 2 // SECOND * SECOND
        early, late = (middle, late) if _offset(middle, tz) == before else (early, middle)
    yield late


def _offset(at: datetime, tz: ZoneInfo) -> timedelta | None:
    return at.astimezone(tz).utcoffset()


def _midnight_after(at: datetime, tz: ZoneInfo) -> datetime:
    tomorrow = at.astimezone(tz).date() + DAY
    return datetime.combine(tomorrow, time.min, tz).astimezone(UTC)


def _closed_day(window: Schedule, day: date) -> str | None:
    if window.consumer:
        return None
    if day.weekday() >= 5:
        return "a weekend"
    name = public_holidays(window.country, window.region, day.year).get(day)
    return f"a public holiday ({name})" if name else None


@lru_cache(maxsize=4096)
def public_holidays(country: str | None, region: str | None, year: int) -> dict[date, str]:
    """The public holidays, observed days included, of one year: date -> name. Raises NeverPermitted.

    A region the library does not know adds no days to its country's; an unknown country is refused, since
    nobody could say that a day is not a holiday there.
    """
    known = _supported()
    if country not in known:
        raise NeverPermitted(f"the public holidays of {country or 'an unknown country'} are not known")
    subdivision = region if region in known[country] else None
    return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))


@lru_cache(maxsize=1)
def _supported() -> dict[str, list[str]]:
    return holidays.list_supported_countries()
