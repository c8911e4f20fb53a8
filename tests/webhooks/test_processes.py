"""The sender as the processes that really run it: Celery's worker, killed and stopped at the worst moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection

from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Attempt, Delivery

ROOT = Path(__file__).resolve().parent.parent.parent
CELERY = [sys.executable, "-m", "celery", "-A", "agentcollect.celery", "worker", "-Q", "webhooks", "-P", "solo"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def environment() -> dict[str, str]:
    """The child's settings, pointed at this test's database."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        base = os.environ["DATABASE_URL"].rpartition("/")[0]
        return os.environ | {"DATABASE_URL": f"{base}/{name}"}
    return os.environ | {"DATABASE_URL": f"sqlite:///{name}"}


def start(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def worker(name: str) -> "subprocess.Popen[bytes]":
    return start(*CELERY, "-n", f"{name}@%h", "--without-gossip", "--without-mingle")


def wait_for(state: str, count: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while Delivery.objects.filter(status=state).count() < count:
        assert time.monotonic() < deadline, list(Delivery.objects.values("status", "last_error", "attempts_made"))
        time.sleep(0.02)


def test_a_celery_worker_delivers_and_stops_cleanly(organisation, receiver):
    make_endpoint(organisation, receiver.url + "/hook")
    process = worker("clean")
    try:
        for _ in range(20):
            make_fact(organisation)
        wait_for("succeeded", 20)
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert len(receiver.got) == 20
    assert not Delivery.objects.exclude(lease_until=None).exists()


@pytest.mark.parametrize(
    ("queues", "runs"), [(["webhooks"], True), (["default"], False), (["default", "webhooks"], True)]
)
def test_only_workers_of_the_queue_run_a_sender(queues, runs):
    from agentcollect.celery import app
    from webhooks.bootstep import SenderStep

    assert SenderStep in app.steps["worker"]
    worker = SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=queues))))
    assert SenderStep(worker).include_if(worker) is runs


def test_killed_in_the_middle_of_a_post_delivers_again(organisation, receiver):
    """kill -9 while five requests are out: none is lost, each comes once more, with the same id."""
    make_endpoint(organisation, receiver.url + "/hook")
    receiver.answers["/hook"] = "hang"
    facts = {make_fact(organisation) for _ in range(5)}
    process = worker("killed")
    try:
        receiver.wait(5, seconds=20)
    finally:
        process.kill()
        process.wait()
    assert Delivery.objects.filter(status="pending").count() == 5
    assert not Attempt.objects.exists()
    receiver.answers["/hook"] = 200
    second = start(sys.executable, "manage.py", "send_webhooks")
    try:
        # The dead one's leases end by themselves; here they are let run out at once instead of in 30 s.
        time.sleep(2)
        assert len(receiver.got) == 5, "a living lease was not respected"
        Delivery.objects.update(lease_until=Delivery.objects.first().recorded_at)
        wait_for("succeeded", 5)
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    assert len(receiver.got) == 10
    for half in (receiver.got[:5], receiver.got[5:]):
        assert {got.headers["webhook-id"] for got in half} == facts
    assert operations.LEASE.total_seconds() == 30


def test_until_idle_drains(organisation, receiver):
    make_endpoint(organisation, receiver.url + "/hook")
    for _ in range(30):
        make_fact(organisation)
    process = start(sys.executable, "manage.py", "send_webhooks", "--until-idle")
    assert process.wait(30) == 0
    assert Delivery.objects.filter(status="succeeded").count() == 30
