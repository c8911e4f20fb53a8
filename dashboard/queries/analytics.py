"""Analytics: the figures of the reports, put into words, charts and tables."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from accounts.models import TestClock
from agentcollect.kit import charts, money
from campaigns.models import Campaign
from dashboard.access import Seat
from outreach.queries.channels import Channels, Touches
from payments import reports
from payments.reports import Figure, Scope

# The points of a curve, and how many campaigns the filter offers.
_POINTS, _CAMPAIGNS = 30, 100
LABELS = {
    "recovery_rate": "Recovery",
    "adjusted_recovery_rate": "Recovery, adjusted",
    "placed": "Placed",
    "withdrawn": "Withdrawn",
    "cases": "Invoices placed",
    "collected_by_us": "Collected by us",
    "reported_by_you": "Reported by you",
    "credited": "Credited",
    "days_to_collect_mean": "Days to collect, mean",
    "days_to_collect_median": "Days to collect, median",
    "days_to_collect_weighted": "Days to collect, by amount",
    "days_to_paid_median": "Days to paid in full, median",
    "promise_kept_rate": "Promises kept",
    "promised_amount_kept_rate": "Promised money that came",
    "collection_effectiveness": "Collection effectiveness",
    "dso_simple": "DSO, simple",
    "dso_count_back": "DSO, count-back",
    "contact_rate": "Debtors contacted",
    "response_rate": "Debtors who answered",
}
_SECTIONS = (
    ("What came", ("recovery_rate", "adjusted_recovery_rate", "placed", "withdrawn")),
    ("From whom: three figures, never one sum", ("collected_by_us", "reported_by_you", "credited")),
    (
        "How fast",
        ("days_to_collect_median", "days_to_collect_mean", "days_to_collect_weighted", "days_to_paid_median"),
    ),
    ("Promises", ("promise_kept_rate", "promised_amount_kept_rate")),
    ("What stays owed", ("collection_effectiveness", "dso_simple", "dso_count_back")),
)
BUCKETS = {
    "current": "Not overdue",
    "1-30": "1–30 days",
    "31-60": "31–60 days",
    "61-90": "61–90 days",
    "90+": "Over 90 days",
    "no_due_date": "No due date",
}
# Below a bar, where there is little room.
_SHORT = {"current": "current", "no_due_date": "no date"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its words; `made_of`: "numerator ÷ denominator", empty for a plain one."""

    label: str
    value: str
    made_of: str
    words: str


