"""The room in the ops admin: secrets stay out of it, and replay asks first."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from agentcollect.kit import clock
from agentcollect.kit.http import Outcome
from events.models import Event
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery, Endpoint, Health
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


def test_what_an_endpoint_is_like_without_its_secrets(ops, organisation):
    token = "Bearer abcdefghijklmnopqrstuvwxyz"
    endpoint = make_endpoint(organisation, headers={"Authorization": token, "X-Team": "books"})
    Health.objects.create(endpoint=endpoint, failing_since=clock.now(), last_error="Nothing there.")
    Endpoint.objects.update(challenge="the-challenge")
    page = ops.get(f"/admin/webhooks/endpoint/{endpoint.id}/change/").content.decode()
    assert "Authorization: ••••wxyz" in page
    assert "X-Team: books" in page
    assert "breaker closed" in page
    for secret in (token, endpoint.headers, endpoint.secrets, "the-challenge"):
        assert secret not in page
    assert "Nothing there." in ops.get("/admin/webhooks/endpoint/").content.decode()


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(ops, organisation):
    def questions() -> int:
        with CaptureQueriesContext(connection) as seen:
            ops.get("/admin/webhooks/endpoint/")
        return len(seen)

    Health.objects.create(endpoint=make_endpoint(organisation))
    questions()
    one = questions()
    for _ in range(5):
        make_endpoint(organisation)
    assert questions() == one


@pytest.mark.parametrize(("action", "state"), [("pause", "paused"), ("disable", "disabled")])
def test_switched_off_by_operations(ops, organisation, action, state):
    chosen, gone, mailbox = [make_endpoint(organisation) for _ in range(3)]
    Endpoint.objects.filter(id=gone.id).update(status="deleted")
    Endpoint.objects.filter(id=mailbox.id).update(kind="email", member_id="mem_1")
    make_fact(organisation)
    asked = {"action": action, "_selected_action": [chosen.id, gone.id, mailbox.id]}
    ops.post("/admin/webhooks/endpoint/", asked)
    states = dict(Endpoint.objects.values_list("id", "status"))
    assert states == {chosen.id: state, gone.id: "deleted", mailbox.id: "active"}
    assert Event.objects.get(type="endpoint.updated").actor == "ops:ops@example.com"
    reason = Endpoint.objects.get(id=chosen.id).disabled_reason
    assert reason == ("Switched off by AgentCollect." if state == "disabled" else "")
    assert state in ops.get("/admin/webhooks/delivery/", {"reason": state}).content.decode()
    assert Delivery.objects.get(endpoint=chosen).reason == state


def test_who_may_only_look_switches_nothing_off(organisation):
    endpoint = make_endpoint(organisation)
    looks = User.objects.create_user("looks@example.com", "long enough")
    looks.is_staff = True
    looks.save()
    looks.user_permissions.add(Permission.objects.get(codename="view_endpoint"))
    client = Client()
    client.force_login(looks)
    client.post("/admin/webhooks/endpoint/", {"action": "disable", "_selected_action": [endpoint.id]})
    assert Endpoint.objects.get().status == "active"


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
