"""Lists as CSV files, made by a worker: streamed in pieces, kept in the document storage for a week.

A worker that dies is followed by one that starts the file over when the lease has run out; a third death is final.
"""

import io
import tempfile
from datetime import datetime, timedelta
from typing import IO

import structlog
from django.db.models import Q, QuerySet

from agentcollect.kit import clock, db, ids, jobs
from agentcollect.kit.exporting import Source, sources, walk, write_header, write_rows
from campaigns import storage
from campaigns.models import Export
from events.operations import record

log = structlog.get_logger()

PIECE = 1000
KEPT_FOR = timedelta(days=7)
MAX_ATTEMPTS = 3
_LEASE = timedelta(minutes=5)


class _Overtaken(Exception):
    """Another worker has taken the export over."""


def start_export(
    *,
    organisation_id: str,
    livemode: bool,
    kind: str,
    filters: dict[str, str],
    metadata: dict[str, str],
    by: str,
    at: datetime,
) -> Export:
    """Have a worker write the rows of `kind` that the (checked) `filters` ask for."""
    with db.atomic():
        queued = Export.objects.create(
            id=ids.new("exp"),
            organisation_id=organisation_id,
            livemode=livemode,
            created_at=at,
            recorded_at=clock.now(),
            updated_at=at,
            kind=kind,
            filters=filters,
            status=Export.Status.QUEUED,
            metadata=metadata,
            actor=by,
        )
        record(
            type="export.created",
            organisation_id=organisation_id,
            livemode=livemode,
            data={"export_id": queued.id, "kind": kind, "filters": filters},
            by=by,
            at=at,
            cause=queued.id,
        )
        jobs.enqueue("campaigns.run_exports")
        return queued


def narrowed(source: Source, organisation_id: str, livemode: bool, filters: dict[str, str]) -> QuerySet:
    """The rows an export is about. Raises ApiError(invalid_parameter)."""
    return source.listing.narrow(source.rows(organisation_id, livemode), filters)


# --- the worker


def run_exports(*, at: datetime, limit: int = 10) -> int:
    """Write every file that waits, or whose worker died. Returns how many were finished."""
    return sum(_run(export_id, at=at) for export_id in _free().order_by("id").values_list("id", flat=True)[:limit])


def _free() -> QuerySet[Export]:
    running = Q(status=Export.Status.RUNNING, lease_until__lt=clock.now())
    return Export.objects.filter(Q(status=Export.Status.QUEUED) | running)


def _run(export_id: str, *, at: datetime) -> int:
    claimed = _claim(export_id, at=at)
    if claimed is None:
        return 0
    try:
        name, size = _write(claimed)
    except _Overtaken:
        return 0
    except Exception as error:
        log.exception("export_failed", export=claimed.id, attempts=claimed.attempts)
        return _fail(claimed, f"{type(error).__name__}: {error}", at=at)
    return _complete(claimed, name, size, at=at)


def _claim(export_id: str, *, at: datetime) -> Export | None:
    """None: somebody has it, or it has killed its workers too often."""
    with db.atomic():
        found = db.claimable(_free().filter(id=export_id)).first()
        if found is None:
            return None
        if found.attempts >= MAX_ATTEMPTS:
            found.status, found.error = Export.Status.FAILED, found.error or "its worker stopped again and again"
            found.lease_until, found.updated_at = None, at
            found.save(update_fields=["status", "error", "lease_until", "updated_at"])
            return None
        found.status, found.rows_written = Export.Status.RUNNING, 0
        found.lease_token, found.attempts = found.lease_token + 1, found.attempts + 1
        found.lease_until, found.updated_at = clock.now() + _LEASE, at
        found.save(update_fields=["status", "rows_written", "lease_token", "attempts", "lease_until", "updated_at"])
        return found


def _write(claimed: Export) -> tuple[str, int]:
    """Write the file and put it into the storage; returns its name there and its size."""
    source = sources()[claimed.kind]
    with tempfile.TemporaryFile() as file:
        _fill(file, claimed, source)
        size = file.seek(0, io.SEEK_END)
        name = f"exports/{claimed.organisation_id}/{claimed.id}-{claimed.lease_token}.csv"
        storage.keep(name, file, size)
        return name, size


def _fill(file: IO[bytes], claimed: Export, source: Source) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    write_header(source, text)
    written = 0
    rows = narrowed(source, claimed.organisation_id, claimed.livemode, claimed.filters)
    for piece in walk(rows, PIECE):
        write_rows(source, piece, text)
        written += len(piece)
        _advance(claimed, rows_written=written, lease_until=clock.now() + _LEASE)
    text.detach()  # the file outlives its wrapper


def _advance(claimed: Export, **changes: object) -> None:
    mine = Export.objects.filter(id=claimed.id, lease_token=claimed.lease_token, status=Export.Status.RUNNING)
    if not mine.update(**changes):
        raise _Overtaken


def _complete(claimed: Export, name: str, size: int, *, at: datetime) -> int:
    done = clock.now()
    changes = {"storage_name": name, "size": size, "completed_at": done, "expires_at": done + KEPT_FOR}
    try:
        _advance(claimed, status=Export.Status.COMPLETED, lease_until=None, error="", updated_at=done, **changes)
    except _Overtaken:
        storage.forget(name)  # its own name: the other worker's file is another one
        return 0
    return 1


def _fail(claimed: Export, words: str, *, at: datetime) -> int:
    """Tried again a little later, or final."""
    final = claimed.attempts >= MAX_ATTEMPTS
    status = Export.Status.FAILED if final else Export.Status.RUNNING
    lease = None if final else clock.now() + timedelta(seconds=10 * claimed.attempts)
    mine = Export.objects.filter(id=claimed.id, lease_token=claimed.lease_token)
    mine.update(status=status, lease_until=lease, error=words[:300], updated_at=clock.now())
    return int(final)


def expire_exports(*, at: datetime, limit: int = 200) -> int:
    """Remove the files whose week is over; returns how many."""
    over = Export.objects.filter(status=Export.Status.COMPLETED, expires_at__lte=clock.now()).order_by("expires_at")
    return sum(_expire(export) for export in over[:limit])


def _expire(export: Export) -> int:
    """The file first: a row without its file would answer with nothing, a file without its row would stay for ever."""
    try:
        storage.forget(export.storage_name)
    except Exception:
        log.exception("export_not_removed", export=export.id)
        return 0
    standing = Export.objects.filter(id=export.id, status=Export.Status.COMPLETED)
    return standing.update(status=Export.Status.EXPIRED, storage_name="", updated_at=clock.now())
