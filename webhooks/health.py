"""How an endpoint does, and how far behind the senders are: reads for the API, the dashboard and the metrics."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection

from agentcollect.kit import db, due
from webhooks.models import Attempt, Delivery, Endpoint, Health

WINDOW = timedelta(hours=24)
MAX_ATTEMPTS = 1_000  # of each endpoint: its latest
_LOOKED_AT = 1_000  # endpoints, those with the oldest due rows

FURTHEST_OPEN = timedelta(minutes=17)  # the longest that a breaker is ever set open, with its jitter
# What a claim asks in the database: neither an open breaker nor a pace lets anything through.
BRAKE = due.Brake(Health, "endpoint_id", {"open_until": FURTHEST_OPEN, "paced_until": timedelta(seconds=2)})


class HealthSummary(NamedTuple):
    """One endpoint's attempts of the last 24 hours (at most its latest 1,000), and what the senders know of it.

    `success_rate` is 0 to 1, None without attempts; `p50_ms` and `p95_ms` are of those that got as far as the network.
    `breaker`: closed; open, nothing is sent before `open_until`; half_open, the next POST is the one that decides.
    `last_error`, `last_failure_at` and `last_delivery_id` are of the latest failure, however long ago.
    """

    attempts: int
    success_rate: float | None
    p50_ms: int | None
    p95_ms: int | None
    breaker: str
    open_until: datetime | None
    failing_since: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str
    last_delivery_id: str


def summary(endpoint_ids: Sequence[str], at: datetime) -> dict[str, HealthSummary]:
    """By endpoint id, in two statements however many they are; one index walk of at most 1,000 attempts for each."""
    known = {health.endpoint_id: health for health in Health.objects.filter(endpoint_id__in=endpoint_ids)}
    made = _made(endpoint_ids, at)
    return {
        name: _summary(known.get(name) or Health(endpoint_id=name), made.get(name, _NONE), at) for name in endpoint_ids
    }


class _Made(NamedTuple):
    """The attempts of one endpoint within the window: how many, how many of them good, the latest good one, and what
    those took (in milliseconds, in order) that got as far as the network."""

    number: int
    good: int
    last_good: datetime | None
    took: list[int]


_NONE = _Made(0, 0, None, [])


def _made(endpoint_ids: Sequence[str], at: datetime) -> dict[str, _Made]:
    found: dict[str, _Made] = {}
    for name, good, count, last, took in _counted(endpoint_ids, at):
        before = found.get(name, _NONE)
        found[name] = _Made(
            before.number + count,
            before.good + (count if good else 0),
            last if good else before.last_good,
            sorted([*before.took, *(ms for ms in took if ms is not None)]),
        )
    return found


def _counted(endpoint_ids: Sequence[str], at: datetime) -> list[tuple[str, bool, int, datetime, list[int | None]]]:
    """(endpoint, good or not, how many, the latest, what each took). The edge is where the latest 1,000 begin."""
    table, postgresql = Attempt._meta.db_table, db.is_postgresql()
    names, took = ("unnest(%s::text[]) AS e(id)", "array_agg") if postgresql else _ON_SQLITE
    good = "a.status_code BETWEEN 200 AND 299 AND a.error = ''"
    latest = f'FROM "{table}" x WHERE x.endpoint_id = e.id ORDER BY x.id DESC'
    edge = f"SELECT x.id {latest} LIMIT 1 OFFSET {MAX_ATTEMPTS - 1}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id, COALESCE({good}, FALSE) AS good, count(*), max(a.created_at), {took}(a.took_ms) "  # noqa: S608
            f"FROM {names} JOIN \"{table}\" a ON a.endpoint_id = e.id AND a.id >= COALESCE(({edge}), '') "
            "WHERE a.created_at > %s GROUP BY 1, 2",
            [list(endpoint_ids) if postgresql else orjson.dumps(list(endpoint_ids)).decode(), _moment(at - WINDOW)],
        )
        return [row if postgresql else _read(*row) for row in cursor.fetchall()]


_ON_SQLITE = ("(SELECT value AS id FROM json_each(%s)) e", "json_group_array")


def _read(name: str, good: int, count: int, last: str, took: str) -> tuple[str, bool, int, datetime, list[int | None]]:
    return name, bool(good), count, datetime.fromisoformat(last).replace(tzinfo=UTC), orjson.loads(took)


def _moment(at: datetime) -> Any:
    return at if db.is_postgresql() else connection.ops.adapt_datetimefield_value(at)


def _summary(health: Health, made: _Made, at: datetime) -> HealthSummary:
    successes = filter(None, (made.last_good, health.last_success_at))
    took = made.took
    return HealthSummary(
        attempts=made.number,
        success_rate=made.good / made.number if made.number else None,
        p50_ms=_percentile(took, 50),
        p95_ms=_percentile(took, 95),
        breaker=_breaker(health.open_until, at),
        open_until=health.open_until,
        failing_since=health.failing_since,
        last_success_at=max(successes, default=None),
        last_failure_at=health.last_failure_at,
        last_error=health.last_error,
        last_delivery_id=health.last_delivery_id,
    )


def _percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Nearest rank: a figure that was measured, not one between two."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def _breaker(open_until: datetime | None, at: datetime) -> str:
    if open_until is None:
        return "closed"
    return "open" if open_until > at else "half_open"


def oldest_due_seconds(at: datetime) -> float:
    """How long the oldest due POST has waited for a sender; 0 when nothing is due.

    What a rate limit or an open breaker holds back does not count, and is counted from the moment at which it no longer
    does. Looked up by one index step for each endpoint that is owed anything.
    """
    oldest = due.due_by_parent(
        Delivery,
        parent="endpoint_id",
        owners=Endpoint,
        state="pending",
        at=at,
        room={},
        default_room=1,
        limit=_LOOKED_AT,
        owned="o.kind = 'webhook' AND o.status = 'active'",
        brake=BRAKE,
    )
    columns = ("next_attempt_at", "endpoint__health__paced_until", "endpoint__health__open_until")
    rows = Delivery.objects.filter(id__in=oldest).values_list(*columns)
    return max((_waited(moments, at) for moments in rows), default=0.0)


def _waited(moments: Iterable[datetime | None], at: datetime) -> float:
    """Since the latest of the moments that have passed: one ahead is of a clock that was put back."""
    passed = [moment for moment in moments if moment is not None and moment <= at]
    return (at - max(passed)).total_seconds() if passed else 0.0
