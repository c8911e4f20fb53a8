"""What is read from a statement, whatever it was written in."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

MAX_BYTES = 10 * 1024 * 1024
MAX_LINES = 20_000
# A bank that cannot date a line is seldom right by much; a year typed wrong is.
FUTURE_DAYS = 31
PAYER, TEXT, REFERENCE = 200, 2000, 140
# Why a credit is never booked by itself: money of the creditor's that came back; many transfers in one line.
RETURNED, BATCH = "returned", "batch"


class Unreadable(Exception):
    """The file as a whole cannot be read; the words are for the person who sent it."""


class Unsure(Unreadable):
    """The file can be read in two ways; `asks` names what a person must say: `order` or `decimal`."""

    def __init__(self, asks: str, words: str) -> None:
        super().__init__(words)
        self.asks = asks


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that came in. `account`: ours, as the file names it; `doubt`: RETURNED, BATCH or ""."""

    number: int
    booked_on: date
    minor: int
    currency: str
    payer: str = ""
    payer_account: str = ""
    text: str = ""
    bank_reference: str = ""
    account: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """A debit that takes back a credit: the payer's bank, or the payer, wanted it again."""

    number: int
    booked_on: date
    minor: int
    currency: str
    payer: str
    text: str
    why: str

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.number,
            "on": self.booked_on.isoformat(),
            "minor": self.minor,
            "currency": self.currency,
            "payer": self.payer,
            "text": self.text,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong with one line of the file (0: with the file), by field; the line is not taken."""

    line: int
    field: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "field": self.field, "message": self.message}


@dataclass(slots=True)
class Read:
    """The file's content. `debits`: currency → [lines, minor units]; `lines`: all that it has, right and wrong."""

    format: str
    credits: list[Credit] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    debits: dict[str, list[int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lines: int = 0
    account: str = ""

    def debit(self, currency: str, minor: int) -> None:
        count = self.debits.setdefault(currency, [0, 0])
        count[0] += 1
        count[1] += minor

    def full(self, more: int = 1) -> None:
        """So many more lines. Raises Unreadable past the last one that a file may have."""
        self.lines += more
        if self.lines > MAX_LINES:
            raise Unreadable(f"The file has more than {MAX_LINES:,} lines. Ask your bank for a shorter period.")


def clean(text: str | None, longest: int) -> str:
    """`text` in one line, without what no row can hold."""
    return " ".join((text or "").replace("\0", "").split())[:longest]
