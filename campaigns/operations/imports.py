"""A CSV by `csv_url`: fetched by a worker, read row by row, enrolled in slices of at most 500 invoices.

Each slice commits with the number of rows consumed so far, so a worker that dies is followed by one that goes on at
the next row. Bad rows are reported with their line and never stop the good ones. Columns are the API's own field
names; other columns are named in the report and left alone.
"""

import contextlib
import csv
import io
import tempfile
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

import structlog
from django.db.models import F, Q

from accounts import timeline
from accounts.queries import organisation as organisation_of
from agentcollect.kit import clock, db, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.http import fetch, policy_from_settings
from campaigns.models import Campaign, Import
from campaigns.operations.create import start
from campaigns.operations.enrol import enrol
from campaigns.operations.facts import campaign_data
from campaigns.serializers.checks import Terms, terms_of
from campaigns.serializers.csv_rows import Problem, columns_of, read_row
from campaigns.serializers.intake import MAX_DEBTORS, Row
from events.operations import About, record

log = structlog.get_logger()

MAX_BYTES = 20 * 1024 * 1024
FETCH_SECONDS = 120.0
LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 3
MAX_PROBLEMS = 1000


class Unreadable(Exception):
    """The file as a whole cannot be read; the words go into the import."""


def run_imports(*, at: datetime) -> int:
    """Run every import that waits, or whose worker died. Returns how many were finished."""
    due = Import.objects.filter(Q(status="queued") | Q(status="running", lease_until__lt=clock.now()))
    return sum(_run(import_id, at=at) for import_id in due.order_by("id").values_list("id", flat=True)[:20])


def _run(import_id: str, *, at: datetime) -> int:
    claimed = _claim(import_id)
    if claimed is None:
        return 0
    # Fetched by the wall's time; what it brings belongs into its campaign's story.
    clock_id = claimed.campaign.clock_id
    at = timeline.now(clock_id) if clock_id else at
    try:
        with tempfile.TemporaryFile() as file:
            _download(claimed, file)
            _read(claimed, file, at=at)
    except Unreadable as error:
        return _fail(claimed, str(error), at=at)
    done = _complete(claimed, at=at)
    with contextlib.suppress(ApiError):  # nothing is left to open on a clock that is being deleted
        timeline.act(clock_id)
    return done


def _claim(import_id: str) -> Import | None:
    with db.atomic():
        free = Q(status="queued") | Q(status="running", lease_until__lt=clock.now())
        found = db.claimable(Import.objects.filter(free, id=import_id)).first()
        if found is None:
            return None
        found.status, found.lease_until = Import.Status.RUNNING, clock.now() + LEASE
        found.lease_token += 1
        found.attempts += 1
        found.save(update_fields=["status", "lease_until", "lease_token", "attempts"])
        return found


def _download(claimed: Import, file: IO[bytes]) -> None:
    got = fetch(
        claimed.url,
        policy=policy_from_settings(),
        max_bytes=MAX_BYTES,
        deadline_s=FETCH_SECONDS,
        to=file,
    )
    if got.error:
        raise Unreadable(f"the file could not be fetched: {got.error}")
    file.seek(0)


def _read(claimed: Import, file: IO[bytes], *, at: datetime) -> None:
    organisation = organisation_of(claimed.organisation_id)
    terms = terms_of(organisation, livemode=claimed.livemode, at=at)
    try:
        reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
        header = next(reader, None)
        columns, unknown = columns_of(header or [])
        rows = enumerate(reader, start=2)
        for _ in islice(rows, claimed.rows_read):
            pass  # a worker before us has enrolled these
        if unknown and not claimed.rows_read:
            claimed.problems.append(
                Problem(1, unknown[0], "unknown_column", f"not read: {', '.join(unknown)}").as_json()
            )
        while piece := list(islice(rows, MAX_DEBTORS)):
            _enrol_slice(claimed, piece, columns, terms, at=at)
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8 text") from error
    except csv.Error as error:
        raise Unreadable(f"the file is not CSV: {error}") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error


def _enrol_slice(
    claimed: Import, piece: list[tuple[int, list[str]]], columns: list[str], terms: Terms, *, at: datetime
) -> None:
    """One transaction: the rows of this slice, one campaign per currency, and how far the import has come."""
    by_currency: dict[str, list[Row]] = {}
    problems: list[Problem] = []
    for line, cells in piece:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row, currency = read_row(line, cells, columns, terms)
        except ApiError as error:
            problems += [Problem(line, fault.param, fault.code, fault.message) for fault in error.errors]
        else:
            by_currency.setdefault(currency, []).append(row)
    with db.atomic():
        enrolled = 0
        for currency, rows in by_currency.items():
            enrolled += _enrol_rows(claimed, currency, rows, problems, at=at)
        _advance(claimed, read=len(piece), enrolled=enrolled, problems=problems)


