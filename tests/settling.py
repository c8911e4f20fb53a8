"""Rows of how cases are settled: payments, promises, plans and disputes, without what their operations do besides."""

from datetime import timedelta
from typing import Any

from agentcollect.kit import clock, ids
from campaigns.models import Case, Dispute
from payments.models import Allocation, Instalment, Offer, Payment, Plan, Promise
from tests.factories import BY


def payment(case: Case, amount_minor: int = 10_000, **facts: Any) -> Payment:
    """A payment's rows alone, all of it principal (the case is not settled: `payments.operations.record` does that)."""
    at = clock.now()
    row = Payment.objects.create(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "campaign_id": case.campaign_id,
            "case": case,
            "amount_minor": amount_minor,
            "currency": case.currency,
            "method": Payment.Method.BANK_TRANSFER,
            "status": Payment.Status.SUCCEEDED,
            "source": Payment.Source.REPORTED,
            "provider": "test",
            "provider_reference": ids.new("ref"),
            "received_at": at,
            "actor": BY,
            "created_at": at,
            "recorded_at": at,
            "updated_at": at,
        }
        | facts
    )
    Allocation.objects.create(
        organisation_id=row.organisation_id,
        livemode=row.livemode,
        payment=row,
        case=case,
        component=Allocation.Component.PRINCIPAL,
        amount_minor=amount_minor,
        currency=row.currency,
        created_at=at,
        recorded_at=at,
    )
    return row


def _agreed(case: Case, **facts: Any) -> dict[str, Any]:
    at = clock.now()
    shared = {"organisation_id": case.organisation_id, "livemode": case.livemode, "currency": case.currency}
    when = {"created_at": at, "recorded_at": at, "updated_at": at}
    return shared | when | {"case": case, "debtor_id": case.debtor_id, "source": "creditor", "actor": BY} | facts


def promise(case: Case, **facts: Any) -> Promise:
    """A promise's row alone, to be kept in a week."""
    due = clock.now() + timedelta(days=7)
    open_ = {"status": Promise.Status.OPEN, "amount_minor": case.balance_minor, "due_on": due.date()}
    return Promise.objects.create(**_agreed(case, **open_, judged_after=due + timedelta(days=1)) | facts)


def offer(case: Case, **facts: Any) -> Offer:
    """A settlement's row alone, sent, for half of what is owed."""
    at = clock.now()
    sent = {"status": Offer.Status.SENT, "amount_minor": case.balance_minor // 2, "balance_minor": case.balance_minor}
    return Offer.objects.create(**_agreed(case, **sent, sent_at=at, valid_until=at + timedelta(days=7)) | facts)


def plan(case: Case, **facts: Any) -> Plan:
    """A plan's rows alone: two instalments, running."""
    at, half = clock.now(), case.balance_minor // 2
    running = {"status": Plan.Status.ACTIVE, "total_minor": case.balance_minor, "started_at": at}
    row = Plan.objects.create(**_agreed(case, **running) | facts)
    for number, minor in enumerate((case.balance_minor - half, half), start=1):
        due = at + timedelta(days=30 * number)
        Instalment.objects.create(
            organisation_id=row.organisation_id,
            livemode=row.livemode,
            created_at=at,
            recorded_at=at,
            updated_at=at,
            plan=row,
            number=number,
            due_on=due.date(),
            judged_after=due + timedelta(days=4),
            amount_minor=minor,
        )
    return row


def dispute(case: Case, **facts: Any) -> Dispute:
    """A dispute's row alone, of the whole invoice."""
    return Dispute.objects.create(
        **_agreed(case, status=Dispute.Status.OPENED, reason="quality", text="Broken.") | facts
    )
