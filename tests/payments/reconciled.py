"""What the tests of the reconciliation start from: both books with every kind of difference there is."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import Organisation
from agentcollect.kit import clock, ids
from payments import operations
from payments.models import Payment, ProcessorEntry
from payments.providers.base import Instrument
from payments.queries.reconciling import Period
from tests import factories

AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
EDGE = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
AFTER = datetime(2026, 4, 1, 0, 1, tzinfo=UTC)
CARD = Instrument(method="card", number="4242424242424242", expiry="12/40", code="123")


def march(organisation: Organisation, livemode: bool = False) -> Period:
    return Period(organisation.id, livemode, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def paid(organisation: Organisation, minor: int = 10_000, at: datetime = AT, number: str = "", **facts: Any) -> Payment:
    """By card, or from the test account `number`, on the page."""
    case = factories.case(organisation, amount_minor=minor, created_at=AT, **facts)
    instrument = Instrument(method="ach_debit", number=number) if number else CARD
    asked: dict[str, Any] = {"amount_minor": minor, "instrument": instrument, "nonce": ids.random62(12)}
    return operations.pay(case=case, **asked, by="debtor", at=at)


def refunded(payment: Payment, minor: int, at: datetime = AT) -> None:
    row = operations.refund(payment_id=payment.id, amount_minor=minor, reason="", by="owner", at=at)
    operations.run_refund(refund_id=row.id, at=at)


def lines(payment: Payment, **named: Any) -> Any:
    return ProcessorEntry.objects.filter(payment_id=payment.id, **named)


def book(organisation: Organisation, minor: int, at: datetime = AT, **facts: Any) -> ProcessorEntry:
    """A line in the processor's books."""
    wall = clock.now()
    told = {"kind": "charge", "currency": "USD", "reference": ids.new("txn"), "provider": "sandbox", "livemode": False}
    told |= {"created_at": wall, "recorded_at": wall, "booked_at": at, "amount_minor": minor}
    return ProcessorEntry.objects.create(organisation=organisation, **told | facts)


def differ(organisation: Organisation) -> dict[str, int]:
    """One of each difference beside three payments that agree; reason → its difference in March."""
    for minor in (10_000, 20_000):
        paid(organisation, minor)
    refunded(paid(organisation, 30_000), 5_000)
    lines(paid(organisation, 1_000)).delete()
    lines(paid(organisation, 2_000)).update(amount_minor=2_007)
    processing = paid(organisation, 3_000, number="000123456789")
    book(organisation, 3_000, payment_id=processing.id, charge_reference=processing.reference)
    book(organisation, 777)
    lines(paid(organisation, 4_000, at=EDGE)).update(booked_at=AFTER)
    lines(paid(organisation, 5_000)).update(currency="EUR", amount_minor=4_600)
    half = paid(organisation, 6_000)
    refunded(half, 1_500)
    lines(half, kind="refund").update(kind="dispute")
    waiting = paid(organisation, 7_000)
    operations.refund(payment_id=waiting.id, amount_minor=500, reason="", by="owner", at=AT)
    book(organisation, -500, kind="refund", payment_id=waiting.id)
    return {
        "amount": -7, "not_booked": -3_000, "no_entry": 1_000, "not_ours": -777, "under_way": 500, "converted": 5_000,
        "edge": 4_000, "heading": 0,
    }  # fmt: skip
