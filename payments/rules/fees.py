"""What the operator charges a creditor: pure functions of an agreed schedule, in integer minor units."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

# A basis point is a hundredth of a per cent.
WHOLE_IN_POINTS = 10_000


def age_at_placement(placed_at: datetime, due_on: date | None, zone: str) -> int:
    """Days past due, in the creditor's calendar, on the day the invoice was placed; below zero: it was not due yet.

    An invoice of unknown age counts as new, which no schedule charges more for.
    """
    return (placed_at.astimezone(ZoneInfo(zone)).date() - due_on).days if due_on else 0


def tier_points(tiers: Sequence[dict[str, Any]], age_days: int) -> int:
    """The basis points of the first tier that reaches `age_days` ("up to and including"); none does: 0."""
    for tier in tiers:
        if tier["up_to_days"] is None or age_days <= tier["up_to_days"]:
            return int(tier["basis_points"])
    return 0


def share(basis_minor: int, basis_points: int) -> int:
    """`basis_points` of `basis_minor`, in minor units of the same currency (JPY and KWD alike), half to even.

    Half to even (IEEE 754's default, "banker's rounding") takes neither side over many payments.
    """
    whole, rest = divmod(basis_minor * basis_points, WHOLE_IN_POINTS)
    up = rest * 2 > WHOLE_IN_POINTS or (rest * 2 == WHOLE_IN_POINTS and whole % 2 == 1)
    return whole + int(up)


def tier_faults(tiers: object) -> list[str]:
    """What is wrong with tiers somebody typed, in words; nothing: they are a schedule.

    Each tier reaches further than the one before, the last reaches every age, and none takes more than the whole.
    """
    if not isinstance(tiers, list) or not all(_is_tier(tier) for tier in tiers):
        return ['Tiers are a list of {"up_to_days": number or null, "basis_points": 0 to 10000}.']
    reach = [tier["up_to_days"] for tier in tiers]
    if tiers and (reach[-1] is not None or None in reach[:-1]):
        return ["The last tier, and only the last, reaches every age: its up_to_days is null."]
    ends = reach[:-1]
    if any(later <= earlier for earlier, later in pairwise(ends)):
        return ["Each tier reaches further than the one before."]
    return []


def _is_tier(tier: object) -> bool:
    if not isinstance(tier, dict) or set(tier) != {"up_to_days", "basis_points"}:
        return False
    days, points = tier["up_to_days"], tier["basis_points"]
    return (days is None or _is_number(days, 36_500)) and _is_number(points, WHOLE_IN_POINTS)


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def tier_words(tiers: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Each tier in words: ("91 to 180 days past due", "20%")."""
    found, start = [], None
    for tier in tiers:
        end = tier["up_to_days"]
        if end is None:
            ages = "any age" if start is None else f"{start} days past due and older"
        else:
            ages = f"up to {end} days past due" if start is None else f"{start} to {end} days past due"
        found.append((ages, percent(tier["basis_points"])))
        start = None if end is None else end + 1
    return found


def percent(basis_points: int) -> str:
    """`15%`, `2.9%`, `0.25%`."""
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".") + "%"


def read_tiers(text: str) -> list[dict[str, Any]]:
    """Tiers as a person types them, one a line: `90: 15`, and last `older: 25` (or nothing but that: any age).

    Raises ValueError, in words.
    """
    tiers = [_tier(line) for line in text.splitlines() if line.strip()]
    if faults := tier_faults(tiers):
        raise ValueError(faults[0])
    return tiers


def _tier(line: str) -> dict[str, Any]:
    ages, _, rate = (part.strip() for part in line.partition(":"))
    points = Decimal(rate.rstrip("% ")).scaleb(2) if _RATE.fullmatch(rate) else None
    if points is None or not (ages == "older" or (ages.isascii() and ages.isdigit() and len(ages) < 6)):
        raise ValueError(f"“{line.strip()}” is not a tier such as “90: 15” or “older: 25”.")
    return {"up_to_days": None if ages == "older" else int(ages), "basis_points": int(points)}


_RATE = re.compile(r"\d{1,3}(\.\d{1,2})? ?%?", re.ASCII)


# --- months


def month_of(at: datetime, zone: str) -> date:
    """The first day of the month that `at` lies in where the creditor is."""
    return at.astimezone(ZoneInfo(zone)).date().replace(day=1)


def month_after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def month_bounds(month: date, zone: str) -> tuple[datetime, datetime]:
    """The moments between which `month` (its first day) lies in `zone`: from the first on, until before the second."""
    place = ZoneInfo(zone)
    return (
        datetime.combine(month, time(), place).astimezone(UTC),
        datetime.combine(month_after(month), time(), place).astimezone(UTC),
    )


def months_to_state(at: datetime, zone: str, back: int) -> list[date]:
    """The last `back` months that ended at least a day before `at`, oldest first.

    A day, so that no transaction that began in the month is still on its way.
    """
    found, month = [], month_of(at - timedelta(days=1), zone)
    for _ in range(back):
        month = month_before(month)
        found.append(month)
    return found[::-1]
