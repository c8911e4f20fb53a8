"""A thousand a minute, exactly, whoever counts; and the headers that say so on every answer."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from accounts.models import ApiKey, Organisation
from agentcollect.kit import clock, facts, ratelimit, redis
from tests import factories

WHOAMI = "/v1/organisation"
HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy"}


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


def _hits(bucket: str, limit: int, calls: int) -> list[int]:
    """What is left after each admitted call of this process; every other call as the hot path makes it."""
    left = []
    for number in range(calls):
        if number % 2:
            counted = facts.count_and_read(bucket, ["key_x"])
            verdict = ratelimit.verdict(counted.hits, limit, counted.left_ms)
        else:
            verdict = ratelimit.hit(bucket, limit)
        left += [verdict.remaining] if verdict.allowed else []
    return left


@pytest.mark.processes
def test_exact_under_eight_processes(redis_url: str) -> None:
    """2,400 calls at once admit a thousand: each place in the window is given once, and none is left over."""
    ratelimit.hit("elsewhere", 1)  # the children inherit a connection that they may not use
    with multiprocessing.get_context("fork").Pool(8) as pool:
        left = pool.starmap(_hits, [("key:race", 1000, 300)] * 8, chunksize=1)
    assert sorted(place for mine in left for place in mine) == list(range(1000))
    assert ratelimit.hit("elsewhere", 2).remaining == 0


def test_exact_under_many_threads(redis_url: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        left = list(pool.map(lambda _: _hits("key:race", 100, 20), range(16)))
    assert sorted(place for mine in left for place in mine) == list(range(100))


def test_the_window_starts_with_the_first_request(redis_url: str) -> None:
    first = ratelimit.hit("key:x", 2)
    assert first.reset_at in {int(time.time()) + 60, int(time.time()) + 61}
    redis.client(redis_url).pexpire("rl:key:x", 150)
    assert [ratelimit.hit("key:x", 2).allowed for _ in range(2)] == [True, False]
    time.sleep(0.2)
    assert ratelimit.hit("key:x", 2).remaining == 1


def test_a_bucket_without_an_end_gets_one(redis_url: str) -> None:
    """A counter that lost its expiry would lock its key out for good."""
    redis.client(redis_url).set("rl:key:x", 5000)
    assert ratelimit.hit("key:x", 10).allowed is False
    assert 0 < redis.client(redis_url).pttl("rl:key:x") <= 60_000


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
    live = factories.client(factories.api_key(creditor, livemode=True))
    narrow = factories.client(factories.api_key(creditor, scopes=["events:read"]))
    answers = [
        (200, api.get(WHOAMI)),
        (400, api.get(WHOAMI, {"x": "1"})),
        (400, api.get(WHOAMI, AgentCollect_Version="x")),
        (400, api.send("POST", "/v1/campaigns", b"{")),
        (403, narrow.get("/v1/campaigns")),
        (404, api.get(WHOAMI, AgentCollect_Account="org_x")),
        (404, api.get("/v1/campaigns/cmp_0000000000000000000000")),
        (404, api.get("/v1/nothing")),
        (404, api.get("/v1/campaigns/")),
        (405, api.post(WHOAMI, {})),
        (405, api.send("OPTIONS", WHOAMI)),
        (413, api.send("POST", "/v1/campaigns", b" " * (2 * 1024 * 1024 + 1))),
        (415, api.send("POST", "/v1/webhooks", b"\xff\xfe{")),
        (422, live.post("/v1/sandbox/payments", {"case_id": "cas_x"})),
    ]
    for status, answer in answers:
        assert answer.status_code == status, answer.content
        assert set(answer.headers) >= HEADERS, status
        assert answer.headers["RateLimit-Policy"] == '"default";q=1000;w=60'
        assert answer.headers["RateLimit"].startswith(f'"default";r={answer.headers["X-RateLimit-Remaining"]};t=')


def test_unknown_addresses_count_and_are_404_for_everybody(creditor: Organisation) -> None:
    api = factories.client(factories.api_key(factories.organisation(rate_limit=2)))
    assert [api.get("/v1/nothing").status_code for _ in range(3)] == [404, 404, 429]
    for stranger in (factories.client(), factories.client("nonsense"), factories.client("sk_test_x")):
        answer = stranger.get("/v1/no/such/thing")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/v1/openapi.json", "/docs"])
def test_some_addresses_have_no_limit(creditor: Organisation, address: str) -> None:
    answer = factories.client(factories.api_key(creditor)).get(address)
    assert answer.status_code == 200
    assert not HEADERS & set(answer.headers)


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
    started = time.monotonic()
    statuses = [api.get(WHOAMI).status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    answer = api.get(WHOAMI)
    assert time.monotonic() - started < 1.0
    assert set(answer.headers) >= HEADERS
    assert ApiKey.objects.filter(last_used_at__lte=clock.now()).exists()


def test_a_silent_redis_costs_one_wait_in_two_seconds(settings: Any, db: None) -> None:
    """A black hole, not a closed port: nobody answers, and only the first request waits for it."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as hole:
        settings.REDIS_URL = f"redis://127.0.0.1:{hole.getsockname()[1]}/0"
        api = factories.client(factories.api_key(factories.organisation()))
        started = time.monotonic()
        assert api.get(WHOAMI).status_code == 200
        assert 0.4 < time.monotonic() - started < 1.5
        started = time.monotonic()
        assert [api.get(WHOAMI).status_code for _ in range(5)] == [200] * 5
        assert time.monotonic() - started < 0.4


def test_of_many_who_wait_for_redis_one_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    health, now = redis._Health(), [100.0]
    monkeypatch.setattr(redis, "monotonic", lambda: now[0])
    assert not any(health.resting() for _ in range(4))
    health.failed(OSError())
    assert all(health.resting() for _ in range(4))
    now[0] += 2.0
    assert [health.resting() for _ in range(4)] == [False, True, True, True]


def test_the_processs_own_counts_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ratelimit._Own()
    monkeypatch.setattr(own, "MOST", 10)
    for number in range(10):
        own.hit(f"key:{number}", now=number)
    assert own.hit("key:9", now=10)[0] == 2
    own.hit("key:new", now=11)
    assert len(own.windows) == 6, "the older half went"
    assert own.hit("key:9", now=12)[0] == 3
    assert own.hit("key:9", now=9 + 60)[0] == 1, "its minute is over"
