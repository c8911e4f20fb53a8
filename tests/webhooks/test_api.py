"""`/v1/webhooks` over HTTP."""

import pytest

from agentcollect.kit import clock
from agentcollect.kit.http import Outcome
from tests import factories
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery, Endpoint
from webhooks.operations import Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture
def api(organisation):
    return factories.client(factories.api_key(organisation))


def test_the_page_example(api):
    made = api.post(
        "/v1/webhooks",
        {
            "url": "https://yourapp.com/webhooks/ac",
            "events": ["payment.received", "case.escalated", "campaign.completed"],
        },
    )
    assert made.status_code == 201
    answer = made.json()
    assert answer["webhook_id"].startswith("wh_")
    assert answer["secret"].startswith("whsec_")
    assert (answer["status"], answer["livemode"]) == ("active", False)
    assert answer["id"] == answer["webhook_id"]
    shown = {name: value for name, value in answer.items() if name != "secret"}
    one = api.get(f"/v1/webhooks/{answer['id']}").json()
    assert {name: value for name, value in one.items() if name != "health"} == shown
    assert set(one) - set(shown) == {"health"}
    listed = api.get("/v1/webhooks").json()
    assert listed == {"data": [shown], "has_more": False, "next_cursor": None}


def test_all_events_by_default(api):
    assert api.post("/v1/webhooks", {"url": "https://yourapp.com"}).json()["events"] == ["*"]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_field", "url"),
        ({"url": 5}, "invalid_url", "url"),
        ({"url": "yourapp.com"}, "invalid_url", "url"),
        ({"url": "http://yourapp.com/"}, "invalid_url", "url"),
        ({"url": "https://10.0.0.1/"}, "invalid_url", "url"),
        ({"url": "https://169.254.169.254/latest"}, "invalid_url", "url"),
        ({"url": "https://[::1]:8443/"}, None, None),
        ({"url": "https://yourapp.com:22/"}, "invalid_url", "url"),
        ({"url": "https://user:pass@yourapp.com/"}, "invalid_url", "url"),
        ({"url": "https://db.internal/"}, "invalid_url", "url"),
        ({"url": "https://a.com/" + "é" * 1000}, "invalid_url", "url"),
        ({"url": "https://a.com", "events": ["payment.received", "nope"]}, "unknown_event_type", "events[1]"),
        ({"url": "https://a.com", "events": ["key.created"]}, "unknown_event_type", "events[0]"),
        ({"url": "https://a.com", "events": [["*"]]}, "unknown_event_type", "events[0]"),
        ({"url": "https://a.com", "events": []}, "invalid_request", "events"),
        ({"url": "https://a.com", "events": "*"}, "invalid_request", "events"),
        ({"url": "https://a.com", "secret": "x"}, "unknown_field", "secret"),
        ({"url": "https://a.com", "status": "active"}, "unknown_field", "status"),
        ({"url": "https://a.com", "description": "x" * 201}, "invalid_request", "description"),
        ({"url": "https://a.com", "metadata": {"a": 1}}, "invalid_metadata", "metadata"),
    ],
)
def test_bad_input(api, body, code, param):
    answer = api.post("/v1/webhooks", body)
    if code is None:
        assert answer.status_code == 201  # loopback is this run's setting
        return
    said = answer.json()
    assert (answer.status_code, said["error"], said["param"]) == (400, code, param)
    assert not Endpoint.objects.exists()


