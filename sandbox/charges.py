"""Payments through the sandbox processor on demand: its well-known outcomes, and what its callback tells later."""

from datetime import datetime, timedelta

from agentcollect.kit import clock, db, ids
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from payments import operations as payments
from payments.models import Payment
from payments.providers.base import Instrument
from payments.providers.sandbox import ACCOUNTS
from sandbox.models import Reaction

# Outcome by name → (method, Stripe's test number that stands for it).
OUTCOMES = {
    "card_declined": ("card", "4000000000000002"),
    "insufficient_funds": ("card", "4000000000009995"),
    "ach_settles": ("ach_debit", "000123456789"),
    "ach_fails": ("ach_debit", "000222222227"),
    "ach_returned": ("ach_debit", "000555555559"),
}
# How long a bank debit takes where nothing else is said.
SETTLES = timedelta(days=4)


def transfer(*, case: Case, amount_minor: int | None, by: str, at: datetime) -> Payment:
    """The money has come, by bank transfer; `amount_minor` None: the balance. Raises ApiError(no_balance)."""
    if amount_minor is None and (case.closed_at or case.balance_minor <= 0):
        raise ApiError("no_balance", case_id=case.id)
    return payments.record(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case_id=case.id,
        amount_minor=case.balance_minor if amount_minor is None else amount_minor,
        currency=case.currency,
        method=Payment.Method.BANK_TRANSFER,
        source=Payment.Source.SANDBOX,
        provider=Payment.Source.SANDBOX,
        provider_reference=ids.new("ref"),
        received_at=at,
        by=by,
        at=at,
    )


def charge(
    *, case: Case, amount_minor: int | None, outcome: str, after: timedelta = SETTLES, by: str, at: datetime
) -> Payment:
    """The debtor pays on the page of `case` with the instrument that `outcome` names; `amount_minor` None: the balance.

    A debit's outcome comes `after` that long by the processor's callback, and its return as long again later. Raises
    ApiError as `payments.operations.pay`.
    """
    method, number = OUTCOMES[outcome]
    instrument = Instrument(method=method, number=number, expiry=f"12/{(at.year + 1) % 100:02}", code="123")
    minor = case.balance_minor if amount_minor is None else amount_minor
    with db.atomic():
        made = payments.pay(
            case=case, amount_minor=minor, instrument=instrument, nonce=ids.new("frm"), by="debtor", at=at
        )
        for told in Reaction.objects.filter(cause=made.id, act="processor"):
            told.due_at = at + after * told.number
            told.save(update_fields=["due_at"])
        return made


def debited(*, payment_id: str, number: str, at: datetime) -> None:
    """The sandbox processor has begun to debit the test account `number`, on a page or by simulation: plan what its
    callback will tell, `SETTLES` later, and a return as long again after that. Once for each payment."""
    payment = Payment.objects.select_related("case").get(id=payment_id)
    if not Reaction.objects.filter(cause=payment_id, act="processor").exists():
        _call_back(payment.case, payment, number, SETTLES, at=at)


def _call_back(case: Case, payment: Payment, number: str, after: timedelta, *, at: datetime) -> None:
    Reaction.objects.bulk_create(
        Reaction(
            id=ids.new("rct"),
            organisation_id=case.organisation_id,
            livemode=case.livemode,
            clock_id=case.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            case=case,
            act="processor",
            cause=payment.id,
            number=nth,
            facts={"what": what, "words": words},
            due_at=at + after * nth,
        )
        for nth, (what, words) in enumerate(ACCOUNTS[number], start=1)
    )
