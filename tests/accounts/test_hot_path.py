"""Letting a request in: one round trip to Redis, no SQL, whatever credential it brings; the rows once a minute."""

from datetime import timedelta
from typing import Any

import pytest
import redis as driver

from accounts import credentials
from accounts.models import ApiKey, Organisation
from agentcollect.kit import clock, facts, redis
from tests import factories

WHOAMI = "/v1/organisation"  # of its own: one read, of the organisation
EVENTS = "/v1/events"  # of its own: one read, of the events


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything this process sends to Redis, whoever sends it."""
    sent: list[Any] = []
    send = driver.connection.AbstractConnection.send_packed_command

    def counted(self: Any, command: Any, check_health: bool = True) -> Any:
        sent.append(b"".join(command) if isinstance(command, list) else command)
        return send(self, command, check_health)

    monkeypatch.setattr(driver.connection.AbstractConnection, "send_packed_command", counted)
    return sent


def token(key: str) -> str:
    return str(factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"])


def caller(kind: str, creditor: Organisation) -> factories.ApiClient:
    """A client whose credential is of that kind."""
    child = factories.organisation(name="Child", parent_id=creditor.id)
    key = factories.api_key(creditor)
    bound = factories.api_key(creditor, acting_for_id=child.id)
    return {
        "key": lambda: factories.client(key),
        "token": lambda: factories.client(token(key)),
        "platform key": lambda: factories.client(key, **{"AgentCollect-Account": child.id}),
        "platform token": lambda: factories.client(token(key), **{"AgentCollect-Account": child.id}),
        "key bound to a child": lambda: factories.client(bound),
        "key of one address": lambda: factories.client(limited_to(key, "127.0.0.0/8")),
        "key with a cookie": lambda: factories.client(key, Cookie="sessionid=abc; csrftoken=def; messages=x"),
    }[kind]()


def limited_to(key: str, *networks: str) -> str:
    """The same key, from these networks only."""
    ApiKey.objects.filter(id=credentials.key_id(key)).update(allowed_addresses=list(networks))
    return key


KINDS = [
    "key",
    "token",
    "platform key",
    "platform token",
    "key bound to a child",
    "key of one address",
    "key with a cookie",
]


@pytest.mark.parametrize("kind", KINDS)
def test_one_round_trip_and_no_query(
    kind: str, creditor: Organisation, round_trips: list[Any], django_assert_num_queries: Any
) -> None:
    api = caller(kind, creditor)
    assert api.get(WHOAMI).status_code == 200
    for address in (WHOAMI, EVENTS):
        round_trips.clear()
        with django_assert_num_queries(1) as seen:
            answer = api.get(address)
        assert answer.status_code == 200, answer.content
        assert len(round_trips) == 1, round_trips
        assert "accounts_apikey" not in seen.captured_queries[0]["sql"]
    assert int(answer.headers["X-RateLimit-Remaining"]) == 997


def test_what_is_refused_asks_the_database_nothing(
    creditor: Organisation, round_trips: list[Any], django_assert_num_queries: Any
) -> None:
    key = factories.api_key(creditor, scopes=["events:read"])
    narrow, stopped = factories.client(key), factories.client(factories.api_key(creditor))
    ApiKey.objects.exclude(id=credentials.key_id(key)).update(revoked_at=clock.now())
    narrow.get("/v1/payments"), stopped.get(WHOAMI)
    round_trips.clear()
    with django_assert_num_queries(0):
        assert narrow.get("/v1/payments").status_code == 403
        assert narrow.get("/v1/payments", AgentCollect_Account="nonsense").status_code == 404
        assert narrow.post("/v1/events").status_code == 405
    assert len(round_trips) == 3
    with django_assert_num_queries(0):
        assert stopped.get(WHOAMI).status_code == 401
    assert len(round_trips) == 5, "its key's bucket, and its address's"


def test_the_first_request_reads_the_row_and_remembers_the_use(
    creditor: Organisation, django_assert_num_queries: Any
) -> None:
    api = factories.client(factories.api_key(creditor))
    with django_assert_num_queries(4):  # the digest's key, its facts, last used, and the answer's own
        api.get(WHOAMI)
    used = ApiKey.objects.get().last_used_at
    assert used
    credentials.forget(ApiKey.objects.get().id)
    with django_assert_num_queries(2):
        api.get(WHOAMI)
    assert ApiKey.objects.get().last_used_at == used
    ApiKey.objects.update(last_used_at=used - timedelta(seconds=61))
    credentials.forget(ApiKey.objects.get().id)
    with django_assert_num_queries(3):
        api.get(WHOAMI)
    assert ApiKey.objects.get().last_used_at >= used


def test_facts_live_a_minute_from_before_the_row_was_read(creditor: Organisation, redis_url: str) -> None:
    """However often they are used, and however long the reading took."""
    held = driver.Redis.from_url(redis_url)
    name = ApiKey.objects.get(id=credentials.key_id(factories.api_key(creditor))).id
    counted = facts.count_and_read("key:x", [name])
    assert 59_000 < held.pttl(f"facts:{name}") <= 60_000
    held.pexpire(f"facts:{name}", 5_000)
    facts.keep([(name, counted.held[0].lease, b"old")])
    for _ in range(3):
        assert facts.count_and_read("key:x", [name]).held[0].value == b"old"
    assert 0 < held.pttl(f"facts:{name}") <= 5_000
    held.close()


def test_facts_of_another_release_are_read_again(creditor: Organisation, redis_url: str) -> None:
    """They are neither believed nor thrown away: the other release still runs beside this one."""
    key = factories.api_key(creditor)
    held = driver.Redis.from_url(redis_url)
    name = f"facts:{credentials.key_id(key)}"
    for other in (b"00000000[]", b"{}", b"", b"\x00"):
        held.set(name, other)
        assert factories.client(key).get(WHOAMI).status_code == 200
        assert held.get(name) == other
    held.close()


def test_no_secret_is_kept_in_redis(creditor: Organisation, redis_url: str) -> None:
    key = factories.api_key(creditor)
    bearer = token(key)
    factories.client(key).get(WHOAMI)
    factories.client(bearer).get(WHOAMI)
    held = driver.Redis.from_url(redis_url)
    names = list(held.scan_iter("*"))
    assert any(name.startswith(b"facts:key_") for name in names)
    assert any(name.startswith(b"facts:tok_") for name in names)
    everything = b" ".join(names + [held.get(name) or b"" for name in names]).decode()
    for secret in (key[12:-6], ApiKey.objects.get().digest, bearer.rpartition(".")[2]):
        assert secret not in everything
    held.close()


def test_the_version_pinned_when_the_key_was_made(creditor: Organisation, settings: Any) -> None:
    settings.API_VERSIONS = ("2026-11-01", "2026-05-01")
    key = factories.api_key(creditor)
    ApiKey.objects.update(api_version="2026-05-01")
    api = factories.client(key)
    assert api.get(WHOAMI).headers["AgentCollect-Version"] == "2026-05-01"
    named = api.get(WHOAMI, AgentCollect_Version="2026-11-01")
    assert named.headers["AgentCollect-Version"] == "2026-11-01"
    unknown = api.get(WHOAMI, AgentCollect_Version="2020-01-01")
    assert (unknown.status_code, unknown.json()["error"]) == (400, "unknown_version")
    for pinned in ("", "1999-01-01"):  # made before versions were pinned; and one that is served no longer
        ApiKey.objects.update(api_version=pinned)
        credentials.forget(ApiKey.objects.get().id)
        assert api.get(WHOAMI).headers["AgentCollect-Version"] == settings.API_VERSION


# --- from where


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        (["192.0.2.0/24"], "192.0.2.7", 200),
        (["192.0.2.7/32", "2001:db8::/32"], "2001:db8:1::1", 200),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", 200),
        (["192.0.2.0/24"], "192.0.3.1", 403),
        (["192.0.2.0/24"], "2001:db8::1", 403),
        (["192.0.2.0/24"], "", 403),
        ([], "203.0.113.9", 200),
    ],
)
def test_only_from_the_addresses_it_names(
    creditor: Organisation, networks: list[str], address: str, status: int
) -> None:
    key = limited_to(factories.api_key(creditor), *networks)
    answer = factories.client(key).django.get(WHOAMI, headers={"Authorization": f"Bearer {key}"}, REMOTE_ADDR=address)
    assert answer.status_code == status, answer.content
    assert "X-RateLimit-Remaining" in answer.headers
    if status == 403:
        assert answer.json()["error"] == "address_not_allowed"


def test_its_tokens_are_good_from_there_only(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    bearer = token(key)
    limited_to(key, "192.0.2.0/24")
    answer = factories.client(bearer).get(WHOAMI)
    assert (answer.status_code, answer.json()["error"]) == (403, "address_not_allowed")


def test_a_connection_found_closed_is_opened_again(creditor: Organisation, redis_url: str) -> None:
    """The server closes idle connections, or was restarted: no request is sent to the rows for that."""
    api = factories.client(factories.api_key(creditor))
    api.get(WHOAMI)
    other = driver.Redis.from_url(redis_url)
    for seen in other.client_list():
        if seen["id"] != str(other.client_id()):
            other.client_kill_filter(_id=seen["id"])
    other.script_flush()
    other.close()
    assert api.get(WHOAMI).headers["X-RateLimit-Remaining"] == "998"
    assert redis.steady_for(0)


@pytest.mark.django_db
def test_somebody_signed_in_on_the_pages_is_nobody_to_the_api(client: Any, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("member@example.com", password="correct horse battery"))
    assert client.cookies["sessionid"].value
    answer = client.get(WHOAMI)
    assert answer.status_code == 401
    assert not answer.cookies
    assert not hasattr(answer.wsgi_request, "session")
