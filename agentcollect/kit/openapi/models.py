"""Names for what goes in and out, so that a generated SDK has a `Campaign` and not a `GetCampaignResponse200`.

Rooms write shapes in place. Here each becomes a component: what `get_campaign` answers is a `Campaign`, a row of
`list_campaigns` that is shaped otherwise a `CampaignSummary`, the page of them a `CampaignSummaryList`, what
`create_campaign` takes a `CreateCampaignRequest`, the values of a campaign's `status` a `CampaignStatus`. A shape that
wants another name says it (`kit.shapes.named`).
"""

import json
from collections.abc import Iterator
from typing import Any

from agentcollect.kit.shapes import NAME

Node = dict[str, Any]
_JSON = "application/json"
# Not shapes, whatever they look like.
_VALUES = frozenset({"example", "examples", "const", "enum", "default"})
# Of a place rather than of the shape that stands there.
_SAID = ("description", "default")


def name_models(document: Node) -> None:
    """Move the shapes of all operations into `components.schemas` and refer to them, everywhere they occur."""
    for section in ("paths", "webhooks", "components"):
        document[section] = plain(document[section])
    models = Models(document["components"]["schemas"])
    for section in ("paths", "webhooks"):
        _take_names(document[section], models)
    operations = sorted(_operations(document), key=_order)
    for operation in operations:
        _name_answers(operation, models)
    for operation in operations:
        for content in operation.get("requestBody", {}).get("content", {}).values():
            models.add(camel(operation["operationId"]) + "Request", content["schema"])
    models.add_parts()
    for name, item in document["webhooks"].items():
        models.add(camel(name.replace(".", "_")) + "Event", item["post"]["requestBody"]["content"][_JSON]["schema"])
    for section in ("paths", "webhooks"):
        document[section] = models.refer(document[section])
    document["components"]["schemas"] = models.all()


class Models:
    """Components by name, and by what they are."""

    def __init__(self, known: dict[str, Node]) -> None:
        self.known = dict(known)
        self.names = {_key(shape): name for name, shape in known.items()}

    def add(self, name: str, shape: Node) -> str:
        """`shape` under `name`, unless it has a name already; which name it has, empty for what needs none."""
        if "$ref" in shape:
            return str(shape["$ref"]).rpartition("/")[2]
        if found := self.names.get(_key(shape)):
            return found
        if not _is_model(shape):
            return ""
        if name in self.known:
            raise ValueError(f"two shapes want to be called {name}: name one of them (kit.shapes.named)")
        self.known[name], self.names[_key(shape)] = shape, name
        return name

    def add_parts(self) -> None:
        """Objects, rows and choices inside of those that are known, named after where they stand."""
        waiting = sorted(self.known, key=len)
        while waiting:
            owner = waiting.pop(0)
            for name, part in _parts(owner, self.known[owner]):
                if name not in self.known and (made := self.add(name, part)) == name:
                    waiting.append(made)

    def refer(self, node: Any, *, itself: str = "") -> Any:
        """`node` with every shape that has a name replaced by a reference to it."""
        if isinstance(node, list):
            return [self.refer(entry) for entry in node]
        if not isinstance(node, dict):
            return node
        name = self.names.get(_key(node), "") if _is_shape(node) else ""
        if name and name != itself:
            return _reference(name, node, self.known[name])
        return {key: value if key in _VALUES else self.refer(value) for key, value in node.items()}

    def all(self) -> dict[str, Node]:
        return {name: self.refer(shape, itself=name) for name, shape in sorted(self.known.items())}


def _reference(name: str, node: Node, model: Node) -> Node:
    """What is said of the place stands beside the reference (OpenAPI 3.1 reads both)."""
    beside = {word: node[word] for word in _SAID if word in node and node[word] != model.get(word)}
    return {"$ref": f"#/components/schemas/{name}"} | beside


