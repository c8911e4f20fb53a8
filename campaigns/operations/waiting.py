"""A case waits for what was agreed or objected to, and goes on when that is over: one way in, one way out."""

from datetime import datetime
from typing import Any

from campaigns.models import Case, Hold, Step
from campaigns.operations.cases import CLOSING, cancel_steps
from campaigns.operations.contacts import needs_contact
from campaigns.operations.holds import hold, release
from campaigns.operations.planning import resume
from campaigns.queries.people import usable_contacts
from campaigns.rules import transitions

_SAYS = {
    Case.Status.PROMISED: "a payment was promised",
    Case.Status.IN_PLAN: "it is paid in instalments",
    Case.Status.DISPUTED: "the invoice is disputed",
}


def wait(*, case: Case, status: str, kind: str, evidence: dict[str, Any], by: str, at: datetime) -> Hold:
    """Move the locked case (its debtor loaded) into `status`, under a hold of `kind`; nothing planned remains, and a
    worker that holds a step loses its claim. Raises ApiError(illegal_transition)."""
    transitions.check(transitions.CASE, case.status, status)
    case.status, case.next_contact_at, case.updated_at = status, None, at
    case.save(update_fields=["status", "next_contact_at", "updated_at"])
    cancel_steps(case_id=case.id, reason=_SAYS[Case.Status(status)], at=at)
    return hold(kind=kind, on=case, by=by, at=at, evidence=evidence)


def go_on(*, case: Case, waited: str, hold_id: str, cause: str, at: datetime) -> Step | None:
    """What the locked case waited for in state `waited` is over: its hold ends, and the playbook resumes at its step.

    A case that moved on meanwhile (a dispute, a closing) stays where it is. One that was recalled does not wait for it
    any more if it is taken up again. `cause` (a promise, a plan, a dispute) is what the resumed step remembers.
    """
    if case.closed_at:
        _forget(case, waited, hold_id)
        return None
    if case.status == waited:
        transitions.check(transitions.CASE, case.status, Case.Status.ACTIVE)
        case.status, case.updated_at = Case.Status.ACTIVE, at
        case.save(update_fields=["status", "updated_at"])
    # The creditor may not end such a hold by hand; its end is the engine's.
    for standing in Hold.objects.filter(id=hold_id, released_at=None):
        release(hold=standing, by="engine", at=at)
    case.refresh_from_db(fields=["next_contact_at"])
    return resume_after(case=case, at=at, cause=cause)


def _forget(case: Case, waited: str, hold_id: str) -> None:
    Hold.objects.filter(id=hold_id, released_by=CLOSING).update(released_by="engine")
    if case.closed_from == waited:
        case.closed_from = Case.Status.ACTIVE
        case.save(update_fields=["closed_from"])


def resume_after(*, case: Case, at: datetime, cause: str = "") -> Step | None:
    """Take the playbook up after a promise, a plan or a dispute: the step that was cancelled for it comes again, never
    a later one. With nobody to write to the case says so."""
    if case.status != Case.Status.ACTIVE:
        return None
    if not usable_contacts(case.debtor_id).exists():
        needs_contact(case=case, at=at)
        return None
    resume(case=case, at=at)
    # Planned just now, here or by whoever ended the hold.
    step = Step.objects.filter(case=case, status=Step.Status.PLANNED, kind="outreach").first()
    if step and cause and not step.cause:
        step.cause = cause
        step.save(update_fields=["cause"])
    return step
