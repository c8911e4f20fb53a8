"""The event catalogue: each public type with its schema, an example and test vectors, from the product's own code."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from agentcollect.kit.openapi import webhooks
from events.catalogue import PUBLIC, TYPES, EventType
from webhooks.rules import sign

# Published, so that a receiver's own verification can be tested without us: it signs nothing else.
VECTOR_SECRET = "whsec_QWdlbnRDb2xsZWN0VGVzdFZlY3RvclNlY3JldDAx"  # noqa: S105
VECTOR_TIMESTAMP = 1773757320  # 2026-03-17T14:22:00Z


@dataclass(frozen=True, slots=True)
class Vector:
    """What a verification must accept: `headers` for exactly these bytes of `body`."""

    secret: str
    timestamp: int
    event_id: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One type: `facts` are (name, type in words) of its data, `body` and `schema` indented JSON."""

    type: EventType
    facts: list[tuple[str, str]]
    body: str
    schema: str
    vector: Vector

    @property
    def group(self) -> str:
        return self.type.name.partition(".")[0]


@cache
def entries() -> tuple[Entry, ...]:
    """Every public type by name."""
    return tuple(_entry(TYPES[name]) for name in sorted(PUBLIC))


def entry(name: str) -> Entry | None:
    """None for a type that is not public, or that there is not."""
    return next((found for found in entries() if found.type.name == name), None)


def _entry(definition: EventType) -> Entry:
    schema = webhooks.schema(definition)
    facts = list(_facts(schema["properties"]["data"]))
    shown = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": definition.name} | schema
    return Entry(definition, facts, _json(webhooks.body(definition)), _json(shown), vector(definition))


def vector(definition: EventType) -> Vector:
    """The type's example as it would be sent, signed by the product's own function with the published secret."""
    example = webhooks.body(definition)
    body = json.dumps(example, ensure_ascii=False, separators=(",", ":"))
    headers = sign([VECTOR_SECRET], example["id"], body.encode(), VECTOR_TIMESTAMP)
    return Vector(VECTOR_SECRET, VECTOR_TIMESTAMP, example["id"], body, headers)


def _facts(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, type in words) of each fact of `data`; an object's own after it, with a dot."""
    for name, shape in data.get("properties", {}).items():
        kinds = shape.get("type", "any")
        kind = kinds if isinstance(kinds, str) else " or ".join(kinds)
        yield name, f"{kind}, ISO 8601" if shape.get("format") == "date-time" else kind
        for inner, said in _facts(shape):
            yield f"{name}.{inner}", said


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
