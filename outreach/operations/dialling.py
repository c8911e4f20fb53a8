"""Calls that a person dials: a task with the script, open until it is done, expires, or the law forbids the call."""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Step, Task
from outreach.models import Call
from outreach.operations import call_law, called, letters
from outreach.operations.claims import Claim
from outreach.operations.readiness import Rows
from outreach.rules import calls
from outreach.rules.calls import Script

_HANDED = "waits for somebody to call"


def keep(rows: Rows, contact: Contact, script: Script, decision_id: str, *, mode: str, at: datetime) -> Call:
    """The call's row, written before anybody is rung; a reservation taken again keeps its row."""
    step = rows.step
    named = {"organisation_id": step.organisation_id, "livemode": step.livemode, "step_id": step.id}
    facts = facts_of(rows, contact, script, decision_id, mode=mode, at=at)
    return Call.objects.update_or_create(**named, defaults=facts)[0]


def facts_of(
    rows: Rows, contact: Contact, script: Script, decision_id: str, *, mode: str, at: datetime
) -> dict[str, Any]:
    """A reserved call's columns."""
    facts = {name: getattr(rows.step, name) for name in ("campaign_id", "debtor_id", "case_id", "kind")}
    return facts | {
        "created_at": at,
        "recorded_at": clock.now(),
        "contact_id": contact.id,
        "decision_id": decision_id,
        "mode": mode,
        "status": Call.Status.RESERVED,
        "outcome": "",
        "phone": script.number,
        "script": script.text,
        "error": "",
        "handed_over_at": None,
        "actor": "engine",
    }


def hand_to_a_person(
    claim: Claim, rows: Rows, contact: Contact, script: Script, decision_id: str, *, at: datetime
) -> None:
    """Open the task with the script. The call is reserved meanwhile, so that nothing else crowds it."""
    changes = {"status": Step.Status.NEEDS_HUMAN, "reason": _HANDED, "decision_id": decision_id}
    if not claim.update(Step.Status.PLANNED, contact_id=contact.id, **changes):
        return
    call = keep(rows, contact, script, decision_id, mode=Call.Mode.HUMAN, at=at)
    Case.objects.filter(id=rows.case.id).update(next_contact_at=None, updated_at=at)
    campaigns.open_task(
        kind=Task.Kind.CALL,
        debtor=rows.debtor,
        case=rows.case,
        cause=rows.step.id,
        reason=f"Call {script.person or 'payables'} at {script.company} about {rows.case.invoice_number or 'it'}"[:300],
        facts=_task_facts(rows, contact, script, call),
        due_at=at,
        by="engine",
        at=at,
    )


def _task_facts(rows: Rows, contact: Contact, script: Script, call: Call) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "contact_id": contact.id,
        "name": contact.name,
        "title": contact.title,
        "phone": script.number,
        "intent": rows.step.intent,
        "script": script.for_a_person(calls.hours(rows.debtor.name)),
    }


def record_call(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """What the answer to a task `call` does: the call took place, and the playbook goes on.

    `outcome` of Call.Outcome. Runs in the transaction that completes the task, behind its debtor and case.
    """
    call = Call.objects.select_related("debtor", "contact").get(step_id=task.cause)
    case = Case.objects.select_related("debtor").get(id=call.case_id)
    made = {"status": Call.Status.COMPLETED, "outcome": outcome, "note": note[:1000]}
    Call.objects.filter(id=call.id).update(**made, handed_over_at=at, ended_at=at, actor=by)
    waited = Step.objects.filter(id=task.cause, status=Step.Status.NEEDS_HUMAN)
    waited.update(status=Step.Status.SENT, reason="", handed_over_at=at, resolved_at=at)
    called.after(case, call, outcome, by=by, at=at, note=note)


def withdraw_task(*, task: Task, by: str, at: datetime) -> None:
    """Nobody is to dial any more (the case closed, the task expired): the reservation ends."""
    waiting = Call.objects.filter(step_id=task.cause, status=Call.Status.RESERVED, mode=Call.Mode.HUMAN)
    waiting.update(status=Call.Status.CANCELLED, error="no longer needed")


def recall_tasks(*, at: datetime, limit: int = 200, clock_id: str = "") -> int:
    """Take back the calls that the law has come to forbid since they were given to a person; returns how many.

    Hours and pauses between two contacts take nothing back: whoever dials sees the permitted hours.
    """
    waiting = Task.objects.filter(kind=Task.Kind.CALL, status__in=(Task.Status.OPEN, Task.Status.CLAIMED))
    found = waiting.filter(cause__startswith="stp_", clock_id=clock_id).order_by("id")[:limit]
    return sum(recall(step_id=step_id, at=at) for step_id in found.values_list("cause", flat=True))


def recall(*, step_id: str, at: datetime) -> int:
    """Take one such call back, where the law forbids it by now."""
    call = Call.objects.select_related("campaign__organisation").filter(step_id=step_id).first()
    if call is None:
        return 0
    paper = letters.stationery(call.campaign, call.campaign.organisation)
    with db.atomic():
        case = called.locked_case(call)
        reserved = Call.objects.filter(id=call.id, status=Call.Status.RESERVED).exists()
        step = Step.objects.filter(id=step_id, status=Step.Status.NEEDS_HUMAN).first()
        if step is None or not reserved:
            return 0
        verdict = call_law.judge_again(case, call, step, paper, at=at)
        if verdict.outcome != "deny":
            return 0
        campaigns.end_tasks(cause=step_id, kind="call", by="engine", at=at)
        again = {"status": Step.Status.PLANNED, "reason": verdict.reason[:300], "due_at": verdict.until or at}
        Step.objects.filter(id=step_id).update(**again)
        return 1
