"""Two workers, one step; two steps, one last allowed contact; money and objections against a message on its way.

Real threads on real connections. `ROUNDS=1000` on PostgreSQL is the long run (`make races`); a suite does a few.
"""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit import db, money
from campaigns import operations as campaigns
from campaigns.models import Case, Hold, LedgerEntry, Step
from events.models import Event
from outreach import operations
from outreach.models import Inbound, Message, Reply
from tests.outreach import letters_back, world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db(transaction=True)


ROUNDS = int(os.environ.get("ROUNDS", "3"))


def _together(count: int, work: Callable[[], Any]) -> None:
    _side_by_side([work] * count)


def _side_by_side(works: list[Callable[[], Any]]) -> None:
    """Each in a thread of its own, all let go at once."""
    gate, errors = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
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


def _send() -> None:
    operations.send_due(at=AT)


def _pay(case: Case, minor: int) -> None:
    with db.atomic():
        campaigns.settle(case_id=case.id, amount_minor=minor, payment_id="pay_x", by="test", at=AT)


@pytest.mark.parametrize("part", [1.0, 0.4])
def test_a_payment_against_a_message(part: float) -> None:
    """Whoever commits first wins: a message left before the payment, or it names what is still open, or none leaves."""
    for _ in range(ROUNDS):
        case = world.case()
        step, minor = world.step(case), int(case.balance_minor * part)
        _side_by_side([_send, partial(_pay, case, minor)])
        operations.send_due(at=AT)
        _check_paid(case, step, minor)


def _check_paid(case: Case, step: Step, minor: int) -> None:
    step.refresh_from_db()
    left, entry = case.balance_minor - minor, LedgerEntry.objects.get(case=case, kind="payment")
    message = Message.objects.filter(step_id=step.id).first()
    if step.status == Step.Status.CANCELLED:
        assert left == 0 and (message is None or message.status == "cancelled")
        return
    assert step.status == Step.Status.SENT and message is not None
    sent = Event.objects.get(type="message.sent", case_id=case.id)
    if sent.recorded_at < entry.recorded_at:
        return  # it was on its way before the money came
    # The payment was the first to commit, or it came while the message was on its way and was recorded a moment before.
    assert any(money.display(minor, "USD") in message.text for minor in (left, case.balance_minor) if minor)


def test_a_dispute_while_a_message_is_written() -> None:
    """Once a dispute is committed no message about that invoice is handed over."""
    for _ in range(ROUNDS):
        case = world.case()
        step = world.step(case)
        _side_by_side([_send, partial(_dispute, case)])
        step.refresh_from_db()
        assert step.status in (Step.Status.SENT, Step.Status.PLANNED, Step.Status.CANCELLED)
        before = len(world.mails())
        operations.send_due(at=AT + timedelta(days=9))
        assert len(world.mails()) == before


def _dispute(case: Case) -> None:
    dispute = {"reason": "quality", "text": "It is broken.", "amount_minor": None, "source": "page", "evidence": {}}
    campaigns.open_dispute(case_id=case.id, **dispute, by="debtor", at=AT)


def test_one_mail_that_comes_twice_is_one_reply() -> None:
    """Two callbacks, a mailbox and a second provider bring the same mail at once, while two workers read: one reply,
    one hold, one piece of news."""
    for n in range(ROUNDS):
        case = world.case()
        world.step(case)
        operations.send_due(at=AT)
        raw = letters_back.mail(case, "Please look into this.", Message_ID=f"<once-{n}@acmecorp.com>").as_string()
        doors = [partial(operations.receive, provider=name, raw=raw, at=AT) for name in ("mailgun", "mailgun", "imap")]
        # The same mail by another road is another delivery: only its Message-ID tells.
        doors.append(partial(operations.receive, provider="postmark", raw=raw, dedupe=f"other-{n}", at=AT))
        read = partial(operations.process_inbound, at=AT)
        _side_by_side([*doors, read, read])
        operations.process_inbound(at=AT)
        assert Reply.objects.filter(debtor_id=case.debtor_id).count() == 1
        assert Event.objects.filter(type="reply.received", debtor_id=case.debtor_id).count() == 1
        waits = Hold.objects.filter(debtor_id=case.debtor_id, kind=Hold.Kind.COMPLIANCE_REVIEW, released_at=None)
        assert waits.count() <= 1
        assert not Inbound.objects.filter(status=Inbound.Status.NEW).exists()


def test_two_that_close_hand_the_conversation_on_once() -> None:
    """Two invoices of one debtor are paid at the same moment: neither payment fails, and the third goes on."""
    for _ in range(ROUNDS):
        first = world.case()
        same = {"organisation": first.organisation, "campaign": first.campaign, "debtor": first.debtor}
        others = [world.case(**same, invoice_number=f"R-{n}", invoice_key=f"r-{n}", opened_at=AT) for n in range(2)]
        world.step(first)
        operations.send_due(at=AT)
        paid = (first, others[0])
        _side_by_side([partial(_pay, one, one.balance_minor) for one in paid])
        campaigns.hand_on(debtor_id=first.debtor_id, campaign_id=first.campaign_id, at=AT)
        planned = Step.objects.filter(debtor=first.debtor, status=Step.Status.PLANNED)
        still_open = planned.filter(case__closed_at=None)
        assert list(still_open.values_list("case_id", flat=True)) == [others[1].id]
