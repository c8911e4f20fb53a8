"""How endpoints are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    MAYBE_WHOLE,
    TEXT,
    TEXTS,
    TIME,
    WHOLE,
    choice,
    record,
    whole,
)
from webhooks.models import Endpoint
from webhooks.rules import MAX_OVERLAP_HOURS

_MAP: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}
_MAYBE_MAP: dict[str, Any] = {"type": ["object", "null"], "additionalProperties": TEXT}
_MAYBE_NUMBER: dict[str, Any] = {"type": ["number", "null"]}

STATES = [state for state in Endpoint.Status.values if state != Endpoint.Status.DELETED.value]
_SETTABLE = ["active", "paused", "disabled"]

_EVENTS = {"type": ["array", "null"], "items": TEXT, "minItems": 1, "description": 'Types, or `["*"]` (the default).'}
_RATE = {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000, "description": "POSTs a second; null: no limit."}
_LONG_TAIL = BOOL | {"description": "Go on trying for up to 3 days after the fourth failure."}
CREATE = record(
    ["url"],
    url=TEXT | {"description": "https, a public address, port 443 or 8443."},
    events=_EVENTS,
    description={"type": ["string", "null"], "maxLength": 200},
    metadata=_MAYBE_MAP,
    headers=_MAYBE_MAP | {"maxProperties": 20, "description": "Sent with every POST; kept encrypted."},
    rate_limit=_RATE,
    long_tail=_LONG_TAIL,
    api_version=TEXT | {"description": "The version whose shape its events keep; the request's where left out."},
)
PATCH = record(
    [],
    **{name: shape for name, shape in CREATE["properties"].items() if name != "api_version"},
    status=choice(_SETTABLE),
    recover_since=MAYBE_TIME | {"description": "Send what an active endpoint did not get from this moment on."},
)
_ENDPOINT = {
    "webhook_id": TEXT,
    "id": TEXT,
    "status": choice(STATES),
    "url": TEXT,
    "events": TEXTS,
    "description": TEXT,
    "disabled_reason": MAYBE_TEXT,
    "headers": _MAP | {"description": "Values that carry a secret show their last four characters."},
    "rate_limit": _RATE,
    "long_tail": _LONG_TAIL,
    "verified_at": MAYBE_TIME | {"description": "When its address answered the challenge."},
    "api_version": TEXT,
    "livemode": BOOL,
    "metadata": _MAP,
    "created_at": TIME,
    "updated_at": TIME,
}
_SECRET = TEXT | {"description": "Shown this once: `whsec_…`."}
_ENDS = {"type": "array", "items": TIME, "description": "Until when each older secret signs beside it."}
_LAST_FAILURE = whole({"at": TIME, "error": MAYBE_TEXT, "delivery_id": MAYBE_TEXT})
_HEALTH = whole(
    {
        "attempts": WHOLE,
        "success_rate": _MAYBE_NUMBER | {"description": "0 to 1; null without attempts."},
        "p50_ms": MAYBE_WHOLE,
        "p95_ms": MAYBE_WHOLE,
        "breaker": choice(["closed", "open", "half_open"]) | {"description": "While it is open, nothing is sent."},
        "open_until": MAYBE_TIME,
        "failing_since": MAYBE_TIME | {"description": "The first of an unbroken row of failures."},
        "last_success_at": MAYBE_TIME,
        "last_failure": {"oneOf": [_LAST_FAILURE, {"type": "null"}]},
    }
)
ENDPOINT = record(list(_ENDPOINT), **_ENDPOINT)
CREATED = record([*_ENDPOINT, "secret"], **_ENDPOINT, secret=_SECRET)
CHANGED = whole(_ENDPOINT | {"replay_id": MAYBE_TEXT | {"description": "The job that recovers; null for none."}})
WITH_HEALTH = whole(_ENDPOINT | {"health": {"oneOf": [_HEALTH, {"type": "null"}]}})
DELETED = record(["id", "deleted"], id=TEXT, deleted={"type": "boolean", "const": True})
ROTATE = record([], overlap_hours={"type": ["integer", "null"], "minimum": 0, "maximum": MAX_OVERLAP_HOURS})
ROTATED = whole(_ENDPOINT | {"secret": _SECRET, "older_secrets_end_at": _ENDS})
TRY = record([], event=MAYBE_TEXT | {"description": "A type of the catalogue; `webhook.test` where left out."})

ENDPOINT_EXAMPLE: dict[str, Any] = {
    "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
    "id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
    "status": "active",
    "url": "https://yourapp.com/webhooks/ac",
    "events": ["payment.received", "case.escalated", "campaign.completed"],
    "description": "",
    "disabled_reason": None,
    "headers": {"X-Team": "finance"},
    "rate_limit": None,
    "long_tail": False,
    "verified_at": None,
    "api_version": "2026-11-01",
    "livemode": False,
    "metadata": {},
    "created_at": "2026-03-17T14:00:00Z",
    "updated_at": "2026-03-17T14:00:00Z",
}
CREATED_EXAMPLE = ENDPOINT_EXAMPLE | {"secret": "whsec_..."}
CHANGED_EXAMPLE = ENDPOINT_EXAMPLE | {"replay_id": None}
ROTATED_EXAMPLE = CREATED_EXAMPLE | {"older_secrets_end_at": ["2026-03-18T14:22:00Z"]}
HEALTH_EXAMPLE = ENDPOINT_EXAMPLE | {
    "health": {
        "attempts": 240,
        "success_rate": 0.9958,
        "p50_ms": 42,
        "p95_ms": 118,
        "breaker": "closed",
        "open_until": None,
        "failing_since": None,
        "last_success_at": "2026-03-17T14:22:00Z",
        "last_failure": {
            "at": "2026-03-17T09:12:00Z",
            "error": "The receiver answered 503.",
            "delivery_id": "whd_0UZ8pq1K7Lm3pRx1aBcDeF",
        },
    }
}
