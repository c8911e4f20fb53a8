"""A bank's statement as a file: CSV in anybody's dialect, or camt.053. Pure: bytes in, lines and faults out."""

from datetime import date

from payments.rules.statements import camt, table
from payments.rules.statements.shape import MAX_BYTES, MAX_LINES, Credit, Problem, Read, Returned, Unreadable, Unsure
from payments.rules.statements.text import decode, looks_like_xml

__all__ = ["MAX_BYTES", "MAX_LINES", "Credit", "Problem", "Read", "Returned", "Unreadable", "Unsure", "read"]


def read(raw: bytes, *, currency: str, today: date, order: str = "", decimal: str = "") -> Read:
    """Everything the file says. `currency`: of rows that name none. `order` ("dmy", "mdy") and `decimal` (".", ",")
    settle what the file itself leaves open. Raises Unreadable, Unsure (which of the two to ask for)."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Ask your bank for a shorter period.")
    if not raw.strip():
        raise Unreadable("The file is empty.")
    if looks_like_xml(raw):
        return camt.read(raw, today=today)
    return table.read(decode(raw), currency=currency, today=today, order=order, decimal=decimal)
