"""Money that came: recorded once, shared out, told, and the case settled by it.

Lock order: case, payment, what was agreed about the case, event counter (taken by `kit.db.atomic` at the end).
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError

from agentcollect.kit import clock, db, errors, ids, money
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case
from events import operations as events
from payments import queries, rules, serializers
from payments.models import Allocation, Payment
from payments.operations.following import follow
from payments.serializers import Report

errors.define("amount_above_balance", 400, "The amount is more than what is owed.")
errors.define("no_balance", 409, "Nothing is owed on this case; name an `amount` to record money that came anyway.")


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
            case = lock_case(organisation_id, livemode, case_id)
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
                actor=by,
                at=at,
            )
            settle(payment, by=by, at=at)
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


def settle(payment: Payment, *, by: str, at: datetime) -> None:
    """Post the ledger, share the money out, record the fact, close the case that is paid, and look at what was agreed
    about it: in this order.

    The case is locked and the payment has succeeded.
    """
    open_, was = queries.open_components(payment.case), payment.case.status
    settled = campaigns.settle(
        case_id=payment.case_id,
        amount_minor=payment.amount_minor,
        payment_id=payment.id,
        by=by,
        at=at,
        announce=lambda settled: _came(payment, settled, open_, by=by, at=at),
    )
    follow(case=settled.case, was=was, by=by, at=at)


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
        about=about(payment, case),
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


def about(payment: Payment, case: Case) -> events.About:
    return events.About(campaign_id=payment.campaign_id, case_id=case.id, debtor_id=case.debtor_id)
