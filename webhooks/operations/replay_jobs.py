"""Replays of many: durable jobs that owe again, at a pace, what their filters find; never capped.

A batch is one short transaction: it locks the job's row, owes up to a second's worth of deliveries again and moves the
job's `position` behind them. The row lock is the lease and the fence in one: whoever has it is the only one at work, it
ends with the worker that held it, and what a dead worker had not committed never happened. So a job goes on where it
stood, and no delivery is owed twice by it. Nothing here waits for the network: the sender does that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from agentcollect.kit import clock, db, ids, jobs
from agentcollect.kit.errors import ApiError
from events.models import Event
from events.operations import record
from webhooks import queries, versions
from webhooks.models import Delivery, Endpoint, Rendering, Replay
from webhooks.operations.replays import owe_again, refusals
from webhooks.queries import DEFAULT_RATE

log = structlog.get_logger()

BATCH = 500  # rows written in one transaction: SQLite's other writers wait for it
CATCH_UP = timedelta(seconds=5)  # so much of a pause is made good at once; a longer one never becomes a burst
AFTER_FAILURE = timedelta(seconds=30)
OPEN = [Replay.Status.PENDING, Replay.Status.RUNNING]


def start_replay(
    *, organisation_id: str, livemode: bool, filters: dict[str, Any], rate: int | None, by: str, at: datetime
) -> Replay:
    """A job that sends again what `filters` (models.Replay) find among what stands now; a worker runs it.

    The endpoints and states it means are written down, so that what is switched on or fails later is not drawn in.
    Raises ApiError: not_found for an endpoint that is not the caller's, illegal_transition for one that is off.
    """
    matched = queries.replay_matched(organisation_id, livemode, filters, at)
    targets = queries.replay_targets(organisation_id, livemode, filters).order_by("id").values_list("id", flat=True)
    fixed = filters | {"webhook_ids": list(targets), "statuses": queries.statuses_of(filters)}
    job = Replay(
        id=ids.new("rpl"),
        organisation_id=organisation_id,
        livemode=livemode,
        filters=fixed,
        rate=rate or DEFAULT_RATE,
        total=sum(matched),
        position={"source": 0},
        next_run_at=at,
        created_by=by,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
    )
    with db.atomic():
        job.save(force_insert=True)
        _audit("replay.started", job, by=by, at=at)
        jobs.enqueue("webhooks.run_replays")
    return job


def cancel_replay(*, replay_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> Replay:
    """Owe nothing more; what is owed again already is still sent. One that is cancelled stays so.

    Raises ApiError: not_found, or illegal_transition for one that is finished.
    """
    with db.atomic():
        job = db.locked(queries.replays(organisation_id, livemode).filter(id=replay_id)).first()
        if job is None:
            raise ApiError("not_found")
        if job.status == Replay.Status.SUCCEEDED:
            raise ApiError("illegal_transition", "The replay is finished: there is nothing left to cancel.")
        if job.status != Replay.Status.CANCELLED:
            _close(job, Replay.Status.CANCELLED, at=at)
            _audit("replay.cancelled", job, by=by, at=at)
    return job


def run_replays(*, at: datetime, limit: int = 20) -> int:
    """One batch of each job that is due, longest waiting first; how many there were. 0: nothing is due.

    A job that fails is tried again in half a minute and holds up no other.
    """
    due = Replay.objects.filter(status__in=OPEN, next_run_at__lte=at).order_by("next_run_at", "id")
    names = list(due.values_list("id", flat=True)[:limit])
    return sum(_run(name, at=at) for name in names)


def _run(replay_id: str, *, at: datetime) -> int:
    try:
        return run_batch(replay_id, at=at)
    except Exception:
        log.exception("replay_failed", replay_id=replay_id)
        waiting = Replay.objects.filter(id=replay_id, status__in=OPEN)
        waiting.update(next_run_at=at + AFTER_FAILURE)
        return 0


def run_batch(replay_id: str, *, at: datetime) -> int:
    """The next batch of one job and its new position, or nothing of both; 0 when another worker has the job."""
    with db.atomic():
        due = Replay.objects.filter(id=replay_id, status__in=OPEN, next_run_at__lte=at)
        job = db.claimable(due).first()
        if job is None:
            return 0
        done = _batch(job, min(BATCH, job.rate), at)
        _advance(job, done, at=at)
        if done.after is None and job.position["source"] > _last_source(job):
            _finish(job, at=at)
    return 1


_READ = ("id", "created_at", "endpoint_id", "status", "replay", "failures_in_row", "lease_until")


class _Done(NamedTuple):
    """A batch: rows owed again, rows passed over, and where its source goes on (None: it is used up)."""

    replayed: int
    skipped: int
    after: Any


# A job reads its sources one after the other: 0 are the deliveries there are, n the events that its n-th endpoint
# missed. `position` is {"source": n, "after": place of the last row dealt with, in that source's own order}.


def _last_source(job: Replay) -> int:
    return len(job.filters["webhook_ids"]) if job.filters.get("missed") else 0


def _batch(job: Replay, size: int, at: datetime) -> _Done:
    source, after = job.position["source"], job.position.get("after")
    if source == 0:
        return _owed_again(job, after, size, at)
    endpoint = Endpoint.objects.get(id=job.filters["webhook_ids"][source - 1])
    if endpoint.status != Endpoint.Status.ACTIVE:
        return _Done(0, 0, None)
    return _owed_first(job, endpoint, after or 0, size, at)


def _owed_again(job: Replay, after: list[str] | None, size: int, at: datetime) -> _Done:
    rows = queries.replayable(job.organisation_id, job.livemode, job.filters)
    rows = queries.standing(rows, job.created_at).only(*_READ)
    if after:
        place = (datetime.fromisoformat(after[0]), after[1])
        rows = rows.filter(TupleGreaterThan(Tuple(F("created_at"), F("id")), place))
    # PostgreSQL drops a row that no longer fits once it has its lock: fewer than `size` need not be the last.
    taken = list(db.locked(rows.order_by("created_at", "id"))[:size])
    refused = refusals(taken, at)
    again = [row.id for row in taken if row.id not in refused]
    owe_again(again, at=at, replay_id=job.id)
    return _Done(len(again), len(refused), [taken[-1].created_at.isoformat(), taken[-1].id] if taken else None)


def _owed_first(job: Replay, endpoint: Endpoint, after: int, size: int, at: datetime) -> _Done:
    """Owe events that were never owed to this endpoint: one job at a time, for it would meet the other's rows."""
    if not db.try_lock(f"missed-events:{endpoint.id}"):
        return _Done(0, 0, after)
    missed = queries.missed_wanted(endpoint, job.filters, job.created_at)
    events = list(missed.filter(sequence__gt=after).order_by("sequence")[:size])
    names = ids.new_many("whd", len(events))
    shared = {
        "organisation_id": job.organisation_id,
        "livemode": job.livemode,
        "endpoint_id": endpoint.id,
        "replay": True,
        "replay_id": job.id,
        "next_attempt_at": at,
        "recorded_at": at,
    }
    db.insert_rows(Delivery, [_row(name, event) for name, event in zip(names, events, strict=True)], shared)
    _render(events, endpoint, at)
    return _Done(len(events), 0, events[-1].sequence if len(events) == size else None)


