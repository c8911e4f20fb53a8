"""Money on its way: begun on the page, handed to a processor, settled.

The processor is never asked while a lock is held.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts import timeline
from agentcollect.kit import db, errors
from agentcollect.kit.errors import ApiError, FieldError
from agentcollect.kit.prepared import Prepared
from campaigns import operations as campaigns
from campaigns.models import Case, Hold
from events import operations as events
from payments import providers, queries, rules, serializers
from payments.models import Payment
from payments.operations.money import about, insert, lock_case, settle
from payments.operations.reversing import reverse
from payments.providers.base import Charge, ChargeRequest, Instrument, News, Processor, ProcessorError

errors.define("case_closed", 409, "The case is closed and takes no payment on its page.")
errors.define("payment_in_progress", 409, "A payment of this case is under way; nothing more is taken until it ends.")
errors.define("no_processor", 409, "No payment processor is connected in live mode.")

# How long a charge may stay without an outcome before its processor is asked what became of it.
_GRACE = timedelta(minutes=2)


def pay(
    *,
    case: Case,
    amount_minor: int,
    instrument: Instrument,
    nonce: str,
    faults: Sequence[FieldError] = (),
    by: str,
    at: datetime,
) -> Payment:
    """Take a payment on the page of `case` and say how it stands: succeeded, failed, or still processing.

    `nonce` names the form that was sent: sent twice, even at once, it is one payment. `faults` are those already seen
    in the form; the processor's join them. Raises ApiError: no_processor, invalid_request (with the faults),
    case_closed, amount_above_balance, payment_in_progress.
    """
    processor = providers.processor_for(livemode=case.livemode)
    if processor is None:
        raise ApiError("no_processor")
    known = queries.by_reference(case.organisation_id, case.livemode, processor.name, _form_reference(case, nonce))
    if known:
        return known
    refusals = processor.refusals(instrument, today=at.date())
    found = [*faults, *(FieldError(name, "invalid_request", words) for name, words in refusals.items())]
    if found:
        raise errors.invalid(found)
    payment, fresh = start(
        case=case,
        amount_minor=amount_minor,
        method=instrument.method,
        nonce=nonce,
        provider=processor.name,
        by=by,
        at=at,
    )
    return _charge(payment, processor, instrument, by, at) if fresh else payment


def _form_reference(case: Case, nonce: str) -> str:
    """A form belongs to its case: nobody's nonce can meet another case's payment."""
    return f"{case.id}-{nonce}"


def _charge(payment: Payment, processor: Processor, instrument: Instrument, by: str, at: datetime) -> Payment:
    """Ask the processor, with no transaction open, and write down what it said."""
    request = ChargeRequest(payment.provider_reference, payment.amount_minor, payment.currency, instrument)
    try:
        charge = processor.charge(request)
    except ProcessorError as error:
        if not error.permanent:
            return payment  # nobody knows yet: `sweep_processing` asks again
        charge = Charge(reference="", failure="The payment could not be taken. Nothing was charged.")
    if charge.pending:
        return _acknowledged(payment, charge, at=at)
    return finish(payment_id=payment.id, charge=charge, by=by, at=at)


def _acknowledged(payment: Payment, charge: Charge, *, at: datetime) -> Payment:
    """The processor has it, by its own reference: its callback (`told`) brings the outcome, and nobody asks for it."""
    with db.atomic():
        row = _lock_payment(payment.id)
        if row.status == Payment.Status.PROCESSING:
            _move(row, reference=charge.reference, updated_at=at)
        return row


def told(
    *, provider: str, organisation_id: str, livemode: bool, news: News, by: str = "processor", at: datetime
) -> Payment | None:
    """Act on what a processor's callback says about a charge, however often it says it; None: it is none of ours.

    Raises ApiError(illegal_transition): money goes back that never came.
    """
    payment = queries.by_reference(organisation_id, livemode, provider, news.reference)
    if payment is None:
        return None
    if news.what == "reversed":
        return reverse(payment_id=payment.id, reason=news.words, by=by, at=at)
    failure = (news.words or "The payment did not go through.") if news.what == "failed" else ""
    charge = Charge(reference=payment.reference, failure=failure, fee_minor=news.fee_minor)
    return finish(payment_id=payment.id, charge=charge, by=by, at=at)


def start(
    *, case: Case, amount_minor: int, method: str, nonce: str, provider: str, by: str, at: datetime
) -> tuple[Payment, bool]:
    """Write down the intent to pay and hold outreach; True when it is new, False when this form was sent before."""
    reference = _form_reference(case, nonce)
    with db.atomic():
        case = lock_case(case.organisation_id, case.livemode, case.id)
        if known := queries.by_reference(case.organisation_id, case.livemode, provider, reference):
            return known, False
        _check_may_start(case, amount_minor)
        payment = insert(
            case,
            status=Payment.Status.PROCESSING,
            amount_minor=amount_minor,
            method=method,
            source=Payment.Source.PAGE,
            provider=provider,
            provider_reference=reference,
            actor=by,
            at=at,
        )
        campaigns.hold(kind=Hold.Kind.PAYMENT_PROCESSING, on=case, by=by, at=at, evidence={"payment_id": payment.id})
        return payment, True


def _check_may_start(case: Case, amount_minor: int) -> None:
    if case.status == Case.Status.CLOSED or case.balance_minor <= 0:
        raise ApiError("case_closed")
    if not 0 < amount_minor <= case.balance_minor:
        raise ApiError("amount_above_balance", param="amount")
    if Payment.objects.filter(case_id=case.id, status=Payment.Status.PROCESSING).exists():
        raise ApiError("payment_in_progress")


def finish(*, payment_id: str, charge: Charge, by: str, at: datetime) -> Payment:
    """The outcome of a payment that was processing; for one that already has an outcome, nothing happens."""
    return (
        succeed(payment_id=payment_id, charge=charge, by=by, at=at)
        if charge.succeeded
        else fail(payment_id=payment_id, charge=charge, by=by, at=at)
    )


def succeed(*, payment_id: str, charge: Charge, by: str, at: datetime) -> Payment:
    """The money came: settle the case, lift the hold, record `payment.received`."""
    with db.atomic():
        payment = _lock_payment(payment_id)
        if rules.may_become(payment.status, Payment.Status.SUCCEEDED):
            _move(
                payment,
                status=Payment.Status.SUCCEEDED,
                reference=charge.reference,
                processor_fee_minor=charge.fee_minor,
                received_at=at,
                updated_at=at,
            )
            _lift_hold(payment, by=by, at=at)
            settle(payment, by=by, at=at)
        return payment


def fail(*, payment_id: str, charge: Charge, by: str, at: datetime) -> Payment:
    """No money moves: lift the hold, record `payment.failed`."""
    with db.atomic():
        payment = _lock_payment(payment_id)
        if rules.may_become(payment.status, Payment.Status.FAILED):
            _move(
                payment,
                status=Payment.Status.FAILED,
                reference=charge.reference,
                failure=charge.failure[:200],
                updated_at=at,
            )
            _lift_hold(payment, by=by, at=at)
            events.record(
                type="payment.failed",
                organisation_id=payment.organisation_id,
                livemode=payment.livemode,
                data=serializers.failed(payment, payment.case),
                by=by,
                at=at,
                about=about(payment, payment.case),
            )
        return payment


def _lock_payment(payment_id: str) -> Payment:
    """The payment with its case, both locked, the case first."""
    found = _payment.one(id=payment_id)
    case = lock_case(found.organisation_id, found.livemode, found.case_id)
    payment = _locked_payment.one(id=payment_id)
    payment.case = case
    return payment


_payment = Prepared(lambda id: Payment.objects.filter(id=id))
_locked_payment = Prepared(lambda id: db.locked(Payment.objects.filter(id=id)))


def _move(payment: Payment, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(payment, name, value)
    payment.save(update_fields=list(fields))


def _lift_hold(payment: Payment, *, by: str, at: datetime) -> None:
    for hold in _processing(case_id=payment.case_id):
        if hold.evidence.get("payment_id") == payment.id:
            campaigns.release(hold=hold, by=by, at=at)


@Prepared
def _processing(case_id: str) -> QuerySet[Hold]:
    return Hold.objects.filter(case_id=case_id, kind=Hold.Kind.PAYMENT_PROCESSING, released_at=None)


def _moment(payment: Payment, at: datetime) -> datetime:
    """The processor is asked by the wall's time; the outcome comes in the payment's own story."""
    clock_id = payment.case.clock_id
    return timeline.now(clock_id) if clock_id else at


def sweep_processing(*, at: datetime, limit: int = 100) -> int:
    """Ask the processors what became of charges that were left without an outcome; the number that now have one."""
    settled = 0
    for payment in queries.left_processing(at - _GRACE, limit):
        processor = providers.processor_named(payment.provider)
        if processor is None:
            continue
        try:
            charge = processor.find(payment.provider_reference)
        except ProcessorError:
            continue
        charge = charge or Charge(reference="", failure="The payment was not completed. Nothing was charged.")
        finish(payment_id=payment.id, charge=charge, by="engine", at=_moment(payment, at))
        settled += 1
    return settled
