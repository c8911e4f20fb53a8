"""The document's `webhooks` section, from the catalogue of events that settings.OPENAPI_EVENTS names."""

import re
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

_TEXT = {"type": "string"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def section() -> dict[str, Any]:
    """Event type → what its receiver is sent."""
    types = import_string(settings.OPENAPI_EVENTS)
    return {name: {"post": _webhook(types[name])} for name in sorted(types) if types[name].public}


def body(definition: Any) -> dict[str, Any]:
    """An example of the whole body that carries an event of this type."""
    return {
        "event": definition.name,
        "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
        "created_at": "2026-03-17T14:22:00Z",
        "data": definition.example,
        "livemode": False,
        "api_version": settings.API_VERSION,
        "sequence": 42,
    }


def schema(definition: Any) -> dict[str, Any]:
    """The JSON Schema of that body. Facts of `data` stay open and may be null: fields are added within v1."""
    example = body(definition)
    drawn = shape_of(example)
    drawn["required"] = list(example)
    properties = drawn["properties"]
    properties["event"] = {"type": "string", "const": definition.name}
    properties["sequence"] = {"type": "integer"}
    properties["data"] = shape_of(definition.example, leaves=_or_null)
    return drawn


def _or_null(shape: dict[str, Any]) -> dict[str, Any]:
    return shape | {"type": [shape["type"], "null"]}


def _as_it_is(shape: dict[str, Any]) -> dict[str, Any]:
    return shape


def shape_of(example: Any, leaves: Any = _as_it_is) -> dict[str, Any]:
    """The JSON schema that an example stands for; `leaves` has the last word on texts and numbers."""
    match example:
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return leaves({"type": "number"})
        case str() if _MOMENT.fullmatch(example):
            return leaves({"type": "string", "format": "date-time"})
        case str():
            return leaves({"type": "string"})
        case list():
            return {"type": "array", "items": shape_of(example[0], leaves)} if example else {"type": "array"}
        case dict():
            properties = {name: shape_of(value, leaves) for name, value in example.items()}
            return {"type": "object", "properties": properties} if properties else {"type": "object"}
        case _:
            return {}


def _webhook(definition: Any) -> dict[str, Any]:
    content = {"schema": schema(definition), "example": body(definition)}
    return {
        "operationId": "webhook_" + definition.name.replace(".", "_"),
        "summary": definition.name,
        "description": definition.description,
        "tags": ["Webhook events"],
        "parameters": _headers(),
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": "Received. Anything else, or no answer within 10 s, is tried again."},
            "410": {"description": "Gone: the endpoint is disabled."},
        },
        "security": [],
    }


def _headers() -> list[dict[str, Any]]:
    said = {
        "X-AgentCollect-Signature": "`t=<unix>,v1=<hex>`: HMAC-SHA256 over `<t>.<raw body>`, key: the secret.",
        "webhook-id": "The event id (Standard Webhooks).",
        "webhook-timestamp": "Unix seconds of this attempt.",
        "webhook-signature": "`v1,<base64>` over `<id>.<t>.<raw body>`, keyed with the decoded secret.",
        "X-AgentCollect-Attempt": "1 for the first attempt.",
    }
    return [
        {"name": name, "in": "header", "required": True, "description": text, "schema": _TEXT}
        for name, text in said.items()
    ]
