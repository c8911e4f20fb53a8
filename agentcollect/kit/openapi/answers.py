"""Every answer that is not a success, as components: one per status, with an example of each code it may carry."""

from typing import Any, NamedTuple

from agentcollect.kit.errors import REGISTRY, Definition, explanations
from agentcollect.kit.openapi.parameters import COUNTED, EVERY, refer

_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Every answer that is not a success. `error` is stable; `message` is for people.",
    "required": ["error", "status", "message", "request_id", "doc_url"],
    "properties": {
        "error": _TEXT | {"description": "A code of [the list of codes](/docs/errors). New ones may be added."},
        "status": {"type": "integer", "description": "The HTTP status again."},
        "message": _TEXT,
        "request_id": _TEXT,
        "doc_url": _TEXT | {"description": "What causes this and what cures it."},
        "param": _TEXT | {"description": "The first wrong field or parameter, as you wrote it."},
        "errors": {
            "type": "array",
            "description": "Every wrong field of the body, at most 500.",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
        "retry_after": {"type": "integer", "description": "Seconds to wait."},
        "resource_id": _TEXT | {"description": "What the earlier request with this `Idempotency-Key` made."},
    },
}
FIELD_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["param", "code", "message"],
    "properties": {
        "param": _TEXT | {"description": "The field as you wrote it: `debtors[3].invoice_amount`."},
        "code": _TEXT,
        "message": _TEXT,
        "case_id": _TEXT | {"description": "With `duplicate_invoice`: the open case."},
    },
}


class Answer(NamedTuple):
    """A component: its status, which codes it may carry, and headers of its own."""

    status: int
    codes: frozenset[str] = frozenset()
    headers: tuple[str, ...] = ()


# What a request without a body can have wrong.
_QUERY_CODES = frozenset({"invalid_cursor", "cursor_mismatch", "invalid_parameter", "unknown_parameter"})
_ASKED_CODES = _QUERY_CODES | {"unknown_version", "invalid_request"}
_KNOWN: dict[str, Answer] = {
    "BadQuery": Answer(400, _ASKED_CODES),
    "BadRequest": Answer(400),
    "Unauthorized": Answer(401, headers=("WWW-Authenticate",)),
    "Forbidden": Answer(403),
    "NotFound": Answer(404),
    "Conflict": Answer(409),
    "BodyTooLarge": Answer(413),
    "UnsupportedMediaType": Answer(415),
    "Unprocessable": Answer(422),
    "TooManyRequests": Answer(429, headers=("Retry-After", *COUNTED)),
    "InternalError": Answer(500),
    "Unavailable": Answer(503, headers=("Retry-After",)),
}
_BY_STATUS = {answer.status: name for name, answer in _KNOWN.items()}


def name_of(status: int, *, has_body: bool) -> str:
    """The component that answers with `status`."""
    return "BadQuery" if status == 400 and not has_body else _BY_STATUS[status]


def components() -> dict[str, Any]:
    """`components.responses`."""
    return {name: _response(answer) for name, answer in _KNOWN.items()}


def _response(answer: Answer) -> dict[str, Any]:
    carried = sorted(
        (found for found in REGISTRY.values() if found.status == answer.status and _may(answer, found.code)),
        key=lambda found: found.code,
    )
    examples = {found.code: _example(found) for found in carried}
    return {
        "description": "One of " + ", ".join(f"`{code}`" for code in examples) + ".",
        "headers": refer(*EVERY, *answer.headers),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}},
    }


def _may(answer: Answer, code: str) -> bool:
    if answer.codes:
        return code in answer.codes
    return answer.status != 400 or code not in _QUERY_CODES


def _example(definition: Definition) -> dict[str, Any]:
    value: dict[str, Any] = {
        "error": definition.code,
        "status": definition.status,
        "message": definition.message,
        "request_id": "req_0UZ8pq1K9xQk4Fw2aBcDeF",
        "doc_url": f"https://api.agentcollect.com/docs/errors#{definition.code}",
    }
    if definition.retryable and definition.status != 500:
        value["retry_after"] = 42 if definition.status == 429 else 2
    shown: dict[str, Any] = {"summary": definition.message, "value": value}
    if explained := explanations().get(definition.code):
        shown["description"] = f"{explained.cause}\n\n{explained.cure}"
    return shown
