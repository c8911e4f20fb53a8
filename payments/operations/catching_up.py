"""Bringing a payment to where it stands at its processor, however often it is looked at."""

from datetime import datetime

from payments.models import Payment
from payments.operations.telling import told
from payments.providers.base import Charge, News


def catch_up(payment: Payment, charge: Charge, *, by: str, at: datetime) -> Payment:
    """How the charge stands is how the payment stands; a debit on its way has a reference of its own by now."""
    waits = charge.pending and (not charge.reference or charge.reference == payment.reference)
    if waits:
        return payment
    what = "processing" if charge.pending else "succeeded" if charge.succeeded else "failed"
    news = News(
        payment.provider_reference,
        what,
        words=charge.failure,
        fee_minor=charge.fee_minor,
        charge_reference=charge.reference,
    )
    return tell(payment, news, by=by, at=at)


def tell(payment: Payment, news: News, *, by: str, at: datetime) -> Payment:
    found = told(
        provider=payment.provider,
        organisation_id=payment.organisation_id,
        livemode=payment.livemode,
        news=news,
        by=by,
        at=at,
    )
    return found or payment
