"""What comes next for a case: the playbook's next step, or the judgement that the playbook is exhausted."""

from datetime import datetime

from agentcollect.kit import clock, db, ids
from campaigns.models import Campaign, Case, Contact, Step
from campaigns.operations.create import earliest_start
from campaigns.operations.facts import about, case_data, whereabouts
from campaigns.rules import transitions
from campaigns.rules.playbook import PlaybookStep, days_between, following, may_escalate, permitted
from compliance.hours import NeverPermitted
from events.operations import record


def plan_next(*, case: Case, at: datetime, after: Step | None) -> Step | None:
    """Insert the playbook step that follows the resolved step `after` (None: the first). Returns it, or None.

    Runs inside the transaction that resolved `after`. A case that is closed or has a step planned gets none.
    """
    if case.status != Case.Status.ACTIVE or Step.objects.filter(case=case, status=Step.Status.PLANNED).exists():
        return None
    campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
    version = after.version if after else campaign.playbook_version
    then = following(campaign.playbook, version, after.index if after else None)
    if then is None:
        return None
    due = _due(campaign, case, then, after, at)
    if due is None:
        return None
    step = _insert(case, then, version=version, due=due, at=at)
    Case.objects.filter(id=case.id).update(next_contact_at=due if then.channel == "email" else None, updated_at=at)
    return step


def _due(campaign: Campaign, case: Case, then: PlaybookStep, after: Step | None, at: datetime) -> datetime | None:
    """The playbook's day, counted from when `after` was resolved, moved to the next permitted hour."""
    if after is None:
        begin = max(earliest_start(case.due_date, campaign.organisation.timezone, campaign.created_at), at)
    else:
        begin = (after.resolved_at or at) + days_between(campaign.playbook, after.version, after.index, then)
    if then.channel != "email":
        return begin
    try:
        return permitted(whereabouts(case.debtor), channel=then.channel, not_before=begin)
    except NeverPermitted:
        return None


def _insert(case: Case, then: PlaybookStep, *, version: int, due: datetime, at: datetime) -> Step:
    return Step.objects.create(
        id=ids.new("stp"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        created_at=at,
        recorded_at=clock.now(),
        campaign_id=case.campaign_id,
        debtor_id=case.debtor_id,
        case=case,
        version=version,
        index=then.index,
        channel=then.channel,
        intent=then.intent,
        level=then.level,
        due_at=due,
    )


def judge_exhausted(*, at: datetime, limit: int = 200) -> int:
    """Judge the cases whose playbook has come to its attorney step: ready for a referral, or for a person."""
    due = Step.objects.filter(
        status=Step.Status.PLANNED, channel="attorney", due_at__lte=at, campaign__status="active"
    ).order_by("due_at")
    judged = 0
    for step_id in due.values_list("id", flat=True)[:limit]:
        judged += _judge(step_id, at=at)
    return judged


def _judge(step_id: str, *, at: datetime) -> int:
    with db.atomic():
        case_id = Step.objects.values_list("case_id", flat=True).get(id=step_id)
        case = db.locked(Case.objects.filter(id=case_id)).get()
        step = db.claimable(Step.objects.filter(id=step_id, status=Step.Status.PLANNED)).first()
        if step is None or case.status != Case.Status.ACTIVE:
            return 0
        why_not = _why_not(case, at=at)
        step.status = Step.Status.DENIED if why_not else Step.Status.SENT
        step.reason, step.resolved_at = why_not[:300], at
        step.save(update_fields=["status", "reason", "resolved_at"])
        if not why_not:
            transitions.check(transitions.CASE, case.status, Case.Status.ESCALATION_PENDING)
            case.status = Case.Status.ESCALATION_PENDING
        case.next_contact_at, case.updated_at = None, at
        case.save(update_fields=["status", "next_contact_at", "updated_at"])
        _record_judged(case, why_not, step, at=at)
        return 1


def _why_not(case: Case, *, at: datetime) -> str:
    campaign = case.campaign
    if campaign.escalation == Campaign.Escalation.NEVER:
        return "this campaign never goes to an attorney; it needs you"
    sent = Step.objects.filter(case=case, status=Step.Status.SENT, channel="email", kind="outreach")
    facts = list(sent.order_by("resolved_at").values_list("contact_id", "resolved_at"))
    if not facts:
        return "no message was delivered; it needs you"
    known = Contact.objects.filter(debtor_id=case.debtor_id).exclude(email="").count()
    why_not = may_escalate(
        delivered=len(facts),
        contacts_reached=len({contact for contact, _ in facts}),
        contacts_known=known,
        first_at=facts[0][1] or at,
        at=at,
    )
    return f"{why_not}; it needs you" if why_not else ""


def _record_judged(case: Case, why_not: str, step: Step, *, at: datetime) -> None:
    record(
        type="case.updated",
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, change=why_not or "ready for an attorney", status=case.status),
        by="engine",
        at=at,
        about=about(case),
        cause=step.id,
    )
