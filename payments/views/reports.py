"""`/v1/reports`: what was placed and what came of it, as figures with their formulas, as rows, and as files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Organisation
from agentcollect.kit.api import ApiView
from agentcollect.kit.errors import ApiError
from agentcollect.kit.exporting import csv_of, walk
from agentcollect.kit.pagination import page
from payments import reports
from payments.reports import Scope
from payments.reports.figures import COLUMNS
from payments.schema import reports as schema

_PIECE = 1000
FORMAT = "format"
ROWS = reports.PARAMETERS | {"cursor", "limit", FORMAT}


class ReportView(ApiView):
    """A report or the rows behind it. JSON, or CSV with `?format=csv` or `Accept: text/csv`."""

    scopes = {"GET": "reports:read"}
    parameters = {"GET": reports.PARAMETERS | {FORMAT}}
    name = ""

    @property
    def scope(self) -> Scope:
        """What is asked about. Raises ApiError: invalid_parameter, not_found, unknown_test_clock."""
        who = self.principal
        organisation = Organisation.objects.only("id", "timezone").get(id=who.organisation_id)
        return reports.read_scope(organisation, who.livemode, self.request.query_params.dict())

    @property
    def wants_csv(self) -> bool:
        asked = self.request.query_params.get(FORMAT, "")
        if asked not in ("", "csv", "json"):
            raise ApiError("invalid_parameter", "format must be one of csv, json.", param=FORMAT)
        return asked == "csv" or (not asked and "text/csv" in self.request.headers.get("Accept", ""))

    def choice(self, name: str, values: Iterable[str]) -> str:
        """A parameter that must be one of `values`; "" when it is left out."""
        asked = self.request.query_params.get(name, "")
        if asked and asked not in values:
            raise ApiError("invalid_parameter", f"{name} must be one of {', '.join(values)}.", param=name)
        return asked

    def file(self, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> HttpResponseBase:
        return csv_file(self.name, columns, rows)

    def rows(self, rows: QuerySet, columns: Sequence[str], show: Callable[[Any], dict[str, Any]]) -> HttpResponseBase:
        """One page of `rows` newest first, or every one of them as a file."""
        if self.wants_csv:
            return self.file(columns, every(rows, show))
        params, who = self.request.query_params.dict(), self.principal
        asked = f"{self.request.path}|{who.organisation_id}|{who.livemode}"
        return Response(page(rows, params, scope=asked, serialise=show))


def csv_file(name: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> StreamingHttpResponse:
    """`rows` as a file to keep, written as it is read: never more than a piece of it in memory."""
    saved = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(csv_of(columns, rows), content_type="text/csv; charset=utf-8", headers=saved)


def every(rows: QuerySet, show: Callable[[Any], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All rows as shown, in pieces."""
    for piece in walk(rows, _PIECE):
        yield from map(show, piece)


def asked(scope: Scope) -> dict[str, Any]:
    """What a report says of itself: which cases, as of which day, in whose calendar."""
    first, last = scope.period
    return {
        "from": scope.start.isoformat() if scope.start else None,
        "to": scope.end.isoformat() if scope.end else None,
        "as_of": scope.day.isoformat(),
        "timezone": str(scope.zone),
        "campaign_id": scope.campaign_id or None,
        "currency": scope.currency or None,
        "test_clock": scope.clock_id or None,
        "livemode": scope.livemode,
        "period": {"from": first.isoformat(), "to": last.isoformat()},
    }


@schema.recovery_report
class RecoveryReport(ReportView):
    name = "recovery"

    def get(self, request: Request) -> HttpResponseBase:
        csv, scope = self.wants_csv, self.scope
        found = reports.recovery(scope)
        lines = [reports.as_line(figure) for figure in found.figures]
        if csv:
            return self.file(COLUMNS, lines)
        return Response({"report": self.name} | asked(scope) | {"figures": lines, "curve": reports.curve(found)})


@schema.recovery_rows
class RecoveryRows(ReportView):
    name = "recovery-rows"
    parameters = {"GET": ROWS}

    def get(self, request: Request) -> HttpResponseBase:
        scope = self.scope
        return self.rows(reports.recovery_rows(scope), schema.PLACED_COLUMNS, _show(reports.placed_case, scope))


@schema.aging_report
class AgingReport(ReportView):
    name = "aging"

    def get(self, request: Request) -> HttpResponseBase:
        csv, scope = self.wants_csv, self.scope
        lines = [reports.as_line(figure) for figure in reports.aging(scope)]
        if csv:
            return self.file(COLUMNS, lines)
        return Response({"report": self.name} | asked(scope) | {"figures": lines})


@schema.aging_rows
class AgingRows(ReportView):
    name = "aging-rows"
    parameters = {"GET": ROWS | {"bucket"}}

    def get(self, request: Request) -> HttpResponseBase:
        scope, bucket = self.scope, self.choice("bucket", reports.BUCKETS)
        return self.rows(reports.aging_rows(scope, bucket), schema.OPEN_COLUMNS, _show(reports.open_case, scope))


def _show(show: Callable[[Scope, Any], dict[str, Any]], scope: Scope) -> Callable[[Model], dict[str, Any]]:
    return lambda row: show(scope, row)
