"""Money at the same moment: callbacks in a storm, refunds beside returns, two payments of the same two invoices."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit import ids
from agentcollect.kit.errors import ApiError
from campaigns.models import Hold
from payments import operations
from payments.models import Payment
from tests.payments.money import SAID, came, check, debit, invoices, refund, stands, tell
from tests.payments.test_money import STORIES

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """All of them at the same moment; the codes of what was refused."""
    gate, refused, errors = threading.Barrier(len(acts)), [], []

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            act()
        except ApiError as error:
            refused.append(error.code)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    return refused


def test_a_storm_of_callbacks_ends_as_one_of_each() -> None:
    """Each ten times, in sixteen threads, over two invoices."""
    one, two = invoices(60_000, 40_000, campaigns=2)
    payment = debit(one, 100_000, (one, 60_000), (two, 40_000))
    words = STORIES["refunded, taken, won"][0] + [("succeeded", {}), ("processing", {})]
    calls = [lambda w=w: tell(payment, w[0], **w[1]) for w in words for _ in range(10)]  # type: ignore[misc]
    share = [calls[start::16] for start in range(16)]
    assert at_once(*[lambda mine=mine: [call() for call in mine] for mine in share]) == []  # type: ignore[misc]
    payment.refresh_from_db()
    assert (payment.status, stands(one)[1], stands(two)[1]) == ("partially_refunded", 0, 40_000)
    check(one.debtor_id)


def test_refunds_returns_and_payments_at_once_lose_nothing() -> None:
    one, two = invoices(60_000, 40_000, campaigns=2)
    first, second = came(two, 100_000, (two, 40_000), (one, 60_000)), came(one, 5_000)
    refused = at_once(
        lambda: refund(first, 70_000),
        lambda: refund(first, 70_000),
        lambda: operations.reverse(payment_id=first.id, reason="bounced", **SAID),
        lambda: came(one, 9_000, (one, 5_000), (two, 4_000)),
        lambda: came(two, 9_000, (two, 5_000), (one, 4_000)),
        lambda: operations.apply_credit(payment_id=second.id, case_id=two.id, minor=100, **SAID),
    )
    assert set(refused) <= {"amount_above_refundable", "illegal_transition", "case_closed", "amount_above_balance"}
    check(one.debtor_id)


def test_one_form_for_two_invoices_sent_twice_is_one_payment() -> None:
    one, two = invoices(60_000, 40_000)
    nonce = ids.new("frm")
    at_once(*[lambda: debit(one, 100_000, (one, 60_000), (two, 40_000), nonce=nonce)] * 2)
    assert Payment.objects.count() == 1 and Hold.objects.filter(released_at=None).count() == 2
