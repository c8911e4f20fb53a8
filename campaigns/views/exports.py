"""`/v1/exports`: translate, one call down, translate back."""

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock, errors
from agentcollect.kit.errors import ApiError
from agentcollect.kit.exporting import Source, sources
from campaigns import listings, operations, queries, schema, storage
from campaigns.models import Export
from campaigns.operations.exports import narrowed
from campaigns.serializers import files
from campaigns.views.common import RawBody, TenantView

errors.define("export_not_ready", 409, "The file is not written yet. Wait `retry_after` seconds.", retryable=True)
errors.define("export_gone", 409, "The export failed, or its file was removed after seven days. Make another one.")

_PATIENCE = 5


class _ExportView(TenantView):
    parser_classes = [RawBody]

    def check_scope(self, source: Source) -> None:
        """Who may not read the list may not have its file either."""
        if not self.principal.has(source.scope):
            raise ApiError("missing_scope", f"This needs the scope {source.scope}.")


@schema.create_export
@schema.exports
class Exports(_ExportView):
    scopes = {"GET": "reports:read", "POST": "reports:write"}
    lists = listings.EXPORTS

    def get(self, request: Request) -> Response:
        return self.listing(queries.exports(self.tenant), files.export)

    def post(self, request: Request) -> Response:
        asked = files.export_request(self.raw)
        source = sources()[asked["kind"]]
        self.check_scope(source)
        narrowed(source, *self.tenant, asked["filters"])
        queued = operations.start_export(**self.tenant._asdict(), **asked, by=self.principal.by, at=clock.now())
        return Response(files.export(queued), status=202, headers={"Location": f"/v1/exports/{queued.id}"})


@schema.export
class ExportDetail(_ExportView):
    scopes = {"GET": "reports:read"}

    def get(self, request: Request, export_id: str) -> Response:
        return Response(files.export(queries.export(self.tenant, export_id)))


@schema.export_content
class ExportContent(_ExportView):
    """The file."""

    scopes = {"GET": "reports:read"}

    def get(self, request: Request, export_id: str) -> HttpResponseBase:
        found = queries.export(self.tenant, export_id)
        self.check_scope(sources()[found.kind])
        if found.status in (Export.Status.QUEUED, Export.Status.RUNNING):
            raise ApiError("export_not_ready", headers={"Retry-After": str(_PATIENCE)}, retry_after=_PATIENCE)
        if found.status != Export.Status.COMPLETED:
            raise ApiError("export_gone", status_of=found.status)
        called = f"{found.kind}-{found.created_at:%Y-%m-%d}.csv"
        return storage.deliver(found.storage_name, called=called, media_type="text/csv; charset=utf-8")
