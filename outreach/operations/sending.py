"""Sending what is due, at most once: claim, write, reserve, hand over, settle.

The words are written outside any transaction, with placeholders for every fact; the reservation fills them from the
locked rows. Each of the other four is its own short transaction. A worker may die between any two of them: claimed →
the lease runs out and another worker claims; reserved → the sweep takes the reservation back; handed over →
`unconfirmed`, never sent again by itself (HOUSE.md, "At most once to debtors").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import structlog
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Organisation
from agentcollect.kit import clock, db
from campaigns.models import Campaign, Contact, Step
from compliance import guards
from compliance.reading import Rendered
from outreach import drafting, mime, queries, rendering, rules
from outreach.drafting import Draft
from outreach.models import Message
from outreach.operations import approvals, calling, gating, letters, readiness, settling, wording
from outreach.operations.claims import LEASE, Claim, Withdrawn
from outreach.operations.letters import Stationery
from outreach.operations.readiness import Rows
from outreach.operations.writes import Writes
from outreach.providers.email import Parcel, TransportError, transport
from outreach.rendering import Letter
from outreach.rules import law

log = structlog.get_logger()

_NO_MODEL = frozenset({"template", "person"})


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the law lets go, on the locked rows; `facts`: the message's columns."""

    proposal: gating.Proposal
    facts: dict[str, Any]
    contact: Contact
    thread: list[str]
    decision_id: str


@dataclass(frozen=True, slots=True)
class Reserved:
    """A message that counts from now on and has not left yet."""

    message: Message
    letter: Letter
    rendered: Rendered
    contact: Contact
    thread: list[str]


def _claim(wanted: Q, limit: int) -> list[Claim]:
    """Lease planned steps that a worker carries out. Leases live on the wall clock."""
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = Step.objects.filter(wanted, free, _running(), status=Step.Status.PLANNED, channel__in=tuple(WORKERS))
    with db.atomic():
        found = list(db.claimable(due.only("id", "lease_token").order_by("due_at", "id"))[:limit])
        # The rows are ours until the commit, so one more than what was read is what stands there afterwards.
        taken = Step.objects.filter(db.among("id", [step.id for step in found]))
        if found:
            taken.update(lease_token=F("lease_token") + 1, lease_until=now + LEASE)
    return [Claim(step.id, step.lease_token + 1) for step in found]


def _running() -> Q:
    """Steps whose campaign and organisation run; who writes to us is answered after the mandate's end too."""
    own = Campaign.objects.filter(Organisation.running(), id=OuterRef("campaign_id"))
    answered = Exists(own.filter(status__in=readiness.ANSWERED))
    return Q(Exists(own.filter(status=Campaign.Status.ACTIVE))) | (Q(kind__in=readiness.REPLIES) & Q(answered))


def work(claim: Claim, *, at: datetime, outcome: str = "") -> None:
    """Carry out one claimed step by itself."""
    WORKERS[claim.step().channel](claim, at=at, outcome=outcome)


def _work_email(claim: Claim, *, at: datetime, **_: str) -> None:
    step = claim.step()
    campaign = Campaign.objects.select_related("organisation").get(id=step.campaign_id)
    paper = letters.stationery(campaign, campaign.organisation)
    try:
        reserved = _reserve(claim, paper, _written(step, paper, at=at), at=at)
    except drafting.Unwritable as missing:
        _tell(claim, missing, at=at)
        return
    if reserved is not None:
        _deliver(claim, reserved, at=at)


def _tell(claim: Claim, missing: drafting.Unwritable, *, at: datetime) -> None:
    """Nothing of the attempt stood; its step waits for a person from here on."""
    with db.atomic():
        rows = Rows.locked(claim, at=at)
        if rows is not None:
            gating.refuse_unwritable(claim, rows.case, rows.debtor, rows.step, missing, at=at)


# --- write, outside any transaction


