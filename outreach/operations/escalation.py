"""Cases whose playbook is over: offered to an attorney, where the creditor wants that (LAW.md, R-33)."""

from datetime import datetime

from accounts.models import Organisation
from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case
from campaigns.operations.facts import about, case_data
from campaigns.queries import blocking, effects_on, holds_on
from campaigns.rules.transitions import refused
from events.operations import record
from outreach import queries, rules
from outreach.models import Attorney, Referral

errors.define("attorney_excluded", 409, "The creditor excluded this debtor from attorneys.")
errors.define("escalation_not_authorised", 409, "This campaign never goes to an attorney; change its `escalation`.")
errors.define("case_held", 409, "The case is on hold.")
errors.define("no_attorney", 409, "No attorney licensed in the debtor's state has room at present.")
errors.define("referral_not_offered", 409, "Only a referral that was offered can be accepted.")

_NON_RESPONSIVE = "non_responsive"


def escalate_exhausted(*, at: datetime, limit: int = 100) -> int:
    """Move every case that waits for an attorney one step on; returns how many moved.

    Cases are offered (auto) or proposed (ask); demo attorneys accept one business day after the offer. A real one
    accepts by `accept_referral`.
    """
    waiting = Case.objects.filter(
        Organisation.running("campaign__organisation"),
        status=Case.Status.ESCALATION_PENDING,
        campaign__status=Campaign.Status.ACTIVE,
    )
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
        if case.status != Case.Status.ESCALATION_PENDING or taken or "no_attorney" in effects_on(case.debtor):
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


def escalate(*, case_id: str, by: str, at: datetime) -> Referral:
    """The creditor hands a case to an attorney before its playbook comes to that: this very word is the authorisation
    (LAW.md, R-33), and a proposal that waited for it is offered. Offered or accepted already: nothing happens.

    Raises ApiError: illegal_transition, escalation_not_authorised, attorney_excluded, case_held, no_attorney.
    """
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor", "campaign").filter(id=case_id)).get()
        referral = db.locked(Referral.objects.filter(case=case, status__in=_OPEN)).first()
        if case.closed_at:
            raise refused(case.status, "go to an attorney")
        if referral and referral.status != Referral.Status.PROPOSED:
            return referral
        _check_may_escalate(case, at=at)
        if case.status != Case.Status.ESCALATION_PENDING:
            campaigns.mark_escalation_pending(case_id=case_id, by=by, at=at)
        if referral is None:
            return _insert(case, _must_find(case, at=at), Referral.Status.OFFERED, at=at, by=by)
        referral.status, referral.actor, referral.updated_at = Referral.Status.OFFERED, by, at
        referral.save(update_fields=["status", "actor", "updated_at"])
        return referral


def _check_may_escalate(case: Case, *, at: datetime) -> None:
    if case.campaign.status != Campaign.Status.ACTIVE:
        raise refused(case.campaign.status, "hand cases to an attorney")
    if case.campaign.escalation == Campaign.Escalation.NEVER:
        raise ApiError("escalation_not_authorised")
    if "no_attorney" in effects_on(case.debtor):
        raise ApiError("attorney_excluded")
    if holds := blocking(holds_on(case, at=at)):
        kinds = ", ".join(sorted({hold.kind for hold in holds}))
        raise ApiError("case_held", f"The case is on hold ({kinds}); an attorney is asked when that has ended.")


def _must_find(case: Case, *, at: datetime) -> str:
    attorney_id = _attorney_for(case, at=at)
    if attorney_id is None:
        raise ApiError("no_attorney")
    return attorney_id


def _attorney_for(case: Case, *, at: datetime) -> str | None:
    """Capacity is read without a lock: two offers at once may pass it by one, which an attorney can decline."""
    live = case.livemode
    return rules.choose_attorney(
        queries.licences(sandbox=not live), region=queries.state_of(case.debtor), on=at.date(), must_match=live
    )


def _insert(case: Case, attorney_id: str, status: str, *, at: datetime, by: str = "engine") -> Referral:
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
        actor=by,
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

    Raises ApiError: referral_not_offered, attorney_excluded, illegal_transition.
    """
    with db.atomic():
        case_id = Referral.objects.values_list("case_id", flat=True).get(id=referral_id)
        case = db.locked(Case.objects.filter(id=case_id)).get()
        offered = Referral.objects.select_related("attorney").filter(id=referral_id, status=Referral.Status.OFFERED)
        referral = offered.first()
        if referral is None:
            raise ApiError("referral_not_offered")
        if "no_attorney" in effects_on(case.debtor):
            raise ApiError("attorney_excluded")
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
