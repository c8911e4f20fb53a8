"""Sending what is due, at most once: claim, reserve, hand over, settle.

Each of the four is its own short transaction. A worker may die between any two of them:
claimed → the lease runs out and another worker claims; reserved → the sweep takes the reservation back;
handed over → `unconfirmed`, never sent again by itself (HOUSE.md, "At most once to debtors").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from accounts.models import Organisation
from agentcollect.kit import clock, db
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from outreach import mime, queries, rendering, rules
from outreach.models import Message
from outreach.operations import gating, letters, settling
from outreach.operations.claims import LEASE, Claim, Withdrawn
from outreach.operations.letters import Stationery
from outreach.providers.email import Parcel, TransportError, transport
from outreach.rendering import Letter

log = structlog.get_logger()

# How long a step waits for what only the creditor or operations can add: an address, a mail server.
INCOMPLETE = timedelta(hours=1)
# Here our own outreach has ended; in every other status a hold or the gate says whether to wait.
_OVER = frozenset({Case.Status.CLOSED, Case.Status.ESCALATION_PENDING, Case.Status.ESCALATED})


@dataclass(frozen=True, slots=True)
class Reserved:
    """A message that counts from now on and has not left yet."""

    message: Message
    letter: Letter
    rendered: rendering.Rendered
    contact: Contact
    thread: list[str]


def send_due(*, at: datetime, limit: int = 50) -> int:
    """Work off at most `limit` steps due at `at`, oldest first; returns how many were taken up.

    A step that fails unexpectedly is logged, and found again when its lease runs out; the others go on.
    """
    claims = _claim(Q(due_at__lte=at), limit)
    for claim in claims:
        try:
            _work(claim, at=at)
        except Exception:
            log.exception("step_failed", step=claim.step_id)
    return len(claims)


def send_step(*, step_id: str, at: datetime) -> Step:
    """Work off one planned step now, whatever its due time; returns it as it then stands."""
    for claim in _claim(Q(id=step_id), 1):
        _work(claim, at=at)
    return Step.objects.get(id=step_id)


def _claim(wanted: Q, limit: int) -> list[Claim]:
    """Lease planned e-mail steps of running campaigns. Leases live on the wall clock."""
    now = clock.now()
    running = Campaign.objects.filter(Organisation.running(), status=Campaign.Status.ACTIVE).values("id")
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = Step.objects.filter(wanted, free, status=Step.Status.PLANNED, channel="email", campaign_id__in=running)
    with db.atomic():
        steps = list(db.claimable(due.order_by("due_at", "id"))[:limit])
        for step in steps:
            step.lease_token, step.lease_until = step.lease_token + 1, now + LEASE
        Step.objects.bulk_update(steps, ["lease_token", "lease_until"])
    return [Claim(step.id, step.lease_token) for step in steps]


def _work(claim: Claim, *, at: datetime) -> None:
    campaign = Campaign.objects.select_related("organisation").get(id=claim.step().campaign_id)
    reserved = _reserve(claim, letters.stationery(campaign, campaign.organisation), at=at)
    if reserved is not None:
        _deliver(claim, reserved, at=at)


# --- reserve


def _reserve(claim: Claim, paper: Stationery, *, at: datetime) -> Reserved | None:
    """Ask the law with the debtor's row locked, and reserve the attempt if it allows. None: nothing is to be sent.

    Everything that could have changed since the step was planned is read again here: balance, holds, opt-outs,
    history over all cases and campaigns of this debtor.
    """
    with db.atomic():
        rows = _Rows.locked(claim)
        if rows is None or not _may_go_on(claim, rows, paper, at=at):
            return None
        rows.step.contact = contact = queries.contact_for(rows.debtor, rows.step.level)
        proposal = _propose(paper, rows)
        decision = gating.decide(
            debtor=rows.debtor,
            campaign=rows.campaign,
            organisation=rows.organisation,
            case=rows.case,
            step=rows.step,
            contact=contact,
            opt_out=rendering.offers_opt_out(*proposal[:2]) if proposal else (False, False),
            at=at,
        )
        if contact is None or proposal is None or not decision.verdict.allowed:
            gating.refuse(claim, rows.case, rows.debtor, rows.step, decision, at=at)
            return None
        letter, rendered, _, findings = proposal
        if findings:
            gating.refuse_words(claim, rows.case, rows.debtor, rows.step, decision, findings, at=at)
            return None
        thread = queries.thread(rows.case)
        message = _reserve_message(rows, contact, proposal, thread, decision.row_id, at=at)
        claim.update(
            Step.Status.PLANNED, status=Step.Status.SENDING, contact=contact, decision_id=decision.row_id, reason=""
        )
        return Reserved(message, letter, rendered, contact, thread)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a step is about, locked in the order of kit.db.locked."""

    debtor: Debtor
    case: Case
    step: Step
    campaign: Campaign
    organisation: Organisation

    @classmethod
    def locked(cls, claim: Claim) -> "_Rows | None":
        """The rows, or None when the claim was lost meanwhile."""
        step = claim.step()
        debtor = db.locked(Debtor.objects.filter(id=step.debtor_id)).get()
        case = db.locked(Case.objects.filter(id=step.case_id)).get()
        own = db.locked(claim.rows(Step.Status.PLANNED)).first()
        if own is None:
            return None
        case.debtor = debtor
        campaign = Campaign.objects.select_related("organisation").get(id=step.campaign_id)
        return cls(debtor, case, own, campaign, campaign.organisation)


