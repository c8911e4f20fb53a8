"""Words of JSON Schema that every room's `schema.py` is written in (OpenAPI 3.1 takes JSON Schema 2020-12 as it is)."""

from collections.abc import Iterable, Mapping
from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
MAYBE_TEXT: Shape = {"type": ["string", "null"]}
TEXTS: Shape = {"type": "array", "items": TEXT}
NUMBER: Shape = {"type": "number"}
WHOLE: Shape = {"type": "integer"}
MAYBE_WHOLE: Shape = {"type": ["integer", "null"]}
BOOL: Shape = {"type": "boolean"}
TIME: Shape = {"type": "string", "format": "date-time"}
MAYBE_TIME: Shape = {"type": ["string", "null"], "format": "date-time"}
MAYBE_DATE: Shape = {"type": ["string", "null"], "format": "date"}


NAME = "x-name"


def named(name: str, shape: Shape) -> Shape:
    """`shape` as the component `name` of the document (kit.openapi.models finds one for those that say none)."""
    return shape | {NAME: name}


METADATA = named("Metadata", {"type": "object", "additionalProperties": TEXT, "maxProperties": 50})


def record(required: Iterable[str], **properties: Any) -> Shape:
    """An object with these properties and no others."""
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def whole(properties: Mapping[str, Any]) -> Shape:
    """An object that always has all of its properties."""
    return record(properties, **properties)


def choice(values: Iterable[str]) -> Shape:
    """A text among `values`."""
    return {"type": "string", "enum": list(values)}


def page(item: Shape) -> Shape:
    """A list of `item` as every list answers."""
    return whole({"data": {"type": "array", "items": item}, "has_more": BOOL, "next_cursor": MAYBE_TEXT})


def page_of(example: Any) -> Shape:
    """An example of such a list, with one item."""
    return {"data": [example], "has_more": False, "next_cursor": None}
