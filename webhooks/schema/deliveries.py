"""How deliveries and attempts are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, MAYBE_TIME, MAYBE_WHOLE, TEXT, TIME, record
from webhooks.models import Delivery

_MAP: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}

_DELIVERY = {
    "id": TEXT,
    "webhook_id": TEXT,
    "event_id": TEXT,
    "event": TEXT,
    "status": {"type": "string", "enum": Delivery.Status.values},
    "reason": MAYBE_TEXT | {"description": "Of `not_sent`: the state that its endpoint was in."},
    "attempts_made": {"type": "integer"},
    "replay": BOOL,
    "replay_id": MAYBE_TEXT | {"description": "The last replay job that sent it again."},
    "next_attempt_at": MAYBE_TIME,
    "last_status_code": MAYBE_WHOLE,
    "last_error": MAYBE_TEXT,
    "settled_at": MAYBE_TIME,
    "livemode": BOOL,
    "created_at": TIME,
}
DELIVERY = record(list(_DELIVERY), **_DELIVERY)
_ATTEMPT = {
    "id": TEXT,
    "number": {"type": "integer"},
    "replay": BOOL,
    "status_code": MAYBE_WHOLE,
    "error": MAYBE_TEXT,
    "request_headers": _MAP,
    "response_headers": _MAP,
    "response_body": TEXT,
    "address": MAYBE_TEXT,
    "timings": {"type": "object", "additionalProperties": {"type": "number"}, "description": "Milliseconds."},
    "created_at": TIME,
}
_LOG = {
    "request_id": MAYBE_TEXT | {"description": "The API call that caused the event; null where it was none."},
    "payload": {"type": "object", "description": "The body, as sent on every attempt."},
    "attempts": {"type": "array", "items": record(list(_ATTEMPT), **_ATTEMPT)},
}
DELIVERY_DETAIL = record([*_DELIVERY, *_LOG], **_DELIVERY, **_LOG)

DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": "whd_0UZ8pq1K7Lm3pRx1aBcDeF",
    "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
    "event_id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "event": "payment.received",
    "status": "pending",
    "reason": None,
    "attempts_made": 0,
    "replay": False,
    "replay_id": None,
    "next_attempt_at": "2026-03-17T14:22:00Z",
    "last_status_code": None,
    "last_error": None,
    "settled_at": None,
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
}
ATTEMPT_EXAMPLE: dict[str, Any] = {
    "id": "att_0UZ8pq1K7Lm3pRx1aBcDeF",
    "number": 1,
    "replay": False,
    "status_code": 200,
    "error": None,
    "request_headers": {"Content-Type": "application/json", "X-AgentCollect-Attempt": "1"},
    "response_headers": {"content-type": "text/plain"},
    "response_body": "ok",
    "address": "93.184.215.14",
    "timings": {"connect_ms": 12.1, "first_byte_ms": 31.4, "total_ms": 31.6},
    "created_at": "2026-03-17T14:22:00Z",
}