def _written(step: Step, paper: Stationery, *, at: datetime) -> list[Draft]:
    """The wordings of this step, best first; none where nothing is to be written, or a person's words stand.

    Facts are read without a lock here, for a model to know what it writes about; what is sent is filled from the
    locked rows.
    """
    rows = Rows.read(step, at=at)
    if rows.contact is None or rows.over or approvals.stands(step):
        return []
    letter = _letter(paper, rows, rows.contact)
    return wording.words(
        intent=step.intent, letter=letter, step=step, organisation=rows.organisation, at=at, file=rows.file
    )


def _letter(paper: Stationery, rows: Rows, contact: Contact) -> Letter:
    return letters.letter(
        paper,
        case=rows.case,
        debtor=rows.debtor,
        contact=contact,
        organisation=rows.organisation,
        step=rows.step,
        at=rows.at,
        itemised=rows.itemised,
        others=rows.others,
        tone=rows.tone,
        facts=rows.own_facts,
        file=rows.file,
    )


# --- reserve


def _reserve(claim: Claim, paper: Stationery, drafts: list[Draft], *, at: datetime) -> Reserved | None:
    """Ask the law with the debtor's row locked, and reserve the attempt if it allows. None: nothing is to be sent.

    Everything that could have changed since the step was planned is read again here: balance, holds, opt-outs, kill
    switches, history over all cases and campaigns of this debtor.
    """
    with db.atomic():
        rows = Rows.locked(claim, at=at)
        allowed = _allowed(claim, rows, paper, drafts, at=at) if rows is not None else None
        if rows is None or allowed is None:
            return None
        message = _reserve_message(rows, allowed.facts)
        claim.update(Step.Status.PLANNED, status=Step.Status.SENDING, reason="", **_of_the_step(rows, allowed))
        letter, rendered, *_ = allowed.proposal
        return Reserved(message, letter, rendered, allowed.contact, allowed.thread)


def _allowed(claim: Claim, rows: Rows, paper: Stationery, drafts: list[Draft], *, at: datetime) -> Allowed | None:
    """What may be sent, by the law's word on the locked rows; None: the step says why nothing may."""
    if not readiness.may_go_on(claim, rows, paper, at=at):
        return None
    letter = _letter(paper, rows, rows.contact) if rows.contact else None
    return _judged(claim, rows, letter, drafts, at=at)


def _judged(claim: Claim, rows: Rows, letter: Letter | None, drafts: list[Draft], *, at: datetime) -> Allowed | None:
    proposal = _propose(rows, letter, drafts)
    if rows.contact is not None and proposal is None:
        # A person's words stood when it was written, and do not hold any more: it is written anew.
        claim.update(Step.Status.PLANNED, due_at=at)
        return None
    decision = gating.decide(
        debtor=rows.debtor,
        campaign=rows.campaign,
        organisation=rows.organisation,
        case=rows.case,
        step=rows.step,
        contact=rows.contact,
        opt_out=rendering.offers_opt_out(*proposal[:2]) if proposal else (False, False),
        message=law.carried(rows.campaign, **rendering.carries(*proposal[:2])) if proposal else None,
        at=at,
        file=rows.file,
    )
    if rows.contact is None or proposal is None or not decision.verdict.allowed:
        gating.refuse(claim, rows.case, rows.debtor, rows.step, decision, at=at)
        return None
    return _worded(claim, rows, rows.contact, proposal, decision, at=at)


def _propose(rows: Rows, letter: Letter | None, drafts: list[Draft]) -> gating.Proposal | None:
    """What a person approved, while its facts stand; else the first wording that the guards pass."""
    if rows.contact is None or letter is None:
        return None
    found = None
    if any(row.approved_at for row in rows.file.own_messages(rows.step)):
        found = approvals.approved(step=rows.step, facts_hash=letters.facts_hash(letter, rows.contact.email))
    if found:
        return gating.propose(letter, [found[1]])
    return gating.propose(letter, drafts, drafts.checked if isinstance(drafts, wording.Words) else None)


