"""Payments as their pages show them: the list, and all that is known of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from agentcollect.kit import db
from campaigns.models import Case
from campaigns.queries import searched
from dashboard.access import Seat
from dashboard.queries.reconciliation import month
from events.models import Event
from payments import queries, rules
from payments.models import Allocation, BankLine, Payment, Payout, ProcessorEntry
from payments.rules import Piece

_MONTH = re.compile(r"2[0-9]{3}-(0[1-9]|1[0-2])")
# Entries of a processor's books and events of one payment that its page shows; a payment has a handful.
_SHOWN = 50
# An event names its payment inside: those of its invoices are read, the newest first.
_READ = 500


def found(seat: Seat, asked: dict[str, str], at: datetime) -> QuerySet[Payment]:
    """The payments that fit: `status`, `method`, `source`, `month` in which they were recorded, `q`."""
    fields = {name: asked[name] for name in ("status", "method", "source") if name in asked}
    rows = seat.rows(Payment).filter(**fields).select_related("case__debtor")
    if _MONTH.fullmatch(asked.get("month", "")):
        within = month(seat, asked["month"], at).period
        rows = rows.filter(created_at__gte=within.start, created_at__lt=within.end)
    return _searched(seat, rows, asked["q"]) if "q" in asked else rows


def _searched(seat: Seat, rows: QuerySet[Payment], q: str) -> QuerySet[Payment]:
    """By debtor or invoice, any that it paid; by the payer's or the processor's reference; by an id of ours."""
    theirs = searched(seat.rows(Case), q).values("id")
    aside = seat.rows(Allocation).filter(aside=True, case_id__in=theirs).values("payment_id")
    named = Q(id=q) | Q(case_id=q) | Q(case__debtor_id=q) | Q(reference__iexact=q)
    return rows.filter(named | Q(case_id__in=theirs) | Q(id__in=aside))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a payment's money is: `places` adds up to it. `meant`: of money that has not come, what each invoice was to
    get."""

    places: list[tuple[Case, str, int]]
    meant: list[tuple[Case, int]]
    breakdown: dict[str, int]

    @property
    def cases(self) -> int:
        return len({case.id for case, _, _ in self.places})


def standing(seat: Seat, payment: Payment) -> Standing:
    """Of the allocations, summed by case and component: what was moved to and fro is said once."""
    came = payment.status in rules.COLLECTED
    gone = queries.returned(payment).items() if came else ()
    pieces = [*queries.standing(payment), *(Piece(case_id, rules.RETURNED, minor) for case_id, minor in gone)]
    order = queries.cases_in_order(payment)
    pieces.sort(key=lambda piece: order.index(piece.case_id))
    cases = seat.rows(Case).select_related("debtor").in_bulk(order)
    meant = rules.shares(payment.amount_minor, payment.instruction, case_id=payment.case_id)
    return Standing(
        places=[(cases[piece.case_id], piece.component, piece.minor) for piece in pieces],
        meant=[] if came else [(cases[case_id], minor) for case_id, minor in meant],
        breakdown=_breakdown(payment, pieces) if came else {},
    )


def _breakdown(payment: Payment, pieces: Sequence[Piece]) -> dict[str, int]:
    fees = {"processor_fee": payment.processor_fee_minor, "success_fee": payment.success_fee_minor}
    return rules.breakdown(payment.amount_minor, [(piece.component, piece.minor) for piece in pieces], **fees)


def events(seat: Seat, payment: Payment) -> list[Event]:
    """What happened to it, on every invoice, the newest first."""
    about = db.among("case_id", queries.cases_in_order(payment))
    told = seat.rows(Event).filter(about, type__startswith="payment.").order_by("-created_at", "-id")[:_READ]
    return [event for event in told if event.data.get("payment_id") == payment.id][:_SHOWN]


def books(seat: Seat, payment: Payment) -> list[tuple[ProcessorEntry, Payout | None]]:
    """The processor's own lines about it, each with the payout that it went into."""
    lines = list(seat.rows(ProcessorEntry).filter(payment_id=payment.id).order_by("booked_at", "id")[:_SHOWN])
    named = {line.payout_reference for line in lines if line.payout_reference}
    sent = seat.rows(Payout).filter(provider=payment.provider, reference__in=named) if named else ()
    known = {payout.reference: payout for payout in sent}
    return [(line, known.get(line.payout_reference)) for line in lines]


def bank_line(seat: Seat, payment: Payment) -> BankLine | None:
    """The line of a bank statement that it was booked from."""
    return seat.rows(BankLine).filter(payment_id=payment.id).select_related("statement").first()


def usable_for(seat: Seat, payment: Payment) -> list[Case]:
    """The open invoices of the debtor that its credit may be used for, the oldest first; none that they object to."""
    mine = seat.rows(Case).filter(debtor_id=payment.case.debtor_id, currency=payment.currency, closed_at=None)
    rows = mine.filter(balance_minor__gt=0).exclude(status=Case.Status.DISPUTED)
    return list(rows.order_by("due_date", "id")[:100])


def credits(debtor_id: str) -> list[dict[str, Any]]:
    """A debtor's payments of which something has paid nothing yet, and how much."""
    return [{"payment": payment, "minor": minor} for payment, minor in queries.unapplied(debtor_id)]
