"""The sandbox processor's own books: what it took, gave back and had taken from it, line by line, as ProcessorEntry.

They belong to the pretended processor, not to us: they are written by its side of the port only, and read as Stripe's
are. A line is written once, by its reference.
"""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, ids
from payments.models import Payment, ProcessorEntry
from payments.providers.base import Charge, ChargeRequest, RefundRequest

NAME = "sandbox"
Kind = ProcessorEntry.Kind


def charged(request: ChargeRequest, reference: str, *, pending: bool) -> None:
    """The money came; `pending`: the debit is on its way, and a line of nothing keeps its place."""
    if not request.organisation_id:
        return  # nobody's: a charge tried out without a payment
    kind, minor = (Kind.OTHER, 0) if pending else (Kind.CHARGE, request.amount_minor)
    _book(
        organisation_id=request.organisation_id,
        payment_id=request.payment_id,
        kind=kind,
        amount_minor=minor,
        currency=request.currency,
        reference=f"{reference}-pending" if pending else reference,
        charge_reference=reference,
        at=request.at,
    )


def refunded(request: RefundRequest, reference: str) -> None:
    _book(
        organisation_id=request.organisation_id,
        payment_id=request.payment_id,
        kind=Kind.REFUND,
        amount_minor=-request.amount_minor,
        currency=request.currency,
        reference=reference,
        charge_reference=request.charge_reference,
        at=request.at,
    )


def told(payment: Payment, what: str, *, at: datetime) -> None:
    """What its callback is about to say of a bank debit stands in its books first: it came, or was taken back."""
    lines = {
        "succeeded": (Kind.CHARGE, payment.amount_minor, ""),
        "reversed": (Kind.DISPUTE, payment.refunded_minor - payment.amount_minor, "-returned"),
        "reinstated": (Kind.DISPUTE_WON, payment.amount_minor - payment.refunded_minor, "-won"),
    }
    if what not in lines:
        return
    kind, minor, suffix = lines[what]
    _book(
        organisation_id=payment.organisation_id,
        payment_id=payment.id,
        kind=kind,
        amount_minor=minor,
        currency=payment.currency,
        reference=f"{payment.reference}{suffix}",
        charge_reference=payment.reference,
        at=at,
    )


def find(charge_reference: str) -> Charge | None:
    """What the books know of a charge; None: nothing was ever charged."""
    lines = ProcessorEntry.objects.filter(provider=NAME, livemode=False, charge_reference=charge_reference)
    kinds = set(lines.values_list("kind", flat=True))
    if not kinds:
        return None
    return Charge(reference=charge_reference, pending=Kind.CHARGE not in kinds)


def _book(*, organisation_id: str, reference: str, at: datetime | None, **line: Any) -> None:
    wall = clock.now()
    row = ProcessorEntry(
        id=ids.new("ptx"),
        organisation_id=organisation_id,
        livemode=False,
        provider=NAME,
        reference=reference,
        created_at=at or wall,
        recorded_at=wall,
        booked_at=at or wall,
        **line,
    )
    ProcessorEntry.objects.bulk_create([row], ignore_conflicts=True)