def _worded(
    claim: Claim, rows: Rows, contact: Contact, proposal: gating.Proposal, decision: gating.Judged, *, at: datetime
) -> Allowed | None:
    """The law allows: it may be sent, or waits for a person, or cannot be worded."""
    draft, findings = proposal[2:]
    thread = queries.thread_of(rows.file, rows.case)
    facts = _message_facts(rows, contact, proposal, thread, decision.row_id, at=at)
    debtor, case, step = rows.debtor, rows.case, rows.step
    if findings:
        message = _keep(rows, facts | {"status": Message.Status.DRAFT, "approved_by": "", "approved_at": None})
        gating.refuse_words(claim, case, debtor, step, decision, findings, message.id, at=at)
        return None
    model = "" if draft.drafter in _NO_MODEL else draft.drafter
    asked = {"prompt": draft.prompt, "model": model}
    if any(asked.values()) and (why := readiness.stopped(rows.campaign, step.channel, **asked, stops=rows.stops)):
        gating.wait(claim, case, debtor, step, why, until=readiness.after_a_stop(case, at=at), at=at)
        return None
    if approvals.must_wait(campaign=rows.campaign, organisation=rows.organisation, debtor=debtor, step=step):
        approvals.hold_draft(
            claim=claim,
            campaign=rows.campaign,
            organisation=rows.organisation,
            debtor=debtor,
            case=case,
            step=step,
            facts=facts,
            at=at,
        )
        return None
    return Allowed(proposal, facts, contact, thread, decision.row_id)


def _of_the_step(rows: Rows, allowed: Allowed) -> dict[str, Any]:
    """What the step keeps of the message that is sent for it."""
    changes: dict[str, Any] = {"contact_id": allowed.contact.id, "decision_id": allowed.decision_id}
    if rows.step.kind == "outreach":
        changes["facts"] = rows.step.facts | {"others": [one.id for one in rows.others]}
    return changes


def _message_facts(
    rows: Rows, contact: Contact, proposal: gating.Proposal, thread: list[str], decision_id: str, *, at: datetime
) -> dict[str, Any]:
    """A message's columns, exactly as it will leave."""
    step, (letter, rendered, draft, _) = rows.step, proposal
    facts = {name: getattr(step, name) for name in ("campaign_id", "debtor_id", "case_id", "channel", "intent")}
    return facts | {
        "kind": law.asked(step.kind),
        "created_at": at,
        "recorded_at": clock.now(),
        "contact": contact,
        "decision_id": decision_id,
        "sender": letter.brand.from_email,
        "recipient": contact.email,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "rfc_message_id": rules.message_id(step.id, rules.domain_of(letter.brand.from_email)),
        "references": " ".join(thread),
        "drafter": draft.drafter,
        "variant": draft.variant,
        "language": letter.language,
        "paragraphs": list(rendered.words),
        "facts_hash": letters.facts_hash(letter, contact.email),
        "agent_run_id": draft.run_id,
        "guards": sorted(guards.GUARDS),
        "error": "",
    }


def _reserve_message(rows: Rows, facts: dict[str, Any]) -> Message:
    """The message's row, written before anything leaves; a reservation taken again keeps its row."""
    return _keep(rows, facts | {"status": Message.Status.RESERVED})


def _keep(rows: Rows, facts: dict[str, Any]) -> Message:
    return Message.objects.update_or_create(**_named(rows.step), defaults=facts)[0]


def _named(step: Step) -> dict[str, Any]:
    return {"organisation_id": step.organisation_id, "livemode": step.livemode, "step_id": step.id}


# --- all in one, where the mailbox is a row of this database


