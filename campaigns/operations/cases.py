"""What happens to one case: money settles it, an attorney takes it, it closes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from agentcollect.kit import clock, db, ids, jobs
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Dispute, Hold, LedgerEntry, Step
from campaigns.operations.facts import about, amount, case_data, dispute_data
from campaigns.operations.planning import hand_on
from campaigns.operations.tasks import end_case_tasks, end_step_tasks
from campaigns.rules import transitions
from campaigns.rules.holds import OUTLIVES_THE_CASE
from events.operations import record

# Who ended the holds that a closing ended: `reopen` puts them back.
CLOSING = "closing"
# What was agreed about a case is judged by the room above, by the ledger: state → the task that is woken.
_JUDGES = {Case.Status.PROMISED: "payments.judge_promises", Case.Status.IN_PLAN: "payments.judge_plans"}


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a payment did to its case, in minor units: applied + unapplied is the payment."""

    case: Case
    applied_minor: int
    unapplied_minor: int
    balance_minor: int
    closed: bool


def settle(
    *,
    case_id: str,
    amount_minor: int,
    payment_id: str,
    by: str,
    at: datetime,
    again: bool = False,
    announce: Callable[[Settlement], None] | None = None,
) -> Settlement:
    """Post a payment of `amount_minor` to the case's ledger, in the payment's own transaction.

    Applies at most the balance; the rest is returned as unapplied. At balance 0 the case closes `paid`, and steps that
    have not been handed over are cancelled, reserved ones too: a paid debtor is never asked again. `announce` is called
    between the two, so that the payment is told before the closing it causes. A closed case takes nothing, except money
    that had settled it before, went back, and comes `again`.
    """
    [case] = _to_settle(case_id=case_id)
    takes = case.closed_at is None or again
    applied = max(0, min(amount_minor, case.balance_minor)) if takes else 0
    if applied:
        post(
            case=case,
            kind=LedgerEntry.Kind.PAYMENT,
            amount_minor=-applied,
            payment_id=payment_id,
            by=by,
            at=at,
        )
        case.collected_minor += applied
        case.save(update_fields=["balance_minor", "collected_minor", "updated_at"])
    closed = applied > 0 and case.balance_minor == 0 and case.closed_at is None
    settled = Settlement(case, applied, amount_minor - applied, case.balance_minor, closed)
    if announce:
        announce(settled)
    if closed:
        close(case=case, reason=Case.CloseReason.PAID, by=by, at=at, cause=payment_id)
    return settled


@Prepared
def _to_settle(case_id: str) -> QuerySet[Case]:
    return db.locked(Case.objects.select_related("debtor", "campaign", "organisation")).filter(id=case_id)


