"""The life of an endpoint: its headers, its secrets, tests of any type, the ownership challenge, pause and recovery."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.test import Client

from accounts import operations as accounts
from accounts.models import RequestLog
from accounts.operations import request_log
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from agentcollect.kit.http import Outcome
from events.catalogue import TYPES
from events.models import Event
from tests import factories
from tests.dashboard import world
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations, rules, vault
from webhooks.models import Delivery, Endpoint, Health, Rendering, Replay
from webhooks.operations import Claim, Result, replay_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]

TOKEN = "Bearer abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def api(organisation):
    return factories.client(factories.api_key(organisation))


def act(endpoint: Endpoint, **more: Any) -> dict[str, Any]:
    given = {"endpoint_id": endpoint.id, "organisation_id": endpoint.organisation_id, "livemode": endpoint.livemode}
    return given | {"by": "test", "at": clock.now()} | more


def answered(claim: Claim, body: bytes = b"ok", status: int = 200) -> None:
    """The receiver answers the claimed delivery."""
    now = clock.now()
    operations.settle(results=[Result(claim, {}, Outcome(status=status, body=body), now, now, 0.0)], at=now)


def claimed() -> list[Claim]:
    return operations.claim(at=clock.now() + timedelta(seconds=1), room={}, default_room=8, limit=10)


def states(endpoint: Endpoint) -> list[tuple[str, str, str]]:
    rows = Delivery.objects.filter(endpoint=endpoint).order_by("id")
    return [(row.event_type, row.status, row.reason) for row in rows]


# --- headers


def test_headers_are_sealed_and_shown_masked(api):
    given = {"Authorization": TOKEN, "X-Team": "finance", "X-Api-Key": "short"}
    shown = {"Authorization": "••••wxyz", "X-Team": "finance", "X-Api-Key": "••••"}
    made = api.post("/v1/webhooks", {"url": "https://a.com/", "headers": given}).json()
    path = f"/v1/webhooks/{made['id']}"
    seen = [made, api.get(path).json(), api.get("/v1/webhooks").json()["data"][0], api.patch(path, {}).json()]
    assert [one["headers"] for one in seen] == [shown] * 4
    row = Endpoint.objects.get()
    assert TOKEN not in row.headers
    assert vault.headers(row.headers) == given
    assert TOKEN not in "".join(Event.objects.values_list("payload", flat=True))
    assert request_log.flush()
    logged = [call.request_body + call.response_body for call in RequestLog.objects.all()]
    assert any('"https://a.com/"' in text for text in logged)
    assert not any("abcdefgh" in text or '"short"' in text for text in logged)


def test_a_mask_sent_back_keeps_the_value_and_nothing_else_does(api):
    made = api.post("/v1/webhooks", {"url": "https://a.com/", "headers": {"Authorization": TOKEN}}).json()
    path = f"/v1/webhooks/{made['id']}"
    changed = api.patch(path, {"headers": made["headers"] | {"X-Team": "books"}})
    assert changed.json()["headers"] == {"Authorization": "••••wxyz", "X-Team": "books"}
    assert vault.headers(Endpoint.objects.get().headers) == {"Authorization": TOKEN, "X-Team": "books"}
    recorded = Event.objects.filter(type="endpoint.updated").count()
    api.patch(path, {"headers": changed.json()["headers"]})
    assert Event.objects.filter(type="endpoint.updated").count() == recorded  # nothing changed
    for wrong in ({"Authorization": "••••aaaa"}, {"X-Other": "••••wxyz"}, {"X-Other": "••••"}):
        answer = api.patch(path, {"headers": wrong})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert api.patch(path, {"headers": None}).json()["headers"] == {}
    assert Endpoint.objects.get().headers == ""


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"headers": []}, "headers"),
        ({"headers": {f"X-{number}": "a" for number in range(21)}}, "headers"),
        ({"headers": {"": "a"}}, "headers."),
        ({"headers": {"X Y": "a"}}, "headers.X Y"),
        ({"headers": {"X-A": 1}}, "headers.X-A"),
        ({"headers": {"X-A": ""}}, "headers.X-A"),
        ({"headers": {"X-A": " a"}}, "headers.X-A"),
        ({"headers": {"X-A": "a\r\nX-B: c"}}, "headers.X-A"),
        ({"headers": {"X-A": "é"}}, "headers.X-A"),
        ({"headers": {"X-A": "a" * 1025}}, "headers.X-A"),
        ({"headers": {"X-A": "a", "x-a": "b"}}, "headers.x-a"),
        ({"headers": {"HOST": "a.com"}}, "headers.HOST"),
        ({"headers": {"Content-Length": "5"}}, "headers.Content-Length"),
        ({"headers": {"Webhook-Id": "evt_1"}}, "headers.Webhook-Id"),
        ({"headers": {"X-AgentCollect-Attempt": "1"}}, "headers.X-AgentCollect-Attempt"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"rate_limit": 1001}, "rate_limit"),
        ({"rate_limit": True}, "rate_limit"),
        ({"rate_limit": 1.5}, "rate_limit"),
        ({"long_tail": "yes"}, "long_tail"),
        ({"api_version": "2020-01-01"}, "api_version"),
        ({"status": "paused"}, "status"),
    ],
    ids=str,
)
def test_bad_fields(api, body, param):
    answer = api.post("/v1/webhooks", {"url": "https://a.com/"} | body)
    assert (answer.status_code, answer.json()["param"]) == (400, param)
    assert not Endpoint.objects.exists()


def test_limits_are_kept_and_the_version_is_pinned(api, settings):
    settings.API_VERSIONS = ("2026-11-01", "2026-05-01")
    made = api.post("/v1/webhooks", {"url": "https://a.com/", "rate_limit": 5, "long_tail": True}).json()
    assert (made["rate_limit"], made["long_tail"], made["api_version"]) == (5, True, "2026-11-01")
    named = api.post("/v1/webhooks", {"url": "https://a.com/", "api_version": "2026-05-01"}).json()
    asked = api.post("/v1/webhooks", {"url": "https://a.com/"}, AgentCollect_Version="2026-05-01").json()
    assert named["api_version"] == asked["api_version"] == "2026-05-01"
    path = f"/v1/webhooks/{made['id']}"
    changed = api.patch(path, {"rate_limit": None, "long_tail": False}).json()
    assert (changed["rate_limit"], changed["long_tail"]) == (None, False)
    assert api.patch(path, {"api_version": "2026-05-01"}).json()["error"] == "unknown_field"


# --- secrets


def living(endpoint_id: str, at: datetime) -> tuple[str, ...]:
    return rules.live_secrets(vault.secrets(Endpoint.objects.get(id=endpoint_id).secrets), at)


def test_rotation_with_overlap_and_at_most_three(api):
    made = api.post("/v1/webhooks", {"url": "https://a.com/"}).json()
    path = f"/v1/webhooks/{made['id']}/rotate-secret"
    first = api.post(path).json()
    now = clock.now()
    assert living(made["id"], now) == (first["secret"], made["secret"])
    assert living(made["id"], now + timedelta(hours=23)) == (first["secret"], made["secret"])
    assert living(made["id"], now + timedelta(hours=25)) == (first["secret"],)
    (ends,) = first["older_secrets_end_at"]
    assert timedelta(hours=23) < datetime.fromisoformat(ends) - now < timedelta(hours=25)
    second = api.post(path, {"overlap_hours": 168}).json()
    assert living(made["id"], now) == (second["secret"], first["secret"], made["secret"])
    # The oldest keeps the end it had: a later rotation gives it no second life.
    assert living(made["id"], now + timedelta(hours=25)) == (second["secret"], first["secret"])
    refused = api.post(path)
    assert (refused.status_code, refused.json()["error"]) == (409, "too_many_secrets")
    leak = api.post(path, {"overlap_hours": 0}).json()
    assert leak["older_secrets_end_at"] == []
    assert living(made["id"], now) == (leak["secret"],)
    assert "secret" not in api.get(f"/v1/webhooks/{made['id']}").json()
    assert Event.objects.filter(type="endpoint.secret_rotated").count() == 3
    everything = "".join(Event.objects.values_list("payload", flat=True)) + Endpoint.objects.get().secrets
    assert not any(one["secret"] in everything for one in (made, first, second, leak))


def test_room_for_a_secret_comes_back_with_time(organisation):
    endpoint = make_endpoint(organisation)
    at = clock.now()
    for _ in range(2):
        operations.rotate_secret(**act(endpoint, at=at))
    with pytest.raises(ApiError, match="too_many_secrets"):
        operations.rotate_secret(**act(endpoint, at=at))
    later = at + timedelta(hours=25)
    _, secret, ends = operations.rotate_secret(**act(endpoint, at=later))
    assert len(ends) == 1
    assert living(endpoint.id, later)[0] == secret


def test_a_secret_stored_before_there_was_rotation_goes_on_signing(organisation):
    endpoint = make_endpoint(organisation)
    old = rules.mint_secret()
    Endpoint.objects.update(secrets=vault.seal([old]))
    _, new, _ = operations.rotate_secret(**act(endpoint))
    assert living(endpoint.id, clock.now()) == (new, old)
    assert living(endpoint.id, clock.now() + timedelta(hours=25)) == (new,)


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", True])
def test_bad_overlap(api, organisation, hours):
    endpoint = make_endpoint(organisation)
    answer = api.post(f"/v1/webhooks/{endpoint.id}/rotate-secret", {"overlap_hours": hours})
    assert (answer.status_code, answer.json()["param"]) == (400, "overlap_hours")


@pytest.mark.parametrize(
    ("stored", "alive"),
    [
        ([], ()),
        (["a", "b"], ("a", "b")),
        ([["a", None], ["b", 1000.5], ["c", 1000], ["d", 999]], ("a", "b")),
        ([["a", None], "b"], ("a", "b")),
    ],
)
def test_live_secrets(stored, alive):
    assert rules.live_secrets(stored, datetime.fromisoformat("1970-01-01T00:16:40+00:00")) == alive


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        *((name, "0123456789abcdef", "••••cdef") for name in ("authorization", "Cookie", "X-Auth-Token", "x-api-KEY")),
        *((name, "0123456789abcdef", "••••cdef") for name in ("Client-Secret", "X-Password", "X-Signature")),
        ("X-Credential", "012345678901234", "••••"),
        ("X-Forward", "Basic dXNlcjpwYXNzd29yZA==", "••••ZA=="),
        ("X-Team", "finance", "finance"),
        ("Authorization", "••••cdef", "••••cdef"),
    ],
)
def test_masks(name, value, shown):
    assert rules.masked_headers({name: value}) == {name: shown}


# --- tests of any type


def test_a_test_of_any_type_is_its_example_and_says_so(api, organisation):
    endpoint = make_endpoint(organisation, events=["case.escalated"])
    make_endpoint(organisation)
    answer = api.post(f"/v1/webhooks/{endpoint.id}/test", {"event": "payment.received"})
    assert (answer.status_code, answer.json()["event"]) == (202, "webhook.test")
    (delivery,) = Delivery.objects.all()
    assert delivery.endpoint_id == endpoint.id
    body = orjson.loads(Rendering.objects.get(event_id=delivery.event_id, api_version=endpoint.api_version).payload)
    event = Event.objects.get(id=delivery.event_id)
    assert (body["event"], body["id"], body["sequence"]) == ("payment.received", event.id, event.sequence)
    assert (body["data"], body["test"]) == (TYPES["payment.received"].example, True)
    # Who reads the feed is told of a test, never of a payment.
    feed = api.get("/v1/events").json()["data"]
    assert [row["event"] for row in feed if row["id"] == event.id] == ["webhook.test"]
    assert not Event.objects.filter(type="payment.received").exists()
    (claim,) = claimed()
    assert orjson.loads(claim.body) == body


@pytest.mark.parametrize("name", ["nope", "key.created", 5, ["payment.received"]])
def test_no_test_of_a_type_that_does_not_exist(api, organisation, name):
    endpoint = make_endpoint(organisation)
    answer = api.post(f"/v1/webhooks/{endpoint.id}/test", {"event": name})
    assert (answer.status_code, answer.json()["error"], answer.json()["param"]) == (400, "unknown_event_type", "event")
    assert not Delivery.objects.exists()


# --- whose address is it


@pytest.fixture
def careful(organisation):
    """An organisation that asks new addresses for a challenge."""
    accounts.verify_webhooks(organisation_id=organisation.id, on=True, by="test", at=clock.now())
    return organisation


def challenged(endpoint: Endpoint) -> Claim:
    """The one claim there is: the endpoint's challenge."""
    (claim,) = claimed()
    body = orjson.loads(claim.body)
    assert body["event"] == "endpoint.verification"
    assert body["data"] == {"webhook_id": endpoint.id, "challenge": Endpoint.objects.get(id=endpoint.id).challenge}
    assert len(body["data"]["challenge"]) == 32
    return claim


