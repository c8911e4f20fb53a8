"""At which moment of its day a step happens: in permitted hours, in the hours people read, and never all at once."""

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.rules.playbook import Whereabouts, permitted
from compliance.hours import NeverPermitted
from compliance.zones import candidates

# Between the first messages of one campaign: 500 of them take less than three hours, so that each leaves within one
# to four hours after enrolment (ENGINE.md, the playbook's day 0).
GAP = timedelta(seconds=20)
# A morning: so long from the day's first permitted moment on.
MORNING = timedelta(hours=3)
_BEST_DAYS = frozenset({1, 2, 3})  # Tuesday to Thursday
# How much later than planned a message may come for the sake of a better day.
_PATIENCE_DAYS = 6
# two contacts are 48 hours apart; planned closer, the gate would only move them.
APART = timedelta(hours=48)


def share(key: str, of: timedelta) -> timedelta:
    """A part of `of` that is always the same for `key`, spread evenly over all keys; whole seconds."""
    drawn = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4])
    return timedelta(seconds=int(of.total_seconds()) * drawn >> 32)


def first_moment(where: Whereabouts, *, begin: datetime, place: int) -> datetime:
    """When the first message leaves: the first permitted moment from `begin` on, and `place` gaps after it.

    What no longer fits into that day's hours follows in the same order on the next. Raises NeverPermitted.
    """
    return _kept(where, permitted(where, channel="email", not_before=begin), GAP * place)


def _kept(where: Whereabouts, opening: datetime, offset: timedelta) -> datetime:
    """`opening` + `offset` where that is permitted, else the next opening and the same offset, else that opening."""
    moment = opening + offset
    reopened = permitted(where, channel="email", not_before=moment)
    if reopened == moment:
        return moment
    later = reopened + offset
    return later if permitted(where, channel="email", not_before=later) == later else reopened


def later_moment(where: Whereabouts, *, after: datetime, days: timedelta, key: str) -> datetime:
    """When a message leaves that comes `days` after the one at `after`: on a Tuesday, Wednesday or Thursday morning
    where the debtor is, if there is one within a few days, else in the first permitted hours.

    Days are counted on the debtor's calendar, so that no zone makes one of them shorter. `key` spreads what falls on
    the same morning. Raises NeverPermitted.
    """
    zone = _zone(where)
    day = after.astimezone(zone).date() + days
    least = max(after + min(days, APART), datetime.combine(day, time.min, zone).astimezone(UTC))
    for n in range(_PATIENCE_DAYS):
        found = _morning(where, datetime.combine(day + timedelta(days=n), time.min, zone), least, key)
        if found is not None:
            return found
    return _kept(where, permitted(where, channel="email", not_before=least), share(key, MORNING))


def _morning(where: Whereabouts, midnight: datetime, least: datetime, key: str) -> datetime | None:
    """The moment on that day's morning, if it is a good day, permitted, and not before `least`."""
    if midnight.weekday() not in _BEST_DAYS:
        return None
    opening = permitted(where, channel="email", not_before=midnight.astimezone(UTC))
    moment = opening + share(key, MORNING)
    if moment < least or opening.astimezone(midnight.tzinfo).date() != midnight.date():
        return None
    return moment if permitted(where, channel="email", not_before=moment) == moment else opening


def caught_up(where: Whereabouts, *, at: datetime, key: str, channel: str) -> datetime:
    """When a step that many others waited with goes on: within the next hours, in an order that spreads them."""
    moment = at + share(key, MORNING)
    try:
        return permitted(where, channel=channel, not_before=moment)
    except NeverPermitted:
        return moment


def _zone(where: Whereabouts) -> ZoneInfo:
    """Where the debtor's days begin and end; of several the first by name, of none UTC."""
    found = candidates(
        country=where.country,
        region=where.region or None,
        phone=where.phone or None,
        declared=where.timezone or None,
    )
    return ZoneInfo(min(found.zones, default="UTC"))
