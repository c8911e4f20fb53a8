"""The two ends of a message's way out: the mark before it leaves, and what is known afterwards."""

from datetime import datetime
from typing import Any

import structlog
from django.db.models import Max

from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Step
from campaigns.operations.facts import about, case_data
from campaigns.queries import conversations
from compliance import gate
from events.operations import record
from outreach import queries, rendering, rules
from outreach.models import AgentRun, Message
from outreach.operations import called, letters, readiness
from outreach.operations.claims import LEASE, Claim, Withdrawn
from outreach.providers.email import TransportError
from outreach.rules import law

log = structlog.get_logger()

errors.define("step_not_unconfirmed", 409, "Only a message in doubt can be resolved.")

_ON_ITS_WAY = (Step.Status.SENDING, Step.Status.HANDED_OVER)


# --- the mark


def hand_over(claim: Claim, message: Message, *, at: datetime) -> None:
    """Commit that the message is about to leave. Raises Withdrawn, and then nothing may leave.

    The last look at what may have changed while the mail server was talked to: a payment, a pause, a hold, an opt-out.
    From this commit on the message counts as sent until somebody knows better.
    """
    with db.atomic():
        case = _locked_case(message)
        if why := _why_not(case, message, claim.step(), at=at):
            raise Withdrawn(why)
        marked = claim.update(
            Step.Status.SENDING, status=Step.Status.HANDED_OVER, handed_over_at=at, lease_until=clock.now() + LEASE
        )
        if not marked:
            raise Withdrawn("another worker holds the step, or it was cancelled")
        Message.objects.filter(id=message.id).update(status=Message.Status.HANDED_OVER, handed_over_at=at)


def _locked_case(message: Message) -> Case:
    return readiness.lock(message.debtor_id, message.campaign_id, message.case_id)[1]


def _why_not(case: Case, message: Message, step: Step, *, at: datetime) -> str:
    """Why a reserved message must stay; empty when nothing has changed since it was written."""
    campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
    if step.kind in readiness.ASKS and (case.closed_at or case.balance_minor <= 0):
        return "the case was closed meanwhile"
    if not readiness.runs(campaign, step.kind) or campaign.organisation.paused_since(campaign.livemode):
        return "paused meanwhile"
    run = AgentRun.objects.filter(id=message.agent_run_id).first() if message.agent_run_id else None
    asked: dict[str, Any] = {"prompt": run.prompt, "model": run.model} if run else {}
    if stopped := readiness.stopped(campaign, message.channel, **asked):
        return stopped
    contact = Contact.objects.get(id=message.contact_id)
    if message.facts_hash != _facts_hash(case, campaign, contact, step, at=at):
        return "what it says changed meanwhile"
    facts = queries.facts(
        debtor=case.debtor,
        campaign=campaign,
        organisation=campaign.organisation,
        contact=contact,
        at=at,
        opt_out=(True, True),
        without_message=message.id,
        case=case,
        channel=message.channel,
        # What must stand in its text was judged when it was reserved, and has not changed since (facts_hash); what may
        # not stand there hangs on more: an attorney whom it names may have gone.
        message=law.carried(
            campaign, itemised=True, source_notice=True, **_read_again(message, case, campaign, contact, step)
        ),
    )
    decision = gate.decide(
        facts,
        channel=message.channel,
        kind=message.kind,
        at=at,
        case_id=case.id,
        confirms=step.facts.get("confirms"),
    )
    return "" if decision.allowed else decision.reason


def _read_again(message: Message, case: Case, campaign: Campaign, contact: Contact, step: Step) -> dict[str, Any]:
    """Whether it speaks of a suit or an attorney, and what it tells a consumer; to a company it goes under the
    creditor's name."""
    brand, organisation, collector = campaign.brand, campaign.organisation, campaign.organisation.collector
    name = brand.get("name") or campaign.creditor
    names = [name, brand.get("legal_name"), brand.get("address"), organisation.legal_name, organisation.postal_address]
    names += [case.debtor.name, contact.name, *([collector.legal_name, collector.address] if collector else [])]
    spoken = rendering.read_again(
        message.subject,
        message.paragraphs,
        language=message.language,
        texts=[text for text in names if text],
        facts=readiness.answer_facts(step),
        number=case.invoice_number,
    )
    read = rendering.to_a_consumer(message.text, collector.legal_name, name) if collector else {}
    return spoken | {"language": message.language} | (read if read.get("sender") else {})


def _facts_hash(case: Case, campaign: Campaign, contact: Contact, step: Step, *, at: datetime) -> str:
    others = []
    if step.kind == "outreach":
        speaking = conversations.talking(debtor_id=case.debtor_id, campaign_id=campaign.id, at=at)
        others = readiness.others(case, speaking, campaign.organisation, at=at)
    return letters.facts_hash_of(case, others, contact, readiness.answer_facts(step))


# --- what is known afterwards