def prove(endpoint: Endpoint) -> bool:
    """The endpoint answers its challenge; whether that was news."""
    claim = challenged(endpoint)
    answered(claim, orjson.loads(claim.body)["data"]["challenge"].encode())
    operations.verified(endpoint_id=endpoint.id, at=clock.now())
    return Endpoint.objects.get(id=endpoint.id).status == "active"


def test_a_new_address_gets_its_challenge_and_nothing_else(api, careful):
    made = api.post("/v1/webhooks", {"url": "https://a.com/", "events": ["payment.received"]}).json()
    assert (made["status"], made["verified_at"]) == ("unverified", None)
    endpoint = Endpoint.objects.get()
    make_fact(careful)
    assert states(endpoint) == [
        ("endpoint.verification", "pending", ""),
        ("payment.received", "not_sent", "unverified"),
    ]
    assert api.patch(f"/v1/webhooks/{endpoint.id}", {"status": "active"}).json()["error"] == "illegal_transition"
    assert api.post(f"/v1/webhooks/{endpoint.id}/test").json()["error"] == "illegal_transition"
    assert prove(endpoint)
    assert api.get(f"/v1/webhooks/{endpoint.id}").json()["verified_at"]
    # What fell into the meantime is sent now.
    job = Replay.objects.get()
    assert (job.total, job.created_by) == (1, "engine")
    replay_jobs.run_replays(at=clock.now() + timedelta(seconds=1))
    assert states(endpoint)[1][:2] == ("payment.received", "pending")
    assert not operations.verified(endpoint_id=endpoint.id, at=clock.now())
    assert Event.objects.filter(type="endpoint.verified").count() == 1


