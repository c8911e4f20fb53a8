"""What is known of a call after it was reserved: it took place, could not be placed, was stopped, or is in doubt."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from agentcollect.kit import db
from campaigns import operations as campaigns
from campaigns.models import Case, Step, Task
from campaigns.operations.facts import about, case_data
from events.operations import record
from outreach.models import Call
from outreach.operations import readiness
from outreach.operations.claims import Claim
from outreach.providers.phone import CallResult, PhoneError

log = structlog.get_logger()

_ON_ITS_WAY = (Step.Status.SENDING, Step.Status.HANDED_OVER)
# A call that could not be placed is tried again so much later, so often.
_TRY_AGAIN, _TRIES = timedelta(hours=1), 3


def locked_case(call: Call) -> Case:
    """The case of a call, behind its debtor (kit.db.locked)."""
    return readiness.lock(call.debtor_id, call.campaign_id, call.case_id)[1]


def settle(claim: Claim, call: Call, result: CallResult, *, at: datetime) -> None:
    """The call is over. True also when a sweep has meanwhile written it down as in doubt."""
    with db.atomic():
        case = locked_case(call)
        done = {"status": Step.Status.SENT, "reason": "", "resolved_at": at}
        if not claim.update(Step.Status.HANDED_OVER, **done):
            if not claim.update(Step.Status.UNCONFIRMED, **done):
                log.warning("late_settlement", step=claim.step_id, outcome=result.outcome)
                return
            _answered(claim.step_id, "sent", by="engine", at=at)
        ended(call, result, at=at)
        call.save(update_fields=["status", "outcome", "transcript", "ended_at", "error"])
        after(case, call, result.outcome, by="engine", at=at)


def ended(call: Call, result: CallResult, *, at: datetime) -> None:
    """Put the result on the call's row, unsaved."""
    call.status, call.outcome, call.ended_at, call.error = Call.Status.COMPLETED, result.outcome, at, ""
    call.transcript = [{"who": who, "text": text} for who, text in result.transcript]


def after(case: Case, call: Call, outcome: str, *, by: str, at: datetime, note: str = "") -> None:
    """What follows from a call that took place."""
    tell("call.completed", case, call, by=by, at=at, outcome=outcome, note=note or None)
    if outcome == Call.Outcome.WRONG_NUMBER and call.contact_id:
        campaigns.wrong_number(case=case, contact_id=call.contact_id, number=call.phone, by=by, at=at)
    campaigns.plan_next(case=case, at=at, after=Step.objects.get(id=call.step_id))


def not_placed(claim: Claim, call: Call, error: PhoneError, *, at: datetime) -> None:
    """Nobody was rung: later again, or never."""
    with db.atomic():
        case, step, words = locked_case(call), claim.step(), str(error)
        tries = int(step.facts.get("tries", 0)) + 1
        if error.permanent or tries >= _TRIES:
            _fail(claim, case, call, words, at=at)
            return
        again = {"due_at": at + _TRY_AGAIN, "reason": words[:300], "facts": step.facts | {"tries": tries}}
        if claim.update(*_ON_ITS_WAY, status=Step.Status.PLANNED, handed_over_at=None, **again):
            _cancel(call, words)


def _fail(claim: Claim, case: Case, call: Call, words: str, *, at: datetime) -> None:
    if not claim.update(*_ON_ITS_WAY, status=Step.Status.FAILED, reason=words[:300], resolved_at=at):
        return
    Call.objects.filter(id=call.id).update(status=Call.Status.FAILED, error=words[:300], handed_over_at=None)
    tell("call.failed", case, call, by="engine", at=at, error=words)
    campaigns.plan_next(case=case, at=at, after=claim.step())


def withdraw(claim: Claim, call: Call, why: str, *, at: datetime) -> None:
    """Stopped before anybody was rung. The step is judged anew, unless somebody has cancelled or taken it."""
    with db.atomic():
        locked_case(call)
        claim.update(Step.Status.SENDING, status=Step.Status.PLANNED, due_at=at, reason=why[:300])
        if not Step.objects.filter(id=claim.step_id, status__in=_ON_ITS_WAY).exists():
            _cancel(call, why)


