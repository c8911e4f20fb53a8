"""Analytics: what was placed and what came of it; each figure with its formula, its rows and its file."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from agentcollect.kit.errors import ApiError
from dashboard.access import Seat, page
from dashboard.queries import analytics as queries
from dashboard.views.common import asked, page_of
from outreach.queries import channels
from payments import reports
from payments.reports import Figure, Scope
from payments.reports.figures import COLUMNS
from payments.schema.reports import OPEN_COLUMNS, PLACED_COLUMNS
from payments.views.reports import csv_file, every

File = tuple[Sequence[str], Iterable[dict[str, Any]]]
_FILTERS = ("from", "to", "as_of", "campaign_id", "currency", "test_clock")


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters, fault = asked(request, *_FILTERS), ""
    try:
        scope = reports.read_scope(seat.organisation, seat.livemode, filters)
    except ApiError as refused:
        # An old bookmark, a day that is none: everything is shown, and what was wrong.
        fault, scope, filters = refused.message, reports.read_scope(seat.organisation, seat.livemode, {}), {}
    found = channels.channels(scope)
    shown = _filters(seat, scope, filters) | {
        "fault": fault,
        "sheets": queries.sheets(scope),
        "reached": queries.reached(found),
        "channels": queries.touched(found.by_channel().items()),
        "steps": queries.touched(found.steps.items()),
        "window": channels.WINDOW.days,
    }
    return render(request, "dashboard/analytics.html", shown)


def _filters(seat: Seat, scope: Scope, filters: dict[str, str]) -> dict[str, Any]:
    return {
        "scope": scope,
        "filters": filters,
        "query": urlencode(filters),
        # `from` and `to` are no names to a template.
        "first": filters.get("from", ""),
        "last": filters.get("to", ""),
        "campaigns": queries.campaigns(seat),
        "test_clocks": queries.clocks(seat),
    }


@page
def rows(request: HttpRequest, seat: Seat, name: str) -> HttpResponse:
    """The invoices behind the recovery or the ageing."""
    filters = asked(request, *_FILTERS, "bucket")
    scope, bucket = _scope(seat, filters), filters.get("bucket", "")
    found = reports.aging_rows(scope, bucket) if name == "aging" else reports.recovery_rows(scope)
    listed = page_of(found, request, filters, scope=f"analytics:{name}:{seat.organisation.id}:{seat.livemode}")
    show: Callable[[Scope, Any], dict[str, Any]] = reports.open_case if name == "aging" else reports.placed_case
    listed["rows"] = [(row, show(scope, row)) for row in listed["rows"]]
    named = {"name": name, "scope": scope, "bucket": queries.BUCKETS.get(bucket, "")}
    return render(request, "dashboard/analytics_rows.html", listed | named)


@page
def file(request: HttpRequest, seat: Seat, name: str) -> HttpResponse:
    """A report, or the rows behind one, as CSV: the same files as the API's."""
    filters = asked(request, *_FILTERS, "bucket", "channel")
    return csv_file(name, *FILES[name](_scope(seat, filters), filters))  # type: ignore[return-value]  # it streams


def _figures(found: Iterable[Figure]) -> File:
    return COLUMNS, map(reports.as_line, found)


# Name → its columns and its lines.
FILES: dict[str, Callable[[Scope, dict[str, str]], File]] = {
    "recovery": lambda scope, _: _figures(reports.recovery(scope).figures),
    "recovery-rows": lambda scope, _: (
        PLACED_COLUMNS,
        every(reports.recovery_rows(scope), lambda row: reports.placed_case(scope, row)),
    ),
    "aging": lambda scope, _: _figures(reports.aging(scope)),
    "aging-rows": lambda scope, asked: (
        OPEN_COLUMNS,
        every(reports.aging_rows(scope, asked.get("bucket", "")), lambda row: reports.open_case(scope, row)),
    ),
    "channels": lambda scope, _: (channels.COLUMNS, channels.flat(channels.channels(scope))),
    "channels-rows": lambda scope, asked: (
        channels.PAID_COLUMNS,
        every(channels.paid_rows(scope, asked.get("channel", "")), channels.paid_row),
    ),
}


def _scope(seat: Seat, filters: dict[str, str]) -> Scope:
    try:
        return reports.read_scope(seat.organisation, seat.livemode, filters)
    except ApiError as refused:
        raise Http404 from refused
