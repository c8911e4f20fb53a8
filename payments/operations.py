"""Every write of money: recorded when it is known to have come, or begun on the page and settled when it has.

Lock order: case, payment, event counter (taken by `kit.db.atomic` at the end). The processor is never asked while
a lock is held.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError

from agentcollect.kit import clock, db, errors, ids, money
from agentcollect.kit.errors import ApiError, FieldError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold
from events import operations as events
from payments import providers, queries, rules, serializers
from payments.models import Allocation, Payment
from payments.providers.base import Charge, ChargeRequest, Instrument, Processor, ProcessorError
from payments.serializers import Report

errors.define("amount_above_balance", 400, "The amount is more than what is owed.")
errors.define("no_balance", 409, "Nothing is owed on this case; name an `amount` to record money that came anyway.")
errors.define("case_closed", 409, "The case is closed and takes no payment on its page.")
errors.define("payment_in_progress", 409, "A payment of this case is under way; nothing more is taken until it ends.")
errors.define("no_processor", 409, "No payment processor is connected in live mode.")

# How long a charge may stay without an outcome before its processor is asked what became of it.
_GRACE = timedelta(minutes=2)


# --- money that came


def record(
    *,
    organisation_id: str,
    livemode: bool,
    case_id: str,
    amount_minor: int,
    currency: str,
    method: str,
    source: str,
    provider: str,
    provider_reference: str,
    received_at: datetime,
    by: str,
    at: datetime,
    reference: str = "",
    metadata: dict[str, str] | None = None,
) -> Payment:
    """Record money that came for a case: payment, allocations, ledger, event, in one transaction.

    The same (organisation, mode, provider, provider_reference) counts once: repeated, it returns the first payment
    and changes nothing. A closed case takes the money as unapplied credit. Raises ApiError: case_not_found,
    currency_mismatch.
    """
    key = (organisation_id, livemode, provider, provider_reference)
    try:
        with db.atomic():
            case = _lock_case(organisation_id, livemode, case_id)
            if known := queries.by_reference(*key):
                return known
            if currency != case.currency:
                raise ApiError("currency_mismatch", f"The case is in {case.currency}.", param="currency")
            payment = _insert(
                case,
                status=Payment.Status.SUCCEEDED,
                amount_minor=amount_minor,
                method=method,
                source=source,
                provider=provider,
                provider_reference=provider_reference,
                reference=reference,
                received_at=received_at,
                metadata=metadata or {},
                actor=by,
                at=at,
            )
            _settle(payment, by=by, at=at)
            return payment
    except IntegrityError:
        # The same reference, at the same moment, for another case: that one was first.
        if known := queries.by_reference(*key):
            return known
        raise


def report(
    *,
    organisation_id: str,
    livemode: bool,
    given: Report,
    source: str,
    by: str,
    at: datetime,
) -> Payment:
    """Record money that a caller says came (to the creditor directly, or pretended in the sandbox).

    Each call is a payment of its own. Raises ApiError: case_not_found, ambiguous_invoice, invalid_amount,
    currency_mismatch, time_in_future, no_balance.
    """
    case = queries.case_named(organisation_id, livemode, **given.case)
    received_at = serializers.moment_of(given.received_at, zone=case.organisation.timezone, at=at)
    if received_at > at:
        raise ApiError("time_in_future", "received_at lies in the future.", param="received_at")
    payment = record(
        organisation_id=organisation_id,
        livemode=livemode,
        case_id=case.id,
        amount_minor=_reported_minor(given, case),
        currency=given.currency or case.currency,
        method=given.method,
        source=source,
        provider=source,
        provider_reference=ids.new("ref"),
        reference=given.reference,
        received_at=received_at,
        by=by,
        at=at,
        metadata=given.metadata,
    )
    return queries.payment(organisation_id, livemode, payment.id)


def _reported_minor(given: Report, case: Case) -> int:
    if given.amount is None:
        if case.balance_minor <= 0 or case.status == Case.Status.CLOSED:
            raise ApiError("no_balance", case_id=case.id)
        return case.balance_minor
    try:
        return money.to_minor(given.amount, case.currency)
    except ValueError as error:
        raise ApiError("invalid_amount", f"amount {error}.", param="amount") from error


def _lock_case(organisation_id: str, livemode: bool, case_id: str) -> Case:
    found = queries.case_for_money(organisation_id=organisation_id, livemode=livemode, case_id=case_id)
    if not found:
        raise ApiError("case_not_found", param="case_id")
    return found[0]


def _insert(case: Case, *, at: datetime, **fields: Any) -> Payment:
    return Payment.objects.create(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case=case,
        campaign_id=case.campaign_id,
        currency=case.currency,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        **fields,
    )


def _settle(payment: Payment, *, by: str, at: datetime) -> None:
    """Post the ledger, share the money out, record the fact, close the case that is paid: in this order.

    The case is locked and the payment has succeeded.
    """
    open_ = queries.open_components(payment.case)
    campaigns.settle(
        case_id=payment.case_id,
        amount_minor=payment.amount_minor,
        payment_id=payment.id,
        by=by,
        at=at,
        announce=lambda settled: _came(payment, settled, open_, by=by, at=at),
    )


def _came(payment: Payment, settled: campaigns.Settlement, open_: list[rules.Open], *, by: str, at: datetime) -> None:
    case = payment.case
    parts = [(part, minor) for _, part, minor in rules.allocate(settled.applied_minor, open_, case_id=case.id)]
    if settled.unapplied_minor:
        parts.append((rules.UNAPPLIED, settled.unapplied_minor))
    _allocate(payment, parts, at)
    events.record(
        type="payment.received",
        organisation_id=payment.organisation_id,
        livemode=payment.livemode,
        data=serializers.received(
            payment, case, parts, balance_minor=settled.balance_minor, zone=case.organisation.timezone
        ),
        by=by,
        at=at,
        about=_about(payment, case),
    )


def _allocate(payment: Payment, parts: list[tuple[str, int]], at: datetime) -> None:
    recorded_at = clock.now()
    rows = [
        Allocation(
            organisation_id=payment.organisation_id,
            livemode=payment.livemode,
            payment=payment,
            case_id=payment.case_id,
            component=component,
            amount_minor=minor,
            currency=payment.currency,
            created_at=at,
            recorded_at=recorded_at,
        )
        for component, minor in parts
    ]
    db.bulk_insert(Allocation, rows)


def _about(payment: Payment, case: Case) -> events.About:
    return events.About(campaign_id=payment.campaign_id, case_id=case.id, debtor_id=case.debtor_id)


# --- money on its way: begun, handed to a processor, settled


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
    return finish(payment_id=payment.id, charge=charge, by=by, at=at)


def start(
    *, case: Case, amount_minor: int, method: str, nonce: str, provider: str, by: str, at: datetime
) -> tuple[Payment, bool]:
    """Write down the intent to pay and hold outreach; True when it is new, False when this form was sent before."""
    reference = _form_reference(case, nonce)
    with db.atomic():
        case = _lock_case(case.organisation_id, case.livemode, case.id)
        if known := queries.by_reference(case.organisation_id, case.livemode, provider, reference):
            return known, False
        _check_may_start(case, amount_minor)
        payment = _insert(
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
            _settle(payment, by=by, at=at)
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
                about=_about(payment, payment.case),
            )
        return payment


def _lock_payment(payment_id: str) -> Payment:
    """The payment with its case, both locked, the case first."""
    found = Payment.objects.get(id=payment_id)
    case = _lock_case(found.organisation_id, found.livemode, found.case_id)
    payment = db.locked(Payment.objects.filter(id=payment_id)).get()
    payment.case = case
    return payment


def _move(payment: Payment, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(payment, name, value)
    payment.save(update_fields=list(fields))


def _lift_hold(payment: Payment, *, by: str, at: datetime) -> None:
    for hold in Hold.objects.filter(case_id=payment.case_id, kind=Hold.Kind.PAYMENT_PROCESSING, released_at=None):
        if hold.evidence.get("payment_id") == payment.id:
            campaigns.release(hold=hold, by=by, at=at)


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
        finish(payment_id=payment.id, charge=charge, by="engine", at=at)
        settled += 1
    return settled
