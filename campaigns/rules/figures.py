"""What rates, means and medians are, for every place that shows one: an event, a report, a page."""

from collections.abc import Mapping


def rate(part: int, whole: int) -> float | None:
    """`part` of `whole` as a fraction with four decimals; None where there is nothing to be a part of."""
    return round(part / whole, 4) if whole > 0 else None


def mean(counts: Mapping[int, int]) -> float | None:
    """The mean of values given as {value: how often}, with two decimals; None of none."""
    total = sum(counts.values())
    return round(sum(value * n for value, n in counts.items()) / total, 2) if total else None


def median(counts: Mapping[int, int]) -> float | None:
    """The median of values given as {value: how often}: of two in the middle their mean; None of none."""
    total = sum(counts.values())
    if not total:
        return None
    low, high = _nth(counts, (total - 1) // 2), _nth(counts, total // 2)
    return low if low == high else (low + high) / 2


def _nth(counts: Mapping[int, int], place: int) -> int:
    """The value at `place`, counted from 0, when all stand in a row by size."""
    for value, n in sorted(counts.items()):
        place -= n
        if place < 0:
            return value
    raise IndexError(place)
