"""What comes next for a case: the playbook's next step, or the judgement that the playbook is exhausted."""

from datetime import datetime

from django.db.models import F, Max, Q

from agentcollect.kit import clock, db, ids
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from campaigns.operations.facts import about, case_data, whereabouts
from campaigns.rules import transitions
from campaigns.rules.playbook import PlaybookStep, days_between, earliest_start, following, may_escalate, permitted
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
    then = _following(campaign, version, after.index if after else None, case.debtor)
    if then is None:
        return None
    due = _due(campaign, case, then, after, at)
    if due is None:
        return None
    step = _insert(case, then, version=version, due=due, at=at)
    Case.objects.filter(id=case.id).update(next_contact_at=due if then.channel == "email" else None, updated_at=at)
    return step


def _following(campaign: Campaign, version: int, after_index: int | None, debtor: Debtor) -> PlaybookStep | None:
    """The playbook's next step, passing over calls to a debtor the creditor does not want called."""
    then = following(campaign.playbook, version, after_index)
    while then is not None and then.channel == "call" and "no_calls" in queries.effects_on(debtor):
        then = following(campaign.playbook, version, then.index)
    return then


def _due(campaign: Campaign, case: Case, then: PlaybookStep, after: Step | None, at: datetime) -> datetime | None:
    """The playbook's day, counted from when `after` was resolved, moved to the next permitted hour."""
    if after is None:
        begin = max(earliest_start(case.due_date, campaign.organisation.timezone, campaign.created_at), at)
    else:
        waited = (after.resolved_at or at) + days_between(campaign.playbook, after.version, after.index, then)
        begin = max(waited, at)
    if then.channel != "email":
        return begin
    try:
        return permitted(whereabouts(case.debtor), channel=then.channel, not_before=begin)
    except NeverPermitted:
        return None


def _insert(case: Case, then: PlaybookStep, *, version: int, due: datetime, at: datetime, attempt: int = 1) -> Step:
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
        attempt=attempt,
        intent=then.intent,
        level=then.level,
        due_at=due,
    )


def resume(*, case: Case, at: datetime) -> Step | None:
    """Take the playbook of an active case up where it stopped: the step that was cancelled is planned anew, as another
    attempt; after a resolved one comes the next; a message in doubt is waited for. Returns what is planned, or None."""
    last = Step.objects.filter(case=case).order_by("-version", "-index", "-attempt").first()
    if last is None or last.status in _RESOLVED:
        return plan_next(case=case, at=at, after=last)
    if case.status != Case.Status.ACTIVE or last.status != Step.Status.CANCELLED:
        return None
    due = max(last.due_at, at)
    if last.channel == "email":
        try:
            due = permitted(whereabouts(case.debtor), channel="email", not_before=due)
        except NeverPermitted:
            return None
    same = PlaybookStep(last.index, 0, last.channel, last.intent, last.level)
    step = _insert(case, same, version=last.version, due=due, at=at, attempt=last.attempt + 1)
    show_next_contact(case=case, at=at)
    return step


def begin_again(*, case: Case, at: datetime) -> Step | None:
    """As `resume`; but where no message ever left, the playbook begins anew, with the one that says what is owed."""
    standing = Step.objects.filter(case=case)
    if standing.filter(Q(handed_over_at__isnull=False) | Q(status=Step.Status.PLANNED)).exists():
        return resume(case=case, at=at)
    campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
    first = following(campaign.playbook, campaign.playbook_version, None)
    due = _due(campaign, case, first, None, at) if first and case.status == Case.Status.ACTIVE else None
    if first is None or due is None:
        return None
    tried = Step.objects.filter(case=case, version=campaign.playbook_version, index=first.index)
    attempt = (tried.aggregate(last=Max("attempt"))["last"] or 0) + 1
    step = _insert(case, first, version=campaign.playbook_version, due=due, at=at, attempt=attempt)
    show_next_contact(case=case, at=at)
    return step


_RESOLVED = frozenset({Step.Status.SENT, Step.Status.DENIED, Step.Status.FAILED})


def due_date_changed(*, case: Case, campaign: Campaign, at: datetime) -> None:
    """Move the planned message to what the new due date allows: never before the day after it; the first contact as
    soon as that allows. A worker that holds the step loses its claim."""
    step = Step.objects.filter(case=case, status=Step.Status.PLANNED, channel="email").order_by("due_at").first()
    if step is None:
        return
    zone = campaign.organisation.timezone
    begin = max(earliest_start(case.due_date, zone, campaign.start_at or campaign.created_at), at)
    first = not Step.objects.filter(case=case).exclude(id=step.id).exists()
    try:
        due = permitted(
            whereabouts(case.debtor), channel="email", not_before=begin if first else max(begin, step.due_at)
        )
    except NeverPermitted:
        return
    planned = Step.objects.filter(id=step.id, status=Step.Status.PLANNED)
    planned.update(due_at=due, lease_token=F("lease_token") + 1, lease_until=None)
    show_next_contact(case=case, at=at)


def show_next_contact(*, case: Case, at: datetime) -> None:
    """Write `next_contact_at` as the planned message and the holds on the case now have it: none while one of them has
    no end, else not before the last end."""
    step = Step.objects.filter(case_id=case.id, status=Step.Status.PLANNED, channel="email").order_by("due_at").first()
    ends = [hold.ends_at for hold in queries.blocking(queries.holds_on(case, at=at))]
    moments = [step.due_at, *ends] if step else [None]
    shown = None if None in moments else max(moments)  # type: ignore[type-var]
    if shown != case.next_contact_at:
        case.next_contact_at, case.updated_at = shown, at
        case.save(update_fields=["next_contact_at", "updated_at"])


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
    if "no_attorney" in queries.effects_on(case.debtor):
        return "you excluded this debtor from attorneys; it needs you"
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