def test_an_address_that_stands_is_left_alone_until_it_changes(api, organisation):
    endpoint = make_endpoint(organisation)
    accounts.verify_webhooks(organisation_id=organisation.id, on=True, by="test", at=clock.now())
    path = f"/v1/webhooks/{endpoint.id}"
    assert api.patch(path, {"status": "paused"}).json()["status"] == "paused"
    assert api.patch(path, {"status": "active"}).json()["status"] == "active"
    make_fact(organisation)
    moved = api.patch(path, {"url": "https://b.com/"}).json()
    assert (moved["status"], moved["url"]) == ("unverified", "https://b.com/")
    challenged(endpoint)
    assert states(endpoint)[0] == ("payment.received", "not_sent", "unverified")


def test_no_way_round_by_a_pause(api, careful):
    endpoint = make_endpoint(careful)
    path = f"/v1/webhooks/{endpoint.id}"
    first = Endpoint.objects.get().challenge
    for off in ("paused", "disabled"):
        assert api.patch(path, {"status": off}).json()["status"] == off
        assert api.patch(path, {"status": "active"}).json()["status"] == "unverified"
    assert Endpoint.objects.get().challenge != first
    assert prove(endpoint)
    api.patch(path, {"status": "paused"})
    assert api.patch(path, {"status": "active"}).json()["status"] == "active"  # it has proved itself


