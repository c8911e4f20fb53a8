"""A statement as CSV. Every bank has its own, so nothing is expected but a line of headings that we can read."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from stdnum import iban

from agentcollect.kit import money
from payments.rules.statements import cells
from payments.rules.statements.columns import JOINED, columns_of, fold
from payments.rules.statements.shape import (
    FUTURE_DAYS,
    PAYER,
    REFERENCE,
    RETURNED,
    TEXT,
    Credit,
    Problem,
    Read,
    Returned,
    Unreadable,
    Unsure,
    clean,
)

_DELIMITERS = (";", ",", "\t", "|")
# Banks write the account, the period and greetings above the headings.
_PREAMBLE = 40
# A cell of more lines than this is a quote that was never closed, and swallowed rows.
_LONGEST_CELL = 12
_IN = frozenset({"c", "cr", "crdt", "credit", "h", "haben", "haber", "abono", "gutschrift", "in", "deposit"})
_OUT = frozenset({"d", "dr", "dbit", "debit", "s", "soll", "debe", "cargo", "lastschrift", "out", "withdrawal"})
_NOT_BOOKED = frozenset(
    "pending vorgemerkt reverted failed declined cancelled canceled attente pendiente rejected".split()
)
_GOES_BACK = re.compile(
    r"\b(?:return(?:ed)? (?:item|payment|transfer|deposit)|item returned|ach return|chargeback|reversal"
    r"|r(?:ü|ue)cklastschrift|r(?:ü|ue)ckbuchung|r(?:ü|ue)ck(?:ü|ue)berweisung"
    r"|storno|rejet|impay[eé]|devoluci[oó]n|retrocesi[oó]n)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows under the headings, each with its number in the file."""

    columns: dict[str, list[int]]
    rows: list[tuple[int, list[str]]]
    currency: str
    account: str

    def cell(self, row: Sequence[str], column: str) -> str:
        """What stands in that column; of several the first that is filled in."""
        places = self.columns.get(column, ())
        return next((row[place].strip() for place in places if place < len(row) and row[place].strip()), "")

    def joined(self, row: Sequence[str], columns: Sequence[str]) -> str:
        places = sorted(place for column in columns for place in self.columns.get(column, ()))
        return " ".join(row[place].strip() for place in places if place < len(row) and row[place].strip())


def read(text: str, *, currency: str, today: date, order: str, decimal: str) -> Read:
    """The lines of a CSV. Raises Unreadable, Unsure."""
    table = _table(text)
    found = Read("csv", account=table.account)
    found.full(len(table.rows))
    order = _order(table, order)
    for number, row in table.rows:
        try:
            _take(found, table, number, row, currency=currency, today=today, order=order, decimal=decimal)
        except cells.Ambiguous:
            words = "Some amounts, such as 1.234, can be read in two ways. Say which sign separates decimals."
            raise Unsure("decimal", words) from None
    return found


# --- from text to rows


def _table(text: str) -> _Table:
    """The dialect whose headings we can read best. `csv.Sniffer` judges by how often a sign occurs, and takes the
    comma of `1.234,50` for the one between columns."""
    start = io.StringIO(text, newline="")
    lines = [line for _, line in zip(range(_PREAMBLE), start, strict=False)]
    try:
        places = [(_headings(lines, delimiter), delimiter) for delimiter in _DELIMITERS]
    except csv.Error as error:
        raise Unreadable(f"The file is no CSV: {error}.") from error
    (known, line), delimiter = max(places, key=lambda found: found[0][0])
    if not known:
        words = "No line of headings was found: it must name at least a date and an amount (or a credit) column."
        raise Unreadable(words)
    return _rows("".join(lines[:line]), _after(text, line), delimiter, first=line + 1)


def _headings(lines: list[str], delimiter: str) -> tuple[int, int]:
    """(how many columns we know, in which line), 0 for none."""
    found = [
        (sum(map(len, columns_of(row)[0].values())), place)
        for place, line in enumerate(lines)
        for row in csv.reader([line], delimiter=delimiter)
    ]
    return max(found, key=lambda one: (one[0], -one[1]), default=(0, 0))


def _after(text: str, lines: int) -> str:
    stream = io.StringIO(text, newline="")
    for _ in range(lines):
        stream.readline()
    return stream.read()


def _rows(preamble: str, text: str, delimiter: str, *, first: int) -> _Table:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        columns, named = columns_of(next(reader))
        start = first
        for row in reader:
            start, number = first + reader.line_num - 1, start + 1
            if any(cell.count("\n") > _LONGEST_CELL for cell in row):
                raise Unreadable(f"Line {number}: a quotation mark is never closed, so nothing after it can be read.")
            if any(cell.strip() for cell in row):
                rows.append((number, row))
    except csv.Error as error:
        raise Unreadable(f"The file is no CSV: {error}.") from error
    return _Table(columns, rows, named, _own_account(preamble))