def settle_sent(claim: Claim, message: Message, *, at: datetime) -> None:
    """The other side took it. True also when a sweep has meanwhile written the message down as in doubt."""
    with db.atomic():
        case = _locked_case(message)
        sent = {"status": Step.Status.SENT, "reason": "", "resolved_at": at}
        if not claim.update(Step.Status.HANDED_OVER, **sent):
            if not claim.update(Step.Status.UNCONFIRMED, **sent):
                log.warning("late_settlement", step=claim.step_id, outcome="sent")
                return
            _answered(claim.step_id, "sent", by="engine", at=at)
        _sent(case, message, claim.step(), by="engine", at=at)
    _first_contact_was(message, at=at)


def _sent(case: Case, message: Message, step: Step, *, by: str, at: datetime) -> None:
    Message.objects.filter(id=message.id).update(status=Message.Status.SENT, sent_at=at, error="")
    tell("message.sent", case, message, by=by, at=at)
    campaigns.plan_next(case=case, at=at, after=step)


def _first_contact_was(message: Message, *, at: datetime) -> None:
    """`first_contact_at` is an estimate until the first message left, then the truth."""
    earlier = Message.objects.filter(campaign_id=message.campaign_id, status__in=queries.LEFT).exclude(id=message.id)
    if not earlier.exists():
        Campaign.objects.filter(id=message.campaign_id).update(first_contact_at=at)


def settle_failure(claim: Claim, message: Message, error: TransportError, *, at: datetime) -> None:
    """It did not certainly arrive: in doubt it stands, refused for good it fails, else it is tried again later."""
    message.tries += 1
    delay = None if error.permanent else rules.retry_after(message.tries)
    with db.atomic():
        case = _locked_case(message)
        if error.in_doubt:
            _doubt(claim, case, message, str(error), at=at)
        elif delay is None:
            _fail(claim, case, message, str(error), at=at)
        else:
            _put_back(claim, case, message, str(error), due_at=at + delay, at=at)


def _doubt(claim: Claim, case: Case, message: Message, words: str, *, at: datetime) -> None:
    if not claim.update(Step.Status.HANDED_OVER, status=Step.Status.UNCONFIRMED, reason=words):
        return
    Message.objects.filter(id=message.id).update(status=Message.Status.UNCONFIRMED, error=words, tries=message.tries)
    _next_contact(case, message, None, at=at)
    tell("message.unconfirmed", case, message, by="engine", at=at, reason=words)
    _ask(case, message, claim.step_id, words, at=at)


def _ask(case: Case, message: Message, step_id: str, words: str, *, at: datetime) -> None:
    """Leave it to a person to look it up at the mail provider, by the Message-ID."""
    campaigns.open_task(
        kind="resolve_doubt",
        debtor=case.debtor,
        case=case,
        cause=step_id,
        reason=f"Did the message to {message.recipient} leave? {words}",
        facts={"message_id": message.id, "message_id_header": message.rfc_message_id},
        due_at=at,
        by="engine",
        at=at,
    )


def _answered(step_id: str, outcome: str, *, by: str, at: datetime) -> None:
    """The doubt is over, by whatever way."""
    campaigns.end_tasks(cause=step_id, kind="resolve_doubt", status="done", outcome=outcome, by=by, at=at)


def _fail(claim: Claim, case: Case, message: Message, words: str, *, at: datetime) -> None:
    if not claim.update(*_ON_ITS_WAY, status=Step.Status.FAILED, reason=words, resolved_at=at):
        return
    Message.objects.filter(id=message.id).update(
        status=Message.Status.FAILED, error=words, tries=message.tries, handed_over_at=None
    )
    tell("message.failed", case, message, by="engine", at=at, error=words)
    campaigns.plan_next(case=case, at=at, after=claim.step())


def _put_back(claim: Claim, case: Case, message: Message, words: str, *, due_at: datetime, at: datetime) -> None:
    """The reservation ends, so that it fills no cap while it waits; the row keeps count of the tries."""
    before = claim.step().reason
    planned = {"status": Step.Status.PLANNED, "due_at": due_at, "reason": words, "handed_over_at": None}
    if not claim.update(*_ON_ITS_WAY, **planned):
        return
    Message.objects.filter(id=message.id).update(
        status=Message.Status.CANCELLED, error=words, tries=message.tries, handed_over_at=None
    )
    _next_contact(case, message, due_at, at=at)
    if before != words:
        tell("contact.waited", case, message, by="engine", at=at, reason=words)


def withdraw(claim: Claim, message: Message, why: str, *, at: datetime) -> None:
    """It was stopped before it left. The step is judged anew, unless somebody has cancelled or taken it."""
    with db.atomic():
        _locked_case(message)
        claim.update(Step.Status.SENDING, status=Step.Status.PLANNED, due_at=at, reason=why[:300])
        if not Step.objects.filter(id=claim.step_id, status__in=_ON_ITS_WAY).exists():
            reserved = Message.objects.filter(id=message.id, status=Message.Status.RESERVED)
            reserved.update(status=Message.Status.CANCELLED, error=why[:300])


# --- what a dead worker left behind


