"""The public shape of a monthly statement, and its lines as CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from agentcollect.kit import money
from agentcollect.kit.clock import iso
from agentcollect.kit.exporting import cell
from payments.models import FeeEntry, Statement

_MOVED = ("collected_by_us", "reported_by_you", "credited", "returned")
_KINDS = ("success", "card", "discovery", "given_back")


def statement(row: Statement) -> dict[str, Any]:
    """A statement as the API shows it."""
    address = f"{settings.PUBLIC_URL}/v1/statements/{row.id}"
    return _figures(row) | {
        "pdf_url": f"{address}/pdf",
        "csv_url": f"{address}/csv",
        "livemode": row.livemode,
        "created_at": iso(row.created_at),
    }


def ready(row: Statement) -> dict[str, Any]:
    """The data of `statement.ready`."""
    figures = _figures(row)
    return {"statement_id": figures.pop("id"), **figures}


def _figures(row: Statement) -> dict[str, Any]:
    totals, currency = row.totals, row.currency
    return {
        "id": row.id,
        "month": f"{row.month:%Y-%m}",
        "currency": currency,
        "from": totals["from"],
        "until": totals["until"],
        **{name: money.to_json(totals[name], currency) for name in _MOVED},
        "fees": {name: money.to_json(totals[name], currency) for name in _KINDS},
        "net_fee": money.to_json(totals["net"], currency),
        "lines": totals["lines"],
    }


def called(row: Statement, ending: str) -> str:
    """What a file of it is called where it is downloaded to."""
    return f"agentcollect-{row.month:%Y-%m}-{row.currency}.{ending}"


# --- lines

COLUMNS = (
    *("id", "at", "kind", "payment_id", "cause", "case_id", "debtor", "invoice_number", "due_date", "placed_at"),
    *("age_days", "basis", "rate", "amount", "currency"),
)


def csv_file(entries: Iterable[FeeEntry]) -> bytes:
    """One line per fee (RFC 4180, UTF-8); a text that a spreadsheet would run as a formula is made plain."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in _line(entry)] for entry in entries)
    return text.getvalue().encode()


def _line(entry: FeeEntry) -> tuple[Any, ...]:
    case, shared = entry.case, entry.kind != FeeEntry.Kind.DISCOVERY
    return (
        entry.id,
        iso(entry.created_at),
        entry.kind,
        entry.payment_id,
        entry.cause,
        entry.case_id,
        case.debtor.name,
        case.invoice_number,
        case.due_date.isoformat() if case.due_date else None,
        iso(case.created_at),
        entry.age_days if shared else None,
        money.to_json(entry.basis_minor, entry.currency) if shared else None,
        f"{entry.basis_points / 10_000:.4f}" if shared else None,
        money.to_json(entry.amount_minor, entry.currency),
        entry.currency,
    )
