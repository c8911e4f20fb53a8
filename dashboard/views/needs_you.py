"""Needs you: what the engine left to a person, and the person's answer to it."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Task
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import people, waiting
from dashboard.views.common import back, one, plain


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    kind = plain(request.GET.get("kind", ""))
    found = waiting.groups(seat, clock.now(), kind=kind)
    shown = sum(len(group.asked) for group in found)
    more = sum(group.count for group in found) - shown
    return render(request, "dashboard/needs_you.html", {"groups": found, "kind": kind, "shown": shown, "more": more})


@action()
def claim(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Say that one is on it."""
    return _do(request, seat, task_id, "It is yours.", operations.claim_task)


@action()
def unclaim(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Give it back to everybody, whoever had it."""
    return _do(request, seat, task_id, "Anybody can do it now.", operations.unclaim_task)


@action()
def complete(request: HttpRequest, seat: Seat, task_id: str) -> HttpResponse:
    """Answer it: what follows happens at once."""
    outcome = plain(request.POST.get("outcome", ""))
    note = request.POST.get("note", "").replace("\0", "").strip()[:1000]
    said = words.TASK_OUTCOME.get(outcome) or words.readable(outcome)
    operation = partial(operations.complete_task, outcome=outcome, note=note)
    return _do(request, seat, task_id, f"Done: {said}.", operation)


def _do(request: HttpRequest, seat: Seat, task_id: str, done: str, operation: Callable[..., object]) -> HttpResponse:
    task = one(seat.rows(Task), task_id)
    try:
        operation(task_id=task.id, by=seat.by, at=clock.now())
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
    return "Say why, in the note." if refused.code == "note_required" else refused.message