def _cancel(call: Call, why: str) -> None:
    """The reservation ends, so that it fills no cap."""
    standing = (Call.Status.RESERVED, Call.Status.HANDED_OVER)
    rows = Call.objects.filter(id=call.id, status__in=standing)
    rows.update(status=Call.Status.CANCELLED, error=why[:300], handed_over_at=None)


# --- what a dead worker left behind, and a person's word on it


def sweep(step_id: str, *, now: datetime) -> int:
    """Take back a call whose worker is gone: reserved, it may be made; handed over, it is in doubt and stays so."""
    with db.atomic():
        call = Call.objects.get(step_id=step_id)
        case = locked_case(call)
        lapsed = Step.objects.filter(id=step_id, status__in=_ON_ITS_WAY, lease_until__lte=now)
        step = db.locked(lapsed).first()
        if step is None:
            return 0
        claim = Claim(step.id, step.lease_token)
        if step.status == Step.Status.HANDED_OVER:
            _doubt(claim, case, call, "the worker stopped while the call was being made", at=now)
        else:
            # The token moves on: should that worker still live, it can hand nothing over.
            claim.update(Step.Status.SENDING, status=Step.Status.PLANNED, lease_token=claim.token + 1)
            _cancel(call, "the worker stopped before the call")
        return 1


def _doubt(claim: Claim, case: Case, call: Call, words: str, *, at: datetime) -> None:
    if not claim.update(Step.Status.HANDED_OVER, status=Step.Status.UNCONFIRMED, reason=words):
        return
    Call.objects.filter(id=call.id).update(status=Call.Status.UNCONFIRMED, error=words)
    Case.objects.filter(id=case.id).update(next_contact_at=None, updated_at=at)
    campaigns.open_task(
        kind=Task.Kind.RESOLVE_DOUBT,
        debtor=case.debtor,
        case=case,
        cause=call.step_id,
        reason=f"Was the call to {call.phone} made? {words}"[:300],
        facts={"call_id": call.id},
        due_at=at,
        by="engine",
        at=at,
    )


def resolve(*, step_id: str, was_made: bool, by: str, at: datetime) -> bool:
    """A person's word on a call in doubt; the playbook goes on. False: there is none in doubt."""
    call = Call.objects.filter(step_id=step_id).first()
    if call is None:
        return False
    case = locked_case(call)
    waiting = Step.objects.filter(id=step_id, status=Step.Status.UNCONFIRMED)
    if db.locked(waiting).first() is None:
        return False
    step = Step.objects.get(id=step_id)
    step.status = Step.Status.SENT if was_made else Step.Status.FAILED
    step.reason = f"{'made' if was_made else 'not made'}, says {by}"[:300]
    step.lease_token, step.resolved_at = step.lease_token + 1, at
    step.save(update_fields=["lease_token", "status", "reason", "resolved_at"])
    _answered(step_id, "sent" if was_made else "not_sent", by=by, at=at)
    status = Call.Status.COMPLETED if was_made else Call.Status.FAILED
    Call.objects.filter(id=call.id).update(status=status, ended_at=at, **({} if was_made else {"handed_over_at": None}))
    if was_made:
        tell("call.completed", case, call, by=by, at=at, outcome=None, note=None)
    else:
        tell("call.failed", case, call, by=by, at=at, error="it was never made")
    campaigns.plan_next(case=case, at=at, after=step)
    return True


def _answered(step_id: str, outcome: str, *, by: str, at: datetime) -> None:
    campaigns.end_tasks(cause=step_id, kind="resolve_doubt", status="done", outcome=outcome, by=by, at=at)


def tell(type: str, case: Case, call: Call, *, by: str, at: datetime, **more: Any) -> None:
    """Record what became of a call."""
    facts = {"call_id": call.id, "contact_id": call.contact_id, "channel": "call", "mode": call.mode}
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, **facts, **more),
        by=by,
        at=at,
        about=about(case),
        cause=call.decision_id,
    )
