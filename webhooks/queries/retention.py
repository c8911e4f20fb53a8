"""Which deliveries are old enough to go.

A delivery goes `WEBHOOK_RETENTION_DAYS` after it was settled last, and its attempts go with it. Unresolved, and so kept
whatever its age, is

- one that is `pending`: an attempt, a retry or a replay of it is still to come;
- one that ended in any other way (`succeeded`, `failed`, `not_sent`) less than the retention ago. A replay makes it
  pending again and its settlement starts the time anew: as long as somebody cares to send it again, it stays.

So a `failed` or `not_sent` delivery can be replayed for the whole retention, with the log of every attempt.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from agentcollect.kit import clock, ids, partitions
from webhooks.models import Attempt, Delivery


def cutoff(at: datetime) -> datetime:
    """What was settled before this moment goes.

    With attempts in monthly partitions it is the beginning of a month, so that a month goes whole and nothing is
    deleted row by row that is about to be dropped.
    """
    moment = clock.plus(at, days=-settings.WEBHOOK_RETENTION_DAYS)
    return partitions.month(moment) if partitions.is_partitioned(Attempt) else moment


def resolved(before: datetime) -> QuerySet[Delivery]:
    """Those that may go, oldest first: ids carry their time, so they stand at the edge of the primary key."""
    settled = Q(settled_at=None) | Q(settled_at__lt=before)
    old = Delivery.objects.filter(settled, id__lt=ids.first_of("whd", before))
    return old.exclude(status=Delivery.Status.PENDING).order_by("id")


def unresolved(before: datetime) -> QuerySet[Delivery]:
    """Those of the same age that stay."""
    kept = Q(status=Delivery.Status.PENDING) | Q(settled_at__gte=before)
    return Delivery.objects.filter(kept, id__lt=ids.first_of("whd", before))


def overdue_seconds(at: datetime) -> float:
    """How long the oldest delivery that may go has been waiting for it; 0 when there is none."""
    before = cutoff(at)
    oldest = resolved(before).values_list("settled_at", "recorded_at").first()
    if oldest is None:
        return 0.0
    return max(0.0, (before - (oldest[0] or oldest[1])).total_seconds())
