"""Phone calls: a machine's where it may call, a person's wherever it may not, each at most once.

The same acts as a message's: claim, judge and reserve, hand over, call, settle. A call that was handed over and has no
result is in doubt and is never dialled again by itself. Who dials by hand gets a task with the script (`dialling`).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from agentcollect.kit import clock, db, money
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Step
from outreach import queries
from outreach.models import Call
from outreach.operations import call_law, called, dialling, gating, letters, readiness
from outreach.operations.claims import LEASE, Claim, Withdrawn
from outreach.operations.letters import Stationery
from outreach.operations.readiness import Rows
from outreach.operations.writes import Writes
from outreach.providers import phone
from outreach.providers.phone import CallOrder, Phone, PhoneError
from outreach.rules.calls import Script

_NO_NUMBER = "no phone number of this debtor is known"


@dataclass(frozen=True, slots=True)
class Reserved:
    """A call that counts from now on and has not been placed yet."""

    call: Call
    script: Script
    caller_name: str


def work(claim: Claim, *, at: datetime, outcome: str = "") -> None:
    """Carry out one claimed call step. `outcome`: how the sandbox's peer behaves, "" by its number."""
    step = claim.step()
    campaign = Campaign.objects.select_related("organisation").get(id=step.campaign_id)
    paper = letters.stationery(campaign, campaign.organisation)
    line = phone.phone(livemode=step.livemode, outcome=outcome)
    reserved = _reserve(claim, paper, line, at=at)
    if reserved is not None and line is not None:
        _dial(claim, reserved, paper, line, at=at)


# --- judge and reserve


def _reserve(claim: Claim, paper: Stationery, line: Phone | None, *, at: datetime) -> Reserved | None:
    """Ask the law with the debtor's row locked; None: nobody is to be rung by a machine now."""
    with db.atomic():
        rows = Rows.locked(claim, at=at)
        allowed = _allowed(claim, rows, paper, line, at=at) if rows is not None else None
        if rows is None or allowed is None:
            return None
        return _reserve_call(claim, rows, *allowed[:2], paper, allowed[2], at=at)


def _allowed(
    claim: Claim, rows: Rows, paper: Stationery, line: Phone | None, *, at: datetime
) -> tuple[Contact, Script, str] | None:
    """Whom a machine may ring now, with what script, by which decision; None: the step says why it may not."""
    if not readiness.may_go_on(claim, rows, paper, at=at):
        return None
    rows = replace(rows, contact=queries.calls_to(rows.file, rows.step.level))
    if rows.contact is None or not call_law.number(rows, rows.contact):
        _skip(claim, rows, _NO_NUMBER, at=at)
        return None
    judged, artificial = call_law.judge(rows, rows.contact, paper, line, at=at)
    if not judged.verdict.allowed:
        gating.refuse(claim, rows.case, rows.debtor, rows.step, judged, at=at)
        return None
    script = call_law.script(rows, rows.contact, paper, artificial=artificial)
    if not artificial:
        dialling.hand_to_a_person(claim, rows, rows.contact, script, judged.row_id, at=at)
        return None
    return rows.contact, script, judged.row_id


def _skip(claim: Claim, rows: Rows, reason: str, *, at: datetime) -> None:
    if claim.update(Step.Status.PLANNED, status=Step.Status.SKIPPED, reason=reason, resolved_at=at):
        campaigns.plan_next(case=rows.case, at=at, after=claim.step())


def _reserve_call(
    claim: Claim, rows: Rows, contact: Contact, script: Script, paper: Stationery, decision_id: str, *, at: datetime
) -> Reserved:
    call = dialling.keep(rows, contact, script, decision_id, mode=Call.Mode.AI, at=at)
    # Only the id: the row's `line_type` was completed for this one decision.
    claim.update(
        Step.Status.PLANNED, status=Step.Status.SENDING, contact_id=contact.id, decision_id=decision_id, reason=""
    )
    return Reserved(call, script, rows.campaign.brand.get("caller_name") or paper.brand.name)


# --- all in one, where the peer is rows of this database


