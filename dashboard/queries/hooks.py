"""Webhook endpoints, deliveries and attempts as their pages show them."""

import json
import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from dashboard.access import Seat
from events.models import Event
from webhooks.models import Attempt, Delivery, Endpoint

HEALTH_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Health:
    """An endpoint and its deliveries of the last seven days."""

    endpoint: Endpoint
    delivered: int
    failed: int
    pending: int


def endpoints(seat: Seat, at: datetime) -> list[Health]:
    """The registered endpoints, newest first, with a week's figures."""
    rows = list(seat.rows(Endpoint).exclude(status=Endpoint.Status.DELETED).order_by("-created_at", "-id")[:100])
    groups = (
        seat.rows(Delivery)
        .filter(created_at__gte=at - HEALTH_WINDOW, endpoint_id__in=[row.id for row in rows])
        .order_by()
        .values("endpoint_id")
        .annotate(
            delivered=Count("id", filter=Q(status=Delivery.Status.SUCCEEDED)),
            failed=Count("id", filter=Q(status=Delivery.Status.FAILED)),
            pending=Count("id", filter=Q(status=Delivery.Status.PENDING)),
        )
    )
    found = {group["endpoint_id"]: group for group in groups}
    none = {"delivered": 0, "failed": 0, "pending": 0}
    return [
        Health(row, *(found.get(row.id, none)[name] for name in ("delivered", "failed", "pending"))) for row in rows
    ]


def deliveries(seat: Seat, *, status: str = "", endpoint_id: str = "", text: str = "") -> QuerySet[Delivery]:
    """Deliveries filtered by state, endpoint, and event, delivery or type written in `text`."""
    rows = seat.rows(Delivery).select_related("endpoint")
    if status:
        rows = rows.filter(status=status)
    if endpoint_id:
        rows = rows.filter(endpoint_id=endpoint_id)
    if text:
        rows = rows.filter(Q(event_id=text) | Q(id=text) | Q(event_type=text))
    return rows


def attempts(seat: Seat, delivery: Delivery) -> list[Attempt]:
    """Every POST of a delivery, the latest first."""
    return list(seat.rows(Attempt).filter(delivery_id=delivery.id).order_by("-number"))


def body_of(seat: Seat, delivery: Delivery) -> str:
    """The frozen bytes that were sent, as text; empty where the event is gone."""
    event = seat.rows(Event).filter(id=delivery.event_id).first()
    return event.payload if event else ""


def as_curl(url: str, headers: dict[str, str], body: str) -> str:
    """The attempt as a command: the same address, headers and bytes."""
    skipped = {"host", "content-length", "connection", "accept-encoding", "user-agent"}
    lines = [f"curl -X POST {shlex.quote(url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items() if name.lower() not in skipped]
    lines.append(f"--data-binary {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def endpoint_choices(seat: Seat) -> list[tuple[str, str]]:
    """(id, address) of the endpoints one can filter by."""
    return list(seat.rows(Endpoint).order_by("-created_at", "-id").values_list("id", "url")[:50])


def indented(body: str) -> str:
    """JSON as a reader wants it; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
