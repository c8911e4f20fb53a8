"""What comes next for a case: the playbook's next step, or the judgement that the playbook is exhausted.

A debtor's open invoices of one campaign are one conversation. Where it stands is read from the steps of all of them;
the oldest that may be asked for has the planned step, the others have none of their own (queries.conversations).
"""

import contextlib
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import F

from agentcollect.kit import clock, db, ids
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Step
from campaigns.operations.facts import about, case_data, whereabouts
from campaigns.queries import conversations
from campaigns.rules import moments, transitions
from campaigns.rules.playbook import (
    PlaybookStep,
    Steps,
    days_between,
    earliest_start,
    following,
    may_escalate,
    permitted,
)
from compliance.hours import NeverPermitted
from events.operations import record

_RESOLVED = frozenset({*conversations.LEFT, Step.Status.DENIED, Step.Status.FAILED, Step.Status.SKIPPED})
# A first message that could not be written or was refused is tried again a day later, and not for ever.
_TRIES, _TRY_AGAIN = 3, timedelta(days=1)


def plan_next(*, case: Case, at: datetime, after: Step | None) -> Step | None:
    """Insert the playbook step that follows the resolved step `after` (None: the first). Returns it, or None.

    Runs inside the transaction that resolved `after`. A case that is closed, carried by another invoice, or has a step
    planned gets none; answers and notices are followed by nothing.
    """
    if after is not None and after.kind != "outreach":
        return None
    return resume(case=case, at=at)


