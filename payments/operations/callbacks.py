"""What a processor tells us: stored raw at the door, read by a task, in any order, once.

stored → claimed (all that waits about one subject, by one worker) → the processor is asked how that subject stands now,
no transaction open → our rows are brought there, each act in a transaction that proves the claim → done. So the order
in which callbacks come, and how often, does not matter: the processor's present state has one order only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db.models import F, Q, QuerySet

from agentcollect.kit import clock, db, ids, jobs
from payments.models import ProcessorCallback
from payments.operations import callback_acts
from payments.providers.base import ProcessorError
from payments.providers.stripe import callbacks as stripe

log = structlog.get_logger()

Status = ProcessorCallback.Status
# Longer than every call of one reading together.
LEASE = timedelta(minutes=3)
# After so many tries, two days in all, it stays for a person of operations.
MOST_TRIES = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=6)
MOST_BYTES = 1024 * 1024
_KEPT = timedelta(days=90)


class LostClaimError(Exception):
    """Another worker has it: nothing of ours may follow any more."""


class Claim(NamedTuple):
    """One worker's hold on all that waits about one subject."""

    rows: tuple[ProcessorCallback, ...]
    token: int

    @contextmanager
    def act(self) -> Iterator[None]:
        """A transaction that only happens while the claim is held."""
        with db.atomic():
            if not db.locked(self._held(self.rows[:1])).exists():
                raise LostClaimError
            yield

    def end(self, **changes: object) -> None:
        self._held(self.rows).update(lease_until=None, **changes)

    def _held(self, rows: tuple[ProcessorCallback, ...]) -> QuerySet[ProcessorCallback]:
        mine = Q(id__in=[row.id for row in rows], lease_token=self.token, status=Status.NEW)
        return ProcessorCallback.objects.filter(mine, lease_until__isnull=False)


# --- the door


def receive(*, body: bytes, signature: str, at: datetime) -> ProcessorCallback:
    """Store a callback of Stripe's, once however often it is delivered. Raises RefusedCallback."""
    if len(body) > MOST_BYTES:
        raise stripe.RefusedCallback("That is too much.", status=413)
    told = stripe.read(body, signature)
    row = ProcessorCallback(
        id=ids.new("pcb"),
        provider="stripe",
        event_id=told.event_id,
        kind=told.kind,
        account=told.account,
        subject=told.subject,
        # What is none of ours is the creditor's other business: not kept.
        body=told.body if told.ours else "",
        happened_at=told.happened_at,
        received_at=at,
        due_at=at,
        status=Status.NEW if told.ours else Status.IGNORED,
        processed_at=None if told.ours else at,
    )
    ProcessorCallback.objects.bulk_create([row], ignore_conflicts=True)
    if told.ours:
        jobs.enqueue("payments.process_callbacks")
    return row


# --- reading


def process(*, at: datetime, limit: int = 200) -> int:
    """Read what waits, oldest first; returns how many callbacks have been read to their end."""
    done = 0
    free = Q(lease_until=None) | Q(lease_until__lt=at)
    waiting = ProcessorCallback.objects.filter(free, status=Status.NEW, due_at__lte=at).order_by("due_at", "id")
    for callback_id in list(waiting.values_list("id", flat=True)[:limit]):
        claim = _claim(callback_id, at=at)
        if claim is not None:
            done += _read(claim, at=at)
    return done


def retry(*, callback_id: str, by: str, at: datetime) -> bool:
    """Try a callback again that was given up, from the beginning; False when it was not."""
    given_up = ProcessorCallback.objects.filter(id=callback_id, status=Status.FAILED)
    again = given_up.update(status=Status.NEW, tries=0, due_at=at, processed_at=None)
    if again:
        log.info("callback_retried", callback=callback_id, by=by)
        jobs.enqueue("payments.process_callbacks")
    return bool(again)


def prune(*, at: datetime) -> int:
    """Forget what was read long ago; what failed stays."""
    old = ProcessorCallback.objects.filter(received_at__lt=at - _KEPT, status__in=[Status.DONE, Status.IGNORED])
    return old.delete()[0]


def _claim(callback_id: str, *, at: datetime) -> Claim | None:
    """All that waits about the subject of `callback_id`, unless somebody reads about it just now.

    Two workers that ask at once cannot both see nobody there: the subject has a lock of its own for this moment.
    """
    with db.atomic():
        due = ProcessorCallback.objects.filter(id=callback_id, status=Status.NEW, due_at__lte=at)
        first = db.claimable(due).first()
        if first is None or not db.try_lock(f"callback:{first.account}:{first.subject}"):
            return None
        same = ProcessorCallback.objects.filter(subject=first.subject, account=first.account, status=Status.NEW)
        if same.filter(lease_until__gte=at).exists():
            return None
        rows = tuple(db.claimable(same.order_by("received_at", "id"))[:500])
        if first.id not in {row.id for row in rows}:
            return None
        token = max(row.lease_token for row in rows) + 1
        held = ProcessorCallback.objects.filter(id__in=[row.id for row in rows])
        held.update(lease_token=token, lease_until=clock.now() + LEASE, tries=F("tries") + 1)
        return Claim(rows, token)


def _read(claim: Claim, *, at: datetime) -> int:
    try:
        ours = callback_acts.act_on(claim.rows, claim.act, at=at)
    except LostClaimError:
        return 0
    except ProcessorError as error:
        _again(claim, str(error), at=at)
        return 0
    except Exception as error:
        log.exception("callback_failed", subject=claim.rows[0].subject)
        _again(claim, f"{type(error).__name__}: {error}", at=at)
        return 0
    nobodys = {} if ours else {"body": ""}
    claim.end(status=Status.DONE if ours else Status.IGNORED, processed_at=at, error="", **nobodys)
    return len(claim.rows)


def _again(claim: Claim, why: str, *, at: datetime) -> None:
    """Later, and later still; then a person."""
    tries = max(row.tries for row in claim.rows) + 1
    if tries >= MOST_TRIES:
        log.error("callback_given_up", subject=claim.rows[0].subject, why=why)
        claim.end(status=Status.FAILED, processed_at=at, error=why[:300])
        return
    claim.end(due_at=at + min(_FIRST_WAIT * 4 ** (tries - 1), _LONGEST_WAIT), error=why[:300])
