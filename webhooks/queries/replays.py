"""What a replay would send again, and how far one has come; another organisation's or mode's row is not found."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from agentcollect.kit import due
from agentcollect.kit.db import among
from agentcollect.kit.errors import ApiError
from events.models import Event
from webhooks.models import Delivery, Endpoint, Replay
from webhooks.rules import DIRECTED, EVERYTHING

Rows = TypeVar("Rows", bound=QuerySet)
FILTERS = frozenset(
    {"webhook_ids", "event_types", "statuses", "reasons", "event_ids", "delivery_ids", "since", "until", "missed"}
)
# What did not arrive: sent again unless the filters say otherwise.
UNDELIVERED = [Delivery.Status.FAILED.value, Delivery.Status.NOT_SENT.value]
SAMPLE = 10
DEFAULT_RATE, MAX_RATE = 100, 1_000  # deliveries owed again per second


def statuses_of(filters: dict[str, Any]) -> list[str]:
    """The states that `filters` ask for: those named; else any for rows named by id, or what did not arrive."""
    if filters.get("statuses") is not None:
        return filters["statuses"]
    return Delivery.Status.values if filters.get("delivery_ids") or filters.get("event_ids") else UNDELIVERED


def replay_targets(organisation_id: str, livemode: bool, filters: dict[str, Any]) -> QuerySet[Endpoint]:
    """The endpoints a replay may send to: active ones of the customer's own. A member's mails are not sent again."""
    own = Endpoint.objects.filter(organisation_id=organisation_id, livemode=livemode)
    active = own.filter(kind=Endpoint.Kind.WEBHOOK, status=Endpoint.Status.ACTIVE)
    named = filters.get("webhook_ids")
    return active if named is None else active.filter(id__in=named)


def replayable(organisation_id: str, livemode: bool, filters: dict[str, Any]) -> QuerySet[Delivery]:
    """The deliveries that `filters` (models.Replay) name and whose endpoint is active now.

    Without `statuses`: what failed or was not sent. A name that is no filter is a ValueError: it must not widen what is
    sent again.
    """
    if unknown := filters.keys() - FILTERS:
        raise ValueError(f"{sorted(unknown)} are no filters of a replay")
    targets = list(replay_targets(organisation_id, livemode, filters).values_list("id", flat=True))
    rows = Delivery.objects.filter(organisation_id=organisation_id, livemode=livemode, endpoint_id__in=targets)
    rows = rows.filter(_in_status(statuses_of(filters)))
    named = {"event_type": "event_types", "reason": "reasons", "event_id": "event_ids", "id": "delivery_ids"}
    for column, filter_name in named.items():
        if filters.get(filter_name):
            rows = rows.filter(among(column, filters[filter_name]))
    return _in_time(rows, filters)


def _in_status(statuses: list[str]) -> Q:
    # One state is written into the statement: its partial index is then taken by both databases.
    return Q(status=due.literal(statuses[0])) if len(statuses) == 1 else Q(status__in=statuses)


def _in_time(rows: Rows, filters: dict[str, Any]) -> Rows:
    if filters.get("since"):
        rows = rows.filter(created_at__gte=datetime.fromisoformat(filters["since"]))
    return rows.filter(created_at__lt=datetime.fromisoformat(filters["until"])) if filters.get("until") else rows


def standing(rows: QuerySet[Delivery], at: datetime) -> QuerySet[Delivery]:
    """Of `rows` those that were as they are already at `at`: what failed while a replay runs is not sent by it."""
    return rows.filter(Q(settled_at=None) | Q(settled_at__lte=at), recorded_at__lte=at)


def missed_events(organisation_id: str, livemode: bool, endpoint: Endpoint) -> QuerySet[Event]:
    """Public events recorded since the endpoint exists that were never owed to it: computed, never stored."""
    owed = Delivery.objects.filter(event_id=OuterRef("id"), endpoint_id=endpoint.id)
    public = Event.objects.filter(organisation_id=organisation_id, livemode=livemode, sequence__isnull=False)
    return public.filter(~Exists(owed), recorded_at__gte=endpoint.recorded_at).exclude(
        type__in=DIRECTED  # for the one endpoint that they name: nobody else misses them
    )


def missed_wanted(endpoint: Endpoint, filters: dict[str, Any], at: datetime) -> QuerySet[Event]:
    """Of the missed events those that a replay begun at `at` owes: of the types it names, else of those the endpoint
    asks for today. What an endpoint does not want is only sent where somebody names it."""
    rows = missed_events(endpoint.organisation_id, endpoint.livemode, endpoint).filter(recorded_at__lte=at)
    types = filters.get("event_types") or endpoint.events
    if EVERYTHING not in types:
        rows = rows.filter(type__in=types)
    if filters.get("event_ids"):
        rows = rows.filter(among("id", filters["event_ids"]))
    return _in_time(rows, filters)


class Sampled(NamedTuple):
    """One of what a replay would send; `delivery` is None for an event that was never owed to the endpoint."""

    delivery: Delivery | None
    endpoint_id: str
    event_id: str
    event_type: str
    created_at: datetime


class Matched(NamedTuple):
    """How many deliveries a replay would send again, and how many events it would owe for the first time."""

    deliveries: int
    missed: int


def replay_matched(organisation_id: str, livemode: bool, filters: dict[str, Any], at: datetime) -> Matched:
    """Counted, not estimated. Raises ApiError: not_found for a named endpoint that is none of the caller's, or
    illegal_transition for one that is off: nothing could be sent to it."""
    _refuse_others(organisation_id, livemode, filters)
    rows = standing(replayable(organisation_id, livemode, filters), at)
    lacking = _lacking(organisation_id, livemode, filters, at)
    return Matched(rows.count(), sum(events.count() for _, events in lacking))


def _refuse_others(organisation_id: str, livemode: bool, filters: dict[str, Any]) -> None:
    own = Endpoint.objects.filter(organisation_id=organisation_id, livemode=livemode, kind=Endpoint.Kind.WEBHOOK)
    asked = filters.get("webhook_ids") or []
    states = dict(own.filter(among("id", asked)).values_list("id", "status")) if asked else {}
    for name in asked:
        if states.get(name, Endpoint.Status.DELETED) == Endpoint.Status.DELETED:
            raise ApiError("not_found", f"There is no webhook {name[:40]!r}.", param="webhook_ids")
        if states[name] != Endpoint.Status.ACTIVE:
            raise ApiError("illegal_transition", f"The endpoint {name} is {states[name]}: nothing is sent to it.")


class Preview(NamedTuple):
    """What a replay would send: how many (`missed` of them for the first time), and the first ten in its order."""

    matched: int
    missed: int
    sample: list[Sampled]


def replay_preview(organisation_id: str, livemode: bool, filters: dict[str, Any], at: datetime) -> Preview:
    """What a replay begun at `at` would do; nothing is written. Raises as `replay_matched`."""
    found = replay_matched(organisation_id, livemode, filters, at)
    return Preview(sum(found), found.missed, _sample(organisation_id, livemode, filters, at))


def _sample(organisation_id: str, livemode: bool, filters: dict[str, Any], at: datetime) -> list[Sampled]:
    rows = standing(replayable(organisation_id, livemode, filters), at).order_by("created_at", "id")
    owed = (_sampled(row) for row in rows[:SAMPLE])
    lacking = _lacking(organisation_id, livemode, filters, at)
    never = (_never_owed(endpoint, event) for endpoint, events in lacking for event in _first(events))
    return list(islice(chain(owed, never), SAMPLE))


def _lacking(
    organisation_id: str, livemode: bool, filters: dict[str, Any], at: datetime
) -> list[tuple[Endpoint, QuerySet[Event]]]:
    if not filters.get("missed"):
        return []
    targets = replay_targets(organisation_id, livemode, filters).order_by("id")
    return [(endpoint, missed_wanted(endpoint, filters, at)) for endpoint in targets]


def _first(events: QuerySet[Event]) -> Iterable[Event]:
    return events.order_by("sequence")[:SAMPLE]


def _sampled(row: Delivery) -> Sampled:
    return Sampled(row, row.endpoint_id, row.event_id, row.event_type, row.created_at)


def _never_owed(endpoint: Endpoint, event: Event) -> Sampled:
    return Sampled(None, endpoint.id, event.id, event.type, event.created_at)


def replays(organisation_id: str, livemode: bool) -> QuerySet[Replay]:
    """The jobs of one organisation and mode."""
    return Replay.objects.filter(organisation_id=organisation_id, livemode=livemode)


def replay(organisation_id: str, livemode: bool, replay_id: str) -> Replay:
    """Raises ApiError(not_found)."""
    found = replays(organisation_id, livemode).filter(id=replay_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


class Progress(NamedTuple):
    """How far a replay has come.

    Of `matched`, `done` were dealt with: owed again, or passed over because they could not be or need not be any more
    (`skipped`). What was owed again has `succeeded`, `failed` or is `pending`; a delivery that a later replay took over
    is counted there. `rate` is per second; `eta` the seconds until all is owed again, None once it is over.
    """

    matched: int
    done: int
    skipped: int
    succeeded: int
    failed: int
    pending: int
    rate: int
    eta: int | None


def replay_progress(replay: Replay) -> Progress:
    """One read, of the deliveries that carry the replay's id."""
    rows = Delivery.objects.filter(replay_id=replay.id).order_by().values_list("status")
    counts = dict(rows.annotate(number=Count("id")))
    done = replay.replayed + replay.skipped
    left = -(-max(0, replay.total - done) // replay.rate)
    return Progress(
        matched=replay.total,
        done=done,
        skipped=replay.skipped,
        succeeded=counts.get(Delivery.Status.SUCCEEDED, 0),
        failed=counts.get(Delivery.Status.FAILED, 0),
        pending=counts.get(Delivery.Status.PENDING, 0),
        rate=replay.rate,
        eta=left if replay.next_run_at else None,
    )
