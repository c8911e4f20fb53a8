"""The public shapes of this room, and how what comes in is read."""

from webhooks.serializers.deliveries import attempt_json, delivery_detail, delivery_json
from webhooks.serializers.endpoints import (
    ENDPOINT_FIELDS,
    PATCHABLE,
    endpoint_json,
    health_json,
    read_change,
    read_endpoint,
    read_overlap,
    read_test,
    rotated_json,
    shown_headers,
)
from webhooks.serializers.replays import (
    REASONS,
    REPLAY_FIELDS,
    preview_json,
    read_replay,
    replay_detail,
    replay_json,
)

__all__ = [
    "ENDPOINT_FIELDS",
    "PATCHABLE",
    "REASONS",
    "REPLAY_FIELDS",
    "attempt_json",
    "delivery_detail",
    "delivery_json",
    "endpoint_json",
    "health_json",
    "preview_json",
    "read_change",
    "read_endpoint",
    "read_overlap",
    "read_replay",
    "read_test",
    "replay_detail",
    "replay_json",
    "rotated_json",
    "shown_headers",
]