def test_the_answer_of_the_address_before_proves_nothing(careful):
    endpoint = make_endpoint(careful, "https://mine.example.com/")
    slow = challenged(endpoint)
    operations.update_endpoint(changes={"url": "https://yours.example.com/"}, **act(endpoint))
    answered(slow, orjson.loads(slow.body)["data"]["challenge"].encode())
    assert not operations.verified(endpoint_id=endpoint.id, at=clock.now())
    assert Endpoint.objects.get().status == "unverified"
    assert prove(endpoint)


def test_a_challenge_not_sent_yet_dies_with_its_address(careful):
    endpoint = make_endpoint(careful)
    operations.update_endpoint(changes={"url": "https://b.com/"}, **act(endpoint))
    assert [status for _, status, _ in states(endpoint)] == ["failed", "pending"]
    challenged(endpoint)


def test_asking_again(api, careful):
    made = api.post("/v1/webhooks", {"url": "https://a.com/"}).json()
    endpoint = Endpoint.objects.get()
    path = f"/v1/webhooks/{endpoint.id}/verify"
    under_way = Delivery.objects.get()
    again = api.post(path)
    assert (again.status_code, again.json()["id"]) == (202, under_way.id)
    Delivery.objects.update(status="failed", next_attempt_at=None)
    another = api.post(path)
    assert another.json()["id"] != under_way.id
    assert another.headers["Location"] == f"/v1/webhooks/deliveries/{another.json()['id']}"
    assert prove(endpoint)
    api.patch(f"/v1/webhooks/{made['id']}", {"status": "paused"})
    assert api.post(path).json()["error"] == "illegal_transition"


