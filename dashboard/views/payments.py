"""Payments received."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import Seat, page
from dashboard.queries import collection
from dashboard.views.common import asked, page_of
from payments.models import Payment


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, "status")
    found = page_of(collection.payments(seat, **filters), request, filters, scope=_scope(seat))
    choices = [Payment.Status.SUCCEEDED, Payment.Status.PROCESSING, Payment.Status.FAILED, Payment.Status.REVERSED]
    return render(request, "dashboard/payments.html", found | {"choices": choices})


def _scope(seat: Seat) -> str:
    return f"dashboard:payments:{seat.organisation.id}:{seat.livemode}"