def plain(node: Any) -> Any:
    """A copy in which what may be null is a choice between it and null: generators read that best."""
    if isinstance(node, list):
        return [plain(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    copied = {key: value if key in _VALUES else plain(value) for key, value in node.items()}
    values, kind = copied.get("enum"), copied.get("type")
    if isinstance(values, list) and None in values:
        return _or_null(copied | {"type": "string", "enum": [value for value in values if value is not None]})
    if isinstance(kind, list) and set(kind) == {"object", "null"}:
        return _or_null(copied | {"type": "object"})
    if {"type": "null"} in copied.get("oneOf", []):
        copied["anyOf"] = copied.pop("oneOf")
    return copied


def _or_null(shape: Node) -> Node:
    said = shape.pop("description", "")
    return {"anyOf": [shape, {"type": "null"}]} | ({"description": said} if said else {})


def camel(name: str) -> str:
    """`create_campaign` → `CreateCampaign`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun if noun.endswith("ss") else noun.removesuffix("s")


def _is_shape(node: Node) -> bool:
    return "type" in node or "oneOf" in node or "anyOf" in node


def _is_model(shape: Node) -> bool:
    """Worth a name: an object with properties, a choice of values, a choice of shapes."""
    if shape.get("type") == "object":
        return bool(shape.get("properties"))
    return "oneOf" in shape or (shape.get("type") == "string" and "enum" in shape)


def _key(shape: Node) -> str:
    """What a shape is, apart from what is said of it."""
    what = {key: value for key, value in shape.items() if key not in _SAID}
    if "enum" in what:
        what["enum"] = sorted(what["enum"], key=str)
    return json.dumps(what, sort_keys=True)


def _parts(owner: str, shape: Node) -> Iterator[tuple[str, Node]]:
    """(name, shape) of everything directly inside `shape` that may be worth a name."""
    for index, choice in enumerate(shape.get("oneOf", [])):
        yield f"{owner}{index + 1}", choice
    for prop, inner in shape.get("properties", {}).items():
        name = owner + camel(prop)
        for found in inner.get("anyOf", [inner]):
            if found.get("type") == "array":
                yield owner + camel(_singular(prop)), found["items"]
            else:
                yield name, found


def _operations(document: Node) -> Iterator[Node]:
    for methods in document["paths"].values():
        yield from methods.values()


def _order(operation: Node) -> tuple[int, int, str]:
    """What is got by its id first, then lists, short names first: a resource takes its name before its parts do."""
    operation_id = operation["operationId"]
    rank = {"get": 0, "list": 1}.get(operation_id.partition("_")[0], 2)
    return rank, operation_id.count("_"), operation_id


def _take_names(node: Any, models: Models) -> None:
    """Shapes that say their name."""
    if isinstance(node, list):
        for entry in node:
            _take_names(entry, models)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in _VALUES:
                _take_names(value, models)
        if name := node.pop(NAME, ""):
            # A title would be the name of the class that a generator makes.
            if title := node.pop("title", ""):
                node.setdefault("description", title)
            said = dict(node)
            models.names.setdefault(_key(said), name)
            if models.known.setdefault(name, said) and _key(models.known[name]) != _key(said):
                raise ValueError(f"two shapes say that they are called {name}")


def _name_answers(operation: Node, models: Models) -> None:
    operation_id = operation["operationId"]
    verb, _, noun = operation_id.partition("_")
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get(_JSON)
        if not status.startswith("2") or content is None:
            continue
        shape = content["schema"]
        properties = shape.get("properties", {})
        if verb == "list" and "next_cursor" in properties:
            item = _name_item(noun, properties["data"]["items"], models)
            models.add(f"{item.removesuffix('Summary')}List", shape)
        elif verb == "get":
            models.add(camel(noun), shape)
        elif set(properties) == {"id", "deleted"}:
            models.add("Deleted", shape)
        elif shape.get("type") == "array":
            models.add(camel(operation_id) + "Item", shape["items"])
        else:
            models.add(camel(operation_id) + "Response", shape)


def _name_item(noun: str, item: Node, models: Models) -> str:
    name = camel(_singular(noun))
    return models.add(name if name not in models.known else f"{name}Summary", item)
