"""How reports are described in the OpenAPI document, and which columns the rows behind them have as a file."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view

from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_DATE,
    MAYBE_TEXT,
    MAYBE_TIME,
    MAYBE_WHOLE,
    NUMBER,
    TEXT,
    WHOLE,
    Shape,
    choice,
    named,
    page,
    page_of,
    whole,
)
from payments.reports.aging import BUCKETS

View = TypeVar("View", bound=type)
TAG = "Reports"

_MAYBE_NUMBER: Shape = {"type": ["number", "null"]}
_DATE: Shape = {"type": "string", "format": "date"}
FIGURE = named(
    "Figure",
    whole(
        {
            "name": TEXT,
            "currency": MAYBE_TEXT | {"description": "Null for what has none. Nothing is ever converted or added up."},
            "value": _MAYBE_NUMBER | {"description": "Null where the denominator is 0: no rate of nothing."},
            "unit": choice(["money", "count", "days", "fraction"]),
            "numerator": _MAYBE_NUMBER | {"description": "Null for a median."},
            "denominator": _MAYBE_NUMBER | {"description": "Null for a plain amount or count."},
            "formula": TEXT,
        }
    ),
)
ASKED: dict[str, Shape] = {
    "report": TEXT,
    "from": MAYBE_DATE,
    "to": MAYBE_DATE,
    "as_of": _DATE | {"description": "The day it is told for: today on the timeline asked about, unless named."},
    "timezone": TEXT | {"description": "Whose calendar the days are of: your organisation's."},
    "campaign_id": MAYBE_TEXT,
    "currency": MAYBE_TEXT,
    "test_clock": MAYBE_TEXT,
    "livemode": BOOL,
    "period": whole({"from": _DATE, "to": _DATE})
    | {"description": "What collection effectiveness and DSO look at: `from` to `to`, else the last 90 days."},
}
FIGURES: Shape = {"type": "array", "items": FIGURE}
_POINT = whole({"currency": TEXT, "day": WHOLE, "collected": NUMBER, "part": NUMBER})
_CURVE = {
    "type": "array",
    "items": _POINT,
    "description": "Collected until each day since placement, and the part of what was placed.",
}
WHICH: dict[str, Shape] = {
    "case_id": TEXT,
    "campaign_id": TEXT,
    "debtor_id": TEXT,
    "debtor": TEXT,
    "invoice_number": MAYBE_TEXT,
}
_PLACED: dict[str, Shape] = WHICH | {
    "status": TEXT,
    "close_reason": MAYBE_TEXT,
    "placed": NUMBER,
    "placed_adjusted": NUMBER | {"description": "0 for an invoice that was recalled or upheld as disputed."},
    "collected": NUMBER,
    "credited": NUMBER,
    "balance": NUMBER,
    "currency": TEXT,
    "placed_on": _DATE,
    "closed_at": MAYBE_TIME,
}
_OPEN: dict[str, Shape] = WHICH | {
    "invoice_date": MAYBE_DATE,
    "due_date": MAYBE_DATE,
    "days_overdue": MAYBE_WHOLE | {"description": "Negative before the due date."},
    "bucket": choice(BUCKETS),
    "balance": NUMBER,
    "currency": TEXT,
}
PLACED_COLUMNS, OPEN_COLUMNS = tuple(_PLACED), tuple(_OPEN)

_CASE = {
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K5Hs8nVd0aBcDeF",
    "debtor_id": "dbt_0UZ8pq1K6Jk2mTw9aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
}
PLACED_EXAMPLE = _CASE | {
    "status": "active",
    "close_reason": None,
    "placed": 15000,
    "placed_adjusted": 15000,
    "collected": 5000,
    "credited": 0,
    "balance": 10000,
    "currency": "USD",
    "placed_on": "2026-03-05",
    "closed_at": None,
}
OPEN_EXAMPLE = _CASE | {
    "invoice_date": "2025-10-01",
    "due_date": "2025-10-31",
    "days_overdue": 137,
    "bucket": "90+",
    "balance": 10000,
    "currency": "USD",
}
RATE_EXAMPLE = {
    "name": "recovery_rate",
    "currency": "USD",
    "value": 0.3333,
    "unit": "fraction",
    "numerator": 5000,
    "denominator": 15000,
    "formula": "collected, net of what was refunded or reversed ÷ placed",
}
OWED_EXAMPLE = {
    "name": "owed_90+",
    "currency": "USD",
    "value": 10000,
    "unit": "money",
    "numerator": 10000,
    "denominator": None,
    "formula": "owed on open invoices more than 90 days overdue",
}
ASKED_EXAMPLE: dict[str, Any] = {
    "from": None,
    "to": None,
    "as_of": "2026-03-17",
    "timezone": "America/New_York",
    "campaign_id": None,
    "currency": None,
    "test_clock": None,
    "livemode": False,
    "period": {"from": "2025-12-18", "to": "2026-03-17"},
}

_WORDS = {
    "from": "The first day on which an invoice was placed, in your calendar.",
    "to": "The last one.",
    "campaign_id": "",
    "currency": "One currency's figures alone.",
    "test_clock": "The cases of one test clock; `as_of` is then a day of its time.",
    "as_of": "Tell it as it was known at the end of this day. Amounts placed are as corrected since.",
    "format": "`csv`: every line as a file. `Accept: text/csv` asks for the same.",
}
PARAMETERS = [
    OpenApiParameter(name, str, description=says, enum=["json", "csv"] if name == "format" else None)
    for name, says in _WORDS.items()
]


def report(operation_id: str, summary: str, shape: Shape, example: Any, says: str = "") -> Callable[[View], View]:
    """A report: one object, or its figures as a file."""
    return _get(operation_id, summary, shape, example, says, [])


def rows(
    operation_id: str, summary: str, item: dict[str, Shape], example: Any, says: str, more: list[OpenApiParameter]
) -> Callable[[View], View]:
    """The rows behind a report: a list, or all of them as a file."""
    return _get(operation_id, summary, page(whole(item)), page_of(example), says, more)


def _get(
    operation_id: str, summary: str, shape: Shape, example: Any, says: str, more: list[OpenApiParameter]
) -> Callable[[View], View]:
    shown = OpenApiExample("Report", value=example, response_only=True, status_codes=["200"])
    return extend_schema_view(
        get=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=says or None,
            tags=[TAG],
            parameters=[*PARAMETERS, *more],
            responses={(200, "application/json"): shape, (200, "text/csv"): TEXT | {"format": "binary"}},
            examples=[shown],
        )
    )


recovery_report: Callable[[Any], Any] = report(
    "get_recovery_report",
    "How much of what was placed came, and how fast",
    whole(ASKED | {"figures": FIGURES, "curve": _CURVE}),
    {"report": "recovery"}
    | ASKED_EXAMPLE
    | {"figures": [RATE_EXAMPLE], "curve": [{"currency": "USD", "day": 12, "collected": 5000, "part": 0.3333}]},
    "Recovery, days to collect, promises kept, collection effectiveness and DSO: each currency apart, each figure with "
    "its numerator, denominator and formula. Collected by us, reported by you and credited are three figures.",
)
recovery_rows: Callable[[Any], Any] = rows(
    "list_recovery_rows", "List the invoices behind the recovery report", _PLACED, PLACED_EXAMPLE, "", []
)
aging_report: Callable[[Any], Any] = report(
    "get_aging_report",
    "What is owed, by how long it is overdue",
    whole(ASKED | {"figures": FIGURES}),
    {"report": "aging"} | ASKED_EXAMPLE | {"figures": [OWED_EXAMPLE]},
    "By due date: current, 1–30, 31–60, 61–90 and more than 90 days overdue, and apart what has no due date. The "
    "buckets add up to what the open invoices owe.",
)
aging_rows: Callable[[Any], Any] = rows(
    "list_aging_rows",
    "List the open invoices behind the ageing",
    _OPEN,
    OPEN_EXAMPLE,
    "",
    [OpenApiParameter("bucket", str, description="Of one bucket alone.", enum=list(BUCKETS))],
)
