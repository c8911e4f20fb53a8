"""Money that had come went back (a returned debit, a chargeback, a refund): what it paid is owed again, and asked for
again, except where the creditor credits the invoice with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from agentcollect.kit import db
from campaigns.models import Campaign, Case, Hold, LedgerEntry
from campaigns.operations.cases import close, post, record_case
from campaigns.operations.closing import placed_again, reopen
from campaigns.operations.create import lost_a_race

# What these waited for ended with the closing, and does not begin anew because the money went back.
_OVER = (Hold.Kind.PROMISE, Hold.Kind.PLAN, Hold.Kind.DISPUTE, Hold.Kind.PAID_CLAIM, Hold.Kind.PAYMENT_PROCESSING)
_ENDED = (Case.Status.PROMISED, Case.Status.IN_PLAN, Case.Status.DISPUTED)
_COLLECTING = (Campaign.Status.ACTIVE, Campaign.Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Returned:
    """What money that went back did to its case. `reopens`: it had closed the case, which is collected again."""

    case: Case
    amount_minor: int
    reopens: bool


def lock_campaign(campaign_id: str) -> Campaign:
    """The campaign of a case that may open again, locked before the case: its mandate must not end meanwhile."""
    return db.locked(Campaign.objects.filter(id=campaign_id)).get()


def take_back(
    *,
    campaign: Campaign,
    case_id: str,
    amount_minor: int,
    payment_id: str,
    reason: str,
    by: str,
    at: datetime,
    announce: Callable[[Returned], None],
    kind: str = LedgerEntry.Kind.REVERSAL,
    credited: str = "",
) -> Returned:
    """Post that `amount_minor` of a payment, which had been applied, went back, in the payment's own transaction: a
    reversal or, as `kind` says, a refund. `credited`: the number of the credit note by which nothing of it is owed
    again.

    A case that it had closed as paid or settled is active again (with its attorney, where one had it), and its playbook
    goes on at its step. It stays closed, with a balance, where the mandate has ended or the invoice was placed anew
    meanwhile. `announce` is called between the two. The locked `campaign` is the case's.
    """
    case = db.locked(Case.objects.select_related("debtor", "campaign").filter(id=case_id)).get()
    if amount_minor:
        told = {"payment_id": payment_id, "reason": reason[:300]}
        post(case=case, kind=kind, amount_minor=amount_minor, **told, by=by, at=at)
        case.collected_minor -= amount_minor
        if credited:
            _credit(case, amount_minor, credited, reason, by=by, at=at)
        case.save(update_fields=["balance_minor", "collected_minor", "updated_at"])
    returned = Returned(case, amount_minor, _may_reopen(campaign, case))
    announce(returned)
    if returned.reopens:
        _reopen(campaign, case, payment_id, by=by, at=at)
    return returned


def credit_returned(*, case_id: str, amount_minor: int, reference: str, reason: str, by: str, at: datetime) -> Case:
    """Credit a case with what a payment had paid of it and has gone back already, as far as it is owed still."""
    case = db.locked(Case.objects.select_related("debtor", "campaign").filter(id=case_id)).get()
    if minor := max(0, min(amount_minor, case.balance_minor)):
        _credit(case, minor, reference, reason, by=by, at=at)
        case.save(update_fields=["balance_minor", "updated_at"])
        if case.closed_at is None and case.balance_minor == 0:
            paid = Case.CloseReason.PAID if case.collected_minor else Case.CloseReason.RECALLED
            close(case=case, reason=paid, by=by, at=at, cause=reference)
    return case


def _credit(case: Case, minor: int, reference: str, reason: str, *, by: str, at: datetime) -> None:
    told = {"reference": reference, "reason": reason[:300]}
    post(case=case, kind=LedgerEntry.Kind.CREDIT_NOTE, amount_minor=-minor, **told, by=by, at=at)


def _may_reopen(campaign: Campaign, case: Case) -> bool:
    paid = case.close_reason in (Case.CloseReason.PAID, Case.CloseReason.SETTLED) and case.balance_minor > 0
    return paid and campaign.status in _COLLECTING and not placed_again(case)


def _reopen(campaign: Campaign, case: Case, payment_id: str, *, by: str, at: datetime) -> None:
    was = case.close_reason
    if case.closed_from in _ENDED:
        case.closed_from = Case.Status.ACTIVE
    try:
        with db.atomic():
            reopen(campaign, case, at=at, over=_OVER)
    except IntegrityError as error:
        # The invoice was placed anew at this very moment: that case is the one that is collected.
        if not lost_a_race(error):
            raise
        case.refresh_from_db()
        return
    shown = {"close_reason": {"before": was, "after": None}}
    words = "its payment went back, so it is owed again"
    told = {"change": words, "status": case.status, "changes": shown, "reason": None}
    record_case("case.updated", case, by=by, at=at, cause=payment_id, **told)
