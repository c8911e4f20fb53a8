"""How endpoints, deliveries and attempts are described in the OpenAPI document."""

from typing import Any

from webhooks.models import Delivery, Endpoint

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_MAYBE_NUMBER: dict[str, Any] = {"type": ["integer", "null"]}
_BOOL: dict[str, Any] = {"type": "boolean"}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_MAYBE_TIME: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_MAP: dict[str, Any] = {"type": "object", "additionalProperties": _TEXT}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def page(item: dict[str, Any]) -> dict[str, Any]:
    """A list of `item` as every list answers."""
    return _object(
        ["data", "has_more", "next_cursor"],
        data={"type": "array", "items": item},
        has_more=_BOOL,
        next_cursor=_MAYBE_TEXT,
    )


_EVENTS = {"type": ["array", "null"], "items": _TEXT, "minItems": 1, "description": 'Types, or `["*"]` (the default).'}
CREATE = _object(
    ["url"],
    url=_TEXT | {"description": "https, a public address, port 443 or 8443."},
    events=_EVENTS,
    description={"type": ["string", "null"], "maxLength": 200},
    metadata={"type": ["object", "null"], "additionalProperties": _TEXT},
)
PATCH = _object(
    [],
    **CREATE["properties"],
    status={"type": "string", "enum": [Endpoint.Status.ACTIVE.value, Endpoint.Status.DISABLED.value]},
)
_ENDPOINT = {
    "webhook_id": _TEXT,
    "id": _TEXT,
    "status": {"type": "string", "enum": [Endpoint.Status.ACTIVE.value, Endpoint.Status.DISABLED.value]},
    "url": _TEXT,
    "events": _TEXTS,
    "description": _TEXT,
    "disabled_reason": _MAYBE_TEXT,
    "api_version": _TEXT,
    "livemode": _BOOL,
    "metadata": _MAP,
    "created_at": _TIME,
    "updated_at": _TIME,
}
ENDPOINT = _object(list(_ENDPOINT), **_ENDPOINT)
CREATED = _object([*_ENDPOINT, "secret"], **_ENDPOINT, secret=_TEXT | {"description": "Shown this once: `whsec_…`."})
DELETED = _object(["id", "deleted"], id=_TEXT, deleted={"type": "boolean", "const": True})
_DELIVERY = {
    "id": _TEXT,
    "webhook_id": _TEXT,
    "event_id": _TEXT,
    "event": _TEXT,
    "status": {"type": "string", "enum": Delivery.Status.values},
    "attempts_made": {"type": "integer"},
    "replay": _BOOL,
    "next_attempt_at": _MAYBE_TIME,
    "last_status_code": _MAYBE_NUMBER,
    "last_error": _MAYBE_TEXT,
    "settled_at": _MAYBE_TIME,
    "livemode": _BOOL,
    "created_at": _TIME,
}
DELIVERY = _object(list(_DELIVERY), **_DELIVERY)
_ATTEMPT = {
    "id": _TEXT,
    "number": {"type": "integer"},
    "replay": _BOOL,
    "status_code": _MAYBE_NUMBER,
    "error": _MAYBE_TEXT,
    "request_headers": _MAP,
    "response_headers": _MAP,
    "response_body": _TEXT,
    "address": _MAYBE_TEXT,
    "timings": {"type": "object", "additionalProperties": {"type": "number"}, "description": "Milliseconds."},
    "created_at": _TIME,
}
_LOG = {
    "payload": {"type": "object", "description": "The body, as sent on every attempt."},
    "attempts": {"type": "array", "items": _object(list(_ATTEMPT), **_ATTEMPT)},
}
DELIVERY_DETAIL = _object([*_DELIVERY, *_LOG], **_DELIVERY, **_LOG)

ENDPOINT_EXAMPLE: dict[str, Any] = {
    "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
    "id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
    "status": "active",
    "url": "https://yourapp.com/webhooks/ac",
    "events": ["payment.received", "case.escalated", "campaign.completed"],
    "description": "",
    "disabled_reason": None,
    "api_version": "2026-11-01",
    "livemode": False,
    "metadata": {},
    "created_at": "2026-03-17T14:00:00Z",
    "updated_at": "2026-03-17T14:00:00Z",
}
CREATED_EXAMPLE = ENDPOINT_EXAMPLE | {"secret": "whsec_..."}
DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": "whd_0UZ8pq1K7Lm3pRx1aBcDeF",
    "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
    "event_id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "event": "payment.received",
    "status": "pending",
    "attempts_made": 0,
    "replay": False,
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
