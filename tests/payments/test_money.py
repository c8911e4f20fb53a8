"""One payment for several invoices, credit, refunds, returns: each once, in any order, owed again to the cent."""

from itertools import permutations
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Hold, LedgerEntry, Task
from events.models import Event
from payments import operations, providers, queries, serializers
from payments.models import Payment, Refund
from payments.providers.base import ProcessorError, RefundOutcome
from tests import factories
from tests.payments import money
from tests.payments.money import AT, SAID, came, check, credit, debit, invoices, refund, stands, tell

pytestmark = pytest.mark.django_db


def events(type: str) -> list[dict[str, Any]]:
    return [row.data for row in Event.objects.filter(type=type).order_by("sequence")]


# --- several invoices


def test_one_payment_settles_several_invoices_each_told_by_itself() -> None:
    one, two = invoices(100_000, 50_000, campaigns=2)
    payment = came(one, 120_000, (two, 50_000), (one, 70_000))
    assert (stands(one), stands(two)) == (("active", 30_000, 70_000), ("closed", 0, 50_000))
    told = events("payment.received")
    assert [(d["case_id"], d["campaign_id"], d["amount_collected"], d["payment_id"]) for d in told] == [
        (two.id, two.campaign_id, 500, payment.id),
        (one.id, one.campaign_id, 700, payment.id),
    ]
    assert [d["breakdown"]["success_fee"] for d in told] == [75, 105] and payment.success_fee_minor == 18_000
    shown = serializers.payment(queries.payment(one.organisation_id, False, payment.id))
    assert sorted((part["case_id"], part["amount"]) for part in shown["allocations"]) == sorted(
        [(one.id, 700), (two.id, 500)]
    )
    check(one.debtor_id)