def test_an_active_endpoint_may_be_asked_too(api, organisation):
    endpoint = make_endpoint(organisation)
    assert api.post(f"/v1/webhooks/{endpoint.id}/verify").status_code == 202
    assert Endpoint.objects.get().status == "active"
    assert prove(endpoint)
    assert Endpoint.objects.get().verified_at
    assert not Replay.objects.exists()


def test_who_no_longer_asks_takes_addresses_as_they_are(api, careful):
    endpoint = make_endpoint(careful)
    accounts.verify_webhooks(organisation_id=careful.id, on=False, by="test", at=clock.now())
    assert api.patch(f"/v1/webhooks/{endpoint.id}", {"status": "active"}).json()["status"] == "active"
    assert make_endpoint(careful).status == "active"
    assert Event.objects.filter(type="organisation.webhook_verification_set").count() == 2


def test_the_switch_is_on_the_settings_page(organisation, client: Client):
    client.force_login(world.member(organisation).user)
    assert "Ask new addresses for a challenge" in client.get("/dashboard/settings").content.decode()
    client.post("/dashboard/settings/webhooks", {"on": "yes"})
    organisation.refresh_from_db()
    assert organisation.verify_webhooks
    assert "Take new addresses as they are" in client.get("/dashboard/settings").content.decode()
    client.post("/dashboard/settings/webhooks", {"on": "no"})
    organisation.refresh_from_db()
    assert not organisation.verify_webhooks
    client.force_login(world.member(organisation, "viewer").user)
    client.post("/dashboard/settings/webhooks", {"on": "yes"})
    organisation.refresh_from_db()
    assert not organisation.verify_webhooks