@dataclass(frozen=True, slots=True)
class Aged:
    """One bucket of the ageing."""

    bucket: str
    label: str
    owed: str
    cases: int
    share: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything of one currency."""

    currency: str
    cases: int
    sections: list[tuple[str, list[Tile]]]
    curve: SafeString
    points: list[tuple[int, str, str]]
    bars: SafeString
    aged: list[Aged]
    owed: str


def sheets(scope: Scope) -> list[Sheet]:
    """A sheet for each currency in which something was placed, the largest first."""
    found, ages = reports.recovery(scope), _by_name(reports.aging(scope))
    by_currency = _by_name(found.figures)
    placed = {currency: figures for currency, figures in by_currency.items() if "placed" in figures}
    largest = sorted(placed, key=lambda currency: -(placed[currency]["placed"].numerator or 0))
    return [_sheet(currency, placed[currency], found.curve, ages.get(currency, {})) for currency in largest]


def _by_name(figures: Iterable[Figure]) -> dict[str, dict[str, Figure]]:
    found: dict[str, dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        found[figure.currency][figure.name] = figure
    return found


def _sheet(currency: str, figures: dict[str, Figure], curves: dict[str, Any], ages: dict[str, Figure]) -> Sheet:
    points = _thinned(curves.get(currency, []))
    said = [(day, money.display(minor, currency), f"{part * 100:.1f}%") for day, minor, part in points]
    marks = [
        (str(day), part * 100, f"Day {day}: {collected}, {of}")
        for (day, _, part), (_, collected, of) in zip(points, said, strict=True)
    ]
    aged = [_aged(bucket, label, ages) for bucket, label in BUCKETS.items()] if ages else []
    last = f"After {said[-1][0]} days {said[-1][1]}, {said[-1][2]} of what was placed." if said else "Nothing came yet."
    return Sheet(
        currency=currency,
        cases=figures["cases"].numerator or 0,
        sections=[(title, [tile(figures[name]) for name in names if name in figures]) for title, names in _SECTIONS],
        curve=charts.line(marks, title=f"Collected by days since placement, part of placed, {currency}", says=last),
        points=said,
        bars=_bars(currency, ages),
        aged=aged,
        owed=_shown(ages["owed"]) if ages else "",
    )


def _thinned(points: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """The curve at even steps from the day of placement to the last day on which it moved."""
    if not points:
        return []
    step = max(1, -(-points[-1][0] // _POINTS))
    found, n, here = [], 0, (0, 0, 0.0)
    for day in range(0, points[-1][0] + step, step):
        while n < len(points) and points[n][0] <= day:
            here, n = points[n], n + 1
        found.append((min(day, points[-1][0]), here[1], here[2]))
    return found


def _aged(bucket: str, label: str, ages: dict[str, Figure]) -> Aged:
    owed, cases, share = (ages[f"{name}_{bucket}"] for name in ("owed", "cases", "share"))
    return Aged(bucket, label, _shown(owed), cases.numerator or 0, _shown(share))


def _bars(currency: str, ages: dict[str, Figure]) -> SafeString:
    digits = 10 ** money.exponent(currency)
    rows = [
        (
            _SHORT.get(bucket, bucket),
            max(0, ages[f"owed_{bucket}"].numerator or 0) / digits,
            f"{label}: {_shown(ages[f'owed_{bucket}'])}",
        )
        for bucket, label in BUCKETS.items()
        if ages
    ]
    return charts.bars(rows, title=f"Owed by days overdue, {currency}", says="; ".join(words for _, _, words in rows))


def tile(figure: Figure) -> Tile:
    made_of = ""
    if figure.denominator is not None:
        parts = (figure.numerator, figure.of[0]), (figure.denominator, figure.of[1])
        made_of = " ÷ ".join(reports.shown(value, unit, figure.currency) for value, unit in parts if value is not None)
    if figure.numerator is None and figure.denominator is not None:
        made_of = f"of {made_of}"
    return Tile(LABELS[figure.name], _shown(figure), made_of, figure.words)


def _shown(figure: Figure) -> str:
    return reports.shown(figure.value, figure.unit, figure.currency)


# --- channels and steps


def touched(found: Iterable[tuple[Any, Touches]]) -> list[dict[str, Any]]:
    """Lines of the tables: what was done, and what followed it, each rate of what was sent."""
    return [
        {
            "of": of,
            "touches": each,
            "replied": _part(each.replies, each.sent),
            "paid": _part(each.payments, each.sent),
            "collected": [money.display(minor, currency) for currency, minor in sorted(each.collected.items())],
        }
        for of, each in found
    ]


def _part(n: int, sent: int) -> str:
    return reports.shown(n / sent if sent else None, "fraction", "")


def reached(found: Channels) -> list[Tile]:
    return [tile(figure) for figure in found.figures]


# --- what the filters offer


def campaigns(seat: Seat) -> list[tuple[str, str]]:
    """(id, what it is called) of the newest campaigns."""
    rows = seat.rows(Campaign).order_by("-created_at", "-id").values_list("id", "name", "creditor", "created_at")
    return [
        (row, f"{name or creditor}, {at.astimezone(seat.zone).date()}") for row, name, creditor, at in rows[:_CAMPAIGNS]
    ]


def clocks(seat: Seat) -> list[tuple[str, str]]:
    """(id, name) of the test clocks; live mode has none."""
    return [(row.id, row.name or row.id) for row in seat.rows(TestClock).order_by("-created_at")[:_CAMPAIGNS]]
