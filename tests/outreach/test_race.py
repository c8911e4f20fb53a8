"""Two workers, one step; two steps, one last allowed contact. Real threads on real connections."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from campaigns.models import Step
from outreach import operations
from outreach.models import Message
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db(transaction=True)


def _together(count: int, work: Callable[[], Any]) -> None:
    gate, errors = threading.Barrier(count), []

    def run() -> None:
        try:
            gate.wait(timeout=10)
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []


def test_two_workers_and_one_step_make_one_mail() -> None:
    for _ in range(5):
        world.step(world.case())
    _together(4, lambda: operations.send_due(at=AT))
    assert sorted(Message.objects.values_list("status", flat=True)) == ["sent"] * 5
    assert len(world.mails()) == 5


def test_two_steps_of_one_debtor_share_one_last_contact() -> None:
    first = world.case()
    world.step(first)
    for number in range(3):
        other = world.case(
            organisation=first.organisation,
            debtor=first.debtor,
            invoice_number=f"N-{number}",
            invoice_key=f"n-{number}",
        )
        world.step(other)
    _together(4, lambda: operations.send_due(at=AT, limit=1))
    assert len(world.mails()) == 1
    assert Step.objects.filter(status="sent").count() == 1


def test_a_sweep_beside_the_workers_takes_nothing_from_the_living() -> None:
    from agentcollect.kit import clock

    for _ in range(4):
        world.step(world.case())

    def work() -> None:
        operations.send_due(at=AT, limit=2)
        operations.sweep_leases(now=clock.now())

    _together(3, work)
    operations.send_due(at=AT)
    assert len(world.mails()) == 4
