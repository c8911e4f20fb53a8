"""Pure functions of outreach: how facts are written, when a refused mail is tried again, whom an attorney serves."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from compliance.hours import public_holidays

# After a temporary refusal of the mail server: greylisting ends within minutes, an outage within a day.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
_PREFIX = re.compile(r"^(?:#\s*|inv-\s*)+", re.IGNORECASE)


def retry_after(tries: int) -> timedelta | None:
    """How long to wait after the `tries`-th temporary refusal (1 is the first); None: it is over."""
    return RETRIES[tries - 1] if tries <= len(RETRIES) else None


def one_line(text: str, limit: int = 200) -> str:
    """`text` fit for a header or one line of a mail: no control, line-break or invisible formatting characters."""
    # Line and paragraph separators (Zl, Zp) break lines too; Cf holds bidi overrides and zero-width letters.
    cleaned = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text)
    visible = "".join(c for c in cleaned if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())[:limit].strip()


def shown_number(number: str) -> str:
    """An invoice number as the debtor reads it: without a leading `INV-` or `#`."""
    plain = one_line(number, 60)
    return _PREFIX.sub("", plain) or plain


def subject(number: str, brand_name: str) -> str:
    """`Invoice #2025-0847 — Your Company`, as the product page promises; without a number the balance is named."""
    shown = shown_number(number)
    what = f"Invoice #{shown}" if shown else "Outstanding balance"
    return f"{what} — {one_line(brand_name, 120)}"


def message_id(step_id: str, domain: str) -> str:
    """The RFC 5322 Message-ID of a step's mail: the same however often a worker prepares it."""
    return f"<{step_id}@{domain}>"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


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
