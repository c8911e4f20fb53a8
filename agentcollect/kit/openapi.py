"""How the OpenAPI 3.1 document is drawn from the views.

A view says what is its own (`@extend_schema`); what all share is added here: scopes, query parameters of the view's
table, the error answers, the shared headers, and the `webhooks` section from the events catalogue that
settings.OPENAPI_EVENTS names.
"""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.openapi import AutoSchema

from agentcollect.kit.errors import REGISTRY

INTRODUCTION = """\
Place unpaid invoices, follow what happens, hear of payments by webhook.

**Two credentials, both work everywhere**: the API key itself (`sk_test_…`, `sk_live_…`) or a token from
`POST /v1/auth`, as `Authorization: Bearer`. Test and live mode never meet.

**Money** is a JSON number in major units: `15000` is fifteen thousand dollars. **Times** are ISO 8601 UTC.
**Lists** are newest first, with opaque cursors. **Errors** are flat JSON with a stable `error` code; each has its
place in [the list of codes](/docs/errors).

Every contact passes a rule engine modelled on Regulation F. The FDCPA covers consumer debt, which is accepted only
under a licensed collector of record.
"""
_TEXT = {"type": "string"}
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Every answer that is not a success. `error` is stable; `message` is for people.",
    "required": ["error", "status", "message", "request_id", "doc_url"],
    "properties": {
        "error": _TEXT | {"description": "A code from the list of error codes."},
        "status": {"type": "integer", "description": "The HTTP status again."},
        "message": _TEXT,
        "request_id": _TEXT,
        "doc_url": _TEXT,
        "param": _TEXT | {"description": "The first wrong field or parameter, as you wrote it."},
        "errors": {
            "type": "array",
            "description": "Every wrong field of the body, at most 500.",
            "items": {
                "type": "object",
                "required": ["param", "code", "message"],
                "properties": {"param": _TEXT, "code": _TEXT, "message": _TEXT, "case_id": _TEXT},
            },
        },
        "retry_after": {"type": "integer", "description": "Seconds to wait."},
        "resource_id": _TEXT,
    },
}
# The code whose example stands for each status that any operation may answer.
_SHOWN = {
    400: "invalid_request",
    401: "invalid_api_key",
    403: "missing_scope",
    404: "not_found",
    405: "method_not_allowed",
    409: "illegal_transition",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "live_not_approved",
    429: "rate_limit_exceeded",
    500: "internal_error",
    503: "service_unavailable",
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "cursor": {"description": "`next_cursor` of the page before, with the same filters.", "schema": _TEXT},
    "limit": {
        "description": "Rows a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    "created_after": {
        "description": "From this moment on (inclusive).",
        "schema": {"type": "string", "format": "date-time"},
    },
    "created_before": {"description": "Before this moment.", "schema": {"type": "string", "format": "date-time"}},
    "updated_since": {"description": "Changed since this moment.", "schema": {"type": "string", "format": "date-time"}},
    "metadata": {
        "description": "`metadata[key]=value`, as often as needed.",
        "style": "deepObject",
        "explode": True,
        "schema": {"type": "object", "additionalProperties": _TEXT},
    },
}


class Schema(AutoSchema):
    """One operation. Adds the scope, the parameters of the view's table and the errors any operation may answer."""

    def get_operation_id(self) -> str:
        """`pause_campaign` for a view whose action is part of its address."""
        action = getattr(self.view, "action", "")
        return f"{action}_{self._resource()}" if action else super().get_operation_id()

    def get_summary(self) -> str | None:
        action = getattr(self.view, "action", "")
        return f"{action.capitalize()} a {self._resource()}" if action else super().get_summary()

    def _resource(self) -> str:
        return self.path.split("/")[2].removesuffix("s")

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        scope = getattr(self.view, "scopes", {}).get(self.method, "")
        if scope:
            text = operation.get("description", "")
            operation["description"] = f"{text}\n\nScope: `{scope}`.".strip()
        self._add_parameters(operation)
        self._add_errors(operation)
        return operation

    def _add_parameters(self, operation: dict[str, Any]) -> None:
        known = {parameter["name"] for parameter in operation.get("parameters", [])}
        missing = sorted(getattr(self.view, "parameters", {}).get(self.method, frozenset()) - known)
        added = [{"name": name, "in": "query", **_PARAMETERS.get(name, {"schema": _TEXT})} for name in missing]
        if added:
            operation["parameters"] = [*operation.get("parameters", []), *added]

    def _add_errors(self, operation: dict[str, Any]) -> None:
        authenticated = bool(operation.get("security"))
        statuses = {400, 401, 404, 429, 500, 503} | ({403, 422} if authenticated else set())
        if self.method in {"POST", "PATCH"}:
            statuses |= {409, 413, 415}
        for status in sorted(statuses):
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/Error{status}"})


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last touches: introduction, shared components, headers of every answer, webhooks."""
    result["info"]["description"] = INTRODUCTION
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR_SCHEMA
    components["responses"] = {f"Error{status}": _error_response(status, code) for status, code in _SHOWN.items()}
    components["headers"] = _headers()
    result["webhooks"] = _webhooks()
    return result


def _error_response(status: int, shown: str) -> dict[str, Any]:
    codes = sorted(code for code, definition in REGISTRY.items() if definition.status == status)
    example: dict[str, Any] = {
        "error": shown,
        "status": status,
        "message": REGISTRY[shown].message,
        "request_id": "req_0UZ8pq1K9xQk4Fw2aBcDeF",
        "doc_url": f"https://api.agentcollect.com/docs/errors#{shown}",
    }
    if status == 429:
        example["retry_after"] = 42
    response: dict[str, Any] = {
        "description": "One of " + ", ".join(f"`{code}`" for code in codes) + ".",
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }
    if status == 429:
        response["headers"]["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    return response


def _headers() -> dict[str, Any]:
    return {
        "X-Request-Id": {"description": "Name it when you ask us about a request.", "schema": _TEXT},
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    }


def _webhooks() -> dict[str, Any]:
    types = import_string(settings.OPENAPI_EVENTS)
    return {name: {"post": _webhook(types[name])} for name in sorted(types) if types[name].public}


def _webhook(definition: Any) -> dict[str, Any]:
    example = {
        "event": definition.name,
        "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
        "created_at": "2026-03-17T14:22:00Z",
        "data": definition.example,
        "livemode": False,
        "api_version": settings.API_VERSION,
        "sequence": 42,
    }
    schema = shape_of(example)
    schema["properties"]["event"] = {"type": "string", "const": definition.name}
    return {
        "operationId": "webhook_" + definition.name.replace(".", "_"),
        "summary": definition.name,
        "description": definition.description,
        "tags": ["Webhook events"],
        "parameters": _webhook_headers(),
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
        "responses": {
            "2XX": {"description": "Received. Anything else, or no answer within 10 s, is tried again."},
            "410": {"description": "Gone: the endpoint is disabled."},
        },
        "security": [],
    }


def _webhook_headers() -> list[dict[str, Any]]:
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


def shape_of(example: Any) -> dict[str, Any]:
    """The JSON schema that an example stands for. Objects stay open: fields may be added within v1."""
    match example:
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": shape_of(example[0]) if example else {}}
        case dict():
            return {"type": "object", "properties": {name: shape_of(value) for name, value in example.items()}}
        case _:
            return {}