def test_loopback_only_by_setting(api, settings):
    settings.EGRESS_ALLOW_LOOPBACK_HTTP = False
    answer = api.post("/v1/webhooks", {"url": "http://127.0.0.1:9999/"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_url")


def test_every_fault_at_once(api):
    answer = api.post("/v1/webhooks", {"url": "ftp://a", "events": ["x", "*", "y"], "metadata": 4})
    assert [fault["param"] for fault in answer.json()["errors"]] == ["url", "events[0]", "events[2]", "metadata"]


def test_change_switch_off_and_delete(api):
    made = api.post("/v1/webhooks", {"url": "https://yourapp.com/a"}).json()
    path = f"/v1/webhooks/{made['id']}"
    changed = api.patch(path, {"events": ["payment.received"], "description": "books", "metadata": {"a": "b"}})
    assert changed.status_code == 200
    assert (changed.json()["events"], changed.json()["description"]) == (["payment.received"], "books")
    off = api.patch(path, {"status": "disabled"}).json()
    assert (off["status"], off["disabled_reason"]) == ("disabled", "Switched off by its owner.")
    assert api.patch(path, {"status": "active"}).json()["disabled_reason"] is None
    for wrong in ("deleted", "unverified", 1, None):
        assert api.patch(path, {"status": wrong}).json()["error"] == "invalid_request"
    api.patch(path, {"status": "paused"})
    assert [row["id"] for row in api.get("/v1/webhooks", {"status": "paused"}).json()["data"]] == [made["id"]]
    assert api.get("/v1/webhooks", {"status": "active"}).json()["data"] == []
    assert api.get("/v1/webhooks", {"status": "deleted"}).json()["error"] == "invalid_parameter"
    assert api.patch(path, {"url": "https://10.0.0.1"}).json()["error"] == "invalid_url"
    assert api.delete(path).json() == {"id": made["id"], "deleted": True}
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.get("/v1/webhooks").json()["data"] == []


def test_others_rows_are_not_found(api, organisation):
    other = factories.organisation("Another")
    rows = [make_endpoint(other), make_endpoint(organisation, livemode=True)]
    for row in rows:
        path = f"/v1/webhooks/{row.id}"
        assert api.get(path).status_code == 404
        assert api.patch(path, {"description": "x"}).status_code == 404
        assert api.delete(path).status_code == 404
        for more in ("/test", "/verify", "/rotate-secret"):
            assert api.post(path + more).status_code == 404
        assert api.get(path + "/deliveries").status_code == 404
    make_fact(other)
    foreign = Delivery.objects.get()
    assert api.get(f"/v1/webhooks/deliveries/{foreign.id}").status_code == 404
    assert api.post(f"/v1/webhooks/deliveries/{foreign.id}/replay").status_code == 404


def test_scopes(organisation):
    reader = factories.client(factories.api_key(organisation, scopes=["webhooks:read"]))
    assert reader.get("/v1/webhooks").status_code == 200
    refused = reader.post("/v1/webhooks", {"url": "https://a.com"})
    assert (refused.status_code, refused.json()["error"]) == (403, "missing_scope")
    stranger = factories.client(factories.api_key(organisation, scopes=["payments:read"]))
    assert stranger.get("/v1/webhooks").status_code == 403


def test_deliveries_log_and_replay(api, organisation):
    endpoint = make_endpoint(organisation)
    for _ in range(3):
        make_fact(organisation)
    now = clock.now()
    claims = operations.claim(at=now, room={}, default_room=8, limit=10)
    outcomes = [Outcome(status=200, body=b"ok"), Outcome(error="Nothing there.", error_code="x"), Outcome(status=410)]
    operations.settle(
        results=[Result(c, {"a": "b"}, o, now, now, 0.0) for c, o in zip(claims, outcomes, strict=True)], at=now
    )
    path = f"/v1/webhooks/{endpoint.id}/deliveries"
    first = api.get(path, {"limit": 2}).json()
    rest = api.get(path, {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in first["data"] + rest["data"]] == sorted((c.delivery_id for c in claims), reverse=True)
    assert [row["status"] for row in api.get(path, {"status": "failed"}).json()["data"]] == ["failed"]
    assert api.get(path, {"status": "nope"}).json()["error"] == "invalid_parameter"
    assert api.get(path, {"status": "failed", "cursor": first["next_cursor"]}).json()["error"] == "cursor_mismatch"

    detail = api.get(f"/v1/webhooks/deliveries/{claims[0].delivery_id}").json()
    assert detail["status"] == "succeeded"
    assert detail["next_attempt_at"] is None
    assert detail["payload"]["id"] == claims[0].event_id
    (attempt,) = detail["attempts"]
    assert (attempt["number"], attempt["status_code"], attempt["response_body"]) == (1, 200, "ok")
    assert attempt["request_headers"] == {"a": "b"}

    replay = f"/v1/webhooks/deliveries/{claims[0].delivery_id}/replay"
    again = api.post(replay)
    assert (again.status_code, again.json()["status"], again.json()["replay"]) == (202, "pending", True)
    assert again.headers["Location"] == f"/v1/webhooks/deliveries/{claims[0].delivery_id}"
    assert api.post(replay).status_code == 202  # already waiting: nothing changes
    operations.claim(at=clock.now(), room={}, default_room=8, limit=10)
    assert api.post(replay).json()["error"] == "illegal_transition"  # under way
    operations.disable_gone(endpoint_ids=[endpoint.id], at=now)
    failed = f"/v1/webhooks/deliveries/{claims[2].delivery_id}/replay"
    assert api.post(failed).json()["error"] == "illegal_transition"
    assert api.post(f"/v1/webhooks/{endpoint.id}/test").json()["error"] == "illegal_transition"


def test_try_it(api, organisation):
    endpoint = make_endpoint(organisation, events=["payment.received"])
    answer = api.post(f"/v1/webhooks/{endpoint.id}/test")
    assert (answer.status_code, answer.json()["event"], answer.json()["status"]) == (202, "webhook.test", "pending")
    # The receiver finds the call that caused the event: in the log of deliveries and on the POST itself.
    named = answer.headers["X-Request-Id"]
    assert api.get(f"/v1/webhooks/deliveries/{answer.json()['id']}").json()["request_id"] == named
    (claim,) = operations.claim(at=clock.now(), room={}, default_room=8, limit=10)
    assert claim.request_id == named
    assert api.post(f"/v1/webhooks/{endpoint.id}/test", {"event": None}).json()["event"] == "webhook.test"
    assert api.post(f"/v1/webhooks/{endpoint.id}/test", {"a": 1}).json()["error"] == "unknown_field"


def test_no_more_than_a_hundred(api, organisation):
    for _ in range(100):
        make_endpoint(organisation)
    assert api.post("/v1/webhooks", {"url": "https://a.com"}).json()["error"] == "too_many_webhooks"
