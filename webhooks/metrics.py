"""The room's figures for `/metrics` (`agentcollect.kit.metrics`): a few indexed reads each."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Case, CharField, Count, Q, Value, When
from prometheus_client.core import Metric

from agentcollect.kit import clock, due, ids, partitions
from agentcollect.kit.metrics import Values, gauge, gauges
from webhooks.health import oldest_due_seconds
from webhooks.models import Attempt, Delivery, Endpoint, Health, Replay
from webhooks.queries.retention import overdue_seconds

WINDOW_MINUTES = 5
MOST_COUNTED = 100_000  # beyond, a backlog is a backlog: counting a million rows at every scrape helps nobody


def backlog(at: datetime) -> Iterator[Metric]:
    owed = due.parents_owing(Delivery, parent="endpoint_id", state="pending")
    yield gauge(
        "webhook_oldest_due_seconds",
        "How long the oldest delivery that may be sent has been waiting for a sender.",
        oldest_due_seconds(at),
    )
    yield gauge("webhook_endpoints_owed", "Endpoints that are owed at least one delivery.", len(owed))
    yield gauges(
        "webhook_deliveries_pending",
        f"Pending deliveries: due, leased by a sender, or waiting for their time; {MOST_COUNTED} are counted at most.",
        ["state"],
        {(state,): float(count) for state, count in _pending(at).items()},
    )


def _pending(at: datetime) -> dict[str, int]:
    state = Case(
        When(lease_until__gt=at, then=Value("leased")),
        When(next_attempt_at__lte=at, then=Value("due")),
        default=Value("waiting"),
        output_field=CharField(),
    )
    rows = Delivery.objects.filter(status=due.literal(Delivery.Status.PENDING)).annotate(state=state)
    counted = {"due": 0, "leased": 0, "waiting": 0}
    for found in rows.values_list("state", flat=True)[:MOST_COUNTED].iterator():
        counted[found] += 1
    return counted


def attempts(at: datetime) -> Iterator[Metric]:
    """Counted over a range of ids, since ids carry their time."""
    outcome = Case(
        When(status_code=None, then=Value("no_answer")),
        When(error="", then=Value("succeeded")),
        default=Value("refused"),
        output_field=CharField(),
    )
    since = ids.first_of("att", clock.plus(at, minutes=-WINDOW_MINUTES))
    rows = Attempt.objects.filter(id__gte=since).annotate(outcome=outcome).values("outcome")
    found = dict(rows.annotate(count=Count("id")).values_list("outcome", "count"))
    yield gauges(
        "webhook_attempts",
        f"Attempts of the last {WINDOW_MINUTES} minutes, by what came of them.",
        ["outcome"],
        {(name,): float(found.get(name, 0)) for name in ("succeeded", "refused", "no_answer")},
    )


def endpoints(at: datetime) -> Iterator[Metric]:
    rows = Endpoint.objects.exclude(status=Endpoint.Status.DELETED).values("kind", "status").annotate(count=Count("id"))
    found: Values = {(row["kind"], row["status"]): float(row["count"]) for row in rows}
    known = [status for status in Endpoint.Status.values if status != Endpoint.Status.DELETED]
    every: Values = {(kind, status): 0.0 for kind in Endpoint.Kind.values for status in known}
    yield gauges("webhook_endpoints", "Endpoints by kind and status.", ["kind", "status"], every | found)
    active = Health.objects.filter(endpoint__status=Endpoint.Status.ACTIVE)
    counts = active.aggregate(
        open=Count("endpoint_id", filter=Q(open_until__gt=at)),
        half_open=Count("endpoint_id", filter=Q(open_until__lte=at)),
        failing=Count("endpoint_id", filter=Q(failing_since__isnull=False)),
    )
    yield gauges(
        "webhook_breakers",
        "Active endpoints whose circuit breaker is open (nothing is sent) or half open (one probe is).",
        ["state"],
        {(state,): float(counts[state]) for state in ("open", "half_open")},
    )
    yield gauge("webhook_endpoints_failing", "Active endpoints whose last attempt failed.", counts["failing"])


def jobs(at: datetime) -> Iterator[Metric]:
    """Replays under way, how late pruning is, and what the attempt log takes (PostgreSQL)."""
    states = (Replay.Status.PENDING, Replay.Status.RUNNING)
    rows = Replay.objects.filter(status__in=states).values_list("status").annotate(count=Count("id"))
    found = dict(rows)
    values: Values = {(str(state),): float(found.get(state, 0)) for state in states}
    yield gauges("webhook_replays", "Replay jobs that are not finished.", ["status"], values)
    yield gauge(
        "webhook_prune_overdue_seconds",
        "How long the oldest delivery past its retention has been waiting to be deleted.",
        overdue_seconds(at),
    )
    size = partitions.size(Attempt)
    taken: Values = {} if size is None else {("attempts",): float(size)}
    yield gauges("webhook_table_bytes", "Disk that a table takes with its indexes (PostgreSQL).", ["table"], taken)
