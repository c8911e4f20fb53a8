"""The reconciliation of one month: its days, what the page shows, and all of it as lines of a file."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from agentcollect.kit import clock, money
from dashboard.access import Seat
from dashboard.phrases import DIFFERS
from payments.models import Payment
from payments.queries import reconciling
from payments.queries.reconciling import Book, Differing, Period
from payments.queries.reconciling_bank import Bank, apart, banks

_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")
COLUMNS = (
    *("section", "currency", "line", "ours", "theirs", "difference", "reason"),
    *("payment_id", "case_id", "debtor", "reference", "since"),
)


class Month(NamedTuple):
    """A month of the organisation's calendar."""

    first: date
    period: Period

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def before(self) -> str:
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        return f"{_next(self.first):%Y-%m}"


def month(seat: Seat, asked: str, at: datetime) -> Month:
    """The month that is asked for (`2026-03`); the running one for anything else."""
    found = _MONTH.fullmatch(asked)
    today = at.astimezone(seat.zone).date()
    first = date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
    start, end = (datetime.combine(day, time(), seat.zone) for day in (first, _next(first)))
    return Month(first, Period(seat.organisation.id, seat.livemode, start, end))


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def shown(seat: Seat, of: Month) -> dict[str, Any]:
    """Everything on the page: a constant number of statements."""
    own = seat.organisation.currency
    books = sorted(reconciling.books(of.period), key=lambda book: (book.currency != own, book.currency))
    return {
        "books": [(book, [(reason, *DIFFERS[reason.name]) for reason in book.reasons]) for book in books],
        "banks": banks(of.period, seat.zone),
        "apart": apart(of.period),
        "processor": "Stripe" if seat.livemode else "Sandbox processor",
    }


# --- as a file


def as_lines(seat: Seat, of: Month) -> Iterator[dict[str, Any]]:
    """All of it, with every row that differs."""
    for book in reconciling.books(of.period, reconciling.EVERY):
        yield from _book(book)
    for bank in banks(of.period, seat.zone, reconciling.EVERY):
        yield from _bank(bank)
    for source, currency, _, minor in apart(of.period):
        yield _line("reported", currency, source, minor, None)


def _book(book: Book) -> Iterator[dict[str, Any]]:
    section, currency = "processor", book.currency
    for line in book.lines:
        yield _line(section, currency, line.heading, line.ours, line.theirs)
    yield _line(section, currency, "total", book.ours, book.theirs)
    yield _line(section, currency, "invoice_accounts", book.ledger, book.applied)
    yield _line(section, currency, "fees_of_payments", book.own_fees, book.fees)
    yield _line(section, currency, "other_fees", None, book.kept_besides)
    yield _line(section, currency, "paid_out", None, book.paid_out)
    yield _line(section, currency, "in_the_balance", None, book.waiting)
    for row in [one for reason in book.reasons for one in reason.rows] + book.fee_rows:
        yield _line(section, currency, "", row.ours, row.theirs, row.reason) | _about(row)
    for payout, missing in book.payouts:
        lines = payout.amount_minor - missing
        yield _line(section, currency, "", payout.amount_minor, lines, "payout") | {"reference": payout.reference}


def _bank(bank: Bank) -> Iterator[dict[str, Any]]:
    yield _line("bank", bank.currency, "transfers", bank.ours[1], bank.booked[1])
    yield _line("bank", bank.currency, "lines_open", None, bank.open[1])
    yield _line("bank", bank.currency, "lines_set_aside", None, bank.aside[1])
    for reason, difference, line, payment in bank.rows:
        theirs = line.amount_minor if line else 0
        yield _line("bank", bank.currency, "", theirs + difference, theirs, reason) | {
            "payment_id": payment.id if payment else line.payment_id if line else "",
            "reference": line.bank_reference if line else "",
        }


def _line(
    section: str, currency: str, line: str, ours: int | None, theirs: int | None, reason: str = ""
) -> dict[str, Any]:
    both = ours is not None and theirs is not None
    amounts = {"ours": ours, "theirs": theirs, "difference": (ours or 0) - (theirs or 0) if both else None}
    said = {name: None if minor is None else money.to_json(minor, currency) for name, minor in amounts.items()}
    return {"section": section, "currency": currency, "line": line, "reason": reason} | said


def _about(row: Differing) -> dict[str, Any]:
    paid: Payment | None = row.payment
    about = {"payment_id": paid.id, "case_id": paid.case_id, "debtor": paid.case.debtor.name} if paid else {}
    return about | {"reference": row.reference, "since": clock.iso(row.since) if row.since else ""}
