"""Cases whose playbook is over: offered to an attorney, where the creditor wants that (LAW.md, R-33)."""

from datetime import datetime

from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case
from campaigns.operations.facts import about, case_data
from events.operations import record
from outreach import queries, rules
from outreach.models import Attorney, Referral

errors.define("referral_not_offered", 409, "Only a referral that was offered can be accepted.")

_NON_RESPONSIVE = "non_responsive"


def escalate_exhausted(*, at: datetime, limit: int = 100) -> int:
    """Move every case that waits for an attorney one step on; returns how many moved.

    Cases are offered (auto) or proposed (ask); demo attorneys accept one business day after the offer. A real one
    accepts by `accept_referral`.
    """
    waiting = Case.objects.filter(status=Case.Status.ESCALATION_PENDING, campaign__status=Campaign.Status.ACTIVE)
    proposed = Referral.objects.filter(status__in=_OPEN).values("case_id")
    fresh = waiting.exclude(id__in=proposed).exclude(campaign__escalation=Campaign.Escalation.NEVER)
    moved = sum(_refer(case_id, at=at) for case_id in fresh.order_by("updated_at").values_list("id", flat=True)[:limit])
    demo = Referral.objects.filter(status=Referral.Status.OFFERED, livemode=False, case__in=waiting)
    rows = demo.select_related("attorney").order_by("created_at")[:limit]
    return moved + sum(_accept_demo(referral, at=at) for referral in rows)


_OPEN = (Referral.Status.PROPOSED, Referral.Status.OFFERED, Referral.Status.ACCEPTED)


def _refer(case_id: str, *, at: datetime) -> int:
    """Offer the case to an attorney, or propose it to the creditor; 0 while no attorney fits."""
    with db.atomic():
        case = db.locked(Case.objects.filter(id=case_id)).get()
        taken = Referral.objects.filter(case=case, status__in=_OPEN).exists()
        if case.status != Case.Status.ESCALATION_PENDING or taken:
            return 0
        attorney_id = _attorney_for(case, at=at)
        if attorney_id is None:
            return 0
        asks = case.campaign.escalation == Campaign.Escalation.ASK
        status = Referral.Status.PROPOSED if asks else Referral.Status.OFFERED
        referral = _insert(case, attorney_id, status, at=at)
        if asks:
            _record_proposed(case, referral, at=at)
        return 1


def _attorney_for(case: Case, *, at: datetime) -> str | None:
    """Capacity is read without a lock: two offers at once may pass it by one, which an attorney can decline."""
    live = case.livemode
    return rules.choose_attorney(
        queries.licences(sandbox=not live), region=queries.state_of(case.debtor), on=at.date(), must_match=live
    )


def _insert(case: Case, attorney_id: str, status: str, *, at: datetime) -> Referral:
    return Referral.objects.create(
        id=ids.new("rfl"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        case=case,
        attorney_id=attorney_id,
        status=status,
        actor="engine",
    )


def _record_proposed(case: Case, referral: Referral, *, at: datetime) -> None:
    record(
        type="referral.proposed",
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, referral_id=referral.id),
        by="engine",
        at=at,
        about=about(case),
        cause=referral.id,
    )


def _accept_demo(referral: Referral, *, at: datetime) -> int:
    if not referral.attorney.sandbox or at < rules.business_day_after(referral.created_at, referral.attorney.bar_state):
        return 0
    accept_referral(referral_id=referral.id, by=f"attorney:{referral.attorney_id}", at=at)
    return 1


def accept_referral(*, referral_id: str, by: str, at: datetime) -> Referral:
    """The attorney takes the case over: `case.escalated`, and our own outreach ends, in one transaction.

    Raises ApiError: referral_not_offered, illegal_transition.
    """
    with db.atomic():
        case_id = Referral.objects.values_list("case_id", flat=True).get(id=referral_id)
        case = db.locked(Case.objects.filter(id=case_id)).get()
        offered = Referral.objects.select_related("attorney").filter(id=referral_id, status=Referral.Status.OFFERED)
        referral = offered.first()
        if referral is None:
            raise ApiError("referral_not_offered")
        referral.status, referral.accepted_at, referral.updated_at = Referral.Status.ACCEPTED, at, at
        referral.save(update_fields=["status", "accepted_at", "updated_at"])
        campaigns.mark_escalated(
            case_id=case_id,
            attorney=_public(referral.attorney),
            referral_id=referral.id,
            reason=_NON_RESPONSIVE,
            contacts_made=queries.contacts_made(case),
            by=by,
            at=at,
        )
        return referral


def _public(attorney: Attorney) -> dict[str, str]:
    return {"name": attorney.name, "bar_state": attorney.bar_state, "bar_number": attorney.bar_number}
