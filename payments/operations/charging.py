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
from payments import providers, queries, rules, serializers
from payments.models import Payment
from payments.operations.money import insert, lock_cases
from payments.operations.settling import settle, tell
from payments.providers.base import Charge, ChargeRequest, Instrument, Processor, ProcessorError

errors.define("case_closed", 409, "The case is closed and takes no payment on its page.")
errors.define("payment_in_progress", 409, "A payment of this case is under way; nothing more is taken until it ends.")
errors.define("no_processor", 409, "No payment processor is connected in live mode.")

# How long a charge may stay without an outcome before its processor is asked what became of it.
_GRACE = timedelta(minutes=2)
_NOTHING_CHARGED = "The payment was not completed. Nothing was charged."


def pay(
    *,
    case: Case,
    amount_minor: int,
    instrument: Instrument,
    nonce: str,
    faults: Sequence[FieldError] = (),
    by: str,
    at: datetime,
    instruction: rules.Instruction = (),
    offer_id: str = "",
) -> Payment:
    """Take a payment on the page of `case`, with a processor that takes the instrument itself (`checkout` is for the
    others), and say how it stands: succeeded, failed, or still processing.

    `instruction`: the open invoices of this debtor that it is for, with what each gets; empty: `case` alone. `nonce`
    names the form that was sent: sent twice, even at once, it is one payment. `faults` are those already seen in the
    form; the processor's join them. Raises ApiError: no_processor, invalid_request (with the faults), case_closed,
    amount_above_balance, payment_in_progress, invalid_instruction.
    """
    processor = providers.processor_for(livemode=case.livemode, organisation_id=case.organisation_id)
    if processor is None or processor.hosted:
        raise ApiError("no_processor")
    known = queries.by_reference(case.organisation_id, case.livemode, processor.name, _form_reference(case, nonce))
    if known:
        return known
    _check_form(processor, instrument, case, amount_minor, faults, at=at)
    payment, fresh = start(
        case=case,
        amount_minor=amount_minor,
        method=instrument.method,
        nonce=nonce,
        provider=processor.name,
        by=by,
        at=at,
        instruction=instruction,
        offer_id=offer_id,
    )
    return _charge(payment, processor, instrument, by, at) if fresh else payment


def _check_form(
    processor: Processor,
    instrument: Instrument,
    case: Case,
    amount_minor: int,
    faults: Sequence[FieldError],
    *,
    at: datetime,
) -> None:
    refusals = processor.refusals(instrument, today=at.date())
    if words := processor.refusal(amount_minor, case.currency):
        refusals = refusals | {"amount": words}
    found = [*faults, *(FieldError(name, "invalid_request", words) for name, words in refusals.items())]
    if found:
        raise errors.invalid(found)


def _form_reference(case: Case, nonce: str) -> str:
    """A form belongs to its case: nobody's nonce can meet another case's payment."""
    return f"{case.id}-{nonce}"


def _charge(payment: Payment, processor: Processor, instrument: Instrument, by: str, at: datetime) -> Payment:
    """Ask the processor, with no transaction open, and write down what it said."""
    request = ChargeRequest(
        payment.provider_reference,
        payment.amount_minor,
        payment.currency,
        instrument,
        organisation_id=payment.organisation_id,
        payment_id=payment.id,
        at=at,
    )
    try:
        charge = processor.charge(request)
    except ProcessorError as error:
        if not error.permanent:
            return payment  # nobody knows yet: `sweep_processing` asks again
        charge = Charge(reference="", failure="The payment could not be taken. Nothing was charged.")
    if charge.pending:
        return begun(payment_id=payment.id, reference=charge.reference, by=by, at=at)
    return finish(payment_id=payment.id, charge=charge, by=by, at=at)


def begun(*, payment_id: str, reference: str, by: str, at: datetime) -> Payment:
    """The processor has it and tells the outcome days later (a bank debit): `payment.processing` says so, once, and
    nobody asks for the outcome meanwhile."""
    with db.atomic():
        payment, cases = _lock_payment(payment_id)
        if payment.status == Payment.Status.PROCESSING and _DEBIT not in payment.told:
            told = payment.told | {_DEBIT: _DEBIT}
            _move(payment, told=told, reference=reference or payment.reference, checkout_url="", updated_at=at)
            _tell_each("payment.processing", payment, cases, by=by, at=at)
        return payment


_DEBIT = "processing"


def start(
    *,
    case: Case,
    amount_minor: int,
    method: str,
    nonce: str,
    provider: str,
    by: str,
    at: datetime,
    instruction: rules.Instruction = (),
    offer_id: str = "",
    account: str = "",
) -> tuple[Payment, bool]:
    """Write down the intent to pay and hold outreach on each case paid; True when it is new, False when this form was
    sent before."""
    reference = _form_reference(case, nonce)
    with db.atomic():
        cases = lock_cases(case.organisation_id, case.livemode, case.id, instruction)
        if known := queries.by_reference(case.organisation_id, case.livemode, provider, reference):
            return known, False
        _check_may_start(case.id, cases, amount_minor, instruction)
        case = cases[case.id]
        payment = insert(
            case,
            status=Payment.Status.PROCESSING,
            amount_minor=amount_minor,
            method=method,
            source=Payment.Source.PAGE,
            provider=provider,
            provider_reference=reference,
            instruction=[list(pair) for pair in instruction],
            offer_id=offer_id,
            account=account,
            actor=by,
            at=at,
        )
        for case_id, _ in rules.shares(amount_minor, instruction, case_id=case.id):
            said = {"payment_id": payment.id}
            campaigns.hold(kind=Hold.Kind.PAYMENT_PROCESSING, on=cases[case_id], by=by, at=at, evidence=said)
        return payment, True


