"""What an endpoint asked for: headers of its own, more than one secret, an older version, a challenge answered."""

import pytest

from agentcollect.kit import clock
from events.models import Event
from tests.webhooks.conftest import make_endpoint, make_fact
from tests.webhooks.test_sender import secret_of
from webhooks import operations
from webhooks.models import Attempt, Delivery, Endpoint, Rendering
from webhooks.rules import sign

pytestmark = pytest.mark.django_db(transaction=True)


def test_own_headers_are_sent_whole_and_kept_masked(organisation, receiver, send):
    wanted = {"Authorization": "Bearer abcdefghijklmnopqrstuvwxyz", "X-Tenant": "blue", "content-type": "text/evil"}
    make_endpoint(organisation, receiver.url + "/hook", headers=wanted)
    make_fact(organisation)
    send()
    (got,) = receiver.got
    assert got.headers["Authorization"] == wanted["Authorization"]
    assert (got.headers["X-Tenant"], got.headers["Content-Type"]) == ("blue", "application/json")
    kept = Attempt.objects.get().request_headers
    assert (kept["Authorization"], kept["X-Tenant"]) == ("••••wxyz", "blue")
    assert kept["X-AgentCollect-Signature"] == got.headers["X-AgentCollect-Signature"]


def test_own_headers_that_cannot_be_read_stop_only_this_endpoint(organisation, receiver, send):
    broken = make_endpoint(organisation, receiver.url + "/broken", headers={"X-Tenant": "blue"})
    make_endpoint(organisation, receiver.url + "/well")
    Endpoint.objects.filter(id=broken.id).update(headers="nonsense")
    make_fact(organisation)
    send()
    assert [got.path for got in receiver.got] == ["/well"]
    assert "headers cannot be read" in Delivery.objects.get(endpoint_id=broken.id).last_error


def test_both_secrets_sign_while_they_overlap(organisation, receiver, send, wall):
    endpoint = make_endpoint(organisation, receiver.url + "/hook")
    old = secret_of(endpoint)
    given = {"endpoint_id": endpoint.id, "organisation_id": organisation.id, "livemode": False, "by": "test"}
    _, new, _ = operations.rotate_secret(**given, overlap_hours=1, at=wall())
    for hours, valid in ((0, {old, new}), (1.1, {new})):
        wall.forward(hours * 3600)
        make_fact(organisation)
        send(wall)
        got = receiver.got[-1]
        assert {text for text in (old, new) if verifies(text, got)} == valid
        assert got.headers["webhook-signature"].count("v1,") == len(valid)


def verifies(secret, got) -> bool:
    claimed = {part.removeprefix("v1,") for part in got.headers["webhook-signature"].split(" ")}
    made = sign([secret], got.headers["webhook-id"], got.body, int(got.headers["webhook-timestamp"]))
    return made["webhook-signature"].removeprefix("v1,") in claimed


def test_an_endpoint_gets_its_own_versions_bytes(organisation, receiver, send):
    pinned = make_endpoint(organisation, receiver.url + "/old", api_version="2026-01-01")
    make_endpoint(organisation, receiver.url + "/new")
    event_id = make_fact(organisation)
    frozen = Rendering.objects.get(event_id=event_id, api_version="2026-01-01").payload
    send()
    assert receiver.at("/old")[0].body == frozen.encode()
    assert receiver.at("/new")[0].body == Event.objects.get(id=event_id).payload.encode() != frozen.encode()
    Delivery.objects.filter(endpoint=pinned).update(status="pending", next_attempt_at=clock.now())
    retained = Rendering.objects.filter(event_id=event_id)
    retained._raw_delete(retained.db)
    send()
    assert receiver.at("/old")[1].body == frozen.encode()  # made anew: the converters are pure


@pytest.mark.parametrize(("answer", "proves"), [("challenge", True), ("noted", False)])
def test_an_address_proves_itself_by_its_challenge(organisation, receiver, send, monkeypatch, answer, proves):
    organisation.verify_webhooks = True
    organisation.save(update_fields=["verify_webhooks"])
    endpoint = make_endpoint(organisation, receiver.url + "/hook")
    make_fact(organisation)  # is not sent to an address that has not proved itself
    receiver.words["/hook"] = f'{{"challenge": "{endpoint.challenge}"}}' if answer == "challenge" else answer
    now = clock.now()
    send(lambda: now)
    endpoint.refresh_from_db()
    asked = Delivery.objects.get(event_type="endpoint.verification")
    assert receiver.got[0].headers["webhook-id"] == asked.event_id
    if proves:
        assert (endpoint.status, endpoint.verified_at, asked.status) == ("active", now, "succeeded")
    else:
        assert (endpoint.status, asked.status) == ("unverified", "pending")
        assert asked.last_error == "The answer did not contain the challenge."
        assert len(receiver.got) == 1


def test_an_attempt_names_its_endpoint_and_how_long_it_took(organisation, receiver, send):
    endpoint = make_endpoint(organisation, receiver.url + "/hook")
    make_fact(organisation)
    send()
    attempt = Attempt.objects.get()
    assert attempt.endpoint_id == endpoint.id
    assert attempt.took_ms == round(attempt.timings["total_ms"])
