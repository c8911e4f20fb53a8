"""What comes next for a case: the playbook's next step, or the judgement that the playbook is exhausted.

A debtor's open invoices of one campaign are one conversation. Where it stands is read from the steps of all of them;
the oldest that may be asked for has the planned step, the others have none of their own (queries.conversations).
"""

import contextlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import F, Max, QuerySet

from agentcollect.kit import clock, db, ids
from agentcollect.kit.prepared import Prepared
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Hold, Step
from campaigns.operations.facts import whereabouts
from campaigns.queries import conversations
from campaigns.rules import moments
from campaigns.rules.playbook import (
    STATEMENT,
    PlaybookStep,
    Steps,
    days_between,
    earliest_start,
    following,
    permitted,
    statement,
)
from compliance.hours import NeverPermitted

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
    ever left, the playbook begins with the one that says what is owed (R-15), whatever came of its first attempt. After
    the playbook comes one statement a month. What waits for a person, or may have left, is waited for.
    """
    if case.status != Case.Status.ACTIVE:
        return None
    speaking = conversations.talking(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
    return _resume(case, speaking, conversations.said(case), at=at)


def _resume(case: Case, speaking: list[Case], steps: list[Step], *, at: datetime) -> Step | None:
    planned = next_step(_campaign(id=case.campaign_id)[0], case, speaking, steps, at=at)
    if planned is not None:
        db.bulk_insert(Step, [planned])
        show_next_contact(case=case, at=at)
    return planned


@Prepared
def _campaign(id: str) -> QuerySet[Campaign]:
    return Campaign.objects.filter(id=id).select_related("organisation")


def next_step(campaign: Campaign, case: Case, speaking: list[Case], steps: list[Step], *, at: datetime) -> Step | None:
    """What `resume` plans for an active case of a conversation that has been read; nothing is written."""
    own = [step for step in steps if step.case_id == case.id]
    if any(step.status in conversations.WAITING for step in own) or (own and own[-1].status == _IN_DOUBT):
        return None
    if conversations.carrier(case, speaking, steps) is not None:
        return None
    return _plan(campaign, case, speaking, steps, at=at)


_IN_DOUBT = Step.Status.UNCONFIRMED


def _plan(campaign: Campaign, case: Case, speaking: list[Case], steps: list[Step], *, at: datetime) -> Step | None:
    own = [step for step in steps if step.case_id == case.id]
    version = own[-1].version if own else campaign.playbook_version
    playbook = queries.playbook_steps(campaign, version)
    before = _last_resolved(case, steps)
    then = _following(playbook, before.index if before else None, case)
    if then is None and before is not None and _all_through(playbook, speaking, steps):
        then = statement(before.index)
    if then is None:
        return None
    tried = [step for step in own if (step.version, step.index, step.channel) == (version, then.index, then.channel)]
    if _given_up(case, tried):
        return None
    due = _due(campaign, playbook, case, then, before, tried[-1] if tried else None, at)
    if then.intent == STATEMENT and due >= campaign.mandate_ends_at:
        return None
    attempt = max((step.attempt for step in tried), default=0) + 1
    return _step(case, then, version=version, due=due, at=at, attempt=attempt)


def _all_through(playbook: Steps, speaking: list[Case], steps: list[Step]) -> bool:
    """Whether every invoice of the conversation has come to the playbook's end: statements speak for all of them."""
    ends = [_last_resolved(one, steps) for one in speaking]
    return all(end is not None and following(playbook, end.index) is None for end in ends)


def _given_up(case: Case, tried: list[Step]) -> bool:
    """Whether the step was refused or failed so often since the people at the debtor last changed: somebody new, or a
    corrected address, may be told what is owed where nobody could be told before."""
    over = [step for step in tried if step.status in _RESOLVED]
    if len(over) < _TRIES:
        return False
    changed = Contact.objects.filter(debtor_id=case.debtor_id).aggregate(at=Max("updated_at"))["at"]
    since = [step for step in over if changed is None or step.resolved_at is None or step.resolved_at >= changed]
    return len(since) >= _TRIES


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
) -> datetime:
    """The playbook's day, counted from when the step before was resolved, moved to permitted and good hours.

    What was planned before and cancelled keeps its moment, if that is still to come.
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
        due = moments.later_moment(whereabouts(case.debtor), after=resolved, days=days, key=case.spread_key)
    except NeverPermitted:
        return max(resolved + days, at)
    return due if due >= at else _permitted(case, then, at)


def began(campaign: Campaign) -> datetime:
    """From when on the campaign's first messages may be planned."""
    return campaign.start_at or campaign.created_at


def _permitted(case: Case, then: PlaybookStep, not_before: datetime) -> datetime:
    """The first lawful moment; where there is none, the day itself: a step that the gate refuses says why, and is
    looked at again when the debtor is corrected. One that was never planned would say nothing."""
    if then.channel == "attorney":
        return not_before
    try:
        return permitted(whereabouts(case.debtor), channel=then.channel, not_before=not_before)
    except NeverPermitted:
        return not_before


def _step(case: Case, then: PlaybookStep, *, version: int, due: datetime, at: datetime, attempt: int) -> Step:
    return Step(
        id=ids.new("stp"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
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
            case = _claimable.first(id=one.id)
            if case is not None and _resume(case, speaking, steps, at=at) is not None:
                return


_claimable = Prepared(lambda id: db.claimable(Case.objects.select_related("debtor").filter(id=id)))


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


def next_contact(planned: Iterable[Step], holds: Iterable[Hold]) -> datetime | None:
    """The moment that a case promises, from its planned steps and the holds in force on it."""
    due = [step.due_at for step in planned if step.channel in ("email", "call")]
    ends = [hold.ends_at for hold in queries.blocking(list(holds))]
    expected = [min(due), *ends] if due else [None]
    return None if None in expected else max(expected)  # type: ignore[type-var]


@Prepared
def _planned(case_id: str) -> QuerySet[Step]:
    return Step.objects.filter(case_id=case_id, status=Step.Status.PLANNED)


def show_next_contact(*, case: Case, at: datetime) -> None:
    """Write `next_contact_at` as the planned message or call and the holds on the case now have it: none while one of
    them has no end, else not before the last end."""
    shown = next_contact(_planned(case_id=case.id), queries.holds_on(case, at=at))
    if shown != case.next_contact_at:
        case.next_contact_at, case.updated_at = shown, at
        case.save(update_fields=["next_contact_at", "updated_at"])