def together(claim: Claim, rows: Rows, paper: Stationery, writes: Writes, *, at: datetime, **_: str) -> None:
    """The whole of it behind one lock, in the caller's transaction: judged as `_reserve` does, and arrived when it
    commits. There is no hand-over to look at anything again before."""
    if approvals.policy(rows.campaign, rows.organisation) != Campaign.Approval.NONE:
        writes.flush()  # whether a draft waits hangs on the campaign's other messages
    if not readiness.may_go_on(claim, rows, paper, at=at):
        return
    letter = _letter(paper, rows, rows.contact) if rows.contact else None
    try:
        allowed = _judged(claim, rows, letter, _drafts(rows, letter, at=at), at=at)
    except drafting.Unwritable as missing:
        gating.refuse_unwritable(claim, rows.case, rows.debtor, rows.step, missing, at=at)
        return
    if allowed is not None:
        _arrive(claim, rows, allowed, writes, at=at)


def _drafts(rows: Rows, letter: Letter | None, *, at: datetime) -> list[Draft]:
    step = rows.step
    if letter is None or any(row.approved_at for row in rows.file.own_messages(step)):
        return []
    return wording.words(
        intent=step.intent, letter=letter, step=step, organisation=rows.organisation, at=at, file=rows.file
    )


def _arrive(claim: Claim, rows: Rows, allowed: Allowed, writes: Writes, *, at: datetime) -> None:
    step, letter, rendered = rows.step, *allowed.proposal[:2]
    facts = allowed.facts | {"status": Message.Status.SENT, "handed_over_at": at, "sent_at": at}
    again = bool(rows.file.own_messages(step))
    message = _keep(rows, facts) if again else Message(**_named(step), **facts)
    message.debtor = rows.debtor
    try:
        _, raw = _mime(Reserved(message, letter, rendered, allowed.contact, allowed.thread), at=at)
    except TransportError as error:
        message = _reserve_message(rows, allowed.facts)
        claim.update(Step.Status.PLANNED, status=Step.Status.SENDING, reason="", **_of_the_step(rows, allowed))
        settling.settle_failure(claim, message, error, at=at)
        return
    writes.arrived(message, raw, new=not again)
    writes.resolved(claim, rows, at=at, status=Step.Status.SENT, **_of_the_step(rows, allowed))
    settling.tell("message.sent", rows.case, message, by="engine", at=at)
    writes.go_on(rows, at=at)


# --- deliver, outside any transaction


def _deliver(claim: Claim, reserved: Reserved, *, at: datetime) -> None:
    """Let the message leave, and settle what came of it. The lease runs out by itself if this worker dies."""
    message = reserved.message
    try:
        parcel = _parcel(reserved, at=at)
        transport(livemode=message.livemode).deliver(parcel, lambda: settling.hand_over(claim, message, at=at))
    except Withdrawn as reason:
        settling.withdraw(claim, message, str(reason), at=at)
    except TransportError as error:
        settling.settle_failure(claim, message, error, at=at)
    else:
        settling.settle_sent(claim, message, at=at)


def _parcel(reserved: Reserved, *, at: datetime) -> Parcel:
    message, (built, _) = reserved.message, _mime(reserved, at=at)
    return Parcel(sender=message.sender, recipient=message.recipient, mime=built, message_id=message.id)


def _mime(reserved: Reserved, *, at: datetime) -> tuple[EmailMessage, bytes]:
    """The message as it leaves. Raises TransportError where no mail server could be given it."""
    message = reserved.message
    try:
        built = mime.build(
            reserved.rendered,
            brand=reserved.letter.brand,
            recipient=message.recipient,
            recipient_name=reserved.contact.name,
            message_id=message.rfc_message_id,
            thread=reserved.thread,
            opt_out_url=reserved.letter.links.opt_out,
            at=at,
        )
        return built, built.as_bytes()
    except (ValueError, IndexError) as error:
        # An address no mail server could be given (email.headerregistry raises both): tomorrow it is still none.
        raise TransportError(f"the message cannot be written: {error}", permanent=True) from error


# Who carries out a step, by its channel; what is not here is nobody's yet, and stays planned.
WORKERS: dict[str, Callable[..., None]] = {"email": _work_email, "call": calling.work}
# The same among others, in one transaction; its transport has to be `in_database`.
TOGETHER: dict[str, Callable[..., None]] = {"email": together, "call": calling.together}