def post(
    *,
    case: Case,
    kind: str,
    amount_minor: int,
    by: str,
    at: datetime,
    payment_id: str = "",
    reason: str = "",
    reference: str = "",
) -> LedgerEntry:
    """One ledger line and the balance that follows from it (the caller saves the locked case)."""
    case.balance_minor += amount_minor
    case.updated_at = at
    return LedgerEntry.objects.create(
        id=ids.new("led"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        created_at=at,
        recorded_at=clock.now(),
        case=case,
        kind=kind,
        amount_minor=amount_minor,
        currency=case.currency,
        payment_id=payment_id,
        reason=reason,
        reference=reference,
        actor=by,
    )


def close(*, case: Case, reason: str, by: str, at: datetime, cause: str = "", note: str = "") -> None:
    """Close a locked case: nothing planned remains, its holds end, `case.closed` is recorded.

    A hold that is about the debtor as a whole (they are bankrupt, they want no more contact) outlives the invoice it
    was learnt about.
    """
    transitions.check(transitions.CASE, case.status, Case.Status.CLOSED)
    if case.status == Case.Status.DISPUTED and reason != Case.CloseReason.RECALLED:
        _end_dispute(case, by=by, at=at)  # a recalled case may be taken up again, in dispute as it was
    case.closed_from = case.status if case.opened_at else ""
    case.status = Case.Status.CLOSED
    case.close_reason, case.closed_at = reason, at
    case.next_contact_at, case.updated_at = None, at
    case.save(update_fields=["status", "closed_from", "close_reason", "closed_at", "next_contact_at", "updated_at"])
    _cancel(case.id, f"case closed: {reason}", at=at)
    ending = Hold.objects.filter(case_id=case.id, released_at=None).exclude(kind__in=OUTLIVES_THE_CASE)
    ending.update(released_at=at, released_by=CLOSING)
    end_case_tasks(case_id=case.id, by="engine", at=at)
    owed = amount(case, case.balance_minor)
    record_case("case.closed", case, by=by, at=at, cause=cause, reason=reason, balance=owed, note=note or None)
    if case.opened_at is not None:
        hand_on(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
    look_at_agreements(case.closed_from)


def look_at_agreements(status: str) -> None:
    """Have what was agreed about a case in `status` judged again, now; a sweep finds it anyway."""
    if judge := _JUDGES.get(Case.Status(status)) if status else None:
        jobs.enqueue(judge)


def _end_dispute(case: Case, *, by: str, at: datetime) -> None:
    """The case ends for another reason than what was disputed about it: that is moot."""
    for dispute in db.locked(Dispute.objects.filter(case=case, resolved_at=None)):
        transitions.check(transitions.DISPUTE, dispute.status, Dispute.Status.WITHDRAWN)
        dispute.status, dispute.updated_at = Dispute.Status.WITHDRAWN, at
        dispute.resolved_at, dispute.resolved_by = at, by
        dispute.save(update_fields=["status", "resolved_at", "resolved_by", "updated_at"])
        data = dispute_data(dispute, case) | {"note": "the case was closed"}
        record_case("dispute.resolved", case, by=by, at=at, cause=dispute.id, **data)


def cancel_steps(*, case_id: str, reason: str, at: datetime) -> int:
    """Cancel what has not been handed over, a draft or call that waits for a person too (its task ends)."""
    cancelled = _cancel(case_id, reason, at=at)
    end_step_tasks(case_id=case_id, by="engine", at=at)
    return cancelled


_NOT_GONE = (Step.Status.PLANNED, Step.Status.SENDING, Step.Status.NEEDS_HUMAN)


def _cancel(case_id: str, reason: str, *, at: datetime) -> int:
    """Raising the token makes a worker that holds the step lose its claim."""
    return Step.objects.filter(case_id=case_id, status__in=_NOT_GONE).update(
        status=Step.Status.CANCELLED,
        reason=reason,
        resolved_at=at,
        lease_until=None,
        lease_token=F("lease_token") + 1,
    )


def mark_escalation_pending(*, case_id: str, by: str, at: datetime, cause: str = "") -> Case:
    """A person decides that the case goes to an attorney before its playbook says so."""
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor")).get(id=case_id)
        transitions.check(transitions.CASE, case.status, Case.Status.ESCALATION_PENDING)
        case.status, case.updated_at, case.next_contact_at = Case.Status.ESCALATION_PENDING, at, None
        case.save(update_fields=["status", "updated_at", "next_contact_at"])
        cancel_steps(case_id=case.id, reason="ready for an attorney", at=at)
        hand_on(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
        record_case(
            "case.updated",
            case,
            by=by,
            at=at,
            cause=cause,
            change="ready for an attorney",
            status=case.status,
        )
        return case


_with_debtor = Prepared(lambda id: db.locked(Case.objects.select_related("debtor").filter(id=id)))


def mark_escalated(
    *,
    case_id: str,
    attorney: dict[str, Any],
    referral_id: str,
    reason: str,
    contacts_made: int,
    by: str,
    at: datetime,
) -> Case:
    """An attorney has accepted: our own outreach stops, `case.escalated` is recorded. Call inside the same transaction
    as the referral's own change."""
    case = _with_debtor.one(id=case_id)
    transitions.check(transitions.CASE, case.status, Case.Status.ESCALATED)
    case.status, case.updated_at, case.next_contact_at = Case.Status.ESCALATED, at, None
    case.save(update_fields=["status", "updated_at", "next_contact_at"])
    cancel_steps(case_id=case.id, reason="an attorney has accepted the case", at=at)
    hand_on(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
    record_case(
        "case.escalated",
        case,
        by=by,
        at=at,
        balance=amount(case, case.balance_minor),
        reason=reason,
        contacts_made=contacts_made,
        attorney=attorney,
        referral_id=referral_id,
    )
    return case


def record_case(type: str, case: Case, *, by: str, at: datetime, cause: str = "", **data: Any) -> None:
    """Record an event about a case (its debtor is loaded)."""
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, **data),
        by=by,
        at=at,
        about=about(case),
        cause=cause,
    )
