"""A campaign before it is made: what was typed, pasted or uploaded, as the body that the API takes.

The dashboard checks nothing by itself: a draft becomes the very JSON of `POST /v1/campaigns`, so that a row is right or
wrong here exactly as it is there. What stands here is only how a table's cells become that JSON, and how a fault's
`debtors[3].invoice_amount` becomes "row 4, invoice amount".
"""

import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agentcollect.kit.errors import FieldError
from campaigns.serializers.csv_rows import columns_of
from campaigns.serializers.intake import MAX_DEBTORS

# Columns offered in the template, in this order; every other of the API's names is read as well.
COLUMNS = (
    "company_name",
    "contact_email",
    "contact_name",
    "invoice_number",
    "invoice_amount",
    "currency",
    "invoice_date",
    "due_date",
    "state",
    "country",
)
EXAMPLE = (
    ("Acme Corp", "ap@acmecorp.com", "", "INV-2025-0847", "15000", "USD", "2025-10-01", "2025-10-31", "NY", "US"),
    (
        "Northwind Traders",
        "ap@northwind.example.com",
        "",
        "INV-2025-0851",
        "8420.50",
        "USD",
        "2025-10-05",
        "2025-11-04",
        "IL",
        "US",
    ),
)
MAX_BYTES = 2 * 1024 * 1024
_GROUPED = re.compile(r"[$€£]?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_AMOUNTS = frozenset({"invoice_amount", "amount_paid"})
_YES, _NO = frozenset({"true", "yes", "1", "y"}), frozenset({"false", "no", "0", "n"})


class Unreadable(Exception):
    """The text as a whole is no table of ours; the words are for the person who pasted it."""


@dataclass(slots=True)
class Draft:
    """What a campaign is to be. `rows`: column → text as typed; `settings`: the other fields of the body."""

    rows: list[dict[str, str]]
    settings: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def body(self) -> bytes:
        """The JSON of the API call."""
        return msgspec.json.encode(self.settings | {"debtors": [_cells(row) for row in self.rows]})

    def pack(self) -> str:
        """The draft as a hidden field carries it from the preview to the create."""
        return json.dumps({"rows": self.rows, "settings": self.settings, "unknown": self.unknown}, ensure_ascii=False)

    @classmethod
    def unpack(cls, text: str) -> "Draft":
        """What `pack` wrote; anything else raises Unreadable. Its content is checked again like any other."""
        try:
            found = json.loads(text)
            rows = [{str(k): str(v) for k, v in row.items()} for row in found["rows"]]
            return cls(rows[: MAX_DEBTORS + 1], dict(found["settings"]), [str(name) for name in found["unknown"]])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unreadable("This form is out of date. Please fill it in again.") from error

    def as_table(self) -> str:
        """The rows as the text that the paste field shows again."""
        names = [name for name in COLUMNS if any(name in row for row in self.rows)]
        names += sorted({name for row in self.rows for name in row} - set(names))
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in self.rows)
        return out.getvalue()


def _cells(row: dict[str, str]) -> dict[str, Any]:
    return {name: _value(name, text) for name, text in row.items() if text}


def _value(name: str, text: str) -> Any:
    """A cell as the API would be given it; what cannot be converted stays text, and the API says what is wrong."""
    if name in _AMOUNTS:
        plain = amount(text)
        return msgspec.Raw(plain.encode()) if _JSON_NUMBER.fullmatch(plain) else text
    if name == "do_not_contact" and text.lower() in _YES | _NO:
        return text.lower() in _YES
    return text.upper() if name in {"currency", "country", "state"} else text


def amount(text: str) -> str:
    """`$15,000.00` as `15000.00`. Only commas that group thousands are taken out: `1500,00` stays, and is refused."""
    found = _GROUPED.fullmatch(text.strip())
    return (found[1].replace(",", "") + (found[2] or "")) if found else text.strip()


# --- tables


def read_table(text: str) -> tuple[list[dict[str, str]], list[str]]:
    """(rows, columns that were not read) of pasted or uploaded text: CSV, or what a spreadsheet copies.

    The first line names the columns. Raises Unreadable.
    """
    lines = text.lstrip("﻿").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        raise Unreadable("There are no rows yet. The first line names the columns.")
    try:
        table = list(csv.reader(io.StringIO(lines), delimiter=_delimiter(lines.partition("\n")[0]), strict=True))
        columns, unknown = columns_of(table[0])
    except csv.Error as error:
        raise Unreadable(f"This is no table: {error}.") from error
    except ValueError as error:
        raise Unreadable(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    rows = [_row(number, cells, columns) for number, cells in enumerate(table[1:], 1) if any(map(str.strip, cells))]
    if not rows:
        raise Unreadable("There is a line of column names, but no row under it.")
    if len(rows) > MAX_DEBTORS:
        words = f"These are {len(rows)} rows; a campaign takes {MAX_DEBTORS}."
        raise Unreadable(f"{words} Send longer files by the API's csv_url, which fills as many campaigns as it needs.")
    return rows, [name for name in unknown if name]


def _delimiter(header: str) -> str:
    return max("\t;,", key=header.count)


def _row(number: int, cells: list[str], columns: list[str]) -> dict[str, str]:
    if any(map(str.strip, cells[len(columns) :])):
        raise Unreadable(f"Row {number} has {len(cells)} cells under {len(columns)} column names.")
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}


def decode(raw: bytes) -> str:
    """An uploaded file's text: UTF-8, or what Excel saves on Windows. Raises Unreadable."""
    if len(raw) > MAX_BYTES:
        raise Unreadable("The file is larger than 2 MB. Send it by the API's csv_url.")
    if raw.startswith(b"PK\x03\x04"):
        raise Unreadable("This is an Excel workbook. Save it as CSV, or copy the cells and paste them here.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError as error:
            raise Unreadable("This file is no text. Save it as CSV.") from error


# --- faults


@dataclass(frozen=True, slots=True)
class Fault:
    """`row` counts from 1 (0: not about a row); `label` is the field in plain words."""

    row: int
    label: str
    words: str
    case_id: str = ""


_WHERE = re.compile(r"debtors\[(\d+)\](?:\.(.*))?")


def fault(found: FieldError) -> Fault:
    """The API's fault in the words of the form."""
    where = _WHERE.fullmatch(found.param)
    name = (where[2] or "") if where else found.param
    words = found.message.removeprefix(found.param).lstrip(": ").replace("a JSON number", "a number")
    words = re.sub(r"debtors\[(\d+)\]", lambda other: f"row {int(other[1]) + 1}", words)
    label = name.replace("brand.", "").replace(".", " ").replace("_", " ").strip()
    return Fault(
        row=int(where[1]) + 1 if where else 0,
        label=label[:1].upper() + label[1:],
        words=words[:1].upper() + words[1:].rstrip(".") + ".",
        case_id=str(found.extra.get("case_id", "")),
    )
