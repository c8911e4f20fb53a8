"""Parameters and headers that many operations share, written once as components."""

from typing import Any

from django.conf import settings

_TEXT = {"type": "string"}
_MOMENT = {"type": "string", "format": "date-time"}

# Query parameters by name, for those that a view's table names without describing them itself.
QUERY: dict[str, dict[str, Any]] = {
    "cursor": {"description": "`next_cursor` of the page before, with the same filters.", "schema": _TEXT},
    "limit": {
        "description": "Rows a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    "created_after": {"description": "From this moment on (inclusive).", "schema": _MOMENT},
    "created_before": {"description": "Before this moment.", "schema": _MOMENT},
    "updated_since": {"description": "Changed since this moment.", "schema": _MOMENT},
    "metadata": {
        "description": "`metadata[key]=value`, as often as needed.",
        "style": "deepObject",
        "explode": True,
        "schema": {"type": "object", "additionalProperties": _TEXT},
    },
}


def shared() -> dict[str, Any]:
    """`components.parameters`: headers that a request may carry."""
    return {
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": (
                "Makes the request safe to repeat: the first result is kept for 24 hours and answered again. "
                "[More](/docs/guides/idempotency)."
            ),
            "schema": _TEXT | {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "example": "order-20250847-1",
        },
        "Version": {
            "name": "AgentCollect-Version",
            "in": "header",
            "description": "The version of the API you wrote for; left out: the one pinned when the key was made.",
            "schema": _TEXT,
            "example": settings.API_VERSION,
        },
        "Account": {
            "name": "AgentCollect-Account",
            "in": "header",
            "description": "For platforms: the linked organisation that this request acts for.",
            "schema": _TEXT,
            "example": "org_0UZ8pq1K9xQk4Fw2aBcDeF",
        },
    }


def _header(description: str, kind: str, example: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}, "example": example}


def headers() -> dict[str, Any]:
    """`components.headers`: what answers carry."""
    return {
        "X-Request-Id": _header("Name it when you ask us about a request.", "string", "req_0UZ8pq1K9xQk4Fw2aBcDeF"),
        "AgentCollect-Version": _header("The version that answered.", "string", settings.API_VERSION),
        "X-RateLimit-Limit": _header("Requests a minute that this key may make.", "integer", 1000),
        "X-RateLimit-Remaining": _header("How many are left in this minute.", "integer", 994),
        "X-RateLimit-Reset": _header("When the minute ends, in epoch seconds.", "integer", 1742221360),
        "RateLimit": _header(
            "The same after the IETF's draft: left, and seconds to go.", "string", '"default";r=994;t=42'
        ),
        "RateLimit-Policy": _header(
            "The same after the IETF's draft: limit and window.", "string", '"default";q=1000;w=60'
        ),
        "Idempotent-Replayed": _header("`true`: the kept result of an earlier request.", "string", "true"),
        "Location": _header(
            "Where what runs on can be followed.", "string", "/v1/webhooks/deliveries/whd_0UZ8pq1K7Lm3"
        ),
        "Retry-After": _header("Seconds to wait.", "integer", 42),
        "WWW-Authenticate": _header("How to come back (RFC 9110, 11.6.1).", "string", 'Bearer realm="AgentCollect"'),
    }


def refer(*names: str) -> dict[str, Any]:
    """A `headers` object of an answer, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


EVERY = ("X-Request-Id", "AgentCollect-Version")
COUNTED = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy")