# --- pause, disable, recover


@pytest.mark.parametrize("off", ["paused", "disabled"])
def test_what_happens_while_it_is_off_is_kept_and_recovered(api, organisation, off):
    endpoint = make_endpoint(organisation)
    path = f"/v1/webhooks/{endpoint.id}"
    make_fact(organisation)
    switched = api.patch(path, {"status": off}).json()
    assert (switched["status"], switched["replay_id"]) == (off, None)
    assert bool(switched["disabled_reason"]) is (off == "disabled")
    make_fact(organisation)
    kept = ("payment.received", "not_sent", off)
    assert states(endpoint) == [kept, kept]
    early = api.patch(path, {"recover_since": "2026-03-01T00:00:00Z"})
    assert (early.status_code, early.json()["error"]) == (409, "illegal_transition")
    back = api.patch(path, {"status": "active", "recover_since": "2026-03-01T00:00:00Z"}).json()
    assert (back["status"], back["disabled_reason"]) == ("active", None)
    job = Replay.objects.get(id=back["replay_id"])
    assert job.total == 2
    replay_jobs.run_replays(at=clock.now() + timedelta(seconds=1))
    assert [status for _, status, _ in states(endpoint)] == ["pending", "pending"]


def test_recovery_begins_where_it_is_told_to(api, organisation):
    endpoint = make_endpoint(organisation, events=["payment.received"])
    make_fact(organisation)  # of March 2026
    path = f"/v1/webhooks/{endpoint.id}"
    api.patch(path, {"status": "paused"})
    back = api.patch(path, {"status": "active", "recover_since": "2026-03-18T00:00:00+01:00"}).json()
    assert Replay.objects.get(id=back["replay_id"]).total == 0


@pytest.mark.parametrize("since", ["yesterday", "2026-03-01T00:00:00", 5])
def test_bad_recover_since(api, organisation, since):
    endpoint = make_endpoint(organisation)
    answer = api.patch(f"/v1/webhooks/{endpoint.id}", {"status": "active", "recover_since": since})
    assert (answer.status_code, answer.json()["param"]) == (400, "recover_since")


def test_who_comes_back_starts_anew(api, organisation):
    endpoint = make_endpoint(organisation)
    long_ago = clock.now() - timedelta(days=9)
    Health.objects.create(endpoint=endpoint, failures_in_row=40, failing_since=long_ago, open_until=clock.now())
    path = f"/v1/webhooks/{endpoint.id}"
    api.patch(path, {"status": "disabled"})
    api.patch(path, {"status": "active"})
    health = Health.objects.get()
    assert (health.failures_in_row, health.failing_since, health.open_until) == (0, None, None)


# --- health, and what is not the customer's


def test_health_is_shown(api, organisation):
    endpoint = make_endpoint(organisation)
    make_fact(organisation)
    (claim,) = claimed()
    answered(claim, status=500)
    health = api.get(f"/v1/webhooks/{endpoint.id}").json()["health"]
    assert set(health) == {
        *("attempts", "success_rate", "p50_ms", "p95_ms", "breaker", "open_until"),
        *("failing_since", "last_success_at", "last_failure"),
    }
    assert (health["attempts"], health["success_rate"], health["breaker"]) == (1, 0.0, "closed")


def test_a_members_mailbox_is_no_webhook(api, organisation):
    mailbox = make_endpoint(organisation)
    Endpoint.objects.update(kind="email", member_id=world.member(organisation).id)
    assert api.get("/v1/webhooks").json()["data"] == []
    path = f"/v1/webhooks/{mailbox.id}"
    answers = [api.get(path), api.patch(path, {"status": "paused"}), api.delete(path), api.post(path + "/test")]
    answers += [api.post(path + "/verify"), api.post(path + "/rotate-secret")]
    assert {answer.status_code for answer in answers} == {404}
