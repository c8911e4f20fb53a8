"""How this room's resources are described in the OpenAPI document."""

from webhooks.schema.deliveries import ATTEMPT_EXAMPLE, DELIVERY, DELIVERY_DETAIL, DELIVERY_EXAMPLE
from webhooks.schema.endpoints import CREATE, CREATED, CREATED_EXAMPLE, DELETED, ENDPOINT, ENDPOINT_EXAMPLE, PATCH

__all__ = [
    "ATTEMPT_EXAMPLE",
    "CREATE",
    "CREATED",
    "CREATED_EXAMPLE",
    "DELETED",
    "DELIVERY",
    "DELIVERY_DETAIL",
    "DELIVERY_EXAMPLE",
    "ENDPOINT",
    "ENDPOINT_EXAMPLE",
    "PATCH",
]
