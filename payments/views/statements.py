"""`/v1/statements`: what was charged for a month, as figures, as PDF, and line by line."""

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from agentcollect.kit.listing import document
from campaigns import storage
from payments import listings
from payments.models import Statement
from payments.queries import fees as queries
from payments.schema import fees as schema
from payments.serializers import fees as serializers

PDF, CSV = "application/pdf", "text/csv; charset=utf-8"


@document(
    "list_statements",
    "List monthly statements",
    schema.STATEMENT,
    schema.STATEMENT_EXAMPLE,
    tag="Statements",
    description="One per month and currency with any movement, a day after the month ended.",
)
class Statements(ApiView):
    """The statements of the organisation in this mode."""

    scopes = {"GET": "reports:read"}
    lists = listings.STATEMENTS

    def get(self, request: Request) -> Response:
        rows = queries.statements(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.statement)


class _OneStatement(ApiView):
    scopes = {"GET": "reports:read"}

    def named(self, statement_id: str) -> Statement:
        return queries.statement(self.principal.organisation_id, self.principal.livemode, statement_id)


@schema.one_statement
class OneStatement(_OneStatement):
    """One statement."""

    def get(self, request: Request, statement_id: str) -> Response:
        return Response(serializers.statement(self.named(statement_id)))


@schema.statement_pdf
class StatementPdf(_OneStatement):
    """The paper."""

    def get(self, request: Request, statement_id: str) -> HttpResponseBase:
        found = self.named(statement_id)
        return storage.deliver(found.pdf_file, called=serializers.called(found, "pdf"), media_type=PDF)


@schema.statement_csv
class StatementCsv(_OneStatement):
    """Its lines."""

    def get(self, request: Request, statement_id: str) -> HttpResponseBase:
        found = self.named(statement_id)
        return storage.deliver(found.csv_file, called=serializers.called(found, "csv"), media_type=CSV)
