"""What is done with a payment: some of it is given back, or its credit is used. For those who may give a claim up."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import timeline
from accounts.operations.forms import submit_once, submitted
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import SETTLE, Seat, action
from dashboard.forms.money import ApplyForm, OnceForm, RefundForm
from dashboard.queries import payments as queries
from dashboard.views.common import one
from dashboard.views.payments import rows, shown
from payments import operations
from payments import queries as reads
from payments.models import Payment, Refund


@action(SETTLE)
def refund(request: HttpRequest, seat: Seat, payment_id: str) -> HttpResponse:
    """Show first what each invoice would owe (`do` is no word of ours); then give it back. `edit`: the form again."""
    payment = one(rows(seat), payment_id)
    form = RefundForm(payment, reads.refundable(payment), request.POST)
    if not form.is_valid():
        return shown(request, seat, payment, form=form)
    do = request.POST.get("do", "")
    if do == "refund":
        return _once(request, seat, payment, form, partial(_refund, payment, form, seat.by))
    if not form.check_left():
        return shown(request, seat, payment, form=form)
    said = form.cleaned_data
    would = operations.refund_outlook(payment=payment, amount_minor=said["amount"], credited=said["credited"])
    return shown(request, seat, payment, form=form, outlook=[] if do == "edit" else would)


def _refund(payment: Payment, form: OnceForm, by: str) -> str:
    said, at = form.cleaned_data, timeline.act(payment.case.clock_id)
    facts = {"reason": said["reason"], "credited": said["credited"]}
    row = operations.refund(payment_id=payment.id, amount_minor=said["amount"], **facts, by=by, at=at)
    # The processor is asked by a worker, with no lock held.
    return "Given back." if row.status == Refund.Status.SUCCEEDED else "It is about to go back."


@action(SETTLE)
def apply(request: HttpRequest, seat: Seat, payment_id: str) -> HttpResponse:
    """Use credit for another open invoice of theirs."""
    payment = one(rows(seat), payment_id)
    # The invoice that it paid is not among the open ones any more, when the button is pressed again.
    if before := submitted(token=request.POST.get("token", ""), organisation_id=seat.organisation.id):
        messages.success(request, before)
        return redirect("dashboard:payments-detail", payment.id)
    form = ApplyForm(payment, queries.usable_for(seat, payment), request.POST)
    if not form.is_valid():
        return shown(request, seat, payment, form=form)
    return _once(request, seat, payment, form, partial(_apply, payment, form, seat.by))


def _apply(payment: Payment, form: OnceForm, by: str) -> str:
    said, at = form.cleaned_data, timeline.act(payment.case.clock_id)
    operations.apply_credit(payment_id=payment.id, case_id=said["invoice"], minor=said["amount"], by=by, at=at)
    return "The credit is used."


def _once(request: HttpRequest, seat: Seat, payment: Payment, form: OnceForm, work: Callable[[], str]) -> HttpResponse:
    """Do it, however often the button was pressed; a refusal stands beside its field."""
    named = {"token": form.cleaned_data["token"], "organisation_id": seat.organisation.id}
    try:
        done, _ = submit_once(**named, work=work, at=clock.now())
    except ApiError as refused:
        if refused.status != 409:
            form.refuse(refused)
            return shown(request, seat, payment, form=form)
        messages.error(request, refused.message)  # it stands otherwise by now
    else:
        messages.success(request, done)
    return redirect("dashboard:payments-detail", payment.id)
