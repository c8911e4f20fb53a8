"""What every module of this folder is written with."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from agentcollect.kit.described import described
from agentcollect.kit.shapes import NUMBER

OPEN: dict[str, Any] = {"type": "object"}
AMOUNT: dict[str, Any] = NUMBER | {"exclusiveMinimum": 0, "maximum": 999999999.99}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"type": [schema["type"], "null"]}


def sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def answer(value: Any, status: str = "200") -> OpenApiExample:
    return OpenApiExample("Answer", value=value, response_only=True, status_codes=[status])


def read(operation_id: str, summary: str, schema: dict[str, Any], example: OpenApiExample, tag: str) -> Any:
    return described(operation_id, summary, schema, example, tag=tag)
