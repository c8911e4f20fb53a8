"""The processor's books beside ours: read line by line, joined to our payments and payouts, never changed by us."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db.models import Max, QuerySet

from agentcollect.kit import clock, db, ids
from payments.models import Payment, Payout, ProcessorEntry, RemitTo
from payments.operations import payouts
from payments.providers import connected
from payments.providers.base import ProcessorError
from payments.providers.stripe import books, configured, state
from payments.providers.stripe.books import Line, lines_of_payout

__all__ = ["book", "join", "lines_of_payout", "read_account", "read_books"]

log = structlog.get_logger()
Kind = ProcessorEntry.Kind
# Read again, in case a line came late: each is written once anyway.
_OVERLAP = timedelta(hours=2)
# So long a line waits for its payment to be known here, and a payout for its bank's word.
_JOINED_WITHIN, _SETTLED_WITHIN = timedelta(days=7), timedelta(days=10)


def read_books(*, at: datetime) -> int:
    """Read what every connected account has booked and paid out since we looked last; how many lines were new."""
    fresh = 0
    for account in connected.accounts() if configured() else ():
        try:
            named = connected.naming(account)
            fresh += read_account(account, named, at=at)
            _read_payouts(account, named.organisation_id, at=at)
        except (ProcessorError, ValueError) as error:
            log.warning("books_unread", account=account, error=str(error))
    return fresh


def read_account(account: str, named: RemitTo, *, at: datetime) -> int:
    """All that was booked since, or nothing: a line missing between two that we have would never be looked for again.

    `named`: where its organisation names it (connected.naming). Raises ProcessorError.
    """
    last = _mine(named.organisation_id).filter(account=account).aggregate(last=Max("booked_at"))["last"]
    lines = books.lines_since(account, max(named.created_at, last - _OVERLAP) if last else named.created_at)
    return book(lines, organisation_id=named.organisation_id, account=account, at=at)


def book(lines: Sequence[Line], *, organisation_id: str, account: str, at: datetime) -> int:
    """Write the lines that are new, and join whatever can be joined now to its payment; how many were new."""
    with db.atomic():
        named = [line.reference for line in lines]
        known = set(_mine(organisation_id).filter(db.among("reference", named)).values_list("reference", flat=True))
        fresh = [line for line in lines if line.reference not in known]
        rows = [_row(line, organisation_id, account, at) for line in fresh]
        ProcessorEntry.objects.bulk_create(rows, ignore_conflicts=True)
        _join_payments(organisation_id, at=at)
        return len(fresh)


def join(lines: Sequence[Line], *, organisation_id: str) -> None:
    """Note of each line which payout it is part of."""
    for payout in {line.payout_reference for line in lines if line.payout_reference}:
        theirs = [line.reference for line in lines if line.payout_reference == payout]
        rows = _mine(organisation_id).filter(db.among("reference", theirs), payout_reference="")
        rows.update(payout_reference=payout)


def _mine(organisation_id: str) -> QuerySet[ProcessorEntry]:
    return ProcessorEntry.objects.filter(organisation_id=organisation_id, livemode=True, provider="stripe")


def _row(line: Line, organisation_id: str, account: str, at: datetime) -> ProcessorEntry:
    return ProcessorEntry(
        id=ids.new("ptx"),
        organisation_id=organisation_id,
        livemode=True,
        created_at=at,
        recorded_at=clock.now(),
        provider="stripe",
        account=account,
        reference=line.reference,
        kind=line.kind,
        amount_minor=line.amount_minor,
        fee_minor=line.fee_minor,
        currency=line.currency,
        charge_reference=line.charge_reference,
        payout_reference=line.payout_reference,
        words=line.words[:200],
        booked_at=line.booked_at,
    )


def _join_payments(organisation_id: str, *, at: datetime) -> None:
    """Lines of payments that we know by now; the others are the creditor's other business."""
    loose = (
        _mine(organisation_id).filter(payment_id="", booked_at__gte=at - _JOINED_WITHIN).exclude(charge_reference="")
    )
    charges = set(loose.values_list("charge_reference", flat=True))
    ours = Payment.objects.filter(organisation_id=organisation_id, livemode=True, provider="stripe")
    for payment in ours.filter(db.among("reference", charges)):
        theirs = loose.filter(charge_reference=payment.reference)
        _know_fee(payment, theirs.filter(kind=Kind.CHARGE, currency=payment.currency).first(), at=at)
        theirs.update(payment_id=payment.id)


def _know_fee(payment: Payment, charge: ProcessorEntry | None, *, at: datetime) -> None:
    """What the processor kept of a payment, where its callback did not know it yet."""
    if charge is not None and charge.fee_minor:
        unknown = Payment.objects.filter(id=payment.id, processor_fee_minor=0)
        unknown.update(processor_fee_minor=charge.fee_minor, updated_at=at)


def _read_payouts(account: str, organisation_id: str, *, at: datetime) -> None:
    """Payouts whose callback was lost, or has not come yet. Raises ProcessorError."""
    asked = clock.now()
    mine = Payout.objects.filter(organisation_id=organisation_id, livemode=True, provider="stripe")
    known = dict(mine.filter(account=account).values_list("reference", "status"))
    for found in state.payouts_since(account, at - _SETTLED_WITHIN):
        if known.get(found.reference) == found.status:
            continue
        lines = lines_of_payout(found.reference, account) if found.automatic else []
        with db.atomic():
            payouts.told(found, organisation_id=organisation_id, account=account, told_at=asked, at=at)
            join(lines, organisation_id=organisation_id)