def _may_go_on(claim: Claim, rows: _Rows, paper: Stationery, *, at: datetime) -> bool:
    """False when the step is moot or the creditor's side is not ready; the step then says why."""
    if rows.case.status in _OVER or rows.case.balance_minor <= 0:
        claim.update(
            Step.Status.PLANNED, status=Step.Status.CANCELLED, reason="the case no longer asks for it", resolved_at=at
        )
        return False
    if rows.campaign.status != Campaign.Status.ACTIVE or rows.organisation.paused_since(rows.step.livemode):
        claim.update(Step.Status.PLANNED, lease_until=None)
        return False
    why = (
        "live mode is not approved yet" if rows.step.livemode and not rows.organisation.live_approved else paper.missing
    )
    if why:
        gating.wait(claim, rows.case, rows.debtor, rows.step, why, until=at + INCOMPLETE, at=at)
    return not why


def _propose(paper: Stationery, rows: _Rows) -> gating.Proposal | None:
    """The first wording of the step's intent that the guards pass, else the last with their findings."""
    if rows.step.contact is None:
        return None
    letter = letters.letter(
        paper,
        case=rows.case,
        debtor=rows.debtor,
        contact=rows.step.contact,
        organisation=rows.organisation,
        itemised=rows.step.index == 0,
    )
    return gating.propose(letter, intent=rows.step.intent, case_id=rows.case.id)


def _reserve_message(
    rows: _Rows, contact: Contact, proposal: gating.Proposal, thread: list[str], decision_id: str, *, at: datetime
) -> Message:
    """The message's row, written before anything leaves; a reservation taken again keeps its row."""
    step, (letter, rendered, draft, _) = rows.step, proposal
    facts = {name: getattr(step, name) for name in ("campaign_id", "debtor_id", "case_id", "channel", "kind", "intent")}
    facts |= {
        "created_at": at,
        "recorded_at": clock.now(),
        "contact": contact,
        "decision_id": decision_id,
        "status": Message.Status.RESERVED,
        "sender": letter.brand.from_email,
        "recipient": contact.email,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "rfc_message_id": rules.message_id(step.id, rules.domain_of(letter.brand.from_email)),
        "references": " ".join(thread),
        "drafter": draft.drafter,
        "variant": draft.variant,
        "guards": sorted(rendering.guards.GUARDS),
        "error": "",
    }
    message, _ = Message.objects.update_or_create(
        organisation_id=step.organisation_id, livemode=step.livemode, step_id=step.id, defaults=facts
    )
    return message


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
        built.as_bytes()
    except (ValueError, IndexError) as error:
        # An address no mail server could be given (email.headerregistry raises both): tomorrow it is still none.
        raise TransportError(f"the message cannot be written: {error}", permanent=True) from error
    return Parcel(sender=message.sender, recipient=message.recipient, mime=built, message_id=message.id)
