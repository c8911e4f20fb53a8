"""The pull side of events: what a receiver missed, and one event by its id."""

from collections.abc import Sequence

from django.db.models import QuerySet

from agentcollect.kit.errors import ApiError
from events.models import Counter, Event


def public(organisation_id: str, livemode: bool) -> QuerySet[Event]:
    """The events that customers may read: those with a sequence number."""
    return Event.objects.filter(organisation_id=organisation_id, livemode=livemode, sequence__isnull=False)


def event(organisation_id: str, livemode: bool, event_id: str) -> Event:
    """Raises ApiError(not_found), for another organisation's, another mode's and an internal event alike."""
    found = public(organisation_id, livemode).filter(id=event_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


def newest(organisation_id: str, livemode: bool) -> int:
    """The last sequence number given out, 0 before the first: where a reader begins who wants only what comes."""
    row = Counter.objects.filter(organisation_id=organisation_id, livemode=livemode).values_list("value", flat=True)
    return row.first() or 0


def since(organisation_id: str, livemode: bool, *, after: int, types: Sequence[str], limit: int) -> list[Event]:
    """Up to `limit` events whose sequence is above `after`, ascending; of `types` only, when any are named.

    Nothing can appear behind a position that was once read. The number is taken as the last lock of the fact's
    transaction (kit.db.atomic) and the counter's row stays locked until that transaction is over: whoever holds
    number n + 1 waited for n to commit or to give its number back. So numbers become visible in their own order,
    without a gap, and a reader who saw n has seen everything below it.
    """
    found = public(organisation_id, livemode).filter(sequence__gt=after)
    if types:
        found = found.filter(type__in=types)
    return list(found.order_by("sequence")[:limit])
