"""Our books beside the processor's and the bank's, month by month; every difference under its name."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agentcollect.kit import clock
from dashboard.access import STATEMENTS, Seat, page
from dashboard.queries import reconciliation as queries
from dashboard.views.common import asked
from payments.views.reports import csv_file


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    if not seat.may_read_statements:
        return _refused(request)
    month = _month(request, seat)
    return render(request, "dashboard/reconciliation.html", queries.shown(seat, month) | {"month": month})


@page
def file(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The same with every row."""
    if not seat.may_read_statements:
        return _refused(request)
    month = _month(request, seat)
    name = f"reconciliation-{month.name}"
    return csv_file(name, queries.COLUMNS, queries.as_lines(seat, month))  # type: ignore[return-value]  # it streams


def _month(request: HttpRequest, seat: Seat) -> queries.Month:
    return queries.month(seat, asked(request, "month").get("month", ""), clock.now())


def _refused(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/forbidden.html", {"roles": sorted(STATEMENTS)}, status=403)
