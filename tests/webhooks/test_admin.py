"""The room in the ops admin: secrets stay out of it, and replay asks first."""

import pytest
from django.test import Client

from accounts.models import User
from agentcollect.kit import clock
from agentcollect.kit.http import Outcome
from events.models import Event
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery
from webhooks.operations import Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ops@example.com", "long enough"))
    return client


def test_pages_open_and_show_no_secret(ops, organisation):
    endpoint = make_endpoint(organisation)
    make_fact(organisation)
    delivery = Delivery.objects.get()
    for page in (
        "webhooks/endpoint/",
        f"webhooks/endpoint/{endpoint.id}/change/",
        "webhooks/delivery/",
        f"webhooks/delivery/{delivery.id}/change/",
        "webhooks/attempt/",
        "events/event/",
        f"events/event/{delivery.event_id}/change/",
        "events/counter/",
    ):
        answer = ops.get(f"/admin/{page}")
        assert answer.status_code == 200, page
        assert endpoint.secrets not in answer.content.decode()


def test_replay_asks_first(ops, organisation):
    make_endpoint(organisation)
    make_fact(organisation)
    now = clock.now()
    (claim,) = operations.claim(at=now, room={}, default_room=8, limit=10)
    operations.settle(results=[Result(claim, {}, Outcome(status=410), now, now, 0.0)], at=now)
    asked = {"action": "replay", "_selected_action": [claim.delivery_id]}
    question = ops.post("/admin/webhooks/delivery/", asked)
    assert question.status_code == 200
    assert claim.event_id in question.content.decode()
    assert Delivery.objects.get().status == "failed"
    ops.post("/admin/webhooks/delivery/", asked | {"confirmed": "yes"})
    assert Delivery.objects.get().status == "pending"
    assert Event.objects.get(type="delivery.replayed").actor == "ops:ops@example.com"
