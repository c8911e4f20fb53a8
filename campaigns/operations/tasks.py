"""What the engine leaves to a person: opened once for each cause, done by somebody, or over because its cause is gone.

What an answer does to the engine is a function of the room that asked: settings.TASK_OUTCOMES names it, since that
room may lie above this one; settings.TASK_ENDINGS names who must hear that a task is needed no more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from accounts.models import Organisation
from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Debtor, Step, Task
from campaigns.operations.facts import about, case_data
from campaigns.operations.planning import plan_next
from campaigns.rules import tasks as rules
from events.operations import About, record

errors.define("task_over", 409, "The task is over: done, expired or no longer needed.")
errors.define("task_claimed", 409, "Somebody else has taken this task on.")
errors.define("invalid_outcome", 400, "A task of this kind cannot end with that outcome.")
errors.define("note_required", 400, "Say why in `note`.")

OPEN = (Task.Status.OPEN, Task.Status.CLAIMED)
# Refusing somebody else's words needs a reason: it is what the next draft, and the audit, go by.
_NEEDS_A_NOTE = frozenset({("approve", "reject")})
Handler = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A task to be opened; `case` None: it is about the debtor as a whole."""

    kind: str
    debtor: Debtor
    cause: str
    reason: str
    due_at: datetime
    case: Case | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


def open_task(
    *,
    kind: str,
    debtor: Debtor,
    case: Case | None = None,
    cause: str,
    reason: str,
    facts: dict[str, Any],
    due_at: datetime,
    expires_at: datetime | None = None,
    by: str,
    at: datetime,
) -> Task:
    """Leave something to a person, and say so with `task.created`. One of a kind is open for a cause: that one stands.

    `expires_at` None: what the kind has by itself (campaigns.rules.tasks.expiry), for most of them never.
    """
    wanted = Wanted(
        kind=kind,
        debtor=debtor,
        case=case,
        cause=cause,
        reason=reason,
        facts=facts,
        due_at=due_at,
        expires_at=expires_at,
    )
    try:
        with db.atomic():
            opened = open_tasks([wanted], by=by, at=at)
    except IntegrityError:
        # Another transaction opened it at this very moment.
        opened = []
    return opened[0] if opened else Task.objects.get(kind=kind, cause=cause, status__in=OPEN)


def open_tasks(wanted: Sequence[Wanted], *, by: str, at: datetime) -> list[Task]:
    """Open those of `wanted` (of one organisation and mode) that are not open yet; returns the new ones.

    Three statements however many. Raises IntegrityError when another transaction opens one of them at this moment.
    """
    if not wanted:
        return []
    kinds, causes = {one.kind for one in wanted}, {one.cause for one in wanted}
    standing = Task.objects.filter(kind__in=kinds, cause__in=causes, status__in=OPEN)
    known = set(standing.values_list("kind", "cause"))
    place = Organisation.objects.only("timezone", "country").get(id=wanted[0].debtor.organisation_id)
    fresh = {(one.kind, one.cause): one for one in wanted if (one.kind, one.cause) not in known}
    opened = [_row(one, place, by=by, at=at) for one in fresh.values()]
    Task.objects.bulk_create(opened)
    for task, one in zip(opened, fresh.values(), strict=True):
        _record("task.created", task, one.debtor, one.case, by=by, at=at)
    return opened


def _row(wanted: Wanted, place: Organisation, *, by: str, at: datetime) -> Task:
    debtor, case = wanted.debtor, wanted.case
    expires = wanted.expires_at or rules.expiry(wanted.kind, at, zone=place.timezone, country=place.country)
    return Task(
        id=ids.new("tsk"),
        organisation_id=debtor.organisation_id,
        livemode=debtor.livemode,
        clock_id=debtor.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        kind=wanted.kind,
        campaign_id=case.campaign_id if case else None,
        debtor_id=debtor.id,
        case_id=case.id if case else None,
        cause=wanted.cause,
        reason=wanted.reason[:300],
        facts=wanted.facts,
        due_at=wanted.due_at,
        expires_at=expires,
        actor=by,
    )


def due_in(organisation: Organisation, days: int, *, at: datetime) -> datetime:
    """The same time `days` business days later, where the creditor works."""
    return rules.business_days_after(at, days, zone=organisation.timezone, country=organisation.country)


# --- what people do


