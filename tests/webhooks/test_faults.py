"""The fault suite in short, what its judge sees, and a wall clock that jumps under the sender."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from agentcollect.kit import clock
from benchmarks import webhook_world as world
from benchmarks.fault_clock import Offset
from benchmarks.fault_report import PATHS, Fault, judge
from benchmarks.fault_stage import Committed
from benchmarks.webhook_world import Arrival, tally
from tests import services
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Attempt, Delivery

ROOT = Path(__file__).resolve().parent.parent.parent
HOUR = 3600.0


@pytest.mark.processes
def test_five_rounds_of_faults_lose_nothing():
    """On a PostgreSQL of its own, because it is stopped; on SQLite by `make faults ARGS='--sqlite --short'`."""
    if connection.vendor == "sqlite":
        pytest.skip("takes a minute; processes are killed on SQLite in test_processes.py and journeys/test_survival.py")
    command = [sys.executable, "-m", "benchmarks.faults", "--short"]
    try:
        services.find_postgres()
    except services.Unavailable as error:
        pytest.skip(str(error))
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTEST_XDIST_WORKER")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "lost 0 " in done.stdout and "unsettled 0" in done.stdout


# --- the judge


@pytest.fixture
def told(organisation):
    """An event owed to all four endpoints of a suite, delivered to each."""
    for path in PATHS:
        make_endpoint(organisation, "http://127.0.0.1:9" + path)
    event = make_fact(organisation)
    Delivery.objects.filter(event_id=event).update(status="succeeded")
    Delivery.objects.exclude(event_id=event).delete()
    return organisation.id, event, [Arrival(1.0, path, event, 1, 204) for path in PATHS]


def verdict_of(told, arrivals, flying=(), committed=()):
    organisation_id, event, _ = told
    confirmed = [Committed(name, 0.5) for name in (event, *committed)]
    return judge([Fault("kill one", 0.9, set(flying))], confirmed, arrivals, organisation_id)


@pytest.mark.django_db
def test_the_judge_is_content_with_one_of_each(told):
    assert verdict_of(told, told[2]).clean


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["missing", "answered 500", "vanished", "twice", "unsettled", "not fanned out"])
def test_the_judge_sees_what_is_wrong(told, broken):
    event, arrivals = told[1], list(told[2])
    if broken == "missing":
        arrivals.pop()
    elif broken == "answered 500":
        arrivals[0] = arrivals[0]._replace(status=500)
    elif broken == "twice":
        arrivals.append(arrivals[0])
    elif broken == "unsettled":
        Delivery.objects.filter(event_id=event).update(status="failed")
    elif broken == "not fanned out":
        Delivery.objects.filter(endpoint__url__endswith=PATHS[0]).delete()
    found = verdict_of(told, arrivals, committed=["evt_gone"] if broken == "vanished" else [])
    assert not found.clean


@pytest.mark.django_db
def test_a_duplicate_is_explained_by_what_was_in_flight(told):
    again = [*told[2], told[2][0]._replace(at=2.0)]
    assert verdict_of(told, again, flying=[(told[1], PATHS[0])]).clean
    assert verdict_of(told, again, flying=[(told[1], PATHS[1])]).unexplained == [(told[1], PATHS[0])]


def test_a_failure_and_its_retry_are_no_duplicate():
    owed = {("evt_1", "/flap/0")}
    found = tally(owed, [Arrival(1.0, "/flap/0", "evt_1", 1, 500), Arrival(2.0, "/flap/0", "evt_1", 2, 204)])
    assert (found.first, found.lost, found.repeated) == ({("evt_1", "/flap/0"): 2.0}, set(), [])


def test_the_receiver_flaps_on_one_port_and_writes_down_what_came():
    import httpx

    headers = {"webhook-id": "evt_1", "X-AgentCollect-Attempt": "2"}
    with world.receiving() as receiver, httpx.Client(headers=headers, trust_env=False) as http:
        assert http.post(receiver.url + "/good/0", content=b"{}").status_code == 204
        assert http.post(receiver.flap_url + "/flap/0", content=b"{}").status_code == 204
        receiver.become("closed")
        with pytest.raises(httpx.TransportError):
            http.post(receiver.flap_url + "/flap/0", content=b"{}")
        receiver.become("errors")
        assert {http.post(receiver.flap_url + "/flap/0").status_code for _ in range(40)} == {204, 500}
        receiver.become("calm")
        assert http.post(receiver.flap_url + "/flap/0").status_code == 204
        got = receiver.ended()
    assert [one[1:] for one in got[:2]] == [("/good/0", "evt_1", 2, 204), ("/flap/0", "evt_1", 2, 204)]
    assert len(got) == 43


# --- the wall clock


def test_the_clock_of_a_process_jumps(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "now", clock.now)  # put back afterwards
    offset = Offset(tmp_path / "clock")
    before = clock.now()
    offset.install()
    Offset(tmp_path / "clock").seconds = HOUR  # another process's view of the same file
    assert HOUR <= (clock.now() - before).total_seconds() < HOUR + 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_settled_after_a_jump_during_the_post(organisation, receiver, send, wall, jump):
    """The token decides who may settle, not the clock: sent once, whichever way it went."""
    make_endpoint(organisation, receiver.url + "/hook")
    make_fact(organisation)
    send(lambda: wall() + timedelta(seconds=jump if receiver.got else 0))
    assert Delivery.objects.get(event_type="payment.received").status == "succeeded"
    assert len(receiver.got) == Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("jump", "tokens"), [(HOUR, 4), (-HOUR, 2)])
def test_sent_once_after_a_jump_between_claim_and_post(organisation, receiver, send, wall, monkeypatch, jump, tokens):
    """A lease that the jump has ended is not posted under, but given back and claimed anew; one that it drew out is."""
    make_endpoint(organisation, receiver.url + "/hook")
    make_fact(organisation)
    claim, jumps = operations.claim, iter([jump])

    def claim_and_jump(**arguments):
        found = claim(**arguments)
        if found:
            wall.forward(next(jumps, 0.0))
        return found

    monkeypatch.setattr(operations, "claim", claim_and_jump)
    send(wall)
    delivery = Delivery.objects.get(event_type="payment.received")
    assert (delivery.status, delivery.lease_token) == ("succeeded", tokens)  # claim and settle; or with a give-back
    assert len(receiver.got) == Attempt.objects.count() == 1