def _check_may_start(case_id: str, cases: dict[str, Case], amount_minor: int, instruction: rules.Instruction) -> None:
    parts = dict(instruction) or {case_id: amount_minor}
    if len(parts) < len(instruction) or sum(parts.values()) != amount_minor:
        raise ApiError("invalid_instruction", "The parts of the invoices do not add up to the amount.", param="amount")
    for one, minor in parts.items():
        if cases[one].status == Case.Status.CLOSED or cases[one].balance_minor <= 0:
            raise ApiError("case_closed")
        if not 0 < minor <= cases[one].balance_minor:
            raise ApiError("amount_above_balance", param="amount")
    if parts.keys() & queries.under_way(cases[case_id].debtor_id).keys():
        raise ApiError("payment_in_progress")


def finish(*, payment_id: str, charge: Charge, by: str, at: datetime) -> Payment:
    """The outcome of a payment that was processing; for one that already has an outcome, nothing happens, except that
    money which came after all is taken."""
    return (
        succeed(payment_id=payment_id, charge=charge, by=by, at=at)
        if charge.succeeded
        else fail(payment_id=payment_id, charge=charge, by=by, at=at)
    )


def succeed(*, payment_id: str, charge: Charge, by: str, at: datetime) -> Payment:
    """The money came: settle each case, lift the holds, record `payment.received`."""
    with db.atomic():
        payment, cases = _lock_payment(payment_id)
        if rules.may_become(payment.status, Payment.Status.SUCCEEDED) and payment.status not in rules.COLLECTED:
            _move(
                payment,
                status=Payment.Status.SUCCEEDED,
                reference=charge.reference or payment.reference,
                processor_fee_minor=charge.fee_minor,
                failure="",
                checkout_url="",
                received_at=at,
                updated_at=at,
            )
            _lift_holds(payment, cases, by=by, at=at)
            settle(payment, cases, by=by, at=at)
        elif charge.fee_minor and not payment.processor_fee_minor:
            # Processors tell their fee in a later word.
            _move(payment, processor_fee_minor=charge.fee_minor, updated_at=at)
        return payment


def fail(*, payment_id: str, charge: Charge, by: str, at: datetime) -> Payment:
    """No money moves: lift the holds, record `payment.failed`."""
    with db.atomic():
        payment, cases = _lock_payment(payment_id)
        if rules.may_become(payment.status, Payment.Status.FAILED):
            _move(
                payment,
                status=Payment.Status.FAILED,
                reference=charge.reference or payment.reference,
                failure=charge.failure[:200],
                checkout_url="",
                updated_at=at,
            )
            _lift_holds(payment, cases, by=by, at=at)
            _tell_each("payment.failed", payment, cases, by=by, at=at)
        return payment


def _tell_each(type: str, payment: Payment, cases: dict[str, Case], *, by: str, at: datetime) -> None:
    shown = serializers.failed if type == "payment.failed" else serializers.begun
    for case_id, minor in rules.shares(payment.amount_minor, payment.instruction, case_id=payment.case_id):
        data = shown(payment, cases[case_id], minor)
        tell(type, payment, cases[case_id], data, by=by, at=at, cause="")


def _lock_payment(payment_id: str) -> tuple[Payment, dict[str, Case]]:
    """The payment with its cases, all locked, the cases first."""
    found = _payment.one(id=payment_id)
    instruction = tuple((case_id, minor) for case_id, minor in found.instruction)
    cases = lock_cases(found.organisation_id, found.livemode, found.case_id, instruction)
    payment = _locked_payment.one(id=payment_id)
    payment.case = cases[payment.case_id]
    return payment, cases


_payment = Prepared(lambda id: Payment.objects.filter(id=id))
_locked_payment = Prepared(lambda id: db.locked(Payment.objects.filter(id=id)))


def _move(payment: Payment, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(payment, name, value)
    payment.save(update_fields=list(fields))


def _lift_holds(payment: Payment, cases: dict[str, Case], *, by: str, at: datetime) -> None:
    for case_id in cases:
        for hold in _processing(case_id=case_id):
            if hold.evidence.get("payment_id") == payment.id:
                campaigns.release(hold=hold, by=by, at=at)


@Prepared
def _processing(case_id: str) -> QuerySet[Hold]:
    return Hold.objects.filter(case_id=case_id, kind=Hold.Kind.PAYMENT_PROCESSING, released_at=None)


def moment(payment: Payment, at: datetime) -> datetime:
    """The processor is asked by the wall's time; the outcome comes in the payment's own story."""
    clock_id = payment.case.clock_id
    return timeline.now(clock_id) if clock_id else at


def sweep_processing(*, at: datetime, limit: int = 100) -> int:
    """Ask the processors what became of charges that were left without an outcome; the number that now have one."""
    settled = 0
    for payment in queries.left_processing(at - _GRACE, limit):
        processor = providers.processor_named(payment.provider)
        if processor is None or processor.hosted:
            continue
        try:
            charge = processor.find(payment.provider_reference, payment.account)
        except ProcessorError:
            continue
        charge = charge or Charge(reference="", failure=_NOTHING_CHARGED)
        if charge.pending:
            continue
        finish(payment_id=payment.id, charge=charge, by="engine", at=moment(payment, at))
        settled += 1
    return settled
