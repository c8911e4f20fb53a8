"""Paying later, as pure functions: instalments to the cent, whether a word was kept, what the ledger has covered."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

Schedule = list[tuple[date, int]]
_EVERY = {
    "month": relativedelta(months=1),
    "two_weeks": relativedelta(weeks=2),
    "week": relativedelta(weeks=1),
}
EVERY = tuple(_EVERY)


def schedule(total_minor: int, count: int, first_on: date, every: str = "month") -> Schedule:
    """`count` instalments that add up to `total_minor`; what does not divide goes to the earliest, a cent each.

    Months are counted from `first_on`, so that the 31st comes back after a month of 30 days. Raises ValueError where an
    instalment would be nothing.
    """
    if not 0 < count <= total_minor:
        raise ValueError("every instalment is at least one minor unit")
    share, left = divmod(total_minor, count)
    return [(first_on + _EVERY[every] * number, share + (number < left)) for number in range(count)]


class Bounds(NamedTuple):
    """What a schedule must keep to (campaigns.rules.offers.Policy names them)."""

    max_instalments: int
    min_instalment_minor: int
    max_months: int


def refusal(parts: Sequence[tuple[date, int]], total_minor: int, bounds: Bounds, *, today: date) -> tuple[str, str]:
    """(field, what is wrong with it in plain words); both empty where nothing is."""
    days, amounts = [day for day, _ in parts], [minor for _, minor in parts]
    if not 2 <= len(parts) <= bounds.max_instalments:
        return "instalments", f"must be 2 to {bounds.max_instalments}"
    if sum(amounts) != total_minor:
        return "schedule", "must add up to the balance"
    if days[0] < today or sorted(set(days)) != days:
        return "first_on" if days[0] < today else "schedule", "must begin today or later, each day after the one before"
    if min(amounts) < bounds.min_instalment_minor:
        return "instalments", "are too many: one of them is less than you grant"
    if days[-1] > today + relativedelta(months=bounds.max_months):
        return "first_on", f"is too late: the last instalment must come within {bounds.max_months} months"
    return "", ""


def largest_count(total_minor: int, bounds: Bounds, first_on: date, *, today: date) -> int:
    """The most monthly instalments within the bounds; 0 where not even two are."""
    for count in range(bounds.max_instalments, 1, -1):
        if (
            count <= total_minor
            and not refusal(schedule(total_minor, count, first_on), total_minor, bounds, today=today)[0]
        ):
            return count
    return 0


def kept(*, amount_minor: int, received_minor: int, balance_minor: int, over: bool) -> str:
    """What became of a promise: "kept", "partially_kept", "broken"; "" while it may still be kept.

    `received_minor` came since it was given, `balance_minor` is owed still: nobody must pay more than what is owed, so
    a credit note or a correction lowers what keeps the promise.
    """
    if received_minor >= min(amount_minor, received_minor + balance_minor):
        return "kept"
    if not over:
        return ""
    return "partially_kept" if received_minor > 0 else "broken"


def covered(*, total_minor: int, received_minor: int, balance_minor: int) -> int:
    """How much of a plan is covered: by money that came since it began, or by credit that lowered what is owed."""
    return min(total_minor, max(0, received_minor, total_minor - balance_minor))


def spread(covered_minor: int, amounts: Sequence[int]) -> list[int]:
    """What of each instalment is covered, the oldest first."""
    shares, left = [], covered_minor
    for amount in amounts:
        shares.append(min(left, amount))
        left -= shares[-1]
    return shares