def claim_task(*, task_id: str, by: str, at: datetime) -> Task:
    """Say that one is on it. Twice is once. Raises ApiError: task_over, task_claimed."""
    with db.atomic():
        task = _locked(task_id)
        if task.status == Task.Status.CLAIMED and task.claimed_by != by:
            raise ApiError("task_claimed", f"{task.claimed_by} has taken this task on.", claimed_by=task.claimed_by)
        return _set(task, status=Task.Status.CLAIMED, claimed_by=by, at=at)


def unclaim_task(*, task_id: str, by: str, at: datetime) -> Task:
    """Give it back to everybody, whoever had taken it on. Raises ApiError(task_over)."""
    with db.atomic():
        return _set(_locked(task_id), status=Task.Status.OPEN, claimed_by="", at=at)


def complete_task(*, task_id: str, outcome: str, note: str, by: str, at: datetime) -> Task:
    """Do it: `outcome` is one of the kind's own, and what follows from it happens in this same transaction.

    Done already with this outcome: nothing happens. Raises ApiError: task_over, task_claimed, invalid_outcome,
    note_required, and whatever the asking room refuses (nothing has happened then).
    """
    with db.atomic():
        task = _locked(task_id, done_as=outcome)
        if task.status == Task.Status.DONE:
            return task
        if task.status == Task.Status.CLAIMED and task.claimed_by != by:
            raise ApiError("task_claimed", f"{task.claimed_by} has taken this task on.", claimed_by=task.claimed_by)
        _check_outcome(task, outcome, note)
        _end(task, Task.Status.DONE, outcome=outcome, note=note, by=by, at=at)
        if handler := _handler("TASK_OUTCOMES", task.kind):
            handler(task=task, outcome=outcome, note=note, by=by, at=at)
        return task


def _check_outcome(task: Task, outcome: str, note: str) -> None:
    allowed = rules.OUTCOMES[task.kind]
    if outcome not in allowed:
        words = f"A task of kind {task.kind} ends with one of {', '.join(allowed)}."
        raise ApiError("invalid_outcome", words, param="outcome")
    if (task.kind, outcome) in _NEEDS_A_NOTE and not note.strip():
        raise ApiError("note_required", param="note")


# --- what ends them otherwise


def end_tasks(
    *, cause: str, kind: str = "", status: str = "cancelled", outcome: str = "", by: str, at: datetime
) -> int:
    """End the open tasks about `cause`, because it is gone or was settled elsewhere; returns how many."""
    with db.atomic():
        found = _about(cause=cause, kind=kind) if kind else _about_anything(cause=cause)
        return _end_all(found, status=status, outcome=outcome, by=by, at=at)


def end_step_tasks(*, case_id: str, by: str, at: datetime) -> int:
    """The case's cancelled steps need nobody any more: no draft to approve, no call to make."""
    with db.atomic():
        return _end_all(_of_steps(case_id=case_id), status=Task.Status.CANCELLED, outcome="", by=by, at=at)


def end_case_tasks(*, case_id: str, by: str, at: datetime) -> int:
    """The case is closed: nobody needs to do anything about it, except with money that was too much. Call with its row
    locked."""
    with db.atomic():
        return _end_all(_of_case(case_id=case_id), status=Task.Status.CANCELLED, outcome="", by=by, at=at)


def end_debtor_tasks(*, debtor_id: str, kind: str, outcome: str, by: str, at: datetime) -> int:
    """What was asked about the debtor or its invoices has been done elsewhere: the tasks of `kind` are done."""
    with db.atomic():
        found = _of_debtor(debtor_id=debtor_id, kind=kind)
        return _end_all(found, status=Task.Status.DONE, outcome=outcome, by=by, at=at)


def expire_tasks(*, at: datetime, limit: int = 200, clock_id: str = "") -> int:
    """Pass over the tasks nobody did in time; the playbook goes on after their step. Returns how many."""
    over = Task.objects.filter(status__in=OPEN, expires_at__lte=at, clock_id=clock_id).order_by("expires_at", "id")
    return sum(expire_task(task_id=task_id, at=at) for task_id in over.values_list("id", flat=True)[:limit])


def expire_task(*, task_id: str, at: datetime) -> int:
    """Pass over one task whose time is up; 0 when it is done by now."""
    with db.atomic():
        try:
            task = _locked(task_id)
        except ApiError:
            return 0  # done at this very moment
        _end(task, Task.Status.EXPIRED, outcome="", note="", by="engine", at=at)
        if handler := _handler("TASK_ENDINGS", task.kind):
            handler(task=task, by="engine", at=at)
        _pass_over(task, at=at)
        return 1


