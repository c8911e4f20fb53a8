"""Payouts: what the processor sent to the creditor's own bank, and of which payments it is made."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import Seat, page
from dashboard.views.common import asked, one, page_of
from payments.models import Payment, Payout
from payments.queries import payouts as queries

# What a payout can be filtered by; the others are rare, and stand in the list.
_CHOICES = (Payout.Status.IN_TRANSIT, Payout.Status.PAID, Payout.Status.FAILED)


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, "status")
    rows = seat.rows(Payout).filter(**filters)
    found = page_of(rows, request, filters, scope=f"dashboard:payouts:{seat.organisation.id}:{seat.livemode}")
    return render(request, "dashboard/payouts.html", found | {"choices": _CHOICES})


@page
def detail(request: HttpRequest, seat: Seat, payout_id: str) -> HttpResponse:
    """One payout with its lines; a line of our payments leads to its invoice."""
    payout = one(seat.rows(Payout), payout_id)
    found = page_of(queries.entries(payout), request, {}, scope=f"dashboard:payout:{payout.id}", size=50)
    named = [line.payment_id for line in found["rows"] if line.payment_id]
    payments = seat.rows(Payment).filter(id__in=named).select_related("case__debtor").in_bulk()
    lines = [(line, payments.get(line.payment_id), line.amount_minor - line.fee_minor) for line in found["rows"]]
    totals = queries.totals(payout)
    missing = payout.amount_minor - totals.net
    return render(
        request,
        "dashboard/payout.html",
        found | {"payout": payout, "lines": lines, "totals": totals, "missing": missing},
    )