def _own_account(preamble: str) -> str:
    """The IBAN that stands above the headings."""
    for word in re.findall(r"[A-Z]{2}[0-9]{2}[A-Z0-9 ]{10,40}", preamble):
        for end in range(len(word), 14, -1):
            if iban.is_valid(word[:end]):
                return iban.compact(word[:end])
    return ""


# --- from rows to lines


def _order(table: _Table, given: str) -> str:
    """In which order the file writes day and month. Raises Unsure where neither it nor a person says."""
    said = {cells.date_order(_date_cell(table, row)) for _, row in table.rows}
    if given:
        return given
    if {cells.DMY, cells.MDY} <= said or (said & {"?"} and not said & {cells.DMY, cells.MDY}):
        words = "The days can be read in two ways: is 03/04 the third of April or March the fourth?"
        raise Unsure("order", words)
    return cells.MDY if cells.MDY in said else cells.DMY


def _date_cell(table: _Table, row: Sequence[str]) -> str:
    return table.cell(row, "date") or table.cell(row, "value_date")


class _Fault(Exception):
    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def _take(
    found: Read, table: _Table, number: int, row: list[str], *, currency: str, today: date, order: str, decimal: str
) -> None:
    """One row: a credit, a debit (counted), or a problem."""
    try:
        _check_booked(table.cell(row, "state"), table.cell(row, "info"))
        named = table.cell(row, "currency").upper() or table.currency or currency
        if named not in money.CURRENCIES:
            raise _Fault("currency", f"{named[:10]!r} is no ISO 4217 code.")
        on = _said("date", _date_cell(table, row), partial(cells.day, order=order))
        if on > today + timedelta(days=FUTURE_DAYS):
            raise _Fault("date", "lies in the future.")
        minor = _minor(table, row, named, decimal)
    except _Fault as fault:
        found.problems.append(Problem(number, fault.field, str(fault)))
        return
    _sort(found, table, number, row, on, minor, named)


def _check_booked(state: str, info: str) -> None:
    pending = not _NOT_BOOKED.isdisjoint(fold(state).split())
    if pending or fold(info) in ("vorgemerkt", "umsatz vorgemerkt", "pending"):
        raise _Fault("status", f"is not booked ({(state if pending else info)[:30]}).")


def _said(field: str, text: str, parse: Callable[[str], date]) -> date:
    if not text:
        raise _Fault(field, "is missing.")
    try:
        return parse(text)
    except ValueError as error:
        raise _Fault(field, f"{text[:40]!r} {error}.") from None


def _minor(table: _Table, row: list[str], currency: str, decimal: str) -> int:
    """Signed minor units: from one column with a sign or a side, or from one column for each direction."""
    whole = table.cell(row, "amount")
    if whole:
        minor = _amount("amount", whole, currency, decimal)
        side = fold(table.cell(row, "side"))
        return -abs(minor) if side in _OUT else abs(minor) if side in _IN and "side" in table.columns else minor
    came, went = (table.cell(row, name) for name in ("credit", "debit"))
    if not came and not went:
        raise _Fault("amount", "is missing.")
    credited = _amount("credit", came, currency, decimal) if came else 0
    return credited - (abs(_amount("debit", went, currency, decimal)) if went else 0)


def _amount(field: str, text: str, currency: str, decimal: str) -> int:
    try:
        return cells.signed_amount(text, currency, decimal)
    except cells.Ambiguous:
        raise
    except ValueError as error:
        raise _Fault(field, f"{text[:40]!r} {error}.") from None


def _sort(found: Read, table: _Table, number: int, row: list[str], on: date, minor: int, currency: str) -> None:
    payer = clean(table.cell(row, "payer"), PAYER)
    text = clean(table.joined(row, JOINED), TEXT)
    if minor == 0:
        found.problems.append(Problem(number, "amount", "is zero."))
    elif minor < 0:
        found.debit(currency, -minor)
        if why := _GOES_BACK.search(text):
            found.returned.append(Returned(number, on, -minor, currency, payer, text, clean(why.group(), 60)))
    else:
        account = clean(table.cell(row, "account"), 40) or found.account
        found.account = found.account or account
        found.credits.append(
            Credit(
                number=number,
                booked_on=on,
                minor=minor,
                currency=currency,
                payer=payer,
                payer_account=clean(table.cell(row, "payer_account"), 40),
                text=text,
                bank_reference=clean(table.cell(row, "bank_reference"), REFERENCE),
                account=account,
                doubt=RETURNED if _GOES_BACK.search(text) else "",
            )
        )
