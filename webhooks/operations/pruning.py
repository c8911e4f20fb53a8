"""What is old goes: deliveries with their attempts, renderings, finished replays, a slice at a time.

What counts as old, and what is kept because it is unresolved, is defined in `webhooks.queries.retention`. The event's
own bytes are no matter of this file: events are the audit, and stay. A rendering of them in an older version of the API
goes when its event has no delivery left.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS

from agentcollect.kit import db, ids, integrity, partitions
from webhooks.models import Attempt, Delivery, Rendering, Replay
from webhooks.queries.retention import cutoff, resolved, unresolved

# Deliveries of one transaction, with some five attempts each at worst: SQLite's other writers wait for it.
SLICE = 1_000
# An attempt's id is drawn a moment after the time at which its delivery is settled; clocks of machines differ.
MARGIN = timedelta(days=1)
FINISHED = (Replay.Status.SUCCEEDED, Replay.Status.CANCELLED)


class Pruned(NamedTuple):
    """How many rows of each went; `months` names the partitions that were dropped whole."""

    deliveries: int
    attempts: int
    renderings: int
    replays: int
    months: tuple[str, ...] = ()


def prune(*, at: datetime, most: int = 100_000) -> Pruned:
    """Delete what is old at `at`, at most about `most` deliveries and as many renderings.

    Every slice is a transaction of its own and nothing is noted between them: whoever runs next, after a crash or
    beside this one, finds what is left. Rows that another worker has locked are passed over.
    """
    before = cutoff(at)
    months = tuple(drop_months(at=at))
    gone = _slices(_delete_deliveries, before, most) + _slices(_delete_renderings, before, most)
    old = Replay.objects.filter(status__in=FINISHED, finished_at__lt=before, id__lt=ids.first_of("rpl", before))
    return Pruned(gone["deliveries"], gone["attempts"], gone["renderings"], old.delete()[0], months)


def _slices(delete: Callable[[datetime, str], tuple[str, Counter[str]]], before: datetime, most: int) -> Counter[str]:
    """Slice after slice, each from where the last one ended: what is kept is looked at once in a run."""
    gone: Counter[str] = Counter()
    position = ""
    for _ in range(max(1, most // SLICE)):
        position, deleted = delete(before, position)
        gone += deleted
        if not position:
            break
    return gone


def drop_months(*, at: datetime) -> dict[str, int]:
    """Make the months ahead and drop those past: partition → its attempts that were kept. Empty where there are none.

    Kept are those of unresolved deliveries.
    """
    if not partitions.is_partitioned(Attempt):
        return {}
    partitions.ahead(Attempt, at=at)
    before = cutoff(at)
    return partitions.drop_before(Attempt, before, parent="delivery_id", keep=unresolved(before).values("id"))


def _delete_deliveries(before: datetime, after: str) -> tuple[str, Counter[str]]:
    """One slice beyond the id `after`: its last id (empty: there are no more) and how much of what was deleted."""
    old = resolved(before).filter(id__gt=after)
    with integrity.pruning(before + MARGIN):
        names = list(db.claimable(old).values_list("id", flat=True)[:SLICE])
        # Without Django's search for children, which would read every row: the database's own keys do that. Of no
        # names it makes no query, and no number.
        attempts = Attempt.objects.filter(delivery_id__in=names)._raw_delete(DEFAULT_DB_ALIAS) or 0
        deliveries = Delivery.objects.filter(id__in=names)._raw_delete(DEFAULT_DB_ALIAS) or 0
    return (names[-1] if len(names) == SLICE else ""), Counter(deliveries=deliveries, attempts=attempts)


def _delete_renderings(before: datetime, after: str) -> tuple[str, Counter[str]]:
    """As above, of the renderings whose events nobody is owed any longer."""
    old = Rendering.objects.filter(id__gt=after, id__lt=ids.first_of("ren", before)).order_by("id")
    with integrity.pruning(before):
        rows = dict(db.claimable(old).values_list("id", "event_id")[:SLICE])
        owed = set(Delivery.objects.filter(event_id__in=rows.values()).values_list("event_id", flat=True))
        names = [name for name, event_id in rows.items() if event_id not in owed]
        gone = Rendering.objects.filter(id__in=names)._raw_delete(DEFAULT_DB_ALIAS) or 0
    return (max(rows) if len(rows) == SLICE else ""), Counter(renderings=gone)
