"""The public shape of a logged call, and how it is described in the OpenAPI document."""

from typing import Any

from accounts.models import RequestLog
from agentcollect.kit import clock
from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, NUMBER, TEXT, TEXTS, TIME, WHOLE, whole

_MAP: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}
_CALL: dict[str, Any] = {
    "id": TEXT,
    "request_id": TEXT
    | {"description": "The `X-Request-Id` of the answer. If you name your own, it need not be unique."},
    "method": TEXT,
    "path": TEXT | {"description": "As called; credentials are taken out."},
    "query": TEXT,
    "status": WHOLE,
    "error": MAYBE_TEXT | {"description": "The error code, when it failed."},
    "duration_ms": NUMBER,
    "key_id": MAYBE_TEXT,
    "acting_organisation_id": MAYBE_TEXT | {"description": "The platform whose key acted for you."},
    "ip": MAYBE_TEXT,
    "user_agent": MAYBE_TEXT,
    "idempotency_key": MAYBE_TEXT,
    "api_version": MAYBE_TEXT,
    "livemode": BOOL,
    "created_at": TIME,
}
_BODY = MAYBE_TEXT | {"description": "What was kept of it, without credentials; null when empty."}
_WHOLE: dict[str, Any] = {
    "request_headers": _MAP,
    "request_body": _BODY,
    "request_bytes": WHOLE | {"description": "The length of the whole body."},
    "request_truncated": BOOL | {"description": "Only the beginning of the body is kept."},
    "response_headers": _MAP,
    "response_body": _BODY,
    "response_bytes": WHOLE,
    "response_truncated": BOOL,
    "event_ids": TEXTS | {"description": "The events this call caused."},
}
CALL = whole(_CALL)
CALL_DETAIL = whole(_CALL | _WHOLE)

EXAMPLE: dict[str, Any] = {
    "id": "log_0UZ8pq1K7Lm3pRx1aBcDeF",
    "request_id": "req_0UZ8pq1K9xQk4Fw2aBcDeF",
    "method": "POST",
    "path": "/v1/campaigns",
    "query": "",
    "status": 400,
    "error": "missing_field",
    "duration_ms": 6.4,
    "key_id": "key_0UZ8pq1KAb2cD3eF4gHiJk",
    "acting_organisation_id": None,
    "ip": "203.0.113.7",
    "user_agent": "curl/8.5.0",
    "idempotency_key": None,
    "api_version": "2026-11-01",
    "livemode": False,
    "created_at": "2026-03-17T14:00:00Z",
}
EXAMPLE_DETAIL = EXAMPLE | {
    "request_headers": {"Content-Type": "application/json"},
    "request_body": '{"company": "Acme Corp"}',
    "request_bytes": 24,
    "request_truncated": False,
    "response_headers": {"Content-Type": "application/json", "X-RateLimit-Remaining": "999"},
    "response_body": '{"error":"missing_field","status":400}',
    "response_bytes": 342,
    "response_truncated": False,
    "event_ids": [],
}


def call_json(call: RequestLog) -> dict[str, Any]:
    """A call in a list."""
    return {
        "id": call.id,
        "request_id": call.request_id,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "status": call.status,
        "error": call.error or None,
        "duration_ms": call.duration_ms,
        "key_id": call.key_id or None,
        "acting_organisation_id": call.acting_organisation_id or None,
        "ip": call.ip or None,
        "user_agent": call.user_agent or None,
        "idempotency_key": call.idempotency_key or None,
        "api_version": call.api_version or None,
        "livemode": call.livemode,
        "created_at": clock.iso(call.created_at),
    }


def call_detail(call: RequestLog, event_ids: list[str]) -> dict[str, Any]:
    """A call with what was sent and answered, and what it caused."""
    return call_json(call) | {
        "request_headers": call.request_headers,
        "request_body": call.request_body or None,
        "request_bytes": call.request_bytes,
        "request_truncated": call.request_truncated,
        "response_headers": call.response_headers,
        "response_body": call.response_body or None,
        "response_bytes": call.response_bytes,
        "response_truncated": call.response_truncated,
        "event_ids": event_ids,
    }
