"""An endpoint keeps the shape of the version it was made with: two versions side by side, each with frozen bytes."""

from typing import Any

import orjson
import pytest

from agentcollect.kit import clock
from events.models import Event
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations, versions
from webhooks.models import Rendering

pytestmark = pytest.mark.django_db

OLD, NEW, NEWEST = "2026-11-01", "2027-02-01", "2027-05-01"


def test_there_is_one_version_so_far(settings):
    assert versions.CONVERTERS == {}
    assert settings.API_VERSIONS == (settings.API_VERSION,)


@pytest.fixture
def two(monkeypatch, settings):
    """A newer version, in which `amount_collected` has become `amount`."""
    monkeypatch.setattr(settings, "API_VERSION", NEW)

    def before(event_type: str, body: dict[str, Any]) -> dict[str, Any]:
        data = body["data"]
        if event_type == "payment.received":
            data["amount_collected"] = data.pop("amount")
        return body

    monkeypatch.setitem(versions.CONVERTERS, OLD, before)


def payload(**data: Any) -> bytes:
    return orjson.dumps({"event": "payment.received", "id": "evt_1", "data": data, "api_version": NEW, "sequence": 1})


def test_todays_version_and_newer_are_the_bytes_themselves(two):
    body = payload(amount=5)
    assert versions.render("payment.received", body, NEW) is body
    assert versions.render("payment.received", body, NEWEST) is body


def test_a_chain_leads_to_every_older_version(two, monkeypatch):
    monkeypatch.setitem(versions.CONVERTERS, "2026-05-01", lambda _, body: body | {"data": [body["data"]]})
    made = orjson.loads(versions.render("payment.received", payload(amount=5.25), "2026-05-01"))
    assert (made["data"], made["api_version"]) == ([{"amount_collected": 5.25}], "2026-05-01")
    between = orjson.loads(versions.render("payment.received", payload(amount=5), "2026-12-01"))
    assert (between["data"], between["api_version"]) == ({"amount": 5}, "2026-12-01")


def test_what_was_recorded_in_the_old_version_is_not_converted_twice(two):
    body = orjson.dumps({"event": "payment.received", "data": {"amount_collected": 5}, "api_version": OLD})
    assert versions.render("payment.received", body, OLD) is body


def test_both_versions_through_fan_out_and_claim(organisation, two, monkeypatch, settings):
    pinned = [make_endpoint(organisation, api_version=OLD) for _ in range(2)]
    today = make_endpoint(organisation)
    assert today.api_version == NEW
    event_id = make_fact(organisation, amount=15000)
    frozen = Event.objects.values_list("payload", flat=True).get(id=event_id).encode()
    kept = Rendering.objects.get()  # one for both endpoints
    assert (kept.event_id, kept.api_version) == (event_id, OLD)

    # Frozen: whatever becomes of the converter, what was promised is sent.
    monkeypatch.setitem(versions.CONVERTERS, OLD, lambda *_: {"api_version": "broken"})
    sent = {
        claim.endpoint_id: claim.body for claim in operations.claim(at=clock.now(), room={}, default_room=8, limit=9)
    }
    assert sent[today.id] == frozen
    old = orjson.loads(sent[pinned[0].id])
    assert sent[pinned[0].id] == sent[pinned[1].id] == kept.payload.encode()
    assert old["data"]["amount_collected"] == 15000
    assert "amount" not in old["data"]
    assert (old["api_version"], old["id"]) == (OLD, event_id)
    assert orjson.loads(sent[today.id])["api_version"] == NEW
