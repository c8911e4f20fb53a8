"""Reads of what was given back of a payment."""

from django.db.models import QuerySet, Sum

from payments import rules
from payments.models import Payment, Refund


def refunds(payment: Payment) -> QuerySet[Refund]:
    """What was given back of a payment, or is about to be."""
    return Refund.objects.filter(payment_id=payment.id)


def refundable(payment: Payment) -> int:
    """What of a payment can still be given back, in minor units: not what was given back already, or is about to be."""
    if payment.status not in rules.REFUNDABLE:
        return 0
    return max(0, payment.amount_minor - payment.refunded_minor - on_its_way_back(payment))


def on_its_way_back(payment: Payment) -> int:
    """The sum of its refunds that have no outcome yet."""
    open_ = [Refund.Status.CREATED, Refund.Status.PROCESSING]
    waiting = refunds(payment).filter(status__in=open_).aggregate(minor=Sum("amount_minor", default=0))
    return int(waiting["minor"])
