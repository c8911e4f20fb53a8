"""One figure: what it says, of what it is made, and how."""

from dataclasses import dataclass
from typing import Any

from agentcollect.kit import money

MONEY, COUNT, DAYS, FRACTION = "money", "count", "days", "fraction"


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is `numerator` ÷ `denominator`, in `unit`; None where the denominator is 0, never 0 %.

    A plain amount or count has no denominator, a median no numerator. `of`: the units of the two. Money is in minor
    units of `currency`; "" for what has no currency. `words`: the formula, one line for people.
    """

    name: str
    currency: str
    value: float | int | None
    unit: str
    words: str
    numerator: int | None = None
    denominator: int | None = None
    of: tuple[str, str] = (COUNT, COUNT)


def amount(name: str, currency: str, minor: int, words: str) -> Figure:
    """A sum of money."""
    return Figure(name, currency, minor, MONEY, words, numerator=minor, of=(MONEY, COUNT))


def count(name: str, currency: str, n: int, words: str) -> Figure:
    return Figure(name, currency, n, COUNT, words, numerator=n)


def fraction(name: str, currency: str, part: int, whole: int, words: str, *, of: str = MONEY) -> Figure:
    """`part` ÷ `whole` with four decimals; both in units of `of`."""
    value = round(part / whole, 4) if whole > 0 else None
    return Figure(name, currency, value, FRACTION, words, part, whole, (of, of))


def as_line(figure: Figure) -> dict[str, Any]:
    """A figure as the API answers it and as a file has it: money in major units."""
    return {
        "name": figure.name,
        "currency": figure.currency or None,
        "value": _number(figure.value, figure.unit, figure.currency),
        "unit": figure.unit,
        "numerator": _number(figure.numerator, figure.of[0], figure.currency),
        "denominator": _number(figure.denominator, figure.of[1], figure.currency),
        "formula": figure.words,
    }


COLUMNS = ("name", "currency", "value", "unit", "numerator", "denominator", "formula")


def _number(value: float | int | None, unit: str, currency: str) -> float | int | None:
    return money.to_json(int(value), currency) if unit == MONEY and value is not None else value


def shown(value: float | int | None, unit: str, currency: str) -> str:
    """A value as people read it: `$15,000.00`, `42.2%`, `12 days`; an em dash for none."""
    if value is None:
        return "—"
    if unit == MONEY:
        return money.display(int(value), currency)
    if unit == FRACTION:
        return f"{value * 100:.1f}%"
    return f"{value:,g} day{'' if value == 1 else 's'}" if unit == DAYS else f"{value:,}"
