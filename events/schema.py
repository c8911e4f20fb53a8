"""How events are described in the OpenAPI document."""

from typing import Any

EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["event", "id", "created_at", "data", "livemode", "api_version", "sequence"],
    "properties": {
        "event": {
            "type": "string",
            "description": "The type, such as `payment.received`. Ignore types you do not know.",
        },
        "id": {"type": "string", "description": "The same on every attempt and replay: receivers dedupe on it."},
        "created_at": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
        "livemode": {"type": "boolean"},
        "api_version": {"type": "string"},
        "sequence": {"type": "integer", "description": "Gap-free per organisation and mode, in commit order."},
    },
}
EVENT_PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["data", "has_more", "next_cursor"],
    "properties": {
        "data": {"type": "array", "items": EVENT},
        "has_more": {"type": "boolean"},
        "next_cursor": {"type": "string", "description": "Never null: pass it as `after` next time."},
    },
}
EXAMPLE = {
    "event": "payment.received",
    "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "created_at": "2026-03-17T14:22:00Z",
    "data": {
        "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
        "debtor": "Acme Corp",
        "invoice_number": "INV-2025-0847",
        "amount_collected": 15000,
        "method": "bank_transfer",
        "days_to_collect": 12,
        "timestamp": "2026-03-17T14:22:00Z",
    },
    "livemode": False,
    "api_version": "2026-11-01",
    "sequence": 42,
}
