"""Needs you: what the engine left to a person, and the person's answer to it."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Task
from dashboard import words
from dashboard.access import ACT, SETTLE, Seat, action, page
from dashboard.queries import people, waiting
from dashboard.views.common import back, one, plain
from outreach.models import Reply
from outreach.operations import replies


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    kind = plain(request.GET.get("kind", ""))
    found = waiting.groups(seat, clock.now(), kind=kind)
    shown = sum(len(group.asked) for group in found)
    more = sum(group.count for group in found) - shown
    return render(request, "dashboard/needs_you.html", {"groups": found, "kind": kind, "shown": shown, "more": more})


@action(ACT | SETTLE)
def claim(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Say that one is on it."""
    return _do(request, seat, task_id, "It is yours.", operations.claim_task)


@action(ACT | SETTLE)
def unclaim(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Give it back to everybody, whoever had it."""
    return _do(request, seat, task_id, "Anybody can do it now.", operations.unclaim_task)


@action(ACT | SETTLE)
def complete(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Answer it: what follows happens at once."""
    outcome = plain(request.POST.get("outcome", ""))
    note = request.POST.get("note", "").replace("\0", "").strip()[:1000]
    said = words.TASK_OUTCOME.get(outcome) or words.readable(outcome)
    operation = partial(operations.complete_task, outcome=outcome, note=note)
    return _do(request, seat, task_id, f"Done: {said}.", operation)


@action()
def read(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Say what a reply is: what follows from that happens at once, or it says why it still waits."""
    task = one(seat.rows(Task).filter(kind=Task.Kind.REVIEW_REPLY), task_id)
    label = plain(request.POST.get("label", ""))
    note = " ".join(request.POST.get("note", "").replace("\0", "").split())[:200]
    try:
        _refuse_taken(task, seat)
        reply = replies.resolve(
            reply_id=task.cause, label=label, note=note, by=seat.by, at=timeline.act_on(task_id=task.id)
        )
    except ApiError as refused:
        messages.error(request, _words(seat, refused))
    else:
        still = reply.status == Reply.Status.NEEDS_HUMAN
        messages.success(request, f"{'Kept, and it still needs you' if still else 'Done'}: {reply.outcome}.")
    return redirect(back(request, reverse("dashboard:needs-you")))


def _refuse_taken(task: Task, seat: Seat) -> None:
    """Raises ApiError: task_over, task_claimed, as completing it does."""
    if task.status not in (Task.Status.OPEN, Task.Status.CLAIMED):
        raise ApiError("task_over", f"The task is {task.status}.")
    if task.status == Task.Status.CLAIMED and task.claimed_by != seat.by:
        raise ApiError("task_claimed", "Somebody else has taken this task on.", claimed_by=task.claimed_by)


def _do(request: HttpRequest, seat: Seat, task_id: str, done: str, operation: Callable[..., object]) -> HttpResponse:
    task = one(seat.rows(Task), task_id)
    if not waiting.answers(seat, task.kind):
        return render(
            request, "dashboard/forbidden.html", {"roles": sorted(waiting.who_answers(task.kind))}, status=403
        )
    try:
        operation(task_id=task.id, by=seat.by, at=timeline.act_on(task_id=task.id))
    except ApiError as refused:
        messages.error(request, _words(seat, refused))
    else:
        messages.success(request, done)
    return redirect(back(request, reverse("dashboard:needs-you")))


def _words(seat: Seat, refused: ApiError) -> str:
    """The refusal, with the colleague's name instead of an id."""
    if refused.code == "task_claimed":
        _, name = words.actor(str(refused.extra.get("claimed_by", "")), people.members(seat))
        return f"{name} has taken this on. It can be given back to everybody first."
    said = {"note_required": "Say why, in the note.", "invalid_label": "Choose what it is."}
    return said.get(refused.code, refused.message)
