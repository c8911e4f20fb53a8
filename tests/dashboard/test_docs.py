"""The documentation pages and the OpenAPI document say what the code does."""

import json

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from openapi_spec_validator import validate

from accounts.models import User
from agentcollect import openapi
from agentcollect.kit import integrity
from agentcollect.kit.errors import REGISTRY
from events.catalogue import PUBLIC, TYPES
from outreach.models import Attorney


def drawn() -> dict:
    return json.loads(openapi.build())


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
    described = drawn()["paths"]
    addresses = {path for path in _addresses(get_resolver()) if path.startswith("/v1/")} - {"/v1/openapi.json"}
    assert addresses == set(described)
    ids = [operation["operationId"] for methods in described.values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


def _addresses(resolver: URLResolver, prefix: str = "/") -> set[str]:
    found: set[str] = set()
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).replace("<str:", "{").replace(">", "}")
        found |= {route} if isinstance(entry, URLPattern) else _addresses(entry, route)
    return found


def test_every_operation_has_words_errors_and_an_example() -> None:
    for path, methods in drawn()["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert {"400", "404", "429", "500"} <= set(operation["responses"]), where
            for status, response in operation["responses"].items():
                if "$ref" in response or status == "202":
                    continue
                for content in response.get("content", {}).values():
                    assert "example" in content or "examples" in content, where


def test_each_public_event_is_a_webhook_of_the_document() -> None:
    webhooks = drawn()["webhooks"]
    assert set(webhooks) == set(PUBLIC)
    for name, entry in webhooks.items():
        content = entry["post"]["requestBody"]["content"]["application/json"]
        assert content["example"]["data"] == TYPES[name].example


def test_the_document_is_served_without_a_credential(client: Client) -> None:
    answer = client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.content == openapi.PATH.read_bytes()


@pytest.mark.django_db
def test_each_code_and_event_has_its_place_in_the_docs(client: Client) -> None:
    errors, events = client.get("/docs/errors").content.decode(), client.get("/docs/events").content.decode()
    for code, definition in REGISTRY.items():
        assert f'id="{code}"' in errors
        assert definition.message
    for name in PUBLIC:
        assert f'id="{name}"' in events
    assert client.get("/docs").status_code == 200


def test_every_model_is_in_the_admin() -> None:
    registered = set(admin.site._registry)
    assert {model for model in integrity.declared() if model._meta.app_label != "admin"} <= registered
    from django.apps import apps

    rooms = ("accounts", "events", "campaigns", "payments", "outreach", "webhooks")
    missing = [model for room in rooms for model in apps.get_app_config(room).get_models() if model not in registered]
    assert missing == []


@pytest.mark.django_db
def test_staff_may_look_and_never_type(client: Client, rf) -> None:
    user = User.objects.create_superuser("ops@example.com", "correct horse battery")
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    request = rf.get("/admin/")
    request.user = user
    for model, options in admin.site._registry.items():
        # The directory of attorneys is kept by hand; nothing else is.
        if model is not Attorney:
            assert not options.has_change_permission(request), model
            assert not options.has_add_permission(request), model
            assert not options.has_delete_permission(request), model
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(address).status_code == 200, address


@pytest.mark.django_db
def test_the_admin_is_closed_to_members(client: Client) -> None:
    client.force_login(User.objects.create_user("member@example.com", "correct horse battery"))
    assert client.get("/admin/").status_code == 302
