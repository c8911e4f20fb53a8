"""`/v1/documents`: translate, one call down, translate back."""

from typing import Any, cast

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import content_disposition_header
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError
from campaigns import listings, operations, queries, schema, storage
from campaigns.models import Campaign, Case, Debtor, Document, StoredFile
from campaigns.queries import Tenant
from campaigns.rules.documents import MAX_BYTES
from campaigns.serializers import files
from campaigns.serializers.files import Upload
from campaigns.views.common import RawBody, TenantView

errors.define("multipart_required", 400, "Send `multipart/form-data` with the file in the part `file`.")
errors.define("malformed_multipart", 400, "The multipart body cannot be read.")

# What the other parts and the boundaries may take.
_ROOM = 256 * 1024


class UploadBody(BaseParser):
    """`multipart/form-data`, refused by its length before a byte of it is read; a large file waits on disk."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if not (media_type or "").lower().startswith("multipart/form-data"):
            raise ApiError("multipart_required")
        request = parser_context["request"]._request
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + _ROOM:
            raise ApiError("body_too_large", f"A document takes at most {MAX_BYTES} bytes.", param="file")
        handlers = [MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
        try:
            fields, found = MultiPartParser(request.META, stream, handlers, "utf-8").parse()
        except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, RequestDataTooBig, ValueError) as error:
            raise ApiError("malformed_multipart", f"The multipart body cannot be read: {error}"[:300]) from error
        return Upload(dict(fields.lists()), dict(found.lists()))


@schema.create_document
@schema.documents
class Documents(TenantView):
    scopes = {"GET": "documents:read", "POST": "documents:write"}
    lists = listings.DOCUMENTS
    parser_classes = [UploadBody]

    def get(self, request: Request) -> Response:
        return self.listing(queries.documents(self.tenant), files.document)

    def post(self, request: Request) -> Response:
        taken = files.upload(_parts(request))
        on = _about(self.tenant, *taken.about)
        added = operations.add_document(
            on=on,
            raw=taken.raw,
            media_type=taken.type.media_type,
            facts=taken.facts,
            by=self.principal.by,
            at=timeline.act(on.clock_id),
        )
        return Response(files.document(added.document), status=201 if added.fresh else 200)


def _parts(request: Request) -> Upload:
    """The parts; a request without any body has none."""
    return request.data if isinstance(request.data, Upload) else Upload({}, {})


def _about(tenant: Tenant, field: str, row_id: str) -> Campaign | Debtor | Case:
    finders = {"campaign_id": queries.campaign, "debtor_id": queries.debtor, "case_id": queries.case}
    try:
        return cast(Any, finders[field](tenant, row_id))
    except ApiError as error:
        raise ApiError("not_found", error.message, param=field) from error


@schema.document
class DocumentDetail(TenantView):
    scopes = {"GET": "documents:read", "PATCH": "documents:write"}
    parser_classes = [RawBody]

    def get(self, request: Request, document_id: str) -> Response:
        return Response(files.document(queries.document(self.tenant, document_id)))

    def patch(self, request: Request, document_id: str) -> Response:
        standing = queries.document(self.tenant, document_id)
        changes = files.correction(self.raw, standing)
        changed = operations.change_document(document_id=document_id, changes=changes, by=self.principal.by, at=self.at)
        return Response(files.document(changed))


@schema.document_content
class DocumentContent(TenantView):
    """The bytes: of a folder as they are, of a bucket by a signed address."""

    scopes = {"GET": "documents:read"}

    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        return download(queries.document(self.tenant, document_id))


def download(found: Document) -> HttpResponseBase:
    """The file, to be saved and never shown in place, wherever its bytes are by now."""
    raw = queries.spooled(found.file) if found.file.state == StoredFile.State.SPOOLED else b""
    if not raw:
        return storage.deliver(found.file.storage_name, called=found.name, media_type=found.file.media_type)
    said = {"Content-Disposition": content_disposition_header(True, found.name) or "attachment"}
    return HttpResponse(raw, content_type=found.file.media_type, headers=said)


@schema.case_documents
class CaseDocuments(TenantView):
    """What concerns a case: its own, its debtor's and its campaign's."""

    scopes = {"GET": "documents:read"}
    lists = listings.CASE_DOCUMENTS

    def get(self, request: Request, case_id: str) -> Response:
        case = queries.case(self.tenant, case_id)
        return self.listing(queries.documents_of_case(self.tenant, case), files.document)
