"""The pull side of events: what a receiver missed, and one event by its id."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared
from events.models import Counter, Event


def public(organisation_id: str, livemode: bool) -> QuerySet[Event]:
    """The events that customers may read: those with a sequence number."""
    return Event.objects.filter(organisation_id=organisation_id, livemode=livemode, sequence__isnull=False)


def event(organisation_id: str, livemode: bool, event_id: str) -> Event:
    """Raises ApiError(not_found), for another organisation's, another mode's and an internal event alike."""
    found = _event(organisation_id=organisation_id, livemode=livemode, event_id=event_id)
    if not found:
        raise ApiError("not_found")
    return found[0]


@Prepared
def _event(organisation_id: str, livemode: bool, event_id: str) -> QuerySet[Event]:
    return public(organisation_id, livemode).filter(id=event_id)


def payload(organisation_id: str, livemode: bool, event_id: str) -> str:
    """The envelope of one event as its receivers got it. Raises ApiError(not_found)."""
    own = Event.objects.filter(
        organisation_id=organisation_id, livemode=livemode, id=event_id, sequence__isnull=False
    ).values_list("payload", flat=True)
    for found in own[:1]:
        return found
    raise ApiError("not_found")


# So many index entries are looked through before a list is read from its beginning instead.
_FEW = 50_000


def first_created_since(organisation_id: str, livemode: bool, moment: datetime) -> int:
    """A number below which no event was created at `moment` or later; 0 when that would take long to say.

    The days asked for are mostly the last, and lie at the very end of the numbers: a reader from the first number on
    passes a million events before it meets one of them.
    """
    since = public(organisation_id, livemode).filter(created_at__gte=moment).order_by().values("sequence")
    told = since[: _FEW + 1].aggregate(least=Min("sequence"), seen=Count("sequence"))
    if told["seen"] > _FEW:
        return 0
    return told["least"] or newest(organisation_id, livemode) + 1


def newest(organisation_id: str, livemode: bool) -> int:
    """The last sequence number given out, 0 before the first: where a reader begins who wants only what comes."""
    row = Counter.objects.filter(organisation_id=organisation_id, livemode=livemode).values_list("value", flat=True)
    return row.first() or 0


def since(organisation_id: str, livemode: bool, *, after: int, types: Sequence[str]) -> QuerySet[Event]:
    """The events whose sequence is above `after`, ascending; of `types` only, when any are named.

    Nothing can appear behind a position that was once read. The number is taken as the last lock of the fact's
    transaction (kit.db.atomic) and the counter's row stays locked until that transaction is over: whoever holds
    number n + 1 waited for n to commit or to give its number back. So numbers become visible in their own order,
    without a gap, and a reader who saw n has seen everything below it.
    """
    found = public(organisation_id, livemode).filter(sequence__gt=after)
    if types:
        found = found.filter(type__in=types)
    return found.order_by("sequence")