def sweep_leases(*, now: datetime, limit: int = 200) -> int:
    """Take back what no worker holds any more; returns how many. `now` is wall time.

    Reserved and not handed over: nothing has left, so it may be taken again. Handed over: it may have left, so it is
    in doubt, counts against every cap, and is never sent again by itself.
    """
    lapsed = Step.objects.filter(status__in=_ON_ITS_WAY, lease_until__lte=now).order_by("lease_until")
    return sum(_sweep(step_id, now=now) for step_id in lapsed.values_list("id", flat=True)[:limit])


def _sweep(step_id: str, *, now: datetime) -> int:
    if Step.objects.filter(id=step_id, channel="call").exists():
        return called.sweep(step_id, now=now)
    with db.atomic():
        message = Message.objects.select_related("debtor").get(step_id=step_id)
        case = _locked_case(message)
        step = db.locked(Step.objects.filter(id=step_id, status__in=_ON_ITS_WAY, lease_until__lte=now)).first()
        if step is None:
            return 0
        claim = Claim(step.id, step.lease_token)
        if step.status == Step.Status.HANDED_OVER:
            _doubt(claim, case, message, "the worker stopped while the message was on its way", at=now)
        else:
            # The token moves on: should that worker still live, it can hand nothing over.
            claim.update(Step.Status.SENDING, status=Step.Status.PLANNED, lease_token=claim.token + 1)
            Message.objects.filter(id=message.id).update(status=Message.Status.CANCELLED)
        return 1


# --- a person's word on a message in doubt


def resolve_unconfirmed(*, step_id: str, outcome: str, by: str, at: datetime) -> Step:
    """Settle a message in doubt: `sent`, or `not_sent` (then the act is planned anew, as another attempt).

    Returns the step that now stands. Raises ApiError(step_not_unconfirmed).
    """
    if outcome not in ("sent", "not_sent"):
        raise ValueError(f"an outcome is sent or not_sent, not {outcome!r}")
    with db.atomic():
        message = Message.objects.filter(step_id=step_id).first()
        if message is None:
            if called.resolve(step_id=step_id, was_made=outcome == "sent", by=by, at=at):
                return Step.objects.get(id=step_id)
            raise ApiError("step_not_unconfirmed")
        case = _locked_case(message)
        step = db.locked(Step.objects.filter(id=step_id, status=Step.Status.UNCONFIRMED)).first()
        if step is None:
            raise ApiError("step_not_unconfirmed")
        return _resolve(case, message, step, was_sent=outcome == "sent", by=by, at=at)


def _resolve(case: Case, message: Message, step: Step, *, was_sent: bool, by: str, at: datetime) -> Step:
    # The worker that sent it may still come back with an answer: its token is over now.
    step.lease_token += 1
    step.status = Step.Status.SENT if was_sent else Step.Status.FAILED
    step.reason, step.resolved_at = f"{'sent' if was_sent else 'not sent'}, says {by}"[:300], at
    step.save(update_fields=["lease_token", "status", "reason", "resolved_at"])
    _answered(step.id, "sent" if was_sent else "not_sent", by=by, at=at)
    if was_sent:
        _sent(case, message, step, by=by, at=at)
        return step
    Message.objects.filter(id=message.id).update(status=Message.Status.FAILED, handed_over_at=None)
    tell("message.failed", case, message, by=by, at=at, error="it never left")
    return _again(case, step, at=at)


def _again(case: Case, step: Step, *, at: datetime) -> Step:
    """The same act as a new attempt; the old row keeps what happened to it."""
    if step.kind in readiness.ASKS and case.closed_at is not None:
        return step
    if step.kind == "outreach":
        Case.objects.filter(id=case.id).update(next_contact_at=at, updated_at=at)
    same = ("organisation_id", "livemode", "clock_id", "campaign_id", "debtor_id", "case_id", "version", "index")
    said = ("channel", "kind", "intent", "level", "cause", "facts", "contact_id")
    act = {name: getattr(step, name) for name in (*same, *said)}
    tried = Step.objects.filter(case=case, version=step.version, index=step.index, channel=step.channel)
    attempt = (tried.aggregate(last=Max("attempt"))["last"] or 0) + 1
    return Step.objects.create(
        id=ids.new("stp"), created_at=at, recorded_at=clock.now(), attempt=attempt, due_at=at, **act
    )


def _next_contact(case: Case, message: Message, moment: datetime | None, *, at: datetime) -> None:
    """What the case promises next; an answer or a notice promises nothing."""
    if message.kind == "outreach":
        Case.objects.filter(id=case.id).update(next_contact_at=moment, updated_at=at)


def tell(type: str, case: Case, message: Message, *, by: str, at: datetime, **more: str) -> None:
    """Record what became of a message."""
    facts = {name: getattr(message, name) for name in ("contact_id", "channel", "intent", "subject")}
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, message.debtor.name, message_id=message.id, **facts, **more),
        by=by,
        at=at,
        about=about(case),
        cause=message.decision_id,
    )
