"""Money that had come goes back: a returned debit, a chargeback. Not a refund, which the creditor gives.

Lock order: the campaign (the case may open again), the case, the payment, what was agreed about the case.
"""

from datetime import datetime

from agentcollect.kit import db
from campaigns import operations as campaigns
from campaigns.models import Case
from campaigns.rules.transitions import refused
from events import operations as events
from payments import rules, serializers
from payments.models import Payment, Plan, Promise
from payments.operations import plans, promises
from payments.operations.money import about, lock_case


def reverse(*, payment_id: str, reason: str, by: str, at: datetime) -> Payment:
    """Take back what a payment had settled: a ledger entry makes it owed again, `payment.reversed` says so, and a case
    that it had closed is active again (campaigns.operations.take_back). No success fee is earned by it.

    Reversed already: nothing happens. `reason` is for people. Raises ApiError(illegal_transition) for money that never
    came, or has all been refunded.
    """
    with db.atomic():
        found = Payment.objects.only("organisation_id", "livemode", "case_id", "campaign_id").get(id=payment_id)
        campaign = campaigns.lock_campaign(found.campaign_id)
        lock_case(found.organisation_id, found.livemode, found.case_id)
        payment = db.locked(Payment.objects.filter(id=payment_id)).get()
        if payment.status == Payment.Status.REVERSED:
            return payment
        if not rules.may_become(payment.status, Payment.Status.REVERSED):
            raise refused(payment.status, "be reversed")
        payment.status, payment.success_fee_minor = Payment.Status.REVERSED, 0
        payment.failure, payment.updated_at = reason[:200], at
        payment.save(update_fields=["status", "success_fee_minor", "failure", "updated_at"])
        returned = campaigns.take_back(
            campaign=campaign,
            case_id=payment.case_id,
            amount_minor=_applied(payment),
            payment_id=payment.id,
            reason=reason,
            by=by,
            at=at,
            announce=lambda returned: _went_back(payment, returned, by=by, at=at),
        )
        payment.case = returned.case
        _look_at_agreements(returned.case, by=by, at=at)
        return payment


def _applied(payment: Payment) -> int:
    """What of it stands on the case's ledger: not what was unapplied, nor what was refunded since."""
    parts = payment.allocations.exclude(component=rules.UNAPPLIED).values_list("amount_minor", flat=True)
    return max(0, sum(parts) - payment.refunded_minor)


def _went_back(payment: Payment, returned: campaigns.Returned, *, by: str, at: datetime) -> None:
    events.record(
        type="payment.reversed",
        organisation_id=payment.organisation_id,
        livemode=payment.livemode,
        data=serializers.went_back(payment, returned.case, owed_again_minor=returned.amount_minor),
        by=by,
        at=at,
        about=about(payment, returned.case),
        cause=payment.id,
    )


def _look_at_agreements(case: Case, *, by: str, at: datetime) -> None:
    """A part of what was promised, or of a plan, has not come after all."""
    if case.status == Case.Status.PROMISED:
        for promise in db.locked(Promise.objects.filter(case=case, status=Promise.Status.OPEN)):
            promises.judge(promise, case, by=by, at=at)
    if case.status == Case.Status.IN_PLAN:
        for plan in db.locked(Plan.objects.filter(case=case, status=Plan.Status.ACTIVE)):
            plans.judge(plan, case, by=by, at=at)
