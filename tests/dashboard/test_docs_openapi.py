"""The OpenAPI document: drawn from the code, valid, complete, and fit to make an SDK of."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from accounts.rules import SCOPES
from agentcollect import openapi
from agentcollect.kit.errors import REGISTRY
from agentcollect.kit.openapi.models import name_models
from agentcollect.kit.shapes import named, record
from events.catalogue import PUBLIC, TYPES

Node = dict[str, Any]


@cache
def drawn() -> Node:
    return json.loads(openapi.build())


def operations() -> Iterator[tuple[str, str, Node]]:
    for path, methods in drawn()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def resolved(node: Node) -> Node:
    """`node`, or what it refers to."""
    while "$ref" in node:
        found: Any = drawn()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def examples(content: Node) -> list[Any]:
    given = [entry["value"] for entry in content.get("examples", {}).values()]
    return [content["example"], *given] if "example" in content else given


def test_the_committed_document_is_the_codes() -> None:
    call_command("openapi", check=True)


def test_drift_is_told(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "openapi.json"
    stale.write_text("{}\n")
    monkeypatch.setattr(openapi, "PATH", stale)
    with pytest.raises(CommandError, match="drifted"):
        call_command("openapi", check=True)
    call_command("openapi")
    call_command("openapi", check=True)


def test_the_document_is_valid_openapi_31() -> None:
    document = drawn()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_address_of_v1_is_described_once() -> None:
    addresses = {path for path in _addresses(get_resolver()) if path.startswith("/v1/")}
    # The document itself; and whatever is under /v1 and is nothing (`<path:…>` answers 404).
    addresses -= {path for path in addresses if path == "/v1/openapi.json" or "<" in path}
    assert addresses == {path for path in drawn()["paths"] if path.startswith("/v1/")}
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


def _addresses(resolver: URLResolver, prefix: str = "/") -> set[str]:
    found: set[str] = set()
    for entry in resolver.url_patterns:
        route = prefix + re.sub(r"<(?:str:)?(\w+)>", r"{\1}", str(entry.pattern))
        found |= {route} if isinstance(entry, URLPattern) else _addresses(entry, route)
    return found


def test_ids_and_tags_are_such_as_an_sdk_is_proud_of() -> None:
    tags = {tag["name"]: tag.get("description") for tag in drawn()["tags"]}
    for method, path, operation in operations():
        where = f"{method} {path}"
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation["operationId"]), where
        assert len(operation["tags"]) == 1, where
        assert tags[operation["tags"][0]], f"{where}: give the tag a description (kit.openapi.words)"
        assert re.fullmatch(r"[A-Z`].*[^.]", operation["summary"]), where


def test_every_operation_has_an_example_for_what_goes_in_and_out() -> None:
    for method, path, operation in operations():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *(resolved(response) for response in operation["responses"].values())]:
            for content in body.get("content", {}).values():
                assert examples(content) or content["schema"].get("format") == "binary", f"{method} {path}"


def test_every_example_fits_its_schema() -> None:
    resource = Resource.from_contents(drawn(), default_specification=DRAFT202012)
    registry: Registry = Registry().with_resource("urn:document", resource)
    seen = 0
    for where, schema, value in _shown():
        full = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
        faults = Draft202012Validator(full, registry=registry).iter_errors(value)
        assert [f"{fault.json_path}: {fault.message[:200]}" for fault in faults] == [], where
        seen += 1
    assert seen > 150


def _shown() -> Iterator[tuple[str, Node, Any]]:
    hooks = [("webhook", name, item["post"]) for name, item in drawn()["webhooks"].items()]
    for method, path, operation in [*operations(), *hooks]:
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation["responses"].values()]:
            for content in resolved(body).get("content", {}).values():
                yield from ((f"{method} {path}", content["schema"], value) for value in examples(content))


def test_every_refusal_is_a_component_with_an_example_of_each_code() -> None:
    responses = drawn()["components"]["responses"]
    for method, path, operation in operations():
        wanted = {"400", "429", "500", "503"} | ({"401", "403", "404", "422"} if _bearer(operation) else set())
        assert wanted <= set(operation["responses"]), f"{method} {path}"
        for status, response in operation["responses"].items():
            assert (status >= "400") == response.get("$ref", "").startswith("#/components/responses/"), path
    shown = {code: value for answer in responses.values() for code, value in _codes(answer).items()}
    unreachable = {"method_not_allowed", "misdirected_request"}
    assert REGISTRY.keys() - shown.keys() - unreachable == set()
    for code, value in shown.items():
        assert (value["error"], value["status"]) == (code, REGISTRY[code].status)


def _codes(answer: Node) -> dict[str, Node]:
    return {code: entry["value"] for code, entry in answer["content"]["application/json"]["examples"].items()}


def _bearer(operation: Node) -> list[str] | None:
    return next((found["bearer"] for found in operation["security"] if "bearer" in found), None)


def test_the_scope_is_named_wherever_there_is_one() -> None:
    schemes = drawn()["components"]["securitySchemes"]
    assert schemes["bearer"]["scheme"] == "bearer"
    assert schemes["oauth2"]["flows"]["clientCredentials"]["scopes"] == SCOPES
    named_scopes = 0
    for method, path, operation in operations():
        scopes = _bearer(operation)
        if scopes is None:
            continue
        assert {"oauth2": scopes} in operation["security"], f"{method} {path}"
        assert set(scopes) <= set(SCOPES), path
        for scope in scopes:
            assert f"Scope: `{scope}`." in operation["description"], f"{method} {path}"
            named_scopes += 1
    assert named_scopes > 25


def test_headers_are_described() -> None:
    for method, path, operation in operations():
        where = f"{method} {path}"
        bearer = _bearer(operation) is not None
        parameters = {resolved(one)["name"] for one in operation.get("parameters", [])}
        assert ("Idempotency-Key" in parameters) == (bearer and method == "post"), where
        assert "AgentCollect-Version" in parameters, where
        assert ("AgentCollect-Account" in parameters) == bearer, where
        for status, response in operation["responses"].items():
            headers = resolved(response)["headers"]
            assert "X-Request-Id" in headers, where
            assert ("X-RateLimit-Remaining" in headers) == (status == "429" or (bearer and status < "400")), where
            assert ("Retry-After" in headers) == (status in {"429", "503"}), where
            assert status != "202" or "Location" in headers, where


def test_models_have_names() -> None:
    """A generator makes one class of each; nothing big stands in place."""
    schemas = drawn()["components"]["schemas"]
    assert {"Campaign", "Case", "Payment", "Webhook", "Event", "Error", "CampaignList", "PaymentReceivedEvent"} <= set(
        schemas
    )
    assert [name for name in schemas if not re.fullmatch(r"([A-Z][a-z]*\d?)+", name)] == []
    assert "x-name" not in json.dumps(drawn())
    for method, path, operation in operations():
        for status, response in operation["responses"].items():
            for media, content in resolved(response).get("content", {}).items():
                plain = media != "application/json" or "$ref" in content["schema"]
                assert plain or "properties" not in content["schema"], f"{method} {path} {status}"


def test_two_shapes_may_not_share_a_name() -> None:
    def answers(shape: Node) -> Node:
        return {"responses": {"200": {"content": {"application/json": {"schema": shape}}}}}

    paths = {
        "/a": {"get": {"operationId": "get_a", **answers(named("Same", record([], x={"type": "string"})))}},
        "/b": {"get": {"operationId": "get_b", **answers(named("Same", record([], y={"type": "string"})))}},
    }
    with pytest.raises(ValueError, match="Same"):
        name_models({"paths": paths, "webhooks": {}, "components": {"schemas": {}}})


def test_each_public_event_is_a_webhook_of_the_document() -> None:
    webhooks = drawn()["webhooks"]
    assert set(webhooks) == set(PUBLIC)
    for name, entry in webhooks.items():
        content = entry["post"]["requestBody"]["content"]["application/json"]
        assert content["example"]["data"] == TYPES[name].example
        assert resolved(content["schema"])["properties"]["event"]["const"] == name


def test_the_document_is_served_without_a_credential(client: Client) -> None:
    answer = client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.content == openapi.PATH.read_bytes()