def _pass_over(task: Task, *, at: datetime) -> None:
    """The step that waited for the task is resolved, and the playbook's next one is planned."""
    waited = Step.objects.filter(id=task.cause, status=Step.Status.NEEDS_HUMAN)
    words = f"nobody did it within {rules.PATIENCE_DAYS} business days"
    if waited.update(status=Step.Status.SKIPPED, reason=words, resolved_at=at):
        case = Case.objects.select_related("debtor").get(id=task.case_id)
        plan_next(case=case, at=at, after=Step.objects.get(id=task.cause))


# --- one task


def _locked(task_id: str, *, done_as: str = "") -> Task:
    """The open task, behind its debtor and case (kit.db.locked). Raises ApiError(task_over), unless it ended so."""
    debtor_id, case_id = Task.objects.values_list("debtor_id", "case_id").get(id=task_id)
    db.locked(Debtor.objects.filter(id=debtor_id)).get()
    if case_id:
        db.locked(Case.objects.filter(id=case_id)).get()
    task = db.locked(Task.objects.select_related("debtor", "case").filter(id=task_id)).get()
    if task.status not in OPEN and not (done_as and task.outcome == done_as and task.status == Task.Status.DONE):
        raise ApiError("task_over", f"The task is {task.status}.", state=task.status)
    return task


def _set(task: Task, *, status: str, claimed_by: str, at: datetime) -> Task:
    if (task.status, task.claimed_by) != (status, claimed_by):
        task.status, task.claimed_by, task.updated_at = status, claimed_by, at
        task.save(update_fields=["status", "claimed_by", "updated_at"])
    return task


def _open(**named: Any) -> QuerySet[Task]:
    """Open tasks, locked, with whom they are about."""
    rows = Task.objects.select_related("debtor", "case").filter(**named, status__in=OPEN)
    return db.locked(rows.order_by("id"))


_about = Prepared(lambda cause, kind: _open(cause=cause, kind=kind))
_about_anything = Prepared(lambda cause: _open(cause=cause, kind__in=Task.Kind.values))
_of_steps = Prepared(lambda case_id: _open(case_id=case_id, kind__in=["approve", "call"], cause__startswith="stp_"))
_of_case = Prepared(lambda case_id: _open(case_id=case_id).exclude(kind=Task.Kind.RETURN_CREDIT))
_of_debtor = Prepared(lambda debtor_id, kind: _open(debtor_id=debtor_id, kind=kind))


def _end_all(found: Sequence[Task], *, status: str, outcome: str, by: str, at: datetime) -> int:
    for task in found:
        _end(task, status, outcome=outcome, note="", by=by, at=at)
        handler = _handler("TASK_ENDINGS", task.kind)
        if handler and status == Task.Status.CANCELLED:
            handler(task=task, by=by, at=at)
    return len(found)


def _end(task: Task, status: str, *, outcome: str, note: str, by: str, at: datetime) -> None:
    task.status, task.outcome, task.note = status, outcome, note[:1000]
    task.ended_at, task.ended_by, task.updated_at = at, by, at
    task.save(update_fields=["status", "outcome", "note", "ended_at", "ended_by", "updated_at"])
    _record("task.done", task, task.debtor, task.case, by=by, at=at)


@cache
def _named(path: str) -> Handler:
    return cast(Handler, import_string(path))


def _handler(setting: str, kind: str) -> Handler | None:
    path = getattr(settings, setting).get(kind)
    return _named(path) if path else None


def _record(type: str, task: Task, debtor: Debtor, case: Case | None, *, by: str, at: datetime) -> None:
    facts = {
        "task_id": task.id,
        "kind": task.kind,
        "status": task.status,
        "reason": task.reason,
        "due_at": clock.iso(task.due_at),
        "outcome": task.outcome or None,
    }
    if case:
        data, where = case_data(case, debtor.name, **facts), about(case)
    else:
        nothing: dict[str, Any] = {
            "campaign_id": None,
            "case_id": None,
            "invoice_number": None,
            "currency": None,
            "metadata": {},
        }
        data = nothing | {"debtor_id": debtor.id, "debtor": debtor.name} | facts
        where = About(debtor_id=debtor.id)
    record(
        type=type,
        organisation_id=task.organisation_id,
        livemode=task.livemode,
        data=data,
        by=by,
        at=at,
        about=where,
        cause=task.cause,
    )