def _enrol_rows(claimed: Import, currency: str, rows: list[Row], problems: list[Problem], *, at: datetime) -> int:
    campaign = _campaign_for(claimed, currency, at=at)
    unique, repeated = _without_twins(rows)
    problems += [
        Problem(_line(row), "invoice_number", "duplicate_invoice", "repeats an earlier row") for row in repeated
    ]
    result = enrol(campaign=campaign, rows=unique, by=claimed.actor, at=at)
    problems += [
        Problem(_line(row), "invoice_number", "duplicate_invoice", f"is already in collection as {case_id}")
        for row, case_id in result.duplicates
    ]
    if result.rows:
        start(campaign=campaign, organisation=campaign.organisation, enrolled=result, by=claimed.actor, at=at)
    elif campaign.id != claimed.campaign_id:
        campaign.delete()
    return len(result.rows)


def _line(row: Row) -> int:
    return int(row.path.removeprefix("line "))


def _without_twins(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    seen: set[tuple[str, str]] = set()
    unique: list[Row] = []
    repeated: list[Row] = []
    for row in rows:
        key = (row.identity, row.invoice_key)
        (repeated if row.invoice_number and key in seen else unique).append(row)
        seen.add(key)
    return unique, repeated


def _campaign_for(claimed: Import, currency: str, *, at: datetime) -> Campaign:
    """The import's own campaign while it is empty, else another like it for the next 500 or the next currency."""
    first = db.locked(Campaign.objects.select_related("organisation")).get(id=claimed.campaign_id)
    if first.status == Campaign.Status.IMPORTING and not first.debtors_enrolled:
        first.currency = currency
        return first
    twin = Campaign.objects.select_related("organisation").get(id=first.id)
    twin.id, twin.currency, twin.status = ids.new("cmp"), currency, Campaign.Status.ACTIVE
    twin.created_at, twin.recorded_at, twin.logo_state = (
        at,
        clock.now(),
        "pending" if first.logo_url else "none",
    )
    twin.save(force_insert=True)
    return twin


def _advance(claimed: Import, *, read: int, enrolled: int, problems: list[Problem]) -> None:
    """Fenced: a worker that lost its lease rolls its slice back."""
    kept = (claimed.problems + [problem.as_json() for problem in problems])[:MAX_PROBLEMS]
    updated = Import.objects.filter(id=claimed.id, lease_token=claimed.lease_token).update(
        rows_read=F("rows_read") + read,
        rows_enrolled=F("rows_enrolled") + enrolled,
        problems=kept,
        lease_until=clock.now() + LEASE,
        updated_at=clock.now(),
    )
    if not updated:
        raise Unreadable("another worker has taken this import over")
    claimed.problems = kept


def _complete(claimed: Import, *, at: datetime) -> int:
    with db.atomic():
        mine = db.locked(Import.objects.filter(id=claimed.id, lease_token=claimed.lease_token)).first()
        if mine is None:
            return 0
        if not mine.rows_enrolled:
            return _fail(mine, "no row could be enrolled", at=at)
        mine.status, mine.lease_until, mine.updated_at = Import.Status.COMPLETED, None, at
        mine.save(update_fields=["status", "lease_until", "updated_at"])
        _record("import.completed", mine, at=at, rows_read=mine.rows_read, rows_enrolled=mine.rows_enrolled)
        return 1


def _fail(claimed: Import, words: str, *, at: datetime) -> int:
    """A fetch may be tried again; a file that cannot be read is final. What was enrolled stays enrolled."""
    again = "could not be fetched" in words and claimed.attempts < MAX_ATTEMPTS
    with db.atomic():
        mine = db.locked(Import.objects.filter(id=claimed.id, lease_token=claimed.lease_token)).first()
        if mine is None:
            return 0
        mine.error, mine.updated_at = words[:300], at
        mine.status = Import.Status.RUNNING if again else Import.Status.FAILED
        mine.lease_until = clock.now() + timedelta(seconds=10 * claimed.attempts) if again else None
        mine.save(update_fields=["error", "status", "lease_until", "updated_at"])
        if not again:
            _drop_empty_campaign(mine, at=at)
            _record("import.failed", mine, at=at, error=mine.error)
        return 0 if again else 1


def _drop_empty_campaign(failed: Import, *, at: datetime) -> None:
    importing = Campaign.objects.filter(id=failed.campaign_id, status=Campaign.Status.IMPORTING)
    importing.update(status=Campaign.Status.CANCELLED, updated_at=at)


def _record(type: str, done: Import, *, at: datetime, **data: Any) -> None:
    campaign = Campaign.objects.get(id=done.campaign_id)
    record(
        type=type,
        organisation_id=done.organisation_id,
        livemode=done.livemode,
        data=campaign_data(campaign, import_id=done.id, problems=done.problems[:50], **data),
        by="engine",
        at=at,
        about=About(campaign_id=campaign.id),
    )
