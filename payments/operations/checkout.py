"""Paying on a processor's own page: begun here, done there; its callback, or the sweep, tells how it ended.

begun → the address kept → the debtor pays or leaves → `told`. The processor is never asked while a lock is held.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agentcollect.kit import clock, db, errors
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Case
from payments import providers, queries
from payments.models import Payment
from payments.operations.catching_up import catch_up
from payments.operations.charging import fail, start
from payments.providers.base import Charge, Checkout, CheckoutRequest, Processor, ProcessorError
from payments.providers.stripe import StripeProcessor

# docs.stripe.com/api/checkout/sessions/create: 30 minutes at least, counted from when it is made there.
_OPEN_FOR = timedelta(minutes=45)
# So long the same page may be asked for again: a later one would end too soon.
_AGAIN = timedelta(minutes=10)
_NOT_OPENED = "The payment page could not be opened. Nothing was charged."
_NOT_COMPLETED = "The payment was not completed. Nothing was charged."


def checkout(
    *,
    case: Case,
    amount_minor: int,
    nonce: str,
    language: str = "",
    instruction: Sequence[tuple[str, int]] = (),
    offer_id: str = "",
    by: str,
    at: datetime,
) -> Payment:
    """Begin a payment on the processor's own page; the debtor goes on at `checkout_url`. Failed: it could not be begun.

    `nonce` names the form that was sent: sent again, it is the same payment and the same address. Processing without
    an address: nobody knows yet, the sweep asks. Raises ApiError: no_processor, invalid_request (what
    the processor can never take), case_closed,
    amount_above_balance, payment_in_progress.
    """
    processor = providers.processor_for(livemode=case.livemode, organisation_id=case.organisation_id)
    if processor is None or not processor.hosted:
        raise ApiError("no_processor")
    if words := processor.refusal(amount_minor, case.currency):
        raise errors.invalid([FieldError("amount", "invalid_request", words)])
    payment, _ = start(
        case=case,
        amount_minor=amount_minor,
        method=processor.methods[0],
        nonce=nonce,
        provider=processor.name,
        instruction=tuple(instruction),
        offer_id=offer_id,
        account=queries.stripe_account(case.organisation_id, case.livemode),
        by=by,
        at=at,
    )
    young = clock.now() - payment.recorded_at < _AGAIN
    waits = payment.status == Payment.Status.PROCESSING and not payment.checkout_url and young
    return _begin(payment, case, processor, language, by, at) if waits else payment


def _begin(payment: Payment, case: Case, processor: Processor, language: str, by: str, at: datetime) -> Payment:
    try:
        made = processor.begin(_request(payment, case, language))
    except ProcessorError as error:
        if not error.permanent:
            return payment  # nobody knows yet: `sweep_checkouts` looks for it
        return fail(payment_id=payment.id, charge=Charge("", failure=_NOT_OPENED), by=by, at=at)
    return _keep(payment.id, made, at=at)


def _request(payment: Payment, case: Case, language: str) -> CheckoutRequest:
    """The same payment in the same words, however often: the processor knows it again by that."""
    paid = [case_id for case_id, _ in payment.instruction] or [case.id]
    words = case.invoice_number if len(paid) == 1 else f"{case.invoice_number} + {len(paid) - 1}"
    creditor = case.campaign.brand.get("company_name") or case.organisation.name
    return CheckoutRequest(
        payment_id=payment.id,
        account=payment.account,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        case_ids=tuple(paid),
        back_url=f"{queries.pay_url(case)}/payments/{payment.id}",
        words=f"{creditor}: {words}",
        statement_words=str(case.invoice_number),
        language=language,
        expires_at=payment.recorded_at + _OPEN_FOR,
    )


def _keep(payment_id: str, made: Checkout, *, at: datetime) -> Payment:
    """Note where the debtor goes on; a payment that has its outcome already keeps that one's reference."""
    with db.atomic():
        row = db.locked(Payment.objects.filter(id=payment_id)).get()
        if row.status == Payment.Status.PROCESSING and not row.reference:
            row.reference, row.checkout_url, row.updated_at = made.reference, made.url, at
            row.save(update_fields=["reference", "checkout_url", "updated_at"])
        return row


def abandon(*, payment_id: str, by: str, at: datetime) -> Payment:
    """The debtor wants to pay otherwise: close the processor's page and lift the hold; paid meanwhile, it stays paid.

    Raises ProcessorError where nobody knows.
    """
    payment = Payment.objects.get(id=payment_id)
    processor = providers.processor_named(payment.provider)
    begun = payment.status == Payment.Status.PROCESSING and payment.reference.startswith("cs_")
    if not begun or not isinstance(processor, StripeProcessor):
        return payment
    return catch_up(payment, processor.end(payment.reference, payment.account), by=by, at=at)


# --- what was left


# A page may be open so long before its callback is missed; then it is asked for now and then.
_QUIET = timedelta(minutes=50)
_GRACE = timedelta(minutes=2)


def sweep_checkouts(*, at: datetime, limit: int = 100) -> int:
    """Ask what became of payments on the processor's page that nobody told us about; how many have an outcome now."""
    settled = 0
    for payment in queries.left_at_checkout(begun=at - _GRACE, quiet=at - _QUIET, limit=limit):
        processor = providers.processor_named(payment.provider)
        if not isinstance(processor, StripeProcessor):
            continue
        try:
            settled += _look(payment, processor, at)
        except ProcessorError:
            continue
    return settled


def _look(payment: Payment, processor: StripeProcessor, at: datetime) -> bool:
    # Looked at, it goes to the end of the queue: a debit may be on its way for days.
    Payment.objects.filter(id=payment.id, status=Payment.Status.PROCESSING).update(updated_at=at)
    if not payment.reference:
        made = processor.find_checkout(payment.id, payment.account)
        if made is None:
            fail(payment_id=payment.id, charge=Charge("", failure=_NOT_COMPLETED), by="engine", at=at)
            return True
        payment = _keep(payment.id, made, at=at)
    charge = processor.find(payment.reference, payment.account)
    if charge is None:
        return False
    return catch_up(payment, charge, by="engine", at=at).status != Payment.Status.PROCESSING
