"""The figures of a simulation as two files: JSON for machines and comparisons, HTML with charts for people."""

from pathlib import Path
from typing import Any

import orjson
from django.template.loader import render_to_string

from agentcollect.kit import charts, money
from compliance.rules import RULES
from sandbox.simulation.measure import Figures
from sandbox.simulation.mixes import MIXES

_TITLES = {rule.id: rule.title for rule in RULES}


def write(figures: Figures, folder: Path) -> tuple[Path, Path]:
    """Write `report.json` and `report.html` into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "report.json", folder / "report.html"
    data.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    page.write_text(render_to_string("sandbox/simulation.html", _page(figures)), encoding="utf-8")
    return data, page


def _page(figures: Figures) -> dict[str, Any]:
    return {
        "order": figures["order"],
        "words": MIXES[figures["order"]["mix"]].words,
        "portfolio": figures["portfolio"],
        "money": [_money(currency, row) for currency, row in sorted(figures["portfolio"]["money"].items())],
        "curves": [_curve(currency, figures) for currency in sorted(figures["recovery"])],
        "contacts": figures["contacts"],
        "per_debtor": charts.bars(
            [(n, c, f"{c} debtors were contacted {n} times") for n, c in _by_number(figures["contacts"])],
            title="Debtors by number of contacts",
        ),
        "by_number": _by_number(figures["contacts"]),
        "steps": [
            row | {"collected": _amount(row["collected"], figures), "rate": _rate(row)} for row in figures["steps"]
        ],
        "rules": [row | {"title": _TITLES.get(row["rule"], "")} for row in figures["decisions"]["by_rule"]],
        "decisions": figures["decisions"]["total"],
        "outcomes": [
            row | {"placed": _amount(row["placed"], figures), "collected": _amount(row["collected"], figures)}
            for row in figures["outcomes"]
        ],
        "personas": [_persona(row, figures) for row in figures["by_persona"]],
        "counted": [
            ("Replies, as understood", figures["replies"]),
            ("Calls, as they ended", figures["calls"]),
            ("Promises", figures["agreements"]["promises"]),
            ("Plans", figures["agreements"]["plans"]),
            ("Waiting for a person", figures["waiting_for_people"]),
            ("Events", figures["events"]),
        ],
    }


def _money(currency: str, row: Figures) -> dict[str, str]:
    placed, collected = row["placed"], row["collected"]
    shown = {name: money.display(row[name], currency) for name in ("placed", "collected", "owed")}
    return shown | {"rate": f"{100 * collected / placed:.1f} %" if placed else "–"}


def _curve(currency: str, figures: Figures) -> dict[str, Any]:
    placed = figures["portfolio"]["money"][currency]["placed"]
    rows = [
        (str(row["week"]), 100 * row["collected"] / placed, money.display(row["collected"], currency))
        for row in figures["recovery"][currency]
    ]
    marks = [(week, part, f"Week {week}: {shown}, {part:.1f} %") for week, part, shown in rows]
    return {
        "currency": currency,
        "chart": charts.line(marks, title=f"Collected by week, part of what was placed, {currency}"),
        "rows": [(week, shown, f"{part:.1f} %") for week, part, shown in rows],
    }


def _by_number(contacts: Figures) -> list[tuple[str, int]]:
    return sorted(contacts["debtors_by_contacts"].items(), key=lambda one: int(one[0]))


def _amount(minor: int, figures: Figures) -> str:
    """Sums over all cases: a simulated portfolio has one currency."""
    (currency,) = figures["portfolio"]["money"]
    return money.display(minor, currency)


def _rate(row: Figures) -> str:
    return f"{100 * row['payments'] / row['done']:.1f} %" if row["done"] else "–"


def _persona(row: Figures, figures: Figures) -> dict[str, Any]:
    placed, collected = row["placed"], row["collected"]
    return {
        "name": row["persona"],
        "placed": _amount(placed, figures),
        "collected": _amount(collected, figures),
        "rate": f"{100 * collected / placed:.0f} %" if placed else "–",
        "ended": ", ".join(f"{n} {how}" for how, n in row["ended"].items()),
    }