@pytest.mark.parametrize("minor", [100_000, 120_000])
def test_what_is_over_is_the_first_invoices_credit_and_a_person_is_asked(minor: int) -> None:
    one, two = invoices(40_000, 50_000)
    payment = came(two, minor, (one, 40_000), (two, 50_000))
    assert (stands(one)[0], stands(two)[0], credit(payment)) == ("closed", "closed", minor - 90_000)
    task = Task.objects.get(kind="return_credit")
    assert (task.cause, task.case_id, task.facts["amount"]) == (payment.id, one.id, (minor - 90_000) // 100)
    assert queries.unapplied(one.debtor_id) == [(payment, minor - 90_000)]


def test_a_second_payment_is_credit_until_it_is_returned() -> None:
    (one,) = invoices(40_000)
    came(one, 40_000)
    twice = came(one, 40_000)
    assert Task.objects.get().status == "open" and credit(twice) == 40_000
    refund(twice)
    assert (Task.objects.get().status, Task.objects.get().outcome, stands(one)) == (
        "done",
        "returned",
        ("closed", 0, 40_000),
    )
    assert events("payment.refunded")[0]["amount_returned"] == 0


def test_a_credit_outlives_the_invoice_it_came_on() -> None:
    """Reopened and closed once more, the invoice's questions end; money that was too much is still theirs."""
    (one,) = invoices(40_000)
    first, over = came(one, 40_000), came(one, 10_000)
    operations.reverse(payment_id=first.id, reason="bounced", **SAID)
    came(one, 40_000)
    assert stands(one)[0] == "closed" and Task.objects.get().status == "open" and credit(over) == 10_000


def test_credit_is_used_for_another_invoice() -> None:
    one, two = invoices(40_000, 50_000)
    payment = came(one, 60_000)
    with pytest.raises(ApiError, match="amount_above_credit"):
        operations.apply_credit(payment_id=payment.id, case_id=two.id, minor=30_000, **SAID)
    operations.apply_credit(payment_id=payment.id, case_id=two.id, minor=20_000, **SAID)
    assert (stands(two), credit(payment)) == (("active", 30_000, 20_000), 0)
    assert (
        events("payment.received")[-1] | {"from_credit": True, "amount_collected": 200}
        == events("payment.received")[-1]
    )
    assert Task.objects.get().outcome == "used"
    # It goes back from there first.
    refund(payment, 25_000)
    assert (stands(two)[1], stands(one)[:2]) == (50_000, ("active", 5_000))
    check(one.debtor_id)


def test_money_that_names_nothing_pays_the_oldest_but_never_what_waits() -> None:
    one, two, three, four = invoices(10_000, 20_000, 30_000, 40_000)
    campaigns.hold(kind=Hold.Kind.PAID_CLAIM, on=one, **SAID)
    asked = {"reason": "quality", "text": "", "amount_minor": None, "source": "page", "evidence": {}}
    campaigns.open_dispute(case_id=three.id, **asked, **SAID)
    assert queries.oldest_first(one.debtor_id, "USD", 50_000) == ((two.id, 20_000), (four.id, 30_000))
    assert queries.oldest_first(one.debtor_id, "USD", 99_000) == ((two.id, 20_000), (four.id, 40_000))
    assert queries.oldest_first(one.debtor_id, "EUR", 50_000) == ()


def test_invoices_of_others_are_not_paid_together() -> None:
    (one,) = invoices(10_000)
    stranger, euros = (
        factories.case(one.organisation),
        invoices(10_000, currency="EUR", organisation=one.organisation)[0],
    )
    elsewhere = factories.case(factories.organisation("Other"))
    for other, code in (
        (stranger, "invalid_instruction"),
        (euros, "invalid_instruction"),
        (elsewhere, "case_not_found"),
    ):
        with pytest.raises(ApiError) as refused:
            came(one, 10_000, (one, 5_000), (other, 5_000))
        assert refused.value.code == code
    assert not Payment.objects.exists()


def test_each_invoice_waits_while_its_payment_is_on_its_way() -> None:
    one, two, three = invoices(10_000, 20_000, 30_000)
    payment = debit(two, 25_000, (one, 10_000), (two, 15_000))
    waits = Hold.objects.filter(kind="payment_processing", released_at=None)
    assert set(waits.values_list("case_id", flat=True)) == {one.id, two.id}
    assert [(d["case_id"], d["amount"]) for d in events("payment.processing")] == [(one.id, 100), (two.id, 150)]
    with pytest.raises(ApiError, match="payment_in_progress"):
        debit(three, 10_000, (three, 5_000), (one, 5_000))
    with pytest.raises(ApiError, match="invalid_instruction"):
        debit(three, 10_000, (three, 5_000))
    assert debit(three, 30_000).status == "processing"
    tell(payment, "processing")
    assert len(events("payment.processing")) == 3
    tell(payment, "failed")
    assert not waits.filter(case_id__in=[one.id, two.id]).exists()
    assert {d["case_id"]: d["amount"] for d in events("payment.failed")} == {one.id: 100, two.id: 150}


# --- refunds


def test_a_refund_takes_credit_first_then_the_last_invoice() -> None:
    one, two = invoices(100_000, 50_000)
    payment = came(one, 160_000, (one, 110_000), (two, 50_000))
    given = refund(payment, 30_000)
    payment.refresh_from_db()
    assert (given.status, payment.status, payment.refunded_minor) == ("succeeded", "partially_refunded", 30_000)
    assert (stands(one), stands(two)) == (("closed", 0, 100_000), ("active", 20_000, 30_000))
    assert [(e.kind, e.amount_minor) for e in LedgerEntry.objects.filter(kind="refund")] == [("refund", 20_000)]
    assert [(d["amount_refunded"], d["amount_returned"], d["balance"]) for d in events("payment.refunded")] == [
        (100, 0, 0), (200, 200, 200),
    ]  # fmt: skip
    assert payment.success_fee_minor == 19_500
    with pytest.raises(ApiError, match="amount_above_refundable"):
        refund(payment, 130_001)
    refund(payment)
    payment.refresh_from_db()
    assert (payment.status, payment.success_fee_minor) == ("refunded", 0)
    assert (stands(one), stands(two)) == (("active", 100_000, 0), ("active", 50_000, 0))
    with pytest.raises(ApiError, match="nothing_to_refund"):
        refund(payment)
    check(one.debtor_id)


def test_a_credited_refund_is_owed_by_nobody() -> None:
    (one,) = invoices(100_000)
    payment = came(one, 100_000)
    refund(payment, 25_000, credited=True)
    assert stands(one) == ("closed", 0, 75_000)
    lines = LedgerEntry.objects.filter(kind__in=["refund", "credit_note"]).order_by("kind")
    assert [line.amount_minor for line in lines] == [-25_000, 25_000]
    assert events("payment.refunded")[0]["credited"] is True
    check(one.debtor_id)


@pytest.mark.parametrize("end", ["mandate over", "placed anew"])
def test_a_refunded_invoice_stays_closed_where_it_is_not_ours_any_more(end: str) -> None:
    (one,) = invoices(100_000)
    payment = came(one, 100_000)
    if end == "mandate over":
        Campaign.objects.update(status="completed")
    else:
        factories.case(one.organisation, debtor=one.debtor, campaign=one.campaign, invoice_key="n-0")
    refund(payment)
    assert stands(one) == ("closed", 100_000, 0)


class Processor:
    """The sandbox's, which answers a refund as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []
        monkeypatch.setattr(providers._SANDBOX, "refund", self.refund, raising=False)

    def refund(self, request: Any) -> RefundOutcome:
        assert not connection.in_atomic_block or Refund.objects.filter(id=request.refund_id, status="created").exists()
        self.asked.append((request.refund_id, request.amount_minor))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def card(case: Case, minor: int) -> Payment:
    payment = debit(case, minor)
    return tell(payment, "succeeded")


def test_money_at_a_processor_goes_back_by_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer, then an answer: asked twice with one key, it is settled once. Then it fails after all."""
    (one,) = invoices(100_000)
    payment = card(one, 100_000)
    silent = ProcessorError("timed out", permanent=False)
    processor = Processor(monkeypatch, silent, RefundOutcome("re_1"), RefundOutcome("re_1"))
    row = refund(payment, 30_000)
    assert (row.status, stands(one)[0]) == ("created", "closed")
    operations.run_refund(refund_id=row.id, at=AT)
    assert stands(one)[0] == "closed" and operations.run_refunds(at=AT) == 0  # its task has a moment yet
    Refund.objects.update(recorded_at=AT)
    assert operations.run_refunds(at=AT + money.DAY) == 1
    operations.run_refund(refund_id=row.id, at=AT)
    assert processor.asked == [(row.id, 30_000)] * 2
    row.refresh_from_db()
    assert (row.status, row.reference, stands(one)) == ("succeeded", "re_1", ("active", 30_000, 70_000))
    for _ in range(2):
        tell(payment, "refund_failed", refund_id=row.id, refund_reference="re_1", amount_minor=30_000)
        tell(payment, "refunded", refund_id=row.id, refund_reference="re_1", amount_minor=30_000)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_minor, stands(one)) == ("succeeded", 0, ("closed", 0, 100_000))
    assert events("payment.received")[-1]["reinstated"] is True
    check(one.debtor_id)


