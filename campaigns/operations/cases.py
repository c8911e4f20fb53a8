"""What happens to one case: money settles it, an attorney takes it, it closes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from agentcollect.kit import clock, db, ids
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Hold, LedgerEntry, Step
from campaigns.operations.facts import about, amount, case_data
from campaigns.rules import transitions
from campaigns.rules.holds import OUTLIVES_THE_CASE
from events.operations import record

# Who ended the holds that a closing ended: `reopen` puts them back.
CLOSING = "closing"


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
    announce: Callable[[Settlement], None] | None = None,
) -> Settlement:
    """Post a payment of `amount_minor` to the case's ledger, in the payment's own transaction.

    Applies at most the balance; the rest is returned as unapplied. At balance 0 the case closes `paid`, and steps that
    have not been handed over are cancelled, reserved ones too: a paid debtor is never asked again. `announce` is called
    between the two, so that the payment is told before the closing it causes.
    """
    [case] = _to_settle(case_id=case_id)
    applied = max(0, min(amount_minor, case.balance_minor)) if case.closed_at is None else 0
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
    closed = applied > 0 and case.balance_minor == 0
    settled = Settlement(case, applied, amount_minor - applied, case.balance_minor, closed)
    if announce:
        announce(settled)
    if closed:
        close(case=case, reason=Case.CloseReason.PAID, by=by, at=at, cause=payment_id)
    return settled


@Prepared
def _to_settle(case_id: str) -> QuerySet[Case]:
    return db.locked(Case.objects.select_related("debtor", "campaign")).filter(id=case_id)


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
    case.closed_from = case.status if case.opened_at else ""
    case.status = Case.Status.CLOSED
    case.close_reason, case.closed_at = reason, at
    case.next_contact_at, case.updated_at = None, at
    case.save(update_fields=["status", "closed_from", "close_reason", "closed_at", "next_contact_at", "updated_at"])
    cancel_steps(case_id=case.id, reason=f"case closed: {reason}", at=at)
    ending = Hold.objects.filter(case_id=case.id, released_at=None).exclude(kind__in=OUTLIVES_THE_CASE)
    ending.update(released_at=at, released_by=CLOSING)
    owed = amount(case, case.balance_minor)
    record_case("case.closed", case, by=by, at=at, cause=cause, reason=reason, balance=owed, note=note or None)


def cancel_steps(*, case_id: str, reason: str, at: datetime) -> int:
    """Cancel what has not been handed over. Raising the token makes a worker that holds the step lose its claim."""
    pending = Step.objects.filter(case_id=case_id, status__in=[Step.Status.PLANNED, Step.Status.SENDING])
    return pending.update(
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
    case = db.locked(Case.objects.select_related("debtor")).get(id=case_id)
    transitions.check(transitions.CASE, case.status, Case.Status.ESCALATED)
    case.status, case.updated_at, case.next_contact_at = Case.Status.ESCALATED, at, None
    case.save(update_fields=["status", "updated_at", "next_contact_at"])
    cancel_steps(case_id=case.id, reason="an attorney has accepted the case", at=at)
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
