"""How endpoints are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, TEXT, TEXTS, TIME, record
from webhooks.models import Endpoint

_MAP: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}


_EVENTS = {"type": ["array", "null"], "items": TEXT, "minItems": 1, "description": 'Types, or `["*"]` (the default).'}
CREATE = record(
    ["url"],
    url=TEXT | {"description": "https, a public address, port 443 or 8443."},
    events=_EVENTS,
    description={"type": ["string", "null"], "maxLength": 200},
    metadata={"type": ["object", "null"], "additionalProperties": TEXT},
)
PATCH = record(
    [],
    **CREATE["properties"],
    status={"type": "string", "enum": [Endpoint.Status.ACTIVE.value, Endpoint.Status.DISABLED.value]},
)
_ENDPOINT = {
    "webhook_id": TEXT,
    "id": TEXT,
    "status": {"type": "string", "enum": [Endpoint.Status.ACTIVE.value, Endpoint.Status.DISABLED.value]},
    "url": TEXT,
    "events": TEXTS,
    "description": TEXT,
    "disabled_reason": MAYBE_TEXT,
    "api_version": TEXT,
    "livemode": BOOL,
    "metadata": _MAP,
    "created_at": TIME,
    "updated_at": TIME,
}
ENDPOINT = record(list(_ENDPOINT), **_ENDPOINT)
CREATED = record([*_ENDPOINT, "secret"], **_ENDPOINT, secret=TEXT | {"description": "Shown this once: `whsec_…`."})
DELETED = record(["id", "deleted"], id=TEXT, deleted={"type": "boolean", "const": True})

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
