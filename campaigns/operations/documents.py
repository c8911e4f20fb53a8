"""Papers about what is owed: taken in one transaction, bytes and all; a worker moves the bytes into the storage."""

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db import IntegrityError

from agentcollect.kit import clock, db, ids, jobs
from campaigns import storage
from campaigns.models import Campaign, Case, Debtor, Document, FileChunk, StoredFile
from campaigns.operations.facts import about, case_data
from campaigns.queries import speaking_case
from events.operations import About, record

log = structlog.get_logger()

CHUNK = 512 * 1024
# Longer than 25 MB take to any bucket that works; then another worker may try.
_LEASE = timedelta(minutes=5)
_SLOWEST = timedelta(minutes=15)
_IN_MEMORY = 4 * 1024 * 1024


class Added(NamedTuple):
    """A document, and whether it was added just now: the same bytes about the same thing are one document."""

    document: Document
    fresh: bool


def add_document(
    *, on: Campaign | Debtor | Case, raw: bytes, media_type: str, facts: dict[str, Any], by: str, at: datetime
) -> Added:
    """Keep a document about one thing; `facts` are its name, kind, share_with_debtor and metadata."""
    field, digest = type(on).__name__.lower(), hashlib.sha256(raw).hexdigest()
    same = Document.objects.select_related("file").filter(**{field: on}, file__sha256=digest)
    if standing := same.first():
        return Added(standing, fresh=False)
    try:
        with db.atomic():
            stored = _stored(on, raw, digest, media_type, at=at)
            added = Document.objects.create(
                id=ids.new("doc"),
                organisation_id=on.organisation_id,
                livemode=on.livemode,
                created_at=at,
                recorded_at=clock.now(),
                updated_at=at,
                file=stored,
                actor=by,
                **{field: on},
                **facts,
            )
            _record_added(added, on, by=by, at=at)
            jobs.enqueue("campaigns.store_documents")
            return Added(added, fresh=True)
    except IntegrityError:
        # The same file came in twice at this very moment.
        if standing := same.first():
            return Added(standing, fresh=False)
        raise


def _stored(on: Campaign | Debtor | Case, raw: bytes, digest: str, media_type: str, *, at: datetime) -> StoredFile:
    """The bytes, kept once per organisation and mode: new ones are spooled in the same transaction."""
    tenant = {"organisation_id": on.organisation_id, "livemode": on.livemode}
    mine = StoredFile.objects.filter(**tenant, sha256=digest)
    if known := db.locked(mine).first():  # locked, so that it is not removed meanwhile (operations.forgetting)
        return known
    file_id = ids.new("fil")
    shared = tenant | {"created_at": at, "recorded_at": clock.now()}
    mode = "live" if on.livemode else "test"
    stored = StoredFile.objects.create(
        id=file_id,
        sha256=digest,
        size=len(raw),
        media_type=media_type,
        storage_name=f"documents/{on.organisation_id}/{mode}/{digest[:2]}/{digest}-{file_id}",
        next_attempt_at=clock.now(),
        **shared,
    )
    for number, start in enumerate(range(0, len(raw), CHUNK)):
        FileChunk.objects.create(file=stored, number=number, data=raw[start : start + CHUNK], **shared)
    return stored


def change_document(*, document_id: str, changes: dict[str, Any], by: str, at: datetime) -> Document:
    """Correct name, kind, metadata, or whether the debtor may see it. Changing nothing records nothing."""
    with db.atomic():
        document = db.locked(Document.objects.select_related("file").filter(id=document_id)).get()
        changed = {name: value for name, value in changes.items() if getattr(document, name) != value}
        if changed:
            for name, value in changed.items():
                setattr(document, name, value)
            document.updated_at = at
            document.save(update_fields=[*changed, "updated_at"])
            _record("document.changed", document, {"fields": sorted(changed)}, by=by, at=at)
        return document


def _record_added(document: Document, on: Campaign | Debtor | Case, *, by: str, at: datetime) -> None:
    shown = {
        "id": document.id,
        "name": document.name,
        "kind": document.kind,
        "media_type": document.file.media_type,
        "size": document.file.size,
        "sha256": document.file.sha256,
        "share_with_debtor": document.share_with_debtor,
    }
    _record("document.added", document, {"document": shown}, by=by, at=at)


def _record(type: str, document: Document, data: dict[str, Any], *, by: str, at: datetime) -> None:
    """With the facts of the case it is about; a debtor's stands on the timeline of its oldest open one."""
    case = document.case or (speaking_case(document.debtor_id) if document.debtor_id else None)
    campaign = document.campaign
    if case:
        named, place = case_data(case, case.debtor.name), about(case)
        named |= {} if document.case_id else {"case_id": None, "campaign_id": None, "invoice_number": None}
    elif campaign:
        named, place = {"campaign_id": campaign.id, "metadata": campaign.metadata}, About(campaign_id=campaign.id)
    else:
        named, place = {"debtor_id": document.debtor_id}, About(debtor_id=document.debtor_id or "")
    record(
        type=type,
        organisation_id=document.organisation_id,
        livemode=document.livemode,
        data=named | {"document_id": document.id} | data,
        by=by,
        at=at,
        about=place,
        cause=document.id,
    )


# --- the worker


def store_documents(*, limit: int = 20) -> int:
    """Move spooled files into the storage; returns how many. One that fails is tried again, ever more slowly.

    Wall time throughout: a storage lives there. Written twice, a file is the same file, for its name is its own.
    """
    return sum(_store(file_id) for file_id in _due().values_list("id", flat=True)[:limit])


def _due() -> Any:
    return StoredFile.objects.filter(state=StoredFile.State.SPOOLED, next_attempt_at__lte=clock.now()).order_by(
        "next_attempt_at"
    )


def _store(file_id: str) -> int:
    claimed = _claim(file_id)
    if claimed is None:
        return 0
    try:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            for piece in _pieces(claimed):
                file.write(piece)
            storage.keep(claimed.storage_name, file, claimed.size)
    except Exception as error:
        log.exception("document_not_stored", file=claimed.id, attempts=claimed.attempts)
        _try_again(claimed, f"{type(error).__name__}: {error}")
        return 0
    return _settle(claimed)


def _claim(file_id: str) -> StoredFile | None:
    with db.atomic():
        found = db.claimable(_due().filter(id=file_id)).first()
        if found is not None:
            found.attempts, found.next_attempt_at = found.attempts + 1, clock.now() + _LEASE
            found.save(update_fields=["attempts", "next_attempt_at"])
        return found


def _try_again(claimed: StoredFile, words: str) -> None:
    wait = min(timedelta(seconds=5 * 2 ** min(claimed.attempts, 10)), _SLOWEST)
    still = StoredFile.objects.filter(id=claimed.id, state=StoredFile.State.SPOOLED)
    still.update(next_attempt_at=clock.now() + wait, error=words[:300])


def _settle(claimed: StoredFile) -> int:
    with db.atomic():
        moved = StoredFile.objects.filter(id=claimed.id, state=StoredFile.State.SPOOLED)
        if not moved.update(state=StoredFile.State.STORED, next_attempt_at=None, error=""):
            return 0
        FileChunk.objects.filter(file_id=claimed.id).delete()
        return 1


def _pieces(stored: StoredFile) -> Iterator[bytes]:
    """The bytes of a spooled file, in order, a piece in memory at a time."""
    rows = FileChunk.objects.filter(file=stored).order_by("number")
    for number in list(rows.values_list("number", flat=True)):
        yield bytes(rows.values_list("data", flat=True).get(number=number))
