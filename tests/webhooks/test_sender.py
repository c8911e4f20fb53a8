"""The sender against a receiver on loopback: signed, retried, isolated, fenced."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
import standardwebhooks
import stripe

from agentcollect.kit import clock, context
from agentcollect.kit.http import Outcome
from events.models import Event
from tests import factories
from tests.webhooks.conftest import LOOPBACK, make_endpoint, make_fact
from webhooks import operations, vault
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.operations import Result
from webhooks.rules import live_secrets
from webhooks.sender import Sender

pytestmark = pytest.mark.django_db(transaction=True)


def secret_of(endpoint: Endpoint) -> str:
    return live_secrets(vault.secrets(endpoint.secrets), clock.now())[0]


def test_the_call_that_caused_it_is_named(organisation, receiver, send):
    make_endpoint(organisation, receiver.url + "/hook")
    named = context.begin("req_0UZ8pq1KKp2mZxQ8aBcDeF")
    try:
        make_fact(organisation)
    finally:
        context.end()
    send()
    assert receiver.got[0].headers["X-AgentCollect-Request-Id"] == named


def test_delivered_signed_and_byte_for_byte(organisation, receiver, send):
    endpoint = make_endpoint(organisation, receiver.url + "/hook")
    event_id = make_fact(organisation, debtor="Société Générale")
    send()
    (got,) = receiver.got
    event = Event.objects.get(id=event_id)
    assert got.body == event.payload.encode()
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["User-Agent"] == "AgentCollect-Webhooks/1"
    assert got.headers["X-AgentCollect-Attempt"] == "1"
    assert got.headers["X-AgentCollect-Sequence"] == str(event.sequence)
    assert "X-AgentCollect-Replay" not in got.headers
    assert "X-AgentCollect-Request-Id" not in got.headers  # no API call caused this one
    assert got.headers["webhook-id"] == event_id
    secret = secret_of(endpoint)
    assert standardwebhooks.Webhook(secret).verify(got.body, got.headers)["id"] == event_id
    ours = got.headers["X-AgentCollect-Signature"]
    assert stripe.WebhookSignature.verify_header(got.body.decode(), ours, secret, tolerance=300)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts_made, delivery.last_status_code) == ("succeeded", 1, 200)
    assert delivery.settled_at is not None
    assert delivery.lease_until is None
    attempt = Attempt.objects.get()
    assert (attempt.status_code, attempt.response_body, attempt.address) == (200, "noted", "127.0.0.1")
    assert attempt.request_headers["webhook-id"] == event_id
    assert attempt.timings["total_ms"] > 0


def test_down_gets_four_attempts_then_failed_and_replay_arrives(organisation, receiver, send, wall):
    make_endpoint(organisation, receiver.url + "/hook")
    make_fact(organisation)
    receiver.answers["/hook"] = 503
    tried = []
    for seconds in (0, 0.9, 0.2, 4.7, 0.4, 29.5, 0.6, 3600):
        wall.forward(seconds)
        before = len(receiver.got)
        send(wall)
        tried.append(len(receiver.got) - before)
    # Due at 0, 1 after that, 5 after that, 30 after that: never earlier, never again.
    assert tried == [1, 0, 1, 0, 1, 0, 1, 0]
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts_made, delivery.last_status_code) == ("failed", 4, 503)
    assert delivery.last_error == "The receiver answered 503."
    assert [got.headers["X-AgentCollect-Attempt"] for got in receiver.got] == ["1", "2", "3", "4"]

    receiver.answers["/hook"] = 200
    wall.forward(60)
    operations.replay_one(
        delivery_id=delivery.id, organisation_id=organisation.id, livemode=False, by="member:mem_1", at=wall()
    )
    send(wall)
    first, again = receiver.got[0], receiver.got[-1]
    assert len(receiver.got) == 5
    assert again.body == first.body
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert int(again.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 60
    assert again.headers["X-AgentCollect-Replay"] == "true"
    assert again.headers["X-AgentCollect-Attempt"] == "5"
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts_made) == ("succeeded", 5)
    audit = Event.objects.get(type="delivery.replayed")
    assert (audit.sequence, audit.actor, audit.data["delivery_id"]) == (None, "member:mem_1", delivery.id)


def test_real_seconds_between_attempts(organisation, receiver):
    """The first two retries by the wall clock, jitter and all."""
    make_endpoint(organisation, receiver.url + "/hook")
    receiver.answers["/hook"] = 500
    with running() as _:
        make_fact(organisation)
        got = receiver.wait(3, seconds=12)
    assert 0.85 <= got[1].at - got[0].at <= 1.4
    assert 4.45 <= got[2].at - got[1].at <= 5.8


class running:
    """A sender in a thread, as the Celery worker runs it."""

    def __init__(self, policy=LOOPBACK) -> None:
        self.sender = None
        self.policy = policy
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        async def go() -> None:
            self.sender = Sender(policy=self.policy)
            self.ready.set()
            await self.sender.run()

        asyncio.run(go())

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(5)
        return self

    def __exit__(self, *exc: object) -> None:
        self.sender.stop()
        self.thread.join(15)
        assert not self.thread.is_alive()


def test_a_hanging_endpoint_delays_no_other(organisation, receiver):
    make_endpoint(organisation, receiver.url + "/hang")
    receiver.answers["/hang"] = "hang"
    for _ in range(40):
        make_fact(organisation)
    with running(), running():
        receiver.wait(8, "/hang")
        make_endpoint(organisation, receiver.url + "/well", events=["case.escalated"])
        waits = []
        for _ in range(5):
            began = time.monotonic()
            make_fact(organisation, type="case.escalated")
            seen = len(waits) + 1
            receiver.wait(seen, "/well")
            waits.append(time.monotonic() - began)
    assert max(waits) < 1.0, waits
    # At most its slots at once: 40 were due, and each request holds its slot for 2 s.
    assert len(receiver.at("/hang")) <= 2 * (8 + 8)


def test_redirects_are_not_followed(organisation, receiver, send):
    make_endpoint(organisation, receiver.url + "/moved")
    receiver.answers["/moved"] = 302
    make_fact(organisation)
    send()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.failures_in_row, delivery.last_status_code) == ("pending", 1, 302)
    assert {got.path for got in receiver.got} == {"/moved"}


def test_nobody_listens(organisation, send):
    make_endpoint(organisation, "http://127.0.0.1:9/hook")
    make_fact(organisation)
    send()
    attempt = Attempt.objects.get()
    assert attempt.status_code is None
    assert "accepts connections" in attempt.error


def test_a_secret_that_cannot_be_read_stops_only_itself(organisation, receiver, send):
    broken = make_endpoint(organisation, receiver.url + "/broken")
    make_endpoint(organisation, receiver.url + "/well")
    Endpoint.objects.filter(id=broken.id).update(secrets="nonsense")
    make_fact(organisation)
    send()
    assert [got.path for got in receiver.got] == ["/well"]
    assert "secret" in Delivery.objects.get(endpoint_id=broken.id).last_error


def test_gone_disables(organisation, receiver, send):
    endpoint = make_endpoint(organisation, receiver.url + "/gone")
    receiver.answers["/gone"] = 410
    first = make_fact(organisation)
    send()
    make_fact(organisation)
    send()
    assert len(receiver.got) == 1
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "It answered 410 Gone.")
    assert Delivery.objects.get(event_id=first).status == "failed"
    assert set(Delivery.objects.exclude(event_id=first).values_list("status", "reason")) == {("not_sent", "disabled")}
    disabled = Event.objects.get(type="endpoint.disabled")
    assert disabled.sequence is not None
    assert disabled.data["webhook_id"] == endpoint.id
    failed = Delivery.objects.get(event_id=first)
    assert (disabled.data["last_event_id"], disabled.data["last_delivery_id"]) == (first, failed.id)


def test_deleted_midway(organisation, receiver, send, wall):
    endpoint = make_endpoint(organisation, receiver.url + "/hook")
    receiver.answers["/hook"] = 500
    make_fact(organisation)
    send(wall)
    operations.delete_endpoint(
        endpoint_id=endpoint.id, organisation_id=organisation.id, livemode=False, by="test", at=wall()
    )
    wall.forward(10)
    send(wall)
    assert len(receiver.got) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts_made) == ("failed", 1)
    assert "switched off" in delivery.last_error


def claim_all(at):
    return operations.claim(at=at, room={}, default_room=8, limit=100)


def result(claim, at, status=200) -> Result:
    return Result(claim, {}, Outcome(status=status), at, at, 0.0)


def test_two_workers_never_hold_the_same_delivery(organisation):
    make_endpoint(organisation)
    for _ in range(5):
        make_fact(organisation)
    now = clock.now()
    assert len(claim_all(now)) == 5
    assert claim_all(now) == []


def test_a_lost_lease_cannot_settle_or_release(organisation):
    make_endpoint(organisation)
    make_fact(organisation)
    now = clock.now()
    (late,) = claim_all(now)
    after = now + operations.LEASE + timedelta(seconds=1)
    (current,) = claim_all(after)
    assert current.token > late.token
    assert operations.settle(results=[result(late, now)], at=after).done == []
    assert operations.release(claims=[late]) == 0
    assert Delivery.objects.get().status == "pending"
    assert not Attempt.objects.exists()
    assert operations.settle(results=[result(current, after)], at=after).done == [current.delivery_id]
    assert operations.settle(results=[result(current, after)], at=after).done == []
    assert Attempt.objects.count() == 1


def test_sweep_bars_the_late_and_frees_the_row(organisation):
    make_endpoint(organisation)
    make_fact(organisation)
    now = clock.now()
    (late,) = claim_all(now)
    assert operations.sweep(at=now + timedelta(seconds=5)).released == 0
    after = now + operations.LEASE
    assert operations.sweep(at=after).released == 1
    assert operations.settle(results=[result(late, now)], at=after).done == []
    assert len(claim_all(after)) == 1


def test_sweep_gives_up_what_a_switched_off_endpoint_is_owed(organisation):
    endpoint = make_endpoint(organisation)
    make_fact(organisation)
    now = clock.now()
    (held,) = claim_all(now)
    Endpoint.objects.filter(id=endpoint.id).update(status="deleted")
    assert operations.sweep(at=now).given_up == 0  # a worker has it in hand
    operations.settle(results=[result(held, now, status=500)], at=now)
    assert operations.sweep(at=now).given_up == 1
    assert Delivery.objects.get().status == "failed"


def test_room_is_kept_per_endpoint(organisation):
    big = make_endpoint(organisation)
    for _ in range(30):
        make_fact(organisation)
    small = make_endpoint(organisation, events=["case.escalated"])
    make_fact(organisation, type="case.escalated")
    found = operations.claim(at=clock.now(), room={big.id: 3}, default_room=8, limit=100)
    by_endpoint = [claim.endpoint_id for claim in found]
    assert (by_endpoint.count(big.id), by_endpoint.count(small.id)) == (3, 1)
    assert operations.claim(at=clock.now(), room={big.id: 0}, default_room=8, limit=100) == []


def test_stopping_gives_leases_back(organisation, receiver):
    make_endpoint(organisation, receiver.url + "/hang")
    receiver.answers["/hang"] = "hang"
    for _ in range(12):
        make_fact(organisation)
    with running(policy=LOOPBACK.__class__(allow_loopback_http=True)):
        receiver.wait(8, "/hang")
    assert not Delivery.objects.exclude(lease_until=None).exists()
    assert Delivery.objects.filter(status="pending").count() == 12


def test_replay_of_the_selected(organisation, receiver, send):
    endpoint = make_endpoint(organisation, receiver.url + "/hook")
    facts = [make_fact(organisation) for _ in range(3)]
    send()
    names = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    foreign = factories.organisation("Another")
    args = {"livemode": False, "by": "test", "at": clock.now()}
    stolen = operations.replay(delivery_ids=names, organisation_id=foreign.id, **args)
    assert stolen.replayed == []
    done = operations.replay(delivery_ids=[*names[:2], "whd_nothing"], organisation_id=organisation.id, **args)
    assert done.replayed == names[:2]
    assert set(done.refused) == {"whd_nothing"}
    repeated = operations.replay(delivery_ids=names[:2], organisation_id=organisation.id, **args)
    assert repeated.replayed == []
    assert Event.objects.filter(type="delivery.replayed").count() == 2
    send()
    assert len(receiver.got) == 3 + 2
    assert {got.headers["webhook-id"] for got in receiver.got} == set(facts)
    assert endpoint.id


def test_what_an_event_is_missing_for_comes_to_an_end(organisation):
    make_endpoint(organisation)
    make_fact(organisation)
    Delivery.objects.update(event_id="evt_nothing")
    assert claim_all(clock.now()) == []
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.last_error) == ("failed", "Not sent: the event does not exist any more.")
