"""How often is too often: the caps of R-12. Source: 12 CFR 1006.14(a); the numbers are the house's default.

Per debtor, over all channels, cases and campaigns: one contact in a local day, three in any seven days
(168 hours), and 48 hours between two. Contacts later than the moment asked about (another worker's
reservation, a clock slightly ahead) bind as well as earlier ones.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.hours import same_day, start_of_next_day

APART = timedelta(hours=48)
WEEK = timedelta(days=7)
PER_WEEK = 3


@dataclass(frozen=True, slots=True)
class Breach:
    """The cap a contact would break, the contacts that fill it, and a moment before which it stays broken."""

    cap: str
    contacts: tuple[datetime, ...]
    until: datetime


def breach(at: datetime, contacts: Sequence[datetime], zones: Collection[str]) -> Breach | None:
    """The first cap that a contact at ``at`` would break, or None."""
    return _too_close(at, contacts) or _same_day(at, contacts, zones) or _too_many(at, sorted(contacts))


def earliest(at: datetime, contacts: Sequence[datetime], zones: Collection[str]) -> datetime:
    """The earliest moment ≥ ``at`` that breaks no cap. Each breach's ``until`` is a lower bound for it."""
    while found := breach(at, contacts, zones):
        at = found.until
    return at


def _too_close(at: datetime, contacts: Sequence[datetime]) -> Breach | None:
    near = [contact for contact in contacts if abs(at - contact) < APART]
    return Breach("48 hours apart", tuple(near), max(near) + APART) if near else None


def _same_day(at: datetime, contacts: Sequence[datetime], zones: Collection[str]) -> Breach | None:
    # 48 hours apart implies another day on every ordinary clock; kept for the days the date line repeats.
    today = [contact for contact in contacts if same_day(at, contact, zones)]
    if not today:
        return None
    over = max(start_of_next_day(contact, zones) for contact in today)
    return Breach("one contact a day", tuple(today), over)


def _too_many(at: datetime, contacts: Sequence[datetime]) -> Breach | None:
    for first in range(len(contacts) - PER_WEEK + 1):
        group = contacts[first : first + PER_WEEK]
        if max(group[-1], at) - min(group[0], at) < WEEK:
            return Breach("three contacts in seven days", tuple(group), group[0] + WEEK)
    return None
