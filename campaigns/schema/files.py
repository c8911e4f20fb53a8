"""Documents and exports."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view

from agentcollect.kit import listing
from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    MAYBE_WHOLE,
    METADATA,
    TEXT,
    TIME,
    WHOLE,
    choice,
    record,
    whole,
)
from campaigns.models import Document, Export
from campaigns.rules.documents import MEDIA_TYPES
from campaigns.schema.intake import CHANGED_METADATA
from campaigns.schema.words import answer, maybe, read, sent

_BYTES: dict[str, Any] = {"type": "string", "format": "binary"}
_KIND = choice(Document.Kind.values)
_SHARE = BOOL | {"default": False, "description": "May the debtor see it?"}

DOCUMENT = whole(
    {
        "id": TEXT,
        "name": TEXT,
        "kind": _KIND,
        "media_type": choice([kind.partition(";")[0] for kind in MEDIA_TYPES]) | {"description": "As its bytes say."},
        "size": WHOLE | {"description": "Bytes."},
        "sha256": TEXT,
        "campaign_id": MAYBE_TEXT,
        "debtor_id": MAYBE_TEXT,
        "case_id": MAYBE_TEXT,
        "share_with_debtor": BOOL | {"description": "May the debtor see it?"},
        "content_url": TEXT | {"description": "Where its bytes are, with the same credentials."},
        "metadata": METADATA,
        "livemode": BOOL,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
DOCUMENT_PATCH = record(
    [],
    name=TEXT | {"minLength": 1, "maxLength": 120, "description": "Its ending stays what its bytes say."},
    kind=_KIND,
    share_with_debtor=BOOL,
    metadata=CHANGED_METADATA,
)
_UPLOAD = record(
    ["file"],
    file=_BYTES | {"description": "At most 25 MB: PDF, PNG, JPEG, WebP, TIFF, DOCX, XLSX, CSV, TXT or EML."},
    case_id=TEXT | {"description": "What it is about: exactly one of case_id, debtor_id and campaign_id."},
    debtor_id=TEXT,
    campaign_id=TEXT,
    kind=_KIND | {"default": "other"},
    name=TEXT | {"description": "Left out: the file's own."},
    share_with_debtor=_SHARE,
) | {"patternProperties": {r"^metadata\[.{1,40}\]$": TEXT}}
EXPORT = whole(
    {
        "id": TEXT,
        "kind": TEXT,
        "status": choice(Export.Status.values),
        "filters": {"type": "object", "additionalProperties": True},
        "rows": WHOLE | {"description": "Written so far."},
        "size": MAYBE_WHOLE,
        "content_url": MAYBE_TEXT | {"description": "Once completed, for seven days, with the same credentials."},
        "error": MAYBE_TEXT,
        "metadata": METADATA,
        "livemode": BOOL,
        "created_at": TIME,
        "completed_at": MAYBE_TIME,
        "expires_at": MAYBE_TIME,
        "updated_at": TIME,
    }
)
_KINDS = ["campaigns", "cases", "contacts", "debtors", "decisions", "events", "messages", "payments"]
EXPORT_IN = record(
    ["kind"],
    kind=choice(_KINDS),
    filters={
        "type": ["object", "null"],
        "additionalProperties": True,
        "description": "The parameters of that list, such as `status` or `created_after`; `metadata` as an object.",
    },
    metadata=maybe(METADATA),
)

_UPLOAD_EXAMPLE: dict[str, Any] = {
    "file": "(the file's bytes)",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "kind": "invoice",
    "share_with_debtor": True,
}
DOCUMENT_EXAMPLE: dict[str, Any] = {
    "id": "doc_0UZ8pq1K9xQk4Fw2aBcDeF",
    "name": "INV-2025-0847.pdf",
    "kind": "invoice",
    "media_type": "application/pdf",
    "size": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "campaign_id": None,
    "debtor_id": None,
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "share_with_debtor": False,
    "content_url": "https://api.agentcollect.com/v1/documents/doc_0UZ8pq1K9xQk4Fw2aBcDeF/content",
    "metadata": {},
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "updated_at": "2026-03-17T14:22:00Z",
}
EXPORT_EXAMPLE: dict[str, Any] = {
    "id": "exp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "kind": "cases",
    "status": "completed",
    "filters": {"status": "active"},
    "rows": 1284,
    "size": 301224,
    "content_url": "https://api.agentcollect.com/v1/exports/exp_0UZ8pq1K9xQk4Fw2aBcDeF/content",
    "error": None,
    "metadata": {},
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "completed_at": "2026-03-17T14:22:04Z",
    "expires_at": "2026-03-24T14:22:04Z",
    "updated_at": "2026-03-17T14:22:04Z",
}
_QUEUED = EXPORT_EXAMPLE | {
    "status": "queued",
    "rows": 0,
    "size": None,
    "content_url": None,
    "completed_at": None,
    "expires_at": None,
    "updated_at": "2026-03-17T14:22:00Z",
}

documents = listing.document("list_documents", "List documents", DOCUMENT, DOCUMENT_EXAMPLE, tag="Documents")
case_documents = listing.document(
    "list_case_documents",
    "List the documents that concern a case",
    DOCUMENT,
    DOCUMENT_EXAMPLE,
    tag="Documents",
    description="Its own, its debtor's and its campaign's.",
)
create_document = extend_schema_view(
    post=extend_schema(
        operation_id="create_document",
        summary="Add a document",
        description=(
            "The bytes say what it is, whatever its name says. The same bytes about the same thing are one document: "
            "the second time answers 200 with the first. Documents are kept as long as the law asks, so none can be "
            "deleted."
        ),
        tags=["Documents"],
        request={"multipart/form-data": _UPLOAD},
        responses={201: DOCUMENT, 200: DOCUMENT},
        examples=[
            OpenApiExample("The invoice", _UPLOAD_EXAMPLE, request_only=True, media_type="multipart/form-data"),
            answer(DOCUMENT_EXAMPLE, "201"),
            answer(DOCUMENT_EXAMPLE, "200"),
        ],
    )
)
document = extend_schema_view(
    get=extend_schema(
        operation_id="get_document",
        summary="Get a document's facts",
        tags=["Documents"],
        responses={200: DOCUMENT},
        examples=[answer(DOCUMENT_EXAMPLE)],
    ),
    patch=extend_schema(
        operation_id="update_document",
        summary="Rename a document, share it with the debtor",
        tags=["Documents"],
        request={"application/json": DOCUMENT_PATCH},
        responses={200: DOCUMENT},
        examples=[sent("Share", {"share_with_debtor": True}), answer(DOCUMENT_EXAMPLE | {"share_with_debtor": True})],
    ),
)


def _download(operation_id: str, summary: str, tag: str, media_types: list[str]) -> Any:
    """Bytes, or where they are. Not JSON: every media type it may come in is named."""
    return extend_schema_view(
        get=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description="A 302 leads to a signed address that works for five minutes; send no credentials there.",
            tags=[tag],
            responses={
                **{(200, kind.partition(";")[0]): _BYTES for kind in media_types},
                302: OpenApiResponse(description="The bytes are at `Location`."),
            },
        )
    )


document_content = _download("download_document", "Get a document's bytes", "Documents", MEDIA_TYPES)
exports = listing.document("list_exports", "List exports", EXPORT, EXPORT_EXAMPLE, tag="Exports")
create_export = extend_schema_view(
    post=extend_schema(
        operation_id="create_export",
        summary="Have a list written as CSV",
        description=(
            "Answers at once; a worker writes the file. `Location` shows how far it is. Needs the scope that reading "
            "the list needs. Cells that a spreadsheet would run as formulas begin with an apostrophe."
        ),
        tags=["Exports"],
        request={"application/json": EXPORT_IN},
        responses={202: EXPORT},
        examples=[sent("Open cases", {"kind": "cases", "filters": {"status": "active"}}), answer(_QUEUED, "202")],
    )
)
export = read("get_export", "Get an export", EXPORT, answer(EXPORT_EXAMPLE), "Exports")
export_content = _download("download_export", "Get an export's file", "Exports", ["text/csv"])
