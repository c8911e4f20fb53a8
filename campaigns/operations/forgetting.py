"""Bytes that nothing needs any more: what documents of deleted test data left in the storage, and their exports.

The rows go first, with their clock or by a reset (campaigns.operations.erasing); the bytes follow here, outside of any
transaction. Live documents are never deleted, so neither are their bytes.
"""

import structlog
from django.db.models import Exists, OuterRef, QuerySet

from agentcollect.kit import clock, db, jobs
from campaigns import storage
from campaigns.models import Document, Export, StoredFile

log = structlog.get_logger()

TASK = "campaigns.forget_files"
# In place of the digest, so that the same bytes, should they come again now, are another file.
_LEAVING = "leaving "


def forget_files(*, limit: int = 500) -> int:
    """Remove test files that no document is of, and their rows; returns how many.

    A worker that dies, or a storage that is away, leaves them marked: the next run goes on. What is still spooled is
    stored first, for a worker may be at it.
    """
    unneeded = _unneeded().values_list("id", flat=True)[:limit]
    return sum(_forget(file_id) for file_id in list(unneeded))


def _unneeded() -> QuerySet[StoredFile]:
    documents = Document.objects.filter(file_id=OuterRef("id"))
    rows = StoredFile.objects.filter(~Exists(documents), livemode=False, state=StoredFile.State.STORED)
    return rows.order_by("id")


def _forget(file_id: str) -> int:
    name = _mark(file_id)
    if not name:
        return 0
    try:
        storage.forget(name)
    except Exception:
        log.exception("file_not_removed", file=file_id)
        return 0
    return StoredFile.objects.filter(id=file_id, sha256__startswith=_LEAVING).delete()[0]


def _mark(file_id: str) -> str:
    """The name of what may go, which no document can come to need from now on; empty when one does, or just might."""
    with db.atomic():
        found = db.claimable(StoredFile.objects.filter(id=file_id)).first()
        # Asked behind the lock: who adds a document takes it, too (campaigns.operations.documents).
        if found is None or Document.objects.filter(file_id=file_id).exists():
            return ""
        found.sha256 = f"{_LEAVING}{found.id}"
        found.save(update_fields=["sha256"])
        return found.storage_name


def forget_test_exports(*, organisation_id: str) -> int:
    """The files of these test exports are of data that is gone: their week is over now. Returns how many."""
    mine = Export.objects.filter(organisation_id=organisation_id, livemode=False, status=Export.Status.COMPLETED)
    over = mine.filter(expires_at__gt=clock.now()).update(expires_at=clock.now())
    if over:
        jobs.enqueue("campaigns.expire_exports")
    return over
