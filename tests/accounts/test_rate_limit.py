"""A thousand a minute, exactly, whoever counts; and the headers that say so on every answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Organisation
from agentcollect.kit import ratelimit
from tests import factories

WHOAMI = "/v1/organisation"
HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy"}


@pytest.fixture(autouse=True)
def _fresh_memory() -> Any:
    ratelimit._Local.retry_redis_at, ratelimit._Local.windows = 0.0, {}
    yield
    ratelimit._Local.retry_redis_at, ratelimit._Local.windows = 0.0, {}


def test_the_last_one_in_passes_and_the_next_waits(db: None) -> None:
    api = factories.client(factories.api_key(factories.organisation(rate_limit=5)))
    left = [api.get(WHOAMI).headers["X-RateLimit-Remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    answer = api.get(WHOAMI)
    body = answer.json()
    assert (answer.status_code, body["error"], body["status"]) == (429, "rate_limit_exceeded", 429)
    assert body["retry_after"] == int(answer.headers["Retry-After"])
    assert 1 <= body["retry_after"] <= 61
    assert abs(int(answer.headers["X-RateLimit-Reset"]) - time.time() - body["retry_after"]) < 3
    assert answer.headers["X-RateLimit-Limit"] == "5"
    assert answer.headers["X-RateLimit-Remaining"] == "0"


def test_exact_when_many_come_at_once(redis_url: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        verdicts = list(pool.map(lambda _: ratelimit.hit("key:race", 100), range(250)))
    assert sum(verdict.allowed for verdict in verdicts) == 100
    assert sorted(verdict.remaining for verdict in verdicts if verdict.allowed) == list(range(100))


def test_a_key_and_its_tokens_share_one_bucket_and_keys_do_not(creditor: Organisation) -> None:
    key, other = factories.api_key(creditor), factories.api_key(creditor)
    token = factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"]
    for credential in (key, token, token):
        last = factories.client(credential).get(WHOAMI)
    assert last.headers["X-RateLimit-Remaining"] == "997"
    assert factories.client(other).get(WHOAMI).headers["X-RateLimit-Remaining"] == "999"


def test_the_platforms_bucket_counts_for_its_child(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id, rate_limit=5)
    api = factories.client(factories.api_key(creditor))
    api.get(WHOAMI)
    answer = api.get(WHOAMI, AgentCollect_Account=child.id)
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("1000", "998")


def test_counted_before_the_body_is_read(db: None) -> None:
    from accounts.views import Organisation as View

    api = factories.client(factories.api_key(factories.organisation(rate_limit=1)))
    api.get(WHOAMI)
    assert api.send("POST", WHOAMI, b"{").status_code == 429
    assert not hasattr(View, "post")


def test_every_answer_to_a_known_key_carries_the_headers(creditor: Organisation) -> None:
    api = factories.client(factories.api_key(creditor))
    answers = [
        api.get(WHOAMI),
        api.get(WHOAMI, {"x": "1"}),
        api.get(WHOAMI, AgentCollect_Version="x"),
        api.get(WHOAMI, AgentCollect_Account="org_x"),
        api.post(WHOAMI, {}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 404, 405]
    for answer in answers:
        assert set(answer.headers) >= HEADERS, answer.status_code
        assert answer.headers["RateLimit-Policy"] == '"default";q=1000;w=60'


def test_a_failure_of_ours_carries_them_too(creditor: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.views import Organisation as View

    def breaks(self: Any, request: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr(View, "get", breaks)
    api = factories.client(factories.api_key(creditor))
    api.django.raise_request_exception = False
    answer = api.get(WHOAMI)
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert set(answer.headers) >= HEADERS


def test_wrong_credentials_count_per_address(creditor: Organisation) -> None:
    limit = settings.AUTH_RATE_LIMIT_PER_MINUTE
    for _ in range(limit):
        assert factories.client("nonsense").get(WHOAMI).status_code == 401
    answer = factories.client("nonsense").get(WHOAMI)
    assert (answer.status_code, answer.json()["error"]) == (429, "rate_limit_exceeded")
    assert factories.client("sk_test_nonsense").get(WHOAMI).status_code == 429
    # Whoever has a key is not locked out by a neighbour without one, and missing credentials say so.
    assert factories.client(factories.api_key(creditor)).get(WHOAMI).status_code == 200
    assert factories.client().get(WHOAMI).status_code == 401


def test_the_token_door_counts_addresses_and_prefixes(creditor: Organisation) -> None:
    key, limit = factories.api_key(creditor), settings.AUTH_RATE_LIMIT_PER_MINUTE

    def ask(address: str) -> Any:
        return factories.client().django.post(
            "/v1/auth", {"api_key": key}, content_type="application/json", REMOTE_ADDR=address
        )

    for number in range(limit):
        answer = ask(f"192.0.2.{number % 2}")
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert ask("192.0.2.9").status_code == 429
    assert factories.client(key).get(WHOAMI).status_code == 200
    for _ in range(limit + 1):
        last = factories.client().post("/v1/auth", {})
    assert last.status_code == 429


def test_addresses_behind_a_proxy_and_of_one_host(settings: Any, rf: Any) -> None:
    from rest_framework.request import Request

    from accounts.authentication import address

    def seen(**meta: str) -> str:
        return address(Request(rf.get("/", **meta)))

    assert seen(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.9") == "192.0.2.1"
    assert seen(REMOTE_ADDR="2001:db8:1:2:3::4") == seen(REMOTE_ADDR="2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert seen(REMOTE_ADDR="") == "unknown"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9") == "203.0.113.9"


def test_with_redis_gone_each_process_admits_its_share(settings: Any, monkeypatch: Any, db: None) -> None:
    api = factories.client(factories.api_key(factories.organisation(rate_limit=10)))
    monkeypatch.setenv("WEB_PROCESSES", "2")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    statuses = [api.get(WHOAMI).status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    started = time.monotonic()
    answer = api.get(WHOAMI)
    assert time.monotonic() - started < 0.2
    assert set(answer.headers) >= HEADERS
