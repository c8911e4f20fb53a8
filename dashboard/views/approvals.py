"""Approvals: drafts beside the facts they were written from; approve, reject with a reason, or put it better."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import timeline
from agentcollect.kit.errors import ApiError
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import waiting
from dashboard.views.common import one, page_of, press
from outreach import operations
from outreach.models import Message

# As the API takes them (outreach.approval_bodies).
PARAGRAPHS, PARAGRAPH, REASON = 12, 2000, 300


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    scope = f"dashboard:approvals:{seat.organisation.id}:{seat.livemode}"
    shown = page_of(waiting.drafts_waiting(seat), request, {}, scope=scope, size=waiting.DRAFTS)
    return render(request, "dashboard/approvals.html", shown | {"drafts": waiting.drafts(seat, shown["rows"])})


@page
def detail(request: HttpRequest, seat: Seat, message_id: str) -> HttpResponse:
    """One draft, with its paragraphs to be changed; decided meanwhile, it is shown on its invoice."""
    message = one(seat.rows(Message).select_related("case", "debtor", "contact"), message_id)
    if message.status != Message.Status.DRAFT or message.approved_at:
        messages.success(request, "This message does not wait any more.")
        return redirect("dashboard:campaigns-case", message.case_id)
    return _shown(request, seat, message, list(message.paragraphs))


def _shown(
    request: HttpRequest, seat: Seat, message: Message, paragraphs: list[str], faults: tuple[str, ...] = ()
) -> HttpResponse:
    room = [*paragraphs, ""][:PARAGRAPHS]
    shown = {"draft": waiting.drafts(seat, [message])[0], "paragraphs": room, "faults": faults, "longest": PARAGRAPH}
    return render(request, "dashboard/approval.html", shown, status=422 if faults else 200)


@action()
def approve(request: HttpRequest, seat: Seat, message_id: str) -> HttpResponse:
    message = one(seat.rows(Message), message_id)
    done = f"Approved. It is judged once more and sent to {message.recipient} as it stands."
    named = {"message_id": message.id, "by": seat.by, "at": timeline.act_on(message_id=message.id)}
    press(request, done, lambda: operations.approve_message(**named))
    return redirect("dashboard:approvals")


@action()
def reject(request: HttpRequest, seat: Seat, message_id: str) -> HttpResponse:
    """There is no rejecting without a reason: the next draft, and the audit, go by it."""
    message = one(seat.rows(Message), message_id)
    reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())[:REASON]
    if not reason:
        messages.error(request, "Say why it may not go. Nothing was changed.")
        return redirect("dashboard:approvals-detail", message.id)
    named = {"message_id": message.id, "reason": reason, "by": seat.by, "at": timeline.act_on(message_id=message.id)}
    press(request, "Rejected. It is not sent, and the playbook goes on.", lambda: operations.reject_message(**named))
    return redirect("dashboard:approvals")


@action()
def save(request: HttpRequest, seat: Seat, message_id: str) -> HttpResponse:
    """Other words; what the guards object to stands above them, and nothing that was typed is lost."""
    message = one(seat.rows(Message).select_related("case", "debtor", "contact"), message_id)
    typed = [text.replace("\0", "").strip() for text in request.POST.getlist("paragraph")[:PARAGRAPHS]]
    paragraphs = [text for text in typed if text]
    if any(len(text) > PARAGRAPH for text in paragraphs):
        return _shown(request, seat, message, paragraphs, (f"A paragraph has at most {PARAGRAPH} characters.",))
    try:
        at = timeline.act_on(message_id=message.id)
        operations.edit_message(message_id=message.id, paragraphs=paragraphs, by=seat.by, at=at)
    except ApiError as refused:
        return _refused(request, seat, message, paragraphs, refused)
    messages.success(request, "Saved, and the guards have read it again. It still waits for your approval.")
    return redirect("dashboard:approvals-detail", message.id)


def _refused(
    request: HttpRequest, seat: Seat, message: Message, paragraphs: list[str], refused: ApiError
) -> HttpResponse:
    if refused.code == "message_not_waiting":
        messages.error(request, refused.message)
        return redirect("dashboard:campaigns-case", message.case_id)
    findings = refused.extra.get("findings") or [{"reason": refused.message}]
    return _shown(request, seat, message, paragraphs, tuple(dict.fromkeys(map(words.objection, findings))))
