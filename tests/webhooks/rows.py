"""Many deliveries at once, in any state: what a replay is tried on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agentcollect.kit import clock, db, ids
from webhooks.models import Delivery, Endpoint

BEGIN = datetime(2026, 3, 17, 14, 0, tzinfo=UTC)


def make_deliveries(endpoint: Endpoint, count: int, status: str = "failed", **more: Any) -> list[str]:
    """`count` deliveries, a second of story time apart, settled a minute ago (the wall's); their ids."""
    names = ids.new_many("whd", count)
    before = clock.now() - timedelta(minutes=1)
    shared = {
        "organisation_id": endpoint.organisation_id,
        "livemode": endpoint.livemode,
        "endpoint_id": endpoint.id,
        "event_type": "payment.received",
        "status": status,
        "settled_at": None if status == "pending" else before,
        "next_attempt_at": before if status == "pending" else None,
        "recorded_at": before,
    }
    rows = [
        {"id": name, "event_id": event_id, "created_at": BEGIN + timedelta(seconds=number)}
        for number, (name, event_id) in enumerate(zip(names, ids.new_many("evt", count), strict=True))
    ]
    db.insert_rows(Delivery, rows, shared | more)
    return names