def together(claim: Claim, rows: Rows, paper: Stationery, writes: Writes, *, at: datetime, outcome: str = "") -> None:
    """The whole of it behind one lock, in the caller's transaction; nobody is rung."""
    line = phone.phone(livemode=rows.step.livemode, outcome=outcome)
    allowed = _allowed(claim, rows, paper, line, at=at)
    if allowed is None or line is None:
        return
    contact, script, decision_id = allowed
    facts = dialling.facts_of(rows, contact, script, decision_id, mode=Call.Mode.AI, at=at)
    step = rows.step
    call = Call(organisation_id=step.organisation_id, livemode=step.livemode, step_id=step.id, **facts)
    try:
        result = line.call(_order(Reserved(call, script, paper.brand.name)))
    except PhoneError as error:
        reserved = _reserve_call(claim, rows, contact, script, paper, decision_id, at=at)
        called.not_placed(claim, reserved.call, error, at=at)
        return
    if result.outcome == Call.Outcome.WRONG_NUMBER or any(row.step_id == step.id for row in rows.file.seen):
        # What follows reads and writes more than this step: one act after the other.
        reserved = _reserve_call(claim, rows, contact, script, paper, decision_id, at=at)
        _mark(claim, reserved.call, at=at)
        called.settle(claim, reserved.call, result, at=at)
        return
    called.ended(call, result, at=at)
    call.handed_over_at = at
    writes.called(call)
    done = {"status": Step.Status.SENT, "contact_id": contact.id, "decision_id": decision_id}
    writes.resolved(claim, rows, at=at, **done)
    called.tell("call.completed", rows.case, call, by="engine", at=at, outcome=result.outcome, note=None)
    writes.go_on(rows, at=at)


# --- a machine dials, outside any transaction


def _dial(claim: Claim, reserved: Reserved, paper: Stationery, line: Phone, *, at: datetime) -> None:
    """Place the call, and settle what came of it. The lease runs out by itself if this worker dies."""
    call = reserved.call
    try:
        _hand_over(claim, call, paper, at=at)
        result = line.call(_order(reserved))
    except Withdrawn as reason:
        called.withdraw(claim, call, str(reason), at=at)
    except PhoneError as error:
        called.not_placed(claim, call, error, at=at)
    else:
        called.settle(claim, call, result, at=at)


def _order(reserved: Reserved) -> CallOrder:
    call, script = reserved.call, reserved.script
    return CallOrder(
        call_id=call.id,
        number=call.phone,
        caller_name=reserved.caller_name,
        person=script.person,
        first_words=script.first_words,
        message=script.message,
        voicemail=script.voicemail,
    )


def _hand_over(claim: Claim, call: Call, paper: Stationery, *, at: datetime) -> None:
    """Commit that the number is about to be rung. Raises Withdrawn, and then nobody may be."""
    with db.atomic():
        case = called.locked_case(call)
        if why := _why_not(case, call, claim.step(), paper, at=at):
            raise Withdrawn(why)
        _mark(claim, call, at=at)


def _mark(claim: Claim, call: Call, *, at: datetime) -> None:
    handed = {"handed_over_at": at, "lease_until": clock.now() + LEASE}
    if not claim.update(Step.Status.SENDING, status=Step.Status.HANDED_OVER, **handed):
        raise Withdrawn("another worker holds the step, or it was cancelled")
    Call.objects.filter(id=call.id).update(status=Call.Status.HANDED_OVER, handed_over_at=at)


def _why_not(case: Case, call: Call, step: Step, paper: Stationery, *, at: datetime) -> str:
    """Why a reserved call must not be made; empty when nothing has changed since it was reserved."""
    campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
    if case.closed_at or case.balance_minor <= 0:
        return "the case was closed meanwhile"
    if not readiness.runs(campaign, step.kind) or campaign.organisation.paused_since(campaign.livemode):
        return "paused meanwhile"
    if stopped := readiness.stopped(campaign, "call"):
        return stopped
    if f": {money.display(case.balance_minor, case.currency, 'en')} is open" not in call.script:
        return "what it says changed meanwhile"
    verdict = call_law.judge_again(case, call, step, paper, at=at)
    return "" if verdict.allowed else verdict.reason
