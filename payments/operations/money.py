"""Money that came: recorded once, for one invoice or for several of a debtor.

Lock order: campaigns (only where one may open a case again) and cases, each by id, the payment, its refund, what was
agreed about the case, event counter (taken by `kit.db.atomic` at the end).
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError

from agentcollect.kit import clock, db, errors, ids, money
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from events import operations as events
from payments import queries, rules, serializers
from payments.models import Payment
from payments.operations.settling import settle
from payments.serializers import Report

errors.define("amount_above_balance", 400, "The amount is more than what is owed.")
errors.define("no_balance", 409, "Nothing is owed on this case; name an `amount` to record money that came anyway.")
errors.define("invalid_instruction", 400, "Invoices that are paid together are one debtor's, in one currency.")


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
    instruction: rules.Instruction = (),
    offer_id: str = "",
) -> Payment:
    """Record money that came for a case: payment, allocations, ledger, event, in one transaction.

    `instruction`: the invoices of the same debtor that it is meant for, with what each gets, in this order (`case_id`
    may be among them); what is over is the first one's. The same (organisation, mode, provider, provider_reference)
    counts once: repeated, it returns the first payment and changes nothing. A closed case takes the money as unapplied
    credit. Raises ApiError: case_not_found, currency_mismatch, invalid_instruction.
    """
    key = (organisation_id, livemode, provider, provider_reference)
    try:
        with db.atomic():
            cases = lock_cases(organisation_id, livemode, case_id, instruction)
            case = cases[case_id]
            if known := queries.by_reference(*key):
                return known
            if currency != case.currency:
                raise ApiError("currency_mismatch", f"The case is in {case.currency}.", param="currency")
            payment = insert(
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
                instruction=[list(pair) for pair in instruction],
                offer_id=offer_id,
                actor=by,
                at=at,
            )
            settle(payment, cases, by=by, at=at)
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


def lock_case(organisation_id: str, livemode: bool, case_id: str) -> Case:
    found = queries.case_for_money(organisation_id=organisation_id, livemode=livemode, case_id=case_id)
    if not found:
        raise ApiError("case_not_found", param="case_id")
    return found[0]


def lock_cases(
    organisation_id: str, livemode: bool, case_id: str, instruction: rules.Instruction = ()
) -> dict[str, Case]:
    """The cases that a payment of `case_id` is for, locked by id. Raises ApiError: case_not_found, invalid_instruction
    (they are not one debtor's, or not in one currency)."""
    named = sorted({case_id, *(one for one, _ in instruction)})
    cases = {one: lock_case(organisation_id, livemode, one) for one in named}
    if len({(case.debtor_id, case.currency) for case in cases.values()}) > 1 or any(
        part <= 0 for _, part in instruction
    ):
        raise ApiError("invalid_instruction", param="case_id")
    return cases


def insert(case: Case, *, at: datetime, **fields: Any) -> Payment:
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


def about(payment: Payment, case: Case) -> events.About:
    return events.About(campaign_id=case.campaign_id, case_id=case.id, debtor_id=case.debtor_id)
