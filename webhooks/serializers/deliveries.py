"""The public shapes of deliveries and attempts."""

from typing import Any

import orjson

from agentcollect.kit import clock
from webhooks.models import Attempt, Delivery


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """A delivery in a list. `next_attempt_at` is null unless it is pending; `reason` says why it was not sent."""
    pending = delivery.status == Delivery.Status.PENDING
    return {
        "id": delivery.id,
        "webhook_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event": delivery.event_type,
        "status": delivery.status,
        "reason": delivery.reason or None,
        "attempts_made": delivery.attempts_made,
        "replay": delivery.replay,
        "replay_id": delivery.replay_id or None,
        "next_attempt_at": clock.iso(delivery.next_attempt_at) if pending and delivery.next_attempt_at else None,
        "last_status_code": delivery.last_status_code,
        "last_error": delivery.last_error or None,
        "settled_at": clock.iso(delivery.settled_at) if delivery.settled_at else None,
        "livemode": delivery.livemode,
        "created_at": clock.iso(delivery.created_at),
    }


def delivery_detail(delivery: Delivery, attempts: list[Attempt], payload: bytes, request_id: str) -> dict[str, Any]:
    """A delivery with its attempt log, the body that was and will be sent, and the API call that caused the event."""
    return delivery_json(delivery) | {
        "request_id": request_id or None,
        "payload": orjson.Fragment(payload),
        "attempts": [attempt_json(attempt) for attempt in attempts],
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """One POST. `timings` in milliseconds: dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms where they happened."""
    return {
        "id": attempt.id,
        "number": attempt.number,
        "replay": attempt.replay,
        "status_code": attempt.status_code,
        "error": attempt.error or None,
        "request_headers": attempt.request_headers,
        "response_headers": attempt.response_headers,
        "response_body": attempt.response_body,
        "address": attempt.address or None,
        "timings": attempt.timings,
        "created_at": clock.iso(attempt.created_at),
    }