def resume(*, case: Case, at: datetime) -> Step | None:
    """Plan what comes next for an active case, from where its conversation stands. Returns it, or None.

    A step that was cancelled is planned anew, as another attempt; after a resolved one comes the next. Where no message
    ever left, the playbook begins with the one that says what is owed (R-15), whatever came of its first attempt. What
    waits for a person, or may have left, is waited for.
    """
    if case.status != Case.Status.ACTIVE:
        return None
    speaking = conversations.talking(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
    return _resume(case, speaking, conversations.said(case), at=at)


def _resume(case: Case, speaking: list[Case], steps: list[Step], *, at: datetime) -> Step | None:
    own = [step for step in steps if step.case_id == case.id]
    if any(step.status in conversations.WAITING for step in own) or (own and own[-1].status == _IN_DOUBT):
        return None
    if conversations.carrier(case, speaking, steps) is not None:
        return None
    campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
    planned = _plan(campaign, case, steps, own, at=at)
    if planned is not None:
        show_next_contact(case=case, at=at)
    return planned


_IN_DOUBT = Step.Status.UNCONFIRMED


def _plan(campaign: Campaign, case: Case, steps: list[Step], own: list[Step], *, at: datetime) -> Step | None:
    version = own[-1].version if own else campaign.playbook_version
    playbook = queries.playbook_steps(campaign, version)
    before = _last_resolved(case, steps)
    then = _following(playbook, before.index if before else None, case)
    if then is None:
        return None
    tried = [step for step in own if (step.version, step.index, step.channel) == (version, then.index, then.channel)]
    if sum(step.status in _RESOLVED for step in tried) >= _TRIES:
        return None
    due = _due(campaign, playbook, case, then, before, tried[-1] if tried else None, at)
    if due is None:
        return None
    attempt = max((step.attempt for step in tried), default=0) + 1
    return _insert(case, then, version=version, due=due, at=at, attempt=attempt)


def _last_resolved(case: Case, steps: list[Step]) -> Step | None:
    """The farthest step that the conversation is done with; None while no message has said what is owed on this invoice
    (R-15). An attorney is asked per invoice, so that step is done for its own alone."""
    told = conversations.about(case, steps)
    if not any(step.status in conversations.LEFT and step.channel == "email" for step in told):
        return None
    done = [step for step in steps if step.status in _RESOLVED]
    done = [step for step in done if step.channel != "attorney" or step.case_id == case.id]
    return max(done, key=lambda step: (step.version, step.index, step.attempt))


def said_already(step: Step, case: Case, steps: list[Step]) -> bool:
    """Whether the conversation, whose steps are `steps`, went past this step meanwhile, on another invoice of it."""
    before = _last_resolved(case, steps)
    return before is not None and (before.version, before.index) >= (step.version, step.index)


def _following(playbook: Steps, after_index: int | None, case: Case) -> PlaybookStep | None:
    """The playbook's next step, passing over calls to a debtor the creditor does not want called."""
    then = following(playbook, after_index)
    while then is not None and then.channel == "call" and "no_calls" in queries.effects_on(case.debtor):
        then = following(playbook, then.index)
    return then


def _due(
    campaign: Campaign,
    playbook: Steps,
    case: Case,
    then: PlaybookStep,
    before: Step | None,
    tried: Step | None,
    at: datetime,
) -> datetime | None:
    """The playbook's day, counted from when the step before was resolved, moved to permitted and good hours.

    What was planned before and cancelled keeps its moment, if that is still to come. None where no hour is lawful.
    """
    if tried is not None and tried.status not in _RESOLVED:
        return _permitted(case, then, max(tried.due_at, at))
    if before is None:
        begin = max(earliest_start(case.due_date, campaign.organisation.timezone, began(campaign)), at)
        return _permitted(case, then, max(begin, at + _TRY_AGAIN) if tried else begin)
    resolved = before.resolved_at or before.handed_over_at or at
    days = days_between(playbook, before.index, then)
    if then.channel != "email":
        return _permitted(case, then, max(resolved + days, at))
    try:
        due = moments.later_moment(whereabouts(case.debtor), after=resolved, days=days, key=case.id)
    except NeverPermitted:
        return None
    return due if due >= at else _permitted(case, then, at)


def began(campaign: Campaign) -> datetime:
    """From when on the campaign's first messages may be planned."""
    return campaign.start_at or campaign.created_at


def _permitted(case: Case, then: PlaybookStep, not_before: datetime) -> datetime | None:
    if then.channel == "attorney":
        return not_before
    try:
        return permitted(whereabouts(case.debtor), channel=then.channel, not_before=not_before)
    except NeverPermitted:
        return None


def _insert(case: Case, then: PlaybookStep, *, version: int, due: datetime, at: datetime, attempt: int) -> Step:
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


def hand_on(*, debtor_id: str, campaign_id: str, at: datetime) -> None:
    """See that the invoice which carries the conversation now has its step planned, where the conversation stands.

    Called when another one closed, was held, or went its own way. Waits for nobody: a payment may stand behind this
    call, and another worker may be closing that very invoice (its step is then cancelled when it comes due).
    """
    speaking = conversations.talking(debtor_id=debtor_id, campaign_id=campaign_id, at=at)
    steps = conversations.said(speaking[0]) if speaking else []
    for one in speaking:
        if any(step.case_id == one.id and step.status in conversations.WAITING for step in steps):
            return
        # Two that hand on at once plan the same step: the second is none.
        with contextlib.suppress(IntegrityError), db.atomic():
            case = db.claimable(Case.objects.select_related("debtor").filter(id=one.id)).first()
            if case is not None and _resume(case, speaking, steps, at=at) is not None:
                return


def due_date_changed(*, case: Case, campaign: Campaign, at: datetime) -> None:
    """Move the planned message to what the new due date allows: never before the day after it; the first contact as
    soon as that allows. A worker that holds the step loses its claim."""
    step = Step.objects.filter(case=case, status=Step.Status.PLANNED, channel="email").order_by("due_at").first()
    if step is None:
        return
    zone = campaign.organisation.timezone
    begin = max(earliest_start(case.due_date, zone, began(campaign)), at)
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
    """Write `next_contact_at` as the planned message or call and the holds on the case now have it: none while one of
    them has no end, else not before the last end."""
    planned = Step.objects.filter(case_id=case.id, status=Step.Status.PLANNED, channel__in=("email", "call"))
    step = planned.order_by("due_at").first()
    ends = [hold.ends_at for hold in queries.blocking(queries.holds_on(case, at=at))]
    expected = [step.due_at, *ends] if step else [None]
    shown = None if None in expected else max(expected)  # type: ignore[type-var]
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
        hand_on(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
        return 1


def _why_not(case: Case, *, at: datetime) -> str:
    campaign = case.campaign
    if campaign.escalation == Campaign.Escalation.NEVER:
        return "this campaign never goes to an attorney; it needs you"
    if "no_attorney" in queries.effects_on(case.debtor):
        return "you excluded this debtor from attorneys; it needs you"
    steps = conversations.about(case, conversations.said(case))
    sent = [step for step in steps if step.status == Step.Status.SENT and step.channel == "email"]
    facts = sorted((step.resolved_at or at, step.contact_id) for step in sent)
    if not facts:
        return "no message was delivered; it needs you"
    known = Contact.objects.filter(debtor_id=case.debtor_id).exclude(email="").count()
    why_not = may_escalate(
        delivered=len(facts),
        contacts_reached=len({contact for _, contact in facts}),
        contacts_known=known,
        first_at=facts[0][0],
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
