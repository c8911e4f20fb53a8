"""The public shapes of this room, and how what comes in is read."""

from webhooks.serializers.deliveries import attempt_json, delivery_detail, delivery_json
from webhooks.serializers.endpoints import ENDPOINT_FIELDS, PATCHABLE, endpoint_json, read_endpoint

__all__ = [
    "ENDPOINT_FIELDS",
    "PATCHABLE",
    "attempt_json",
    "delivery_detail",
    "delivery_json",
    "endpoint_json",
    "read_endpoint",
]
