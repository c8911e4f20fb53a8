"""What Stripe's objects say, in the words of the port. Pure: nothing is asked here."""

from typing import Any

from payments.providers.base import Charge, News, RefundOutcome
from payments.providers.stripe import amounts

_NOT_DONE = "The payment was not completed. Nothing was charged."
# docs.stripe.com/disputes/how-disputes-work: an inquiry (`warning_…`) has taken no money, nor has one prevented.
_TAKEN = frozenset(["needs_response", "under_review", "appeal_needs_response", "appeal_under_review", "lost"])
_METHODS = {"card": "card", "link": "card", "us_bank_account": "ach_debit"}


def noted(found: Any, name: str) -> str:
    """What we wrote into an object's metadata; empty for one that is not ours."""
    return str(getattr(getattr(found, "metadata", None), name, None) or "")


def charge_of(session: Any) -> Charge:
    """How the payment of a session stands; its payment intent is expanded, with the charge. A card that was declined
    may be tried again while the session is open; once it is complete, what failed has failed (a bank debit)."""
    intent = session.payment_intent
    if intent is not None and intent.status in ("succeeded", "processing"):
        return charge(intent)
    if session.status == "open":
        return Charge("", pending=True)
    return Charge(session.id, failure=_failure(intent))


def charge(intent: Any) -> Charge:
    """How a payment intent that came to something stands."""
    if intent.status == "succeeded":
        return Charge(intent.id, fee_minor=fee(intent))
    if intent.status == "processing":
        return Charge(intent.id, pending=True)
    return Charge(intent.id, failure=_failure(intent))


def fee(intent: Any) -> int:
    """What Stripe kept, in the payment's currency; 0 where that is not known yet, or it settles in another one."""
    booked = getattr(intent.latest_charge, "balance_transaction", None)
    if booked is None or isinstance(booked, str) or booked.currency != intent.currency:
        return 0
    return amounts.from_stripe(booked.fee, booked.currency.upper())


def method(intent: Any) -> str:
    """Payment.method, once it is known what the debtor chose; empty before."""
    kind = getattr(getattr(intent.latest_charge, "payment_method_details", None), "type", "")
    return _METHODS.get(kind, "other") if kind else ""


def _failure(intent: Any) -> str:
    error = getattr(intent, "last_payment_error", None)
    return str(getattr(error, "message", "") or _NOT_DONE)[:200]


def refund_outcome(refund: Any) -> RefundOutcome:
    if refund.status in ("failed", "canceled"):
        return RefundOutcome(refund.id, failure=_refund_failure(refund))
    return RefundOutcome(refund.id, pending=refund.status != "succeeded")


def _refund_failure(refund: Any) -> str:
    why = str(getattr(refund, "failure_reason", "") or refund.status).replace("_", " ")
    return f"The refund did not reach the debtor: {why}."[:200]


def news_of_refund(refund: Any, reference: str, currency: str) -> News | None:
    """None while it is only on its way."""
    outcome = refund_outcome(refund)
    if outcome.pending:
        return None
    return News(
        reference=reference,
        what="refund_failed" if outcome.failure else "refunded",
        words=outcome.failure or str(refund.reason or "").replace("_", " "),
        amount_minor=amounts.from_stripe(refund.amount, currency),
        refund_reference=refund.id,
        refund_id=noted(refund, "refund_id"),
    )


def taken(dispute: Any) -> bool:
    """Whether the money is with the debtor's bank now."""
    return dispute.status in _TAKEN


def dispute_words(dispute: Any) -> str:
    return f"Disputed at the debtor's bank: {str(dispute.reason or 'general').replace('_', ' ')}."


def disputed_minor(dispute: Any, currency: str) -> int:
    """How much of the payment is disputed, in our minor units of its currency."""
    return amounts.from_stripe(dispute.amount, currency)
