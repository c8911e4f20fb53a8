"""What the tests of bank statements start from: rows of a CSV, and a statement that is read and looked at."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import Organisation
from payments import operations
from payments.models import BankLine, BankStatement

AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
HEAD = "Date,Amount,Currency,Payer,Description,Bank reference\n"


def row(
    amount: str, text: str = "", payer: str = "", *, reference: str = "", on: str = "2026-03-16", ccy: str = "USD"
) -> str:
    return f"{on},{amount},{ccy},{payer},{text},{reference}\n"


def send(organisation: Organisation, *rows: str, match: bool = True, **more: Any) -> BankStatement:
    """Send a statement of these rows; and let the worker look at them."""
    given = {"name": "march.csv", "raw": (HEAD + "".join(rows)).encode(), "currency": "USD", "livemode": False}
    asked: dict[str, Any] = {**given, "by": "member:test", "at": AT, **more}
    statement, _ = operations.import_statement(organisation_id=organisation.id, **asked)
    if match:
        operations.match_bank_lines(at=AT)
    return statement


def lines(statement: BankStatement) -> list[BankLine]:
    return list(BankLine.objects.filter(statement=statement).order_by("number", "id"))


def states(statement: BankStatement) -> list[tuple[str, str]]:
    return [(line.status, line.outcome) for line in lines(statement)]
