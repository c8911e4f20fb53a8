"""What a processor tells about a payment, in any order and any number of times: it ends the same."""

from collections.abc import Callable
from datetime import datetime

from payments import queries
from payments.models import Payment
from payments.operations.charging import begun, finish, succeed
from payments.operations.refunding import refund_told
from payments.operations.reversing import reinstate, reverse
from payments.providers.base import Charge, News

# What can only be said of money that came: where that was not told yet, it has now.
_CAME = frozenset({"succeeded", "reversed", "reinstated", "refunded", "refund_failed"})


def told(
    *, provider: str, organisation_id: str, livemode: bool, news: News, by: str = "processor", at: datetime
) -> Payment | None:
    """Act on what a processor's callback says about a charge, however often it says it; None: it is none of ours."""
    payment = queries.by_reference(organisation_id, livemode, provider, news.reference)
    if payment is None:
        return None
    if news.what in _CAME:
        succeed(payment_id=payment.id, charge=_charge(payment, news), by=by, at=at)
    _ACTS[news.what](payment, news, by, at)
    payment.refresh_from_db()
    return payment


def _charge(payment: Payment, news: News, failure: str = "") -> Charge:
    reference = news.charge_reference or payment.reference
    return Charge(reference=reference, failure=failure, fee_minor=news.fee_minor)


def _succeeded(payment: Payment, news: News, by: str, at: datetime) -> None:
    """Done already: whatever is said of money that came says this first."""


def _failed(payment: Payment, news: News, by: str, at: datetime) -> None:
    charge = _charge(payment, news, news.words or "The payment did not go through.")
    finish(payment_id=payment.id, charge=charge, by=by, at=at)


def _processing(payment: Payment, news: News, by: str, at: datetime) -> None:
    begun(payment_id=payment.id, reference=news.charge_reference, by=by, at=at)


def _reversed(payment: Payment, news: News, by: str, at: datetime) -> None:
    payment = Payment.objects.get(id=payment.id)
    if payment.status != Payment.Status.REFUNDED:
        reverse(payment_id=payment.id, reason=news.words, reference=news.return_reference, by=by, at=at)


def _reinstated(payment: Payment, news: News, by: str, at: datetime) -> None:
    reinstate(payment_id=payment.id, reference=news.return_reference, by=by, at=at)


def _refund(payment: Payment, news: News, by: str, at: datetime) -> None:
    refund_told(payment=payment, news=news, by=by, at=at)


_ACTS: dict[str, Callable[[Payment, News, str, datetime], None]] = {
    "processing": _processing,
    "succeeded": _succeeded,
    "failed": _failed,
    "reversed": _reversed,
    "reinstated": _reinstated,
    "refunded": _refund,
    "refund_failed": _refund,
}
