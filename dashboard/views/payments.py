"""Payments: the list, and one with all that became of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agentcollect.kit import clock
from dashboard import words
from dashboard.access import Seat, page
from dashboard.forms.money import ApplyForm, OnceForm, RefundForm
from dashboard.queries import payments as queries
from dashboard.queries import timeline
from dashboard.views.common import asked, one, page_of
from payments import queries as money
from payments.models import Payment, Refund
from payments.operations import Outlook

FILTERS = ("status", "method", "source", "month", "q")


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, *FILTERS)
    scope = f"dashboard:payments:{seat.organisation.id}:{seat.livemode}"
    found = page_of(queries.found(seat, filters, clock.now()), request, filters, scope=scope)
    choices = {
        "statuses": [(value, words.PAYMENT_NAMES[value]) for value in Payment.Status.values],
        "methods": [(value, words.PAYMENT_METHOD[value]) for value in Payment.Method.values],
        "sources": [(value, words.PAYMENT_SOURCE[value]) for value in Payment.Source.values],
    }
    return render(request, "dashboard/payments.html", found | choices)


@page
def detail(request: HttpRequest, seat: Seat, payment_id: str) -> HttpResponse:
    """One payment. `do` in the address (`refund`, `apply`) has that form open, for what of it is credit."""
    payment = one(rows(seat), payment_id)
    return shown(request, seat, payment, do=request.GET.get("do", ""))


def rows(seat: Seat) -> Any:
    return seat.rows(Payment).select_related("case__debtor", "case__campaign", "case__organisation")


def shown(
    request: HttpRequest,
    seat: Seat,
    payment: Payment,
    *,
    do: str = "",
    form: OnceForm | None = None,
    outlook: list[Outlook] | None = None,
) -> HttpResponse:
    """The page of one payment; with a `form` that was refused, open and as it was typed, or (`outlook`) that shows what
    it would do before it does it."""
    context = _facts(seat, payment) | _forms(seat, payment, do, form) | {"outlook": outlook or []}
    refused = form is not None and outlook is None
    return render(request, "dashboard/payment.html", context, status=422 if refused else 200)


def _facts(seat: Seat, payment: Payment) -> dict[str, Any]:
    given = list(money.refunds(payment).order_by("-created_at", "-id"))
    waiting = (Refund.Status.CREATED, Refund.Status.PROCESSING)
    stands = queries.standing(seat, payment)
    return {
        "payment": payment,
        "stands": stands,
        "refunds": given,
        "waiting": any(row.status == Refund.Status.CREATED for row in given),
        "on_its_way": sum(row.amount_minor for row in given if row.status in waiting),
        "days": timeline.by_day(queries.events(seat, payment), seat.zone),
        "receipt": f"{money.pay_url(payment.case)}/payments/{payment.id}" if stands.places else "",
        "books": queries.books(seat, payment),
        "bank_line": queries.bank_line(seat, payment),
    }


def _forms(seat: Seat, payment: Payment, do: str, form: OnceForm | None) -> dict[str, Any]:
    """The forms there are for this person; one that was filled in stands in its place."""
    left, credit = money.refundable(payment), money.credit(payment)
    usable = queries.usable_for(seat, payment) if credit else []
    first = min(credit, left) if do == "refund" else 0
    forms: dict[str, OnceForm] = {}
    if seat.may_settle and left:
        forms["refund"] = RefundForm(payment, left, first=first)
    if seat.may_settle and usable:
        forms["apply"] = ApplyForm(payment, usable)
    forms |= {form.name: form} if form else {}
    return {"forms": forms, "do": form.name if form else do, "credit": credit, "usable": usable, "left": left}
