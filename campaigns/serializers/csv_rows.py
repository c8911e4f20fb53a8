"""One line of a CSV with the API's own column names, checked exactly as a row of `debtors` is."""

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from agentcollect.kit import errors, money
from agentcollect.kit.errors import FieldError
from campaigns.serializers import checks
from campaigns.serializers.checks import Terms
from campaigns.serializers.intake import DebtorIn, Row

REQUIRED = ("company_name", "invoice_amount")
# What a table cell cannot hold.
COLUMNS = frozenset(DebtorIn.__struct_fields__) - {"contacts", "metadata"}
_AMOUNTS = ("invoice_amount", "amount_paid")
_TRUE, _FALSE = frozenset({"true", "yes", "1", "y"}), frozenset({"false", "no", "0", "n", ""})


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong with one line of the file."""

    line: int
    param: str
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "param": self.param, "code": self.code, "message": self.message}


def columns_of(header: list[str]) -> tuple[list[str], list[str]]:
    """The header's columns by our names ('' for one we do not know), and the unknown ones. Raises ValueError."""
    names = [cell.strip().lower().replace(" ", "_") for cell in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ValueError(f"the first line must name the columns; missing: {', '.join(missing)}")
    unknown = [cell.strip() for cell, name in zip(header, names, strict=True) if name not in COLUMNS]
    return [name if name in COLUMNS else "" for name in names], unknown


def read_row(line: int, cells: list[str], columns: list[str], terms: Terms) -> tuple[Row, str]:
    """The row and its currency. Raises ApiError with every fault of this line."""
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
    if len(cells) > len(columns):
        raise errors.invalid([FieldError("", "invalid_text", f"has {len(cells)} cells under {len(columns)} columns")])
    currency = given.get("currency", terms.currency)
    if currency not in money.CURRENCIES:
        raise errors.invalid(
            [FieldError("currency", "invalid_currency", "currency must be an ISO 4217 code, such as USD.")]
        )
    row, faults = _struct(given), checks.Faults([])
    found = checks.check_row("", row.company_name, row, currency, terms, faults)
    for fault in faults.found:
        if fault.param == "company":
            raise errors.invalid([FieldError("company_name", fault.code, fault.message)])
    faults.done()
    checks.check_permitted((found,), terms)
    return replace(found, path=f"line {line}"), currency


def _struct(given: dict[str, str]) -> DebtorIn:
    texts: dict[str, Any] = {name: value for name, value in given.items() if name not in _AMOUNTS}
    if "do_not_contact" in texts:
        texts["do_not_contact"] = _flag(texts["do_not_contact"])
    try:
        row = msgspec.convert({"company_name": "", **texts}, DebtorIn)
    except msgspec.ValidationError as error:
        words, _, where = str(error).partition(" - at `$.")
        raise errors.invalid([FieldError(where.rstrip("`"), "invalid_text", f"{words}.")]) from error
    for name in _AMOUNTS:
        if name in given:
            setattr(row, name, checks.raw_amount(given[name]))
    return row


def _flag(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise errors.invalid([FieldError("do_not_contact", "invalid_choice", "do_not_contact is yes or no.")])
    return text.lower() in _TRUE
