"""What a person records about one invoice: each form is one operation; a refusal stands beside its field."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import timeline
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Dispute, Hold
from dashboard.access import Seat, action
from dashboard.forms.every import FORMS
from dashboard.views.cases import shown
from dashboard.views.common import one, press
from payments import operations as payments
from payments.models import Plan, Promise

Press = Callable[[Case, dict[str, Any]], object]
_OURS: dict[str, Any] = {"source": "creditor", "evidence": {"recorded": "in the dashboard"}}


@action()
def promise(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Record what they promised."""

    def make(case: Case, said: dict[str, Any]) -> object:
        named = {"amount_minor": said["amount"], "due_on": said["due_on"]}
        return payments.make_promise(case_id=case.id, **named, **_OURS, by=seat.by, at=timeline.act(case.clock_id))

    done = "Recorded. Nothing is sent about this invoice until that day is over."
    return fill(request, seat, case_id, "promise", done, make)


@action()
def plan(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Show the instalments first (`do` is neither word); then offer them, or record that they were agreed."""
    done = {
        "offer": "Offered. It stands on their payment page, and nothing waits until they accept it.",
        "start": "The plan runs. Nothing is sent about this invoice while the instalments come.",
    }
    do = request.POST.get("do", "")
    if do not in done:
        return _show_plan(request, seat, case_id)

    def make(case: Case, said: dict[str, Any]) -> object:
        operation = payments.start_plan if do == "start" else payments.offer_plan
        return operation(case_id=case.id, schedule=said["parts"], **_OURS, by=seat.by, at=timeline.act(case.clock_id))

    return fill(request, seat, case_id, "plan", done[do], make)


def _show_plan(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    case = one(seat.rows(Case).select_related("campaign", "organisation"), case_id)
    form = FORMS["plan"](case, request.POST)
    return shown(request, seat, case.id, form, parts=form.cleaned_data["parts"] if form.is_valid() else ())


@action()
def ask(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Ask them what they mean by their objection."""

    def make(case: Case, said: dict[str, Any]) -> object:
        named = {"dispute_id": _open_dispute(seat, case).id, "note": said["question"]}
        return campaigns.request_dispute_information(**named, by=seat.by, at=timeline.act(case.clock_id))

    return fill(request, seat, case_id, "ask", "Asked. It stands on their payment page until they answer.", make)


@action()
def dispute(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Record what they object to."""

    def make(case: Case, said: dict[str, Any]) -> object:
        named = {"reason": said["reason"], "text": said["text"], "amount_minor": said["amount"]}
        return campaigns.open_dispute(case_id=case.id, **named, **_OURS, by=seat.by, at=timeline.act(case.clock_id))

    return fill(request, seat, case_id, "dispute", "Recorded. Nothing is sent about this invoice meanwhile.", make)


@action()
def answer(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Answer their objection."""

    def make(case: Case, said: dict[str, Any]) -> object:
        named = {"dispute_id": _open_dispute(seat, case).id, "answer": said["answer"]}
        return campaigns.answer_dispute(**named, by=seat.by, at=timeline.act(case.clock_id))

    return fill(request, seat, case_id, "answer", "Answered. Say how it ended when you know.", make)


@action()
def resolve(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Say how their objection ended."""

    def make(case: Case, said: dict[str, Any]) -> object:
        off = said["amount"] if said["outcome"] == Dispute.Status.PARTIALLY_UPHELD else 0
        named = {"outcome": said["outcome"], "reduced_minor": off, "note": said["note"]}
        found = _open_dispute(seat, case)
        return campaigns.resolve_dispute(dispute_id=found.id, **named, by=seat.by, at=timeline.act(case.clock_id))

    return fill(request, seat, case_id, "resolve", "The objection is over.", make)


def _open_dispute(seat: Seat, case: Case) -> Dispute:
    found = seat.rows(Dispute).filter(case_id=case.id, resolved_at=None).first()
    if found is None:
        raise ApiError("illegal_transition", "This objection is over already.")
    return found


def fill(request: HttpRequest, seat: Seat, case_id: str, name: str, done: str, operation: Press) -> HttpResponse:
    """Press `operation` with what was typed; else the invoice's page again, the form open and nothing lost."""
    case = one(seat.rows(Case), case_id)
    form = FORMS[name](case, request.POST)
    if form.is_valid():
        try:
            operation(case, form.cleaned_data)
        except ApiError as refused:
            if refused.status != 409:
                form.refuse(refused)
                return shown(request, seat, case.id, form)
            messages.error(request, refused.message)  # it stands otherwise by now: the form is not there any more
        else:
            messages.success(request, done)
        return redirect("dashboard:campaigns-case", case.id)
    return shown(request, seat, case.id, form)


# --- buttons that ask first


@action()
def cancel_promise(request: HttpRequest, seat: Seat, case_id: str, promise_id: str) -> HttpResponse:
    found = one(seat.rows(Promise).filter(case_id=case_id), promise_id)
    named = {"promise_id": found.id, "by": seat.by, "at": timeline.act(found.clock_id)}
    press(request, "It is waited for no more; the playbook goes on.", lambda: payments.cancel_promise(**named))
    return redirect("dashboard:campaigns-case", case_id)


@action()
def confirm_promise(request: HttpRequest, seat: Seat, case_id: str, promise_id: str) -> HttpResponse:
    found = one(seat.rows(Promise).filter(case_id=case_id), promise_id)
    named = {"promise_id": found.id, "by": seat.by, "at": timeline.act(found.clock_id)}
    press(
        request,
        "It is a promise now; nothing is sent until its day is over.",
        lambda: payments.confirm_promise(**named),
    )
    return redirect("dashboard:campaigns-case", case_id)


@action()
def accept_plan(request: HttpRequest, seat: Seat, case_id: str, plan_id: str) -> HttpResponse:
    """They said yes to the creditor themselves."""
    found = one(seat.rows(Plan).filter(case_id=case_id), plan_id)
    named = {"plan_id": found.id, "by": seat.by, "at": timeline.act(found.clock_id)}
    done = "The plan runs. Nothing is sent about this invoice while the instalments come."
    press(request, done, lambda: payments.accept_plan(**named))
    return redirect("dashboard:campaigns-case", case_id)


@action()
def cancel_plan(request: HttpRequest, seat: Seat, case_id: str, plan_id: str) -> HttpResponse:
    found = one(seat.rows(Plan).filter(case_id=case_id), plan_id)
    named = {"plan_id": found.id, "by": seat.by, "at": timeline.act(found.clock_id)}
    press(request, "The plan is cancelled; the playbook goes on.", lambda: payments.cancel_plan(**named))
    return redirect("dashboard:campaigns-case", case_id)


@action()
def release(request: HttpRequest, seat: Seat, case_id: str, hold_id: str) -> HttpResponse:
    """End a hold of one's own. What the debtor or the law set is refused by the operation."""
    found = one(seat.rows(Hold).filter(case_id=case_id), hold_id)
    named = {"case_id": case_id, "hold_id": found.id, "by": seat.by, "at": timeline.act_on(case_id=case_id)}
    press(request, "Released. What waited is judged again.", lambda: campaigns.release_case(**named))
    return redirect("dashboard:campaigns-case", case_id)
