"""Webhook deliveries and attempts as their pages show them."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from agentcollect.kit import ids
from dashboard.access import Seat
from events.models import Event
from webhooks import queries
from webhooks.models import Attempt, Delivery, Endpoint, Rendering

ATTEMPTS_SHOWN = 25
TAIL_SHOWN = 100
TAIL_LASTS = timedelta(hours=12)


def deliveries(
    seat: Seat,
    *,
    status: str = "",
    reason: str = "",
    endpoint_id: str = "",
    event_type: str = "",
    replay_id: str = "",
    text: str = "",
    after: datetime | None = None,
    before: datetime | None = None,
) -> QuerySet[Delivery]:
    """Deliveries by state, reason (of one not sent), endpoint, type, replay, time; `text`: event, delivery or type."""
    rows = seat.rows(Delivery).filter(endpoint__kind=Endpoint.Kind.WEBHOOK).select_related("endpoint")
    said = {"status": status, "endpoint_id": endpoint_id, "event_type": event_type, "replay_id": replay_id}
    rows = rows.filter(**{name: value for name, value in said.items() if value})
    if reason:
        rows = queries.not_sent_for(rows, reason)
    if text:
        rows = rows.filter(Q(event_id=text) | Q(id=text) | Q(event_type=text))
    if after:
        rows = rows.filter(created_at__gte=after)
    return rows.filter(created_at__lt=before) if before else rows


def local_time(text: str, zone: ZoneInfo) -> datetime:
    """`2026-03-17T14:22` of a form, or a bare day, in the organisation's zone. Raises ValueError for anything else."""
    read = datetime.fromisoformat(text)
    if not 1970 <= read.year <= 2200:  # nothing happened then, and a zone may lead out of the calendar
        raise ValueError(text)
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def since_mark(moment: datetime) -> str:
    """Where a tail begins: the smallest id that a delivery made from now on can have."""
    return ids.first_of("whd", moment)


def marked(mark: str, at: datetime) -> str:
    """`mark` when it is one of ours and not too old, else that of `at`: an address that was kept starts anew."""
    oldest, newest = since_mark(at - TAIL_LASTS), since_mark(at)
    return mark if mark.isascii() and oldest <= mark <= newest else newest


def tail(rows: QuerySet[Delivery], mark: str) -> list[Delivery]:
    """What was owed since `mark`, the newest first, in the order of arrival whatever the story's clock says."""
    return list(rows.filter(id__gte=mark).order_by("-id")[:TAIL_SHOWN])


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of an attempt: `start` and `width` as SVG lengths, `tone` its colour."""

    label: str
    ms: float
    tone: str
    start: str
    width: str


# (timing, label, tone) of what has a length, in the order in which it happens; the other timings count from the start.
_PARTS = (("dns_ms", "Name look-up", "info"), ("connect_ms", "Connect", "warn"), ("tls_ms", "TLS", "quiet"))


def parts(timings: dict[str, float]) -> list[Part]:
    """An attempt's total cut into what it was spent on; empty where nothing was measured."""
    total = timings.get("total_ms") or 0.0
    spans = [(label, timings[name], tone) for name, label, tone in _PARTS if name in timings]
    begun = sum(took for _, took, _ in spans)
    answered = timings.get("first_byte_ms")
    spans.append(("Waiting for the answer", (total if answered is None else answered) - begun, "good"))
    if answered is not None:
        spans.append(("Reading it", total - answered, "accent"))
    return list(_placed([(label, max(took, 0.0), tone) for label, took, tone in spans], total)) if total else []


def _placed(spans: list[tuple[str, float, str]], total: float) -> Iterable[Part]:
    at = 0.0
    for label, took, tone in spans:
        yield Part(label, took, tone, f"{min(at / total, 1) * 100:.2f}%", f"{min(took / total, 1) * 100:.2f}%")
        at += took


def attempts(seat: Seat, delivery: Delivery) -> list[Attempt]:
    """The latest POSTs of a delivery, the last first; at most ATTEMPTS_SHOWN."""
    return list(seat.rows(Attempt).filter(delivery_id=delivery.id).order_by("-number")[:ATTEMPTS_SHOWN])


def body_of(seat: Seat, delivery: Delivery) -> str:
    """The frozen bytes that its endpoint is sent, as text; empty where the event is gone."""
    event = seat.rows(Event).filter(id=delivery.event_id).first()
    if event is None:
        return ""
    pinned = seat.rows(Rendering).filter(event_id=event.id, api_version=delivery.endpoint.api_version).first()
    return pinned.payload if pinned else event.payload


def as_curl(url: str, headers: dict[str, str], body: str) -> str:
    """The attempt as a command: the same address, headers and bytes."""
    skipped = {"host", "content-length", "connection", "accept-encoding", "user-agent"}
    lines = [f"curl -X POST {shlex.quote(url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items() if name.lower() not in skipped]
    lines.append(f"--data-binary {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def endpoint_choices(seat: Seat) -> list[tuple[str, str]]:
    """(id, address) of the endpoints one can filter by, deleted ones included: their deliveries stay readable."""
    rows = seat.rows(Endpoint).filter(kind=Endpoint.Kind.WEBHOOK).order_by("-created_at", "-id")
    return list(rows.values_list("id", "url")[:200])


def indented(body: str) -> str:
    """JSON as a reader wants it; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
