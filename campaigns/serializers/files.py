"""Documents and exports: what comes in, and what the API answers about them."""

import re
from typing import Annotated, Any, NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from msgspec import UNSET, Meta, Struct, UnsetType

from agentcollect.kit import clock, errors
from agentcollect.kit.errors import ApiError, FieldError
from agentcollect.kit.exporting import sources
from campaigns.models import Document, Export
from campaigns.rules.documents import MAX_BYTES, Type, plain_name, type_of
from campaigns.serializers import intake
from campaigns.serializers.bodies import merged, read
from campaigns.serializers.reading import Faults, metadata, text

errors.define("empty_document", 400, "The file is empty.")
errors.define("document_type_not_allowed", 400, "The file is of no kind that is kept.")

_ALLOWED = "must be PDF, PNG, JPEG, WebP, TIFF, DOCX, XLSX, CSV, TXT or EML"
_Maybe = UnsetType | None
_ABOUT = ("campaign_id", "debtor_id", "case_id")
_KNOWN = frozenset({*_ABOUT, "kind", "name", "share_with_debtor"})
_METADATA = re.compile(r"metadata\[(.{1,40})\]", re.DOTALL)


class Upload(NamedTuple):
    """The parts of a multipart body."""

    fields: dict[str, list[str]]
    files: dict[str, list[UploadedFile]]


class Taken(NamedTuple):
    """A checked upload: what it is about (field, id), its bytes, its type, and its facts."""

    about: tuple[str, str]
    raw: bytes
    type: Type
    facts: dict[str, Any]


def upload(parts: Upload) -> Taken:
    """Raises ApiError with every fault."""
    faults = Faults([])
    fields = _plain_fields(parts, faults)
    about = _about(fields, faults)
    raw, given = _file(parts, faults)
    kind = faults.choice("kind", frozenset(Document.Kind.values), fields.get("kind") or None, "other")
    shared = faults.choice("share_with_debtor", frozenset({"true", "false"}), fields.get("share_with_debtor"), "false")
    keys = {named[1]: value for name, value in fields.items() if (named := _METADATA.fullmatch(name)) and value}
    said = metadata(keys, "metadata", faults)
    name = text(fields.get("name")) or given
    if len(name) > 1000:
        faults.add("name", "invalid_text", "is too long")
    found = type_of(raw, given) if raw else None
    if raw and found is None:
        faults.add("file", "document_type_not_allowed", _ALLOWED)
    faults.done()
    assert found is not None  # else a fault says why
    facts = {"name": plain_name(name, found), "kind": kind, "share_with_debtor": shared == "true", "metadata": said}
    return Taken(about, raw, found, facts)


def _plain_fields(parts: Upload, faults: Faults) -> dict[str, str]:
    for name, values in parts.fields.items():
        if name not in _KNOWN and not _METADATA.fullmatch(name):
            faults.found.append(FieldError(name[:60], "unknown_field", f"There is no field {name[:60]!r} here."))
        elif len(values) > 1:
            faults.add(name[:60], "invalid_type", "is given more than once")
        if any("\0" in value for value in (name, *values)):
            faults.add(name[:60].replace("\0", ""), "invalid_text", "holds a NUL character")
    return {name: values[0] for name, values in parts.fields.items()}


def _about(fields: dict[str, str], faults: Faults) -> tuple[str, str]:
    named = [(name, fields[name].strip()) for name in _ABOUT if fields.get(name, "").strip()]
    if len(named) != 1:
        words = "Exactly one of case_id, debtor_id and campaign_id is required."
        faults.found.append(FieldError("case_id", "missing_field", words))
        return "", ""
    return named[0]


def _file(parts: Upload, faults: Faults) -> tuple[bytes, str]:
    for name in parts.files.keys() - {"file"}:
        faults.found.append(FieldError(name[:60], "unknown_field", f"There is no field {name[:60]!r} here."))
    files = parts.files.get("file", [])
    if len(files) != 1:
        faults.found.append(FieldError("file", "missing_field", "Exactly one file, named `file`, is required."))
        return b"", ""
    if (files[0].size or 0) > MAX_BYTES:
        raise ApiError("body_too_large", f"A document takes at most {MAX_BYTES} bytes.", param="file")
    raw = files[0].read()
    if not raw:
        faults.add("file", "empty_document", "is empty")
    return raw, files[0].name or ""


class DocumentIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`PATCH /v1/documents/{id}`."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    share_with_debtor: bool | UnsetType = UNSET
    metadata: dict[str, Any] | _Maybe = UNSET


def correction(raw: bytes, standing: Document) -> dict[str, Any]:
    """What `operations.change_document` takes. The name keeps the ending that is true."""
    body, faults = read(DocumentIn, raw)
    changes: dict[str, Any] = {}
    if isinstance(body.name, str):
        ending = standing.name[standing.name.rfind(".") :]
        changes["name"] = plain_name(body.name, Type(standing.file.media_type, (ending,)))
    if isinstance(body.kind, str):
        changes["kind"] = faults.choice("kind", frozenset(Document.Kind.values), body.kind, "other")
    if isinstance(body.share_with_debtor, bool):
        changes["share_with_debtor"] = body.share_with_debtor
    if body.metadata is not UNSET:
        changes["metadata"] = merged(standing.metadata, body.metadata, faults)
    faults.done()
    return changes


def document(row: Document) -> dict[str, Any]:
    """A document without its bytes."""
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "media_type": row.file.media_type.partition(";")[0],
        "size": row.file.size,
        "sha256": row.file.sha256,
        "campaign_id": row.campaign_id,
        "debtor_id": row.debtor_id,
        "case_id": row.case_id,
        "share_with_debtor": row.share_with_debtor,
        "content_url": f"{settings.PUBLIC_URL}/v1/documents/{row.id}/content",
        "metadata": row.metadata,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


# --- exports


class ExportIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/exports`."""

    kind: str
    filters: dict[str, Any] | _Maybe = UNSET
    metadata: dict[str, Any] | _Maybe = UNSET


def export_request(raw: bytes) -> dict[str, Any]:
    """`kind`, `filters`, `metadata` as `operations.start_export` takes them; the list checks the values."""
    body, faults = read(ExportIn, raw)
    kind = faults.choice("kind", frozenset(sources()), body.kind, "") if body.kind != intake.STAND_IN else ""
    filters = _filters(kind, body.filters or {}, faults) if kind else {}
    said = metadata(body.metadata, "metadata", faults) if body.metadata is not UNSET else {}
    faults.done()
    return {"kind": kind, "filters": filters, "metadata": said}


def _filters(kind: str, given: Any, faults: Faults) -> dict[str, str]:
    """The parameters of the list, as a list takes them: texts, `metadata` as an object."""
    known = sources()[kind].filters
    found: dict[str, str] = {}
    for name, value in (given if isinstance(given, dict) else {}).items():
        where = f"filters.{name[:60]}"
        if name not in known:
            words = f"{kind} cannot be narrowed by {name[:60]!r}; {', '.join(sorted(known))} can."
            faults.found.append(FieldError(where, "unknown_field", words))
        elif name == "metadata":
            found |= {f"metadata[{key}]": said for key, said in metadata(value, where, faults).items()}
        elif not isinstance(value, str):
            faults.add(where, "invalid_type", "must be a text")
        else:
            found[name] = value
    return found


def export(row: Export) -> dict[str, Any]:
    """A file that is made, being made, or gone again."""
    ready = row.status == Export.Status.COMPLETED
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "filters": _shown_filters(row.filters),
        "rows": row.rows_written,
        "size": row.size,
        "content_url": f"{settings.PUBLIC_URL}/v1/exports/{row.id}/content" if ready else None,
        "error": row.error or None if row.status == Export.Status.FAILED else None,
        "metadata": row.metadata,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "completed_at": clock.iso(row.completed_at) if row.completed_at else None,
        "expires_at": clock.iso(row.expires_at) if row.expires_at else None,
        "updated_at": clock.iso(row.updated_at),
    }


def _shown_filters(filters: dict[str, str]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: value for name, value in filters.items() if not name.startswith("metadata[")}
    keys = {name[len("metadata[") : -1]: value for name, value in filters.items() if name not in plain}
    return plain | ({"metadata": keys} if keys else {})