@pytest.mark.parametrize("answer", [ProcessorError("gone", permanent=True), RefundOutcome("re_1", failure="no funds")])
def test_a_refund_that_the_processor_refuses_books_nothing(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    (one,) = invoices(100_000)
    payment = card(one, 100_000)
    Processor(monkeypatch, answer)
    row = operations.run_refund(refund_id=refund(payment).id, at=AT)
    payment.refresh_from_db()
    assert (row.status, bool(row.failure), payment.status, stands(one)[0]) == ("failed", True, "succeeded", "closed")
    assert refund(payment).status == "created"  # another try is another refund


def test_a_pending_refund_waits_for_its_callback_and_cannot_be_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = invoices(100_000)
    payment = card(one, 100_000)
    Processor(monkeypatch, RefundOutcome("re_1", pending=True))
    row = operations.run_refund(refund_id=refund(payment, 60_000).id, at=AT)
    assert (row.status, stands(one)[0]) == ("processing", "closed")
    with pytest.raises(ApiError, match="amount_above_refundable"):
        refund(payment, 40_001)
    tell(payment, "refunded", refund_reference="re_1", amount_minor=60_000)
    assert stands(one) == ("active", 60_000, 40_000) and Refund.objects.get().status == "succeeded"


# --- the processor's words, in any order

DISPUTE = {"return_reference": "dp_1"}
GIVEN = {"refund_reference": "re_1", "amount_minor": 40_000}
STORIES: dict[str, tuple[list[tuple[str, dict[str, Any]]], tuple[str, int]]] = {
    "paid": ([("processing", {}), ("succeeded", {})], ("succeeded", 0)),
    "taken back": ([("succeeded", {}), ("reversed", DISPUTE)], ("reversed", 100_000)),
    "won": ([("succeeded", {}), ("reversed", DISPUTE), ("reinstated", DISPUTE)], ("succeeded", 0)),
    "refunded": ([("succeeded", {}), ("refunded", GIVEN)], ("partially_refunded", 40_000)),
    "refund failed": ([("succeeded", {}), ("refunded", GIVEN), ("refund_failed", GIVEN)], ("succeeded", 0)),
    "refunded, taken, won": (
        [("refunded", GIVEN), ("reversed", DISPUTE), ("reinstated", DISPUTE)],
        ("partially_refunded", 40_000),
    ),
    "failed first": ([("failed", {}), ("succeeded", {})], ("succeeded", 0)),
}


@pytest.mark.parametrize("name", STORIES)
def test_told_in_any_order_it_ends_the_same(name: str) -> None:
    words, (status, owed) = STORIES[name]
    for order in permutations(words):
        one, two = invoices(60_000, 40_000)
        payment = debit(one, 100_000, (one, 60_000), (two, 40_000))
        for what, facts in [*order, *order]:
            payment = tell(payment, what, **facts)
        assert (payment.status, stands(one)[1] + stands(two)[1]) == (status, owed), order
        # A refund goes off the last invoice first, whenever it was told.
        assert stands(one)[1] in (0, 60_000)
        check(one.debtor_id)


def test_a_return_after_refunds_takes_what_is_left() -> None:
    one, two = invoices(60_000, 40_000)
    payment = came(one, 100_000, (one, 60_000), (two, 40_000))
    refund(payment, 50_000)
    operations.reverse(payment_id=payment.id, reason="bounced", reference="dp_1", **SAID)
    assert (stands(one), stands(two)) == (("active", 60_000, 0), ("active", 40_000, 0))
    assert [d["amount_returned"] for d in events("payment.reversed")] == [500]
    operations.reinstate(payment_id=payment.id, reference="dp_1", **SAID)
    payment.refresh_from_db()
    assert (payment.status, stands(one)[1], stands(two)[1]) == ("partially_refunded", 10_000, 40_000)
    check(one.debtor_id)


def test_money_that_comes_again_pays_what_is_owed_by_then() -> None:
    """Meanwhile another payment came: what was paid twice is credit."""
    (one,) = invoices(100_000)
    payment = came(one, 100_000)
    operations.reverse(payment_id=payment.id, reason="bounced", reference="dp_1", **SAID)
    came(one, 70_000)
    operations.reinstate(payment_id=payment.id, reference="dp_1", **SAID)
    assert (stands(one), credit(payment)) == (("closed", 0, 100_000), 70_000)
    check(one.debtor_id)


def test_money_that_comes_again_pays_a_case_that_stayed_closed() -> None:
    """The mandate ended between: what it paid before, it pays again, and nothing is asked for."""
    (one,) = invoices(100_000)
    payment = came(one, 100_000)
    Campaign.objects.update(status="completed")
    operations.reverse(payment_id=payment.id, reason="bounced", reference="dp_1", **SAID)
    assert stands(one) == ("closed", 100_000, 0)
    operations.reinstate(payment_id=payment.id, reference="dp_1", **SAID)
    assert (stands(one), credit(payment)) == (("closed", 0, 100_000), 0)


@pytest.mark.parametrize("gone_first", [True, False])
def test_a_credited_refund_and_a_return_end_the_same(gone_first: bool) -> None:
    (one,) = invoices(100_000)
    payment = card(one, 100_000)
    row = refund(payment, 40_000, credited=True)
    words = [("reversed", DISPUTE), ("refunded", {"refund_id": row.id, "amount_minor": 40_000})]
    for what, facts in words if gone_first else words[::-1]:
        tell(payment, what, **facts)
    assert stands(one) == ("active", 60_000, 0)
    check(one.debtor_id)