def _row(name: str, event: Event) -> dict[str, Any]:
    return {"id": name, "event_id": event.id, "event_type": event.type, "created_at": event.created_at}


def _render(events: Sequence[Event], endpoint: Endpoint, at: datetime) -> None:
    """The bytes of these events as the endpoint's version has them, where no other endpoint needed them before."""
    version = endpoint.api_version
    if version == settings.API_VERSION:
        return
    there = Rendering.objects.filter(db.among("event_id", [event.id for event in events]), api_version=version)
    known = set(there.values_list("event_id", flat=True))
    made = [event for event in events if event.id not in known]
    rows = [
        {
            "id": name,
            "event_id": event.id,
            "payload": versions.render(event.type, event.payload.encode(), version).decode(),
        }
        for name, event in zip(ids.new_many("ren", len(made)), made, strict=True)
    ]
    tenant = {"organisation_id": endpoint.organisation_id, "livemode": endpoint.livemode}
    db.insert_rows(Rendering, rows, tenant | {"api_version": version, "created_at": at, "recorded_at": at})


def _advance(job: Replay, done: _Done, *, at: datetime) -> None:
    source = job.position["source"]
    job.position = {"source": source + 1} if done.after is None else {"source": source, "after": done.after}
    job.status = Replay.Status.RUNNING
    job.replayed += done.replayed
    job.skipped += done.skipped
    job.next_run_at = max(job.next_run_at or at, at - CATCH_UP) + timedelta(seconds=done.replayed / job.rate)
    job.updated_at = at
    job.save(update_fields=["position", "status", "replayed", "skipped", "next_run_at", "updated_at"])


def _finish(job: Replay, *, at: datetime) -> None:
    """What no longer fitted the filters when its turn came was passed over, too: the sum is what was counted first."""
    job.skipped = max(job.skipped, job.total - job.replayed)
    _close(job, Replay.Status.SUCCEEDED, at=at)
    _audit("replay.finished", job, by="engine", at=at)


def _close(job: Replay, status: Replay.Status, *, at: datetime) -> None:
    job.status, job.next_run_at, job.finished_at, job.updated_at = status, None, at, at
    job.save(update_fields=["status", "skipped", "next_run_at", "finished_at", "updated_at"])


def _audit(type: str, job: Replay, *, by: str, at: datetime) -> None:
    data = {"replay_id": job.id, "filters": job.filters, "rate": job.rate, "matched": job.total}
    record(
        type=type,
        organisation_id=job.organisation_id,
        livemode=job.livemode,
        data=data | {"replayed": job.replayed, "skipped": job.skipped},
        by=by,
        at=at,
    )
