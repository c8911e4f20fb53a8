"""How replay jobs are described in the OpenAPI document."""

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
from webhooks.models import Replay
from webhooks.queries import DEFAULT_RATE, MAX_RATE
from webhooks.serializers.replays import MAX_NAMED, REASONS, STATUSES

_IDS = TEXTS | {"minItems": 1, "maxItems": MAX_NAMED}
_FILTERS: dict[str, Any] = {
    "webhook_ids": _IDS | {"description": "Webhooks (`wh_…`), active ones; without it, all active ones."},
    "event_types": _IDS,
    "statuses": {
        "type": "array",
        "items": choice(STATUSES),
        "description": (
            "Without it: `failed` and `not_sent`; any, where ids are named. An empty list leaves only what was missed."
        ),
    },
    "reasons": {"type": "array", "items": choice(REASONS), "minItems": 1, "description": "Why it was not sent."},
    "event_ids": _IDS,
    "delivery_ids": _IDS,
    "since": TIME | {"description": "Events from then on."},
    "until": TIME | {"description": "Events before then."},
    "missed": BOOL
    | {
        "description": (
            "Also events that a webhook was never owed since it exists: of the `event_types` named, else of those it "
            "asks for today."
        )
    },
}
REPLAY_CREATE = record(
    [],
    **_FILTERS,
    rate={
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_RATE,
        "default": DEFAULT_RATE,
        "description": "Deliveries a second.",
    },
    dry_run=BOOL | {"description": "Only count, and show the first ten; nothing is written."},
)
_REPLAY: dict[str, Any] = {
    "id": TEXT,
    "status": choice(Replay.Status.values),
    "filters": record([], **_FILTERS),
    "rate": WHOLE,
    "matched": WHOLE | {"description": "Deliveries found when it was asked for; never capped."},
    "done": WHOLE,
    "replayed": WHOLE,
    "skipped": WHOLE | {"description": "Switched off, under way, or settled otherwise when their turn came."},
    "created_by": TEXT,
    "finished_at": MAYBE_TIME,
    "livemode": BOOL,
    "created_at": TIME,
    "updated_at": TIME,
}
REPLAY = whole(_REPLAY)
_OUTCOMES: dict[str, Any] = {
    "succeeded": WHOLE,
    "failed": WHOLE | {"description": "Listed by `GET /v1/webhooks/deliveries?replay_id=…&status=failed`."},
    "pending": WHOLE,
    "eta_seconds": MAYBE_WHOLE | {"description": "Until all are sent off again at its rate; null once it is over."},
}
REPLAY_DETAIL = whole(_REPLAY | _OUTCOMES)
_SAMPLED: dict[str, Any] = {
    "delivery_id": MAYBE_TEXT | {"description": "null: this event was never owed to the webhook."},
    "webhook_id": TEXT,
    "event_id": TEXT,
    "event": TEXT,
    "status": MAYBE_TEXT,
    "created_at": TIME,
}
REPLAY_PREVIEW = whole(
    {
        "dry_run": {"type": "boolean", "const": True},
        "matched": WHOLE,
        "missed": WHOLE | {"description": "How many of them would be sent for the first time."},
        "sample": {"type": "array", "items": whole(_SAMPLED), "maxItems": 10},
    }
)

REPLAY_ASKED: dict[str, Any] = {
    "webhook_ids": ["wh_0UZ8pq1K7Lm3pRx1aBcDeF"],
    "statuses": ["failed", "not_sent"],
    "since": "2026-03-17T00:00:00+00:00",
}
REPLAY_EXAMPLE: dict[str, Any] = {
    "id": "rpl_0UZ8pq1K7Lm3pRx1aBcDeF",
    "status": "running",
    "filters": REPLAY_ASKED,
    "rate": 100,
    "matched": 25000,
    "done": 12500,
    "replayed": 12488,
    "skipped": 12,
    "created_by": "key:ac_test_1a2b3c4d",
    "finished_at": None,
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "updated_at": "2026-03-17T14:24:05Z",
}
REPLAY_DETAIL_EXAMPLE = REPLAY_EXAMPLE | {"succeeded": 12400, "failed": 3, "pending": 85, "eta_seconds": 125}
REPLAY_PREVIEW_EXAMPLE: dict[str, Any] = {
    "dry_run": True,
    "matched": 25000,
    "missed": 0,
    "sample": [
        {
            "delivery_id": "whd_0UZ8pq1K7Lm3pRx1aBcDeF",
            "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
            "event_id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
            "event": "payment.received",
            "status": "failed",
            "created_at": "2026-03-17T14:22:00Z",
        }
    ],
}
