"""Money that had come goes back: a returned debit, a chargeback. Not a refund, which the creditor gives. A dispute at
the processor that the creditor wins brings it again.
"""

from datetime import datetime

from agentcollect.kit import ids
from campaigns.models import LedgerEntry
from campaigns.rules.transitions import refused
from payments import queries, rules, serializers
from payments.models import Payment
from payments.operations.returning import Going, Locked, all_of, bring_back, give_back

# What a processor tells of one return of a payment's money, by its own reference of it; the later word stands.
TAKEN, GIVEN = "reversed", "reinstated"


def reverse(*, payment_id: str, reason: str, by: str, at: datetime, reference: str = "") -> Payment:
    """Take back what still stands of a payment, from every case that it paid: a ledger entry makes it owed again,
    `payment.reversed` says so, and a case that it had closed is active again (campaigns.operations.take_back). Its
    success fee is given back.

    `reference`: the processor's, of this return; told again, or after it was said that the money came again, nothing
    happens, and so for a payment that is reversed. `reason` is for people. Raises ApiError(illegal_transition) for
    money that never came, or has all been refunded.
    """
    with all_of(payment_id) as locked:
        payment = locked.payment
        if reference in payment.told or payment.status == Payment.Status.REVERSED:
            _note(payment, reference, payment.told.get(reference, TAKEN), at=at)
            return payment
        if payment.status not in rules.REFUNDABLE:
            raise refused(payment.status, "be reversed")
        take(locked, reference, reason, by=by, at=at)
        return payment


def take(locked: Locked, reference: str, reason: str, *, by: str, at: datetime) -> None:
    """What stands of the payment goes back, for the return that the processor calls `reference`."""
    payment, pieces = locked.payment, queries.standing(locked.payment)
    payment.failure = reason[:200]
    _note(payment, reference, TAKEN, at=at)
    stand(payment, at=at)
    going = Going(
        kind=LedgerEntry.Kind.REVERSAL,
        cause=ids.new("rvs"),
        reason=reason,
        type="payment.reversed",
        tells=lambda case, total, applied: serializers.went_back(payment, case, owed_again_minor=applied),
    )
    give_back(locked, pieces, going, by=by, at=at)


def reinstate(*, payment_id: str, by: str, at: datetime, reference: str = "") -> Payment:
    """The money that a return took came again: the cases that it had left are paid by it, as far as they still owe, and
    `payment.received` says so with `reinstated`. Told before the return itself, the return counts as over."""
    with all_of(payment_id) as locked:
        payment = locked.payment
        if payment.told.get(reference) == GIVEN:
            return payment
        was = payment.status
        _note(payment, reference, GIVEN, at=at)
        stand(payment, at=at)
        if was == Payment.Status.REVERSED and payment.status != was:
            minor = sum(queries.returned(payment).values()) - payment.refunded_minor
            said = {"reinstated": True}
            bring_back(locked, minor, cause=ids.new("rst"), said=said, by=by, at=at)
        return payment


def taken_back(payment: Payment) -> bool:
    """Some return of its money has not ended."""
    return TAKEN in [word for reference, word in payment.told.items() if reference != PROCESSING]


# What `told` remembers beside the returns: that the debit has begun.
PROCESSING = "processing"


def _note(payment: Payment, reference: str, word: str, *, at: datetime) -> None:
    payment.told = payment.told | {reference: word}
    payment.updated_at = at
    payment.save(update_fields=["told", "failure", "updated_at"])


def stand(payment: Payment, *, at: datetime) -> None:
    """The state of a payment that came, as refunds and returns have left it."""
    if payment.status in rules.COLLECTED:
        now = rules.status_of(
            payment.amount_minor, refunded_minor=payment.refunded_minor, taken_back=taken_back(payment)
        )
        payment.status, payment.updated_at = now, at
        payment.save(update_fields=["status", "refunded_minor", "updated_at"])
