"""Whatever goes wrong, and wherever: the answer has the one flat shape."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from agentcollect.kit import errors
from agentcollect.kit.errors import REGISTRY
from events import queries
from tests import factories
from tests.test_isolation import Route, routes

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(db: None, empty_redis: None) -> str:
    return factories.api_key(factories.organisation(), livemode=False)


def flat(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """`answer` is this refusal, whole."""
    assert answer.status_code == status, answer.content[:300]
    assert answer["Content-Type"] == "application/json"
    told: dict[str, Any] = json.loads(answer.content)
    assert {"error", "status", "message", "request_id", "doc_url"} <= told.keys()
    assert (told["error"], told["status"]) == (code, status)
    assert told["message"]
    assert told["request_id"] == answer["X-Request-Id"]
    assert told["doc_url"].endswith(f"/docs/errors#{code}")
    assert code in REGISTRY
    return told


def addresses() -> list[str]:
    """Every address of /v1, with something in place of ids."""
    return sorted({route.address(dict.fromkeys(route.names, "x_1")) for route in routes()})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_an_unknown_address(method: str) -> None:
    told = flat(Client(enforce_csrf_checks=True).generic(method, "/v1/nothing/here"), 404, "not_found")
    assert "/v1/nothing/here" in told["message"]


def test_a_trailing_slash_is_another_address() -> None:
    for address in addresses():
        flat(Client().get(address + "/"), 404, "not_found")


def test_a_method_that_an_address_does_not_take(key: str) -> None:
    api = factories.client(key)
    known: dict[str, set[str]] = {}
    for route in routes():
        known.setdefault(route.address(dict.fromkeys(route.names, "x_1")), set()).add(route.method)
    for address, methods in known.items():
        for method in {"OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND"} - methods:
            answer = api.send(method, address)
            told = flat(answer, 405, "method_not_allowed")
            assert method in told["message"]
            assert methods <= {name.strip() for name in answer["Allow"].split(",")}


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/v1/openapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_addresses_outside_the_api_s_views(address: str, method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, address)
    flat(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_head_is_get_without_its_body(key: str) -> None:
    answer = Client().head("/v1/organisation", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert Client().head("/v1/openapi.json").status_code == 200
    assert Client().head("/v1/organisation").status_code == 401


def test_no_question_of_csrf(key: str) -> None:
    """A browser's cookie means nothing here, so there is nothing to forge."""
    strict = Client(enforce_csrf_checks=True)
    for route in routes():
        if route.method == "GET" or route.path == "v1/openapi.json":
            continue
        address = route.address(dict.fromkeys(route.names, "x_1"))
        headers = {"Authorization": f"Bearer {key}", "Origin": "https://evil.example"}
        answer = strict.generic(route.method, address, b"{", content_type="application/json", headers=headers)
        assert b"CSRF" not in answer.content
        if answer.status_code >= 400:
            flat(answer, answer.status_code, json.loads(answer.content)["error"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b'{"api_key": NaN}', 400, "malformed_json"),
        (b'{"a": 1, "a": 2}', 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"[]", 400, "invalid_request"),
        (b"\xff\xfe{\x00}\x00", 415, "unsupported_media_type"),
        (b"\x1f\x8b\x08\x00", 415, "unsupported_media_type"),
        (b" " * (2 * 1024 * 1024 + 1), 413, "body_too_large"),
    ],
    ids=["cut off", "NaN", "twins", "deep", "a list", "UTF-16", "gzip", "too large"],
)
@pytest.mark.parametrize("address", ["/v1/auth", "/v1/webhooks"])
def test_bodies_that_cannot_be_read(key: str, address: str, body: bytes, status: int, code: str) -> None:
    flat(factories.client(key).post(address, body), status, code)


def test_a_body_larger_than_the_server_takes_at_all(key: str, settings: Any) -> None:
    """Django's own limit, where a view reads a form."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    exc = errors.RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")
    told = errors.handle(exc, {})
    assert (told.status_code, told.data["error"]) == (413, "body_too_large")


def test_a_host_that_is_not_ours(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["api.example.com"]
    flat(Client().get("/v1/organisation", headers={"Host": "evil.example"}), 421, "misdirected_request")
    page = Client().get("/dashboard/login", headers={"Host": "evil.example"})
    assert (page.status_code, page["Content-Type"]) == (421, "text/plain; charset=utf-8")


def test_an_unexpected_failure(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr(queries, "since", fail)
    api = factories.client(key)
    api.django.raise_request_exception = False
    answer = api.get("/v1/events")
    told = flat(answer, 500, "internal_error")
    assert "secret" not in told["message"]
    assert int(answer["X-RateLimit-Limit"]) > 0


def _statement_timeout() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
        cursor.execute("SELECT pg_sleep(5)")


def _locked(folder: Path) -> None:
    first, second = (sqlite3.connect(folder / "busy.sqlite3", timeout=0, isolation_level=None) for _ in range(2))
    try:
        first.execute("BEGIN EXCLUSIVE")
        with connection.wrap_database_errors:
            second.execute("BEGIN IMMEDIATE")
    finally:
        first.close()
        second.close()


def test_a_database_that_gives_up(key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real statement timeout on PostgreSQL, a real lock on SQLite: 503 that says when to come back."""

    def since(*_: Any, **__: Any) -> None:
        _statement_timeout() if connection.vendor == "postgresql" else _locked(tmp_path)

    monkeypatch.setattr(queries, "since", since)
    answer = factories.client(key).get("/v1/events")
    told = flat(answer, 503, "service_unavailable")
    assert told["retry_after"] == int(answer["Retry-After"]) >= 1


def test_a_mistake_in_our_sql_is_not_called_a_busy_database(key: str) -> None:
    with pytest.raises(Exception) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM nowhere")
    assert errors.handle(caught.value, {}) is None


@pytest.mark.parametrize("state", ["57P01", "53300", "08006", "55P03", "40P01", None])
def test_what_postgresql_says_in_passing(state: str | None) -> None:
    import psycopg

    cause = psycopg.OperationalError("gone")
    if state:
        cause = psycopg.errors.lookup(state)("gone")
    exc = OperationalError("gone")
    exc.__cause__ = cause
    assert errors.handle(exc, {}).status_code == 503


def test_a_refusal_of_a_view_is_flat_for_every_route(key: str) -> None:
    """Somebody else's ids, nobody's credential: 401 and 404 of every view."""
    for route in routes():
        if not route.names:
            continue
        address = route.address(dict.fromkeys(route.names, "x_1"))
        for credential, status in (("", 401), (key, 404)):
            answer = factories.client(credential).send(route.method, address, {})
            if answer.status_code >= 400:
                told = flat(answer, answer.status_code, json.loads(answer.content)["error"])
                assert told["status"] in {status, 400}


def test_the_routes_are_really_read() -> None:
    assert {"/v1/campaigns/x_1", "/v1/webhooks/x_1"} <= set(addresses())
    assert isinstance(routes()[0], Route)
