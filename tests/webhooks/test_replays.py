"""Replays of many: what they find, that they lose and repeat nothing, and their API."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from agentcollect.kit import clock, db
from agentcollect.kit.db import is_postgresql
from agentcollect.kit.errors import ApiError
from agentcollect.kit.http import Outcome
from events.models import Event
from tests import factories
from tests.webhooks.conftest import make_endpoint, make_fact
from tests.webhooks.rows import BEGIN, make_deliveries
from webhooks import operations, queries, tasks
from webhooks.models import Delivery, Endpoint, Rendering, Replay
from webhooks.operations import Result, replay_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]

DELIVERIES = "/v1/webhooks/deliveries"
REPLAYS = "/v1/webhooks/replays"


@pytest.fixture
def endpoint(organisation):
    return make_endpoint(organisation)


@pytest.fixture
def api(organisation):
    return factories.client(factories.api_key(organisation))


def start(organisation, rate=None, at=None, **filters) -> Replay:
    tenant = {"organisation_id": organisation.id, "livemode": False}
    return operations.start_replay(**tenant, filters=filters, rate=rate, by="test", at=at or clock.now())


def run_out(replay, seconds=1000) -> Replay:
    """Run it a second at a time until it is over."""
    at = replay.created_at
    for _ in range(seconds):
        while operations.run_replays(at=at):
            pass
        replay.refresh_from_db()
        if replay.next_run_at is None:
            return replay
        at += timedelta(seconds=1)
    raise AssertionError(f"not over after {seconds} s: {replay.position}")


def with_events(names):
    """The facts behind these deliveries, without which nothing can be sent."""
    rows = Delivery.objects.filter(id__in=names)
    db.bulk_insert(Event, [_event(row, number) for number, row in enumerate(rows, start=1000)])
    return names


def _event(row, number):
    tenant = {"organisation_id": row.organisation_id, "livemode": False, "actor": "test", "sequence": number}
    times = {"created_at": row.created_at, "recorded_at": row.recorded_at}
    body = {"event": row.event_type, "id": row.event_id, "data": {}, "api_version": "2026-11-01"}
    return Event(id=row.event_id, type=row.event_type, payload=json.dumps(body), **tenant, **times)


def moments(name, names):
    return set(Delivery.objects.filter(id__in=names, replay_id=name).values_list("status", "replay", "reason"))


def settle_all(replay, outcome, at):
    """Each delivery that is due gets this outcome."""
    claims = operations.claim(at=at, room={}, default_room=1000, limit=1000)
    operations.settle(results=[Result(c, {}, outcome, at, at, 0.0) for c in claims], at=at)
    return claims


# --- what is found


def test_filters(organisation, endpoint):
    other = make_endpoint(organisation)
    failed = make_deliveries(endpoint, 3)
    kept = make_deliveries(endpoint, 2, "not_sent", reason="paused")
    disabled = make_deliveries(endpoint, 1, "not_sent", reason="disabled")
    arrived = make_deliveries(endpoint, 2, "succeeded")
    elsewhere = make_deliveries(other, 2, event_type="case.escalated")
    pending = make_deliveries(other, 1, "pending")
    foreign = make_endpoint(factories.organisation("Another"))
    make_deliveries(foreign, 2)
    make_deliveries(make_endpoint(organisation, livemode=True), 2)
    member = Endpoint.objects.create(**_mailbox(organisation))
    make_deliveries(member, 1)
    off = make_endpoint(organisation)
    make_deliveries(off, 1)
    Endpoint.objects.filter(id=off.id).update(status="paused")
    event_of = dict(Delivery.objects.values_list("id", "event_id"))
    second, third = (BEGIN + timedelta(seconds=n) for n in (1, 2))
    undelivered = [*failed, *kept, *disabled, *elsewhere]
    for filters, expected in [
        ({}, undelivered),
        ({"webhook_ids": [endpoint.id]}, [*failed, *kept, *disabled]),
        ({"webhook_ids": [foreign.id]}, []),
        ({"webhook_ids": []}, []),
        ({"statuses": ["failed"]}, [*failed, *elsewhere]),
        ({"statuses": ["succeeded", "pending"]}, [*arrived, *pending]),
        ({"statuses": []}, []),
        ({"reasons": ["paused"]}, kept),
        ({"event_types": ["case.escalated"]}, elsewhere),
        ({"since": second.isoformat()}, [failed[1], failed[2], kept[1], elsewhere[1]]),
        ({"since": second.isoformat(), "until": third.isoformat()}, [failed[1], kept[1], elsewhere[1]]),
        ({"delivery_ids": [failed[0], arrived[0], pending[0]]}, [failed[0], arrived[0], pending[0]]),
        ({"event_ids": [event_of[arrived[1]]]}, [arrived[1]]),
        ({"event_ids": [event_of[arrived[1]]], "statuses": ["failed"]}, []),
    ]:
        found = queries.replayable(organisation.id, False, filters)
        assert sorted(found.values_list("id", flat=True)) == sorted(expected), filters
    with pytest.raises(ValueError, match="status"):
        queries.replayable(organisation.id, False, {"status": "failed"})


def _mailbox(organisation):
    at = clock.now()
    return {
        "organisation_id": organisation.id,
        "livemode": False,
        "kind": "email",
        "member_id": "mem_1",
        "url": "",
        "events": ["*"],
        "status": "active",
        "secrets": "",
        "api_version": "2026-11-01",
        "created_by": "test",
        **dict.fromkeys(("created_at", "recorded_at", "updated_at"), at),
    }


def test_missed_events_are_those_never_owed(organisation):
    make_fact(organisation)  # before the endpoint: not missed by it
    endpoint = make_endpoint(organisation, events=["case.opened"], at=clock.now() + timedelta(seconds=1))
    assert not queries.missed_events(organisation.id, False, endpoint).exists()
    Endpoint.objects.filter(id=endpoint.id).update(recorded_at=clock.now() - timedelta(hours=1))
    endpoint.refresh_from_db()
    other = make_endpoint(organisation, events=["payment.received"])
    missed = make_fact(organisation)
    make_fact(organisation, "case.opened")  # this it was owed
    make_fact(organisation, livemode=True)
    make_fact(factories.organisation("Another"))
    operations.send_test(endpoint_id=other.id, organisation_id=organisation.id, livemode=False, by="t", at=clock.now())
    found = queries.missed_events(organisation.id, False, endpoint).order_by("sequence")
    assert [event.id for event in found][-1:] == [missed]
    assert {event.type for event in found} == {"payment.received"}


# --- the job


def test_a_job_sends_what_it_found_and_tells_how_far_it_has_come(organisation, endpoint):
    names = with_events(make_deliveries(endpoint, 7) + make_deliveries(endpoint, 3, "not_sent", reason="disabled"))
    replay = start(organisation, since=BEGIN.isoformat())
    assert (replay.status, replay.total) == ("pending", 10)
    assert queries.replay_progress(replay) == (10, 0, 0, 0, 0, 0, 100, 1)
    assert run_out(replay).status == "succeeded"
    assert moments(replay.id, names) == {("pending", True, "")}
    assert (replay.replayed, replay.skipped) == (10, 0)
    at = clock.now() + timedelta(seconds=2)
    claims = settle_all(replay, Outcome(status=200), at)
    assert len(claims) == 10
    assert all(claim.replay and claim.failures_in_row == 0 for claim in claims) is True
    assert queries.replay_progress(replay) == (10, 10, 0, 10, 0, 0, 100, None)
    started, finished = Event.objects.filter(type__startswith="replay.").order_by("id")
    assert (started.type, started.actor, finished.type, finished.actor) == (
        "replay.started",
        "test",
        "replay.finished",
        "engine",
    )
    assert (finished.data["replay_id"], finished.data["matched"], finished.data["replayed"]) == (replay.id, 10, 10)
    assert (started.sequence, finished.sequence) == (None, None)  # receivers are not told


def test_what_still_fails_is_listed(organisation, endpoint, api):
    with_events(make_deliveries(endpoint, 3))
    replay = run_out(start(organisation, statuses=["failed"]))
    at = clock.now() + timedelta(seconds=2)
    claims = operations.claim(at=at, room={}, default_room=10, limit=10)
    outcomes = [Outcome(status=200), Outcome(status=410), Outcome(status=200)]
    operations.settle(results=[Result(c, {}, o, at, at, 0.0) for c, o in zip(claims, outcomes, strict=True)], at=at)
    shown = api.get(f"{REPLAYS}/{replay.id}").json()
    assert (shown["succeeded"], shown["failed"], shown["pending"], shown["eta_seconds"]) == (2, 1, 0, None)
    failing = api.get(DELIVERIES, {"replay_id": replay.id, "status": "failed"}).json()["data"]
    assert [row["id"] for row in failing] == [claims[1].delivery_id]


def test_a_job_keeps_to_its_rate(organisation, endpoint):
    make_deliveries(endpoint, 50)
    replay = start(organisation, rate=10, statuses=["failed"])
    sent = []
    for second in (0, 0.4, 1, 2.1, 3.0, 4.0, 60):  # a tick that comes late is made up for; a pause is no burst
        while operations.run_replays(at=replay.created_at + timedelta(seconds=second)):
            pass
        sent.append(Delivery.objects.filter(replay_id=replay.id).count())
    assert sent == [10, 10, 20, 30, 40, 50, 50]
    replay.refresh_from_db()
    assert replay.status == "succeeded"


def test_after_a_long_pause_five_seconds_are_made_up_for(organisation, endpoint):
    make_deliveries(endpoint, 200)
    replay = start(organisation, rate=10, statuses=["failed"])
    while operations.run_replays(at=replay.created_at + timedelta(hours=1)):
        pass
    assert Delivery.objects.filter(replay_id=replay.id).count() == 60


class Killed(BaseException):
    """As little caught as kill -9."""


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
@pytest.mark.parametrize("missed", [False, True])
def test_killed_between_batches_nothing_is_lost_or_repeated(organisation, monkeypatch, when, missed):
    endpoint = make_endpoint(organisation, events=["payment.received"])
    names = make_deliveries(endpoint, 25)
    Endpoint.objects.update(events=["case.opened"])
    for _ in range(15):
        make_fact(organisation)  # what it did not ask for: no row
    asked = {"statuses": ["failed"], "since": BEGIN.isoformat()}
    total = 40 if missed else 25
    if missed:
        asked |= {"missed": True, "event_types": ["payment.received"]}
    replay = start(organisation, rate=10, **asked)
    owed, advance, batch = [], replay_jobs._advance, replay_jobs.run_batch
    owe_again = replay_jobs.owe_again

    def counting(delivery_ids, **marks):
        owed.extend(delivery_ids)
        owe_again(delivery_ids, **marks)

    def dies(*args, **more):
        done = (advance if when == "before the commit" else batch)(*args, **more)
        raise Killed(done)

    monkeypatch.setattr(replay_jobs, "owe_again", counting)
    at = replay.created_at
    for second in range(6):
        before = len(owed)
        with monkeypatch.context() as patch:
            patch.setattr(replay_jobs, "_advance" if when == "before the commit" else "run_batch", dies)
            replay.refresh_from_db()
            if replay.next_run_at:
                with pytest.raises(Killed):
                    operations.run_replays(at=at + timedelta(seconds=second))
        if when == "before the commit":
            del owed[before:]  # never happened
            operations.run_replays(at=at + timedelta(seconds=second))
    assert run_out(replay).status == "succeeded"
    assert sorted(owed) == sorted(names)  # each once
    assert (replay.total, replay.replayed, replay.skipped) == (total, total, 0)
    assert Delivery.objects.filter(replay_id=replay.id, status="pending").count() == total
    assert set(Delivery.objects.filter(id__in=names).values_list("lease_token", flat=True)) == {1}


def test_a_replay_replaces_an_automatic_retry(organisation, endpoint):
    (name,) = make_deliveries(endpoint, 1, "pending", failures_in_row=2, attempts_made=2)
    Delivery.objects.update(next_attempt_at=clock.now() + timedelta(hours=1))
    run_out(start(organisation, statuses=["pending"]))
    row = Delivery.objects.get(id=name)
    assert (row.status, row.failures_in_row, row.attempts_made, row.lease_token) == ("pending", 0, 2, 1)
    assert row.next_attempt_at <= clock.now() + timedelta(seconds=1)
    assert run_out(start(organisation, statuses=["pending"])).skipped == 1  # its replay waits already


def test_what_a_worker_has_in_hand_is_left_to_it(organisation, endpoint):
    with_events(make_deliveries(endpoint, 2, "pending"))
    (claim,) = operations.claim(at=clock.now(), room={}, default_room=1, limit=1)
    replay = run_out(start(organisation, statuses=["pending"]))
    assert (replay.total, replay.replayed, replay.skipped) == (2, 1, 1)
    assert Delivery.objects.get(id=claim.delivery_id).lease_token == claim.token


def test_what_fails_or_happens_while_it_runs_is_not_drawn_in(organisation, endpoint):
    make_deliveries(endpoint, 15)
    replay = start(organisation, rate=10, statuses=["failed"])
    operations.run_replays(at=replay.created_at)
    later = replay.created_at + timedelta(seconds=1)
    make_deliveries(endpoint, 4, recorded_at=later)  # a new one that failed at once
    make_deliveries(endpoint, 4, settled_at=later)  # failed only now
    settled = make_endpoint(organisation)
    make_deliveries(settled, 4)  # its endpoint was not there
    last = Delivery.objects.filter(replay_id="", endpoint=endpoint, settled_at__lt=later, recorded_at__lt=later)
    Delivery.objects.filter(id=last.order_by("-created_at").first().id).update(status="succeeded")
    run_out(replay)
    assert (replay.total, replay.replayed, replay.skipped) == (15, 14, 1)


def test_switched_off_meanwhile(organisation, endpoint):
    make_deliveries(endpoint, 15)
    replay = start(organisation, rate=10, statuses=["failed"], missed=True)
    operations.run_replays(at=replay.created_at)
    Endpoint.objects.update(status="paused")
    run_out(replay)
    assert (replay.status, replay.replayed, replay.skipped) == ("succeeded", 10, 5)


def test_nobody_listens(organisation):
    replay = start(organisation, missed=True)
    make_deliveries(make_endpoint(organisation), 3)  # comes too late
    assert run_out(replay).replayed == 0


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"case.opened"}),  # what it asks for today
        ({"event_types": ["payment.received"]}, {"payment.received"}),
        ({"event_types": ["payment.received", "case.opened"]}, {"payment.received", "case.opened"}),
    ],
)
def test_missed_events_are_owed_once(organisation, filters, expected):
    endpoint = make_endpoint(organisation, events=["case.closed"])
    for type in ("payment.received", "case.opened"):
        for _ in range(3):
            make_fact(organisation, type)
    Endpoint.objects.filter(id=endpoint.id).update(events=["case.opened"])
    replay = run_out(start(organisation, rate=2, missed=True, statuses=[], **filters))
    rows = Delivery.objects.filter(replay_id=replay.id, status="pending", replay=True)
    assert set(rows.values_list("event_type", flat=True)) == expected
    assert rows.count() == replay.total == replay.replayed == 3 * len(expected)
    told = Event.objects.filter(sequence__isnull=False, type__in=expected)
    assert set(rows.values_list("event_id", "created_at")) == set(told.values_list("id", "created_at"))
    again = start(organisation, missed=True, statuses=[], **filters)
    assert again.total == 0


def test_missed_events_in_the_endpoints_version(organisation):
    endpoint = make_endpoint(organisation, events=["case.closed"])
    Endpoint.objects.filter(id=endpoint.id).update(api_version="2025-01-01")
    event_id = make_fact(organisation)
    asked = {"missed": True, "statuses": [], "event_types": ["payment.received"]}
    run_out(start(organisation, **asked))
    made = Rendering.objects.get(event_id=event_id)
    assert (made.api_version, '"api_version":"2025-01-01"' in made.payload) == ("2025-01-01", True)
    Delivery.objects.all().delete()
    assert run_out(start(organisation, **asked)).replayed == 1  # the bytes are there already


def test_a_job_that_fails_holds_up_no_other(organisation, endpoint, monkeypatch):
    names = make_deliveries(endpoint, 2)
    broken = start(organisation, delivery_ids=names[:1])
    whole = start(organisation, delivery_ids=names[1:])
    Replay.objects.filter(id=broken.id).update(position={"source": 9})
    assert run_out(whole, 2).replayed == 1
    broken.refresh_from_db()
    assert (broken.status, broken.next_run_at) == ("pending", whole.created_at + replay_jobs.AFTER_FAILURE)
    Replay.objects.filter(id=broken.id).update(position={"source": 0})
    assert run_out(broken).replayed == 1


def test_cancelled_where_it_stands(organisation, endpoint):
    make_deliveries(endpoint, 25)
    replay = start(organisation, rate=10, statuses=["failed"])
    operations.run_replays(at=replay.created_at)
    given = {"organisation_id": organisation.id, "livemode": False, "by": "jane", "at": clock.now()}
    for _ in range(2):  # the second time it holds already
        assert operations.cancel_replay(replay_id=replay.id, **given).status == "cancelled"
    assert operations.run_replays(at=clock.now() + timedelta(days=1)) == 0
    assert Delivery.objects.filter(replay_id=replay.id).count() == 10
    (event,) = Event.objects.filter(type="replay.cancelled")
    assert (event.actor, event.data["replayed"], event.data["matched"]) == ("jane", 10, 25)
    over = run_out(start(organisation, statuses=["failed"]))
    with pytest.raises(ApiError, match="finished"):
        operations.cancel_replay(replay_id=over.id, **given)
    assert queries.replay_progress(Replay.objects.get(id=replay.id)).eta is None


def test_the_task_runs_what_is_due(organisation, endpoint):
    names = make_deliveries(endpoint, 120)
    replay = start(organisation, statuses=["failed"])
    tasks.run_replays()
    assert moments(replay.id, names) == {("pending", True, "")}
    replay.refresh_from_db()
    assert replay.replayed in {100, 120}


def test_twenty_five_thousand_are_all_sent(organisation, endpoint):
    """No cap, and no silence about one: all that matched are owed again, and each once."""
    count = 25_000
    make_deliveries(endpoint, count)
    replay = start(organisation, rate=1000, statuses=["failed"])
    assert replay.total == count
    assert run_out(replay).replayed == count
    rows = Delivery.objects.filter(replay_id=replay.id, status="pending", lease_token=1)
    assert rows.count() == count
    assert queries.replay_progress(replay).pending == count


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_job(organisation, endpoint):
    """On PostgreSQL the second passes it over; on SQLite it waits for its turn: each row is owed once."""
    if not is_postgresql():
        pytest.skip("SQLite has one writer")
    names = make_deliveries(endpoint, 600)
    replay = start(organisation, rate=100, statuses=["failed"])
    at = replay.created_at

    def work() -> None:
        for second in range(8):
            operations.run_replays(at=at + timedelta(seconds=second))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert run_out(replay).replayed == 600
    assert set(Delivery.objects.filter(id__in=names).values_list("lease_token", flat=True)) == {1}


# --- the API


def test_dry_run_then_start_then_cancel(api, organisation, endpoint):
    names = make_deliveries(endpoint, 12)
    body = {"webhook_ids": [endpoint.id], "statuses": ["failed"], "since": "2026-03-17T14:00:00Z"}
    tried = api.post(REPLAYS, body | {"dry_run": True})
    assert tried.status_code == 200
    said = tried.json()
    assert (said["dry_run"], said["matched"], said["missed"], len(said["sample"])) == (True, 12, 0, 10)
    assert said["sample"][0]["delivery_id"] == names[0]
    assert not Replay.objects.exists()
    made = api.post(REPLAYS, body | {"rate": 5})
    shown = made.json()
    assert (made.status_code, made.headers["Location"]) == (202, f"{REPLAYS}/{shown['id']}")
    assert (shown["status"], shown["matched"], shown["rate"], shown["done"]) == ("pending", 12, 5, 0)
    operations.run_replays(at=clock.now())
    seen = api.get(f"{REPLAYS}/{shown['id']}").json()
    assert (seen["status"], seen["done"], seen["pending"], seen["eta_seconds"]) == ("running", 5, 5, 2)
    cancelled = api.post(f"{REPLAYS}/{shown['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert [row["id"] for row in api.get(REPLAYS).json()["data"]] == [shown["id"]]
    assert api.get(REPLAYS, {"status": "running"}).json()["data"] == []
    assert api.get(REPLAYS, {"colour": "red"}).json()["error"] == "unknown_parameter"


def test_a_sample_shows_what_was_missed(api, organisation):
    endpoint = make_endpoint(organisation, events=["case.opened"])
    event_id = make_fact(organisation)
    said = api.post(REPLAYS, {"missed": True, "event_types": ["payment.received"], "dry_run": True}).json()
    assert (said["matched"], said["missed"]) == (1, 1)
    assert said["sample"] == [
        {
            "delivery_id": None,
            "webhook_id": endpoint.id,
            "event_id": event_id,
            "event": "payment.received",
            "status": None,
            "created_at": "2026-03-17T14:22:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_field", "since"),
        ({"dry_run": True}, "missing_field", "since"),
        ({"since": None}, "missing_field", "since"),
        ({"since": "yesterday"}, "invalid_request", "since"),
        ({"since": "2026-03-17T14:00:00"}, "invalid_request", "since"),
        ({"since": 5}, "invalid_request", "since"),
        ({"since": "2026-03-17T14:00:00Z", "until": "2026-03-17T15:00:00+01:00"}, "invalid_request", "until"),
        ({"webhook_ids": []}, "invalid_request", "webhook_ids"),
        ({"delivery_ids": "whd_1"}, "invalid_request", "delivery_ids"),
        ({"delivery_ids": ["x"] * 1001}, "invalid_request", "delivery_ids"),
        ({"delivery_ids": [7]}, "invalid_request", "delivery_ids[0]"),
        ({"event_types": ["payment.received", "nope"]}, "unknown_event_type", "event_types[1]"),
        ({"statuses": ["lost"]}, "invalid_request", "statuses[0]"),
        ({"statuses": []}, "invalid_request", "statuses"),
        ({"reasons": ["deleted"]}, "invalid_request", "reasons[0]"),
        ({"missed": 1}, "invalid_type", "missed"),
        ({"missed": True, "delivery_ids": ["whd_1"]}, "invalid_request", "missed"),
        ({"statuses": ["failed"], "rate": 0}, "invalid_request", "rate"),
        ({"statuses": ["failed"], "rate": 1001}, "invalid_request", "rate"),
        ({"statuses": ["failed"], "rate": True}, "invalid_request", "rate"),
        ({"statuses": ["failed"], "dry_run": "yes"}, "invalid_type", "dry_run"),
        ({"status": "failed"}, "unknown_field", "status"),
    ],
)
def test_bad_input(api, body, code, param):
    answer = api.post(REPLAYS, body)
    said = answer.json()
    assert (answer.status_code, said["error"], said["param"]) == (400, code, param)
    assert not Replay.objects.exists()


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_endpoint_that_is_off_or_not_ours(api, organisation, endpoint, dry_run):
    foreign = make_endpoint(factories.organisation("Another"))
    other_mode = make_endpoint(organisation, livemode=True)
    for name in (foreign.id, other_mode.id, "wh_nothing"):
        assert api.post(REPLAYS, {"webhook_ids": [name], "dry_run": dry_run}).status_code == 404
    Endpoint.objects.filter(id=endpoint.id).update(status="paused")
    answer = api.post(REPLAYS, {"webhook_ids": [endpoint.id], "dry_run": dry_run})
    assert (answer.status_code, answer.json()["error"]) == (409, "illegal_transition")
    assert not Replay.objects.exists()


def test_others_replays_are_not_found(api, organisation):
    other = factories.organisation("Another")
    make_deliveries(make_endpoint(other), 1)
    foreign = start(other, statuses=["failed"])
    assert api.get(f"{REPLAYS}/{foreign.id}").status_code == 404
    assert api.post(f"{REPLAYS}/{foreign.id}/cancel").status_code == 404
    assert api.get(REPLAYS).json()["data"] == []
    foreign.refresh_from_db()
    assert foreign.status == "pending"


def test_scopes(organisation):
    reader = factories.client(factories.api_key(organisation, scopes=["webhooks:read"]))
    assert reader.get(REPLAYS).status_code == 200
    assert reader.post(REPLAYS, {"statuses": ["failed"]}).json()["error"] == "missing_scope"
    stranger = factories.client(factories.api_key(organisation, scopes=["payments:read"]))
    assert stranger.get(REPLAYS).status_code == 403


def test_the_same_key_starts_one_job(api, organisation, endpoint):
    make_deliveries(endpoint, 1)
    answers = [api.post(REPLAYS, {"statuses": ["failed"]}, Idempotency_Key="once") for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert Replay.objects.count() == 1
