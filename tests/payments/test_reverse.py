"""Money that came and went back: owed again to the cent, asked for again, once however often it is told."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from agentcollect.kit import ids
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Hold, LedgerEntry, Step
from events.models import Event
from payments import operations, queries, serializers
from payments.models import FeeSchedule, Payment
from payments.providers.base import Instrument, News
from tests import factories, settling
from tests.payments.agreed import AT, DAY, case, held, pay, planned, promise, told

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=5)


def reverse(payment: Payment) -> Payment:
    return operations.reverse(payment_id=payment.id, reason="not authorised", by="processor", at=LATER)


def test_a_paid_case_is_active_again_and_its_playbook_goes_on() -> None:
    row = case()
    campaigns.hold(kind=Hold.Kind.CREDITOR_PAUSE, on=row, by="owner", at=AT, ends_at=AT + 30 * DAY)
    share = [{"up_to_days": None, "basis_points": 1500}]
    FeeSchedule.objects.create(organisation=row.organisation, effective_at=AT, tiers=share, actor="test", created_at=AT)
    payment = pay(row, 100_000)
    assert payment.success_fee_minor == 15_000
    gone = reverse(payment)
    row.refresh_from_db()
    assert (row.status, row.close_reason, row.closed_at, row.balance_minor, row.collected_minor) == (
        "active", "", None, 100_000, 0,
    )  # fmt: skip
    entry = LedgerEntry.objects.get(kind="reversal")
    assert (entry.amount_minor, entry.payment_id, entry.reason) == (100_000, payment.id, "not authorised")
    assert (gone.status, gone.success_fee_minor) == ("reversed", 0)
    assert held(row) == ["creditor_pause"]
    assert Step.objects.filter(case=row, status="planned").count() == 1 and planned(row)[0][0] == 1
    assert told(row)[-2:] == ["payment.reversed", "case.updated"]
    data = Event.objects.get(type="payment.reversed").data
    assert (data["amount_returned"], data["balance"], data["reason"]) == (1000, 1000, "not authorised")
    shown = serializers.payment(queries.payment(row.organisation_id, False, payment.id))
    assert (shown["status"], shown["amount_collected"]) == ("reversed", 0)
    # Paid once more it closes, to the cent.
    pay(row, 100_000, at=LATER + DAY)
    row.refresh_from_db()
    assert (row.status, row.balance_minor, row.collected_minor) == ("closed", 0, 100_000)


def test_told_twice_it_counts_once() -> None:
    row = case()
    payment = pay(row, 40_000)
    assert reverse(payment).id == reverse(payment).id
    row.refresh_from_db()
    assert (row.balance_minor, LedgerEntry.objects.filter(kind="reversal").count()) == (100_000, 1)
    assert told(row).count("payment.reversed") == 1


def test_what_was_never_applied_is_not_owed_again() -> None:
    row = case()
    reverse(pay(row, 130_000))
    row.refresh_from_db()
    assert (row.status, row.balance_minor) == ("active", 100_000)


def test_money_that_never_came_does_not_go_back() -> None:
    row = settling.payment(case(), status="failed")
    with pytest.raises(ApiError) as refused:
        reverse(row)
    assert refused.value.code == "illegal_transition"


@pytest.mark.parametrize("end", ["mandate over", "placed anew", "recalled"])
def test_a_case_that_stays_closed_says_what_is_owed(end: str) -> None:
    row = case()
    payment = pay(row, 40_000 if end == "recalled" else 100_000)
    if end == "mandate over":
        Campaign.objects.update(status="completed")
    elif end == "placed anew":
        factories.case(row.organisation, debtor=row.debtor, campaign=row.campaign)
    else:
        campaigns.close_case(case_id=row.id, reason="recalled", note="", by="owner", at=AT)
    reverse(payment)
    row.refresh_from_db()
    assert (row.status, row.balance_minor) == ("closed", 100_000)
    assert told(row)[-1] == "payment.reversed"


def test_an_attorney_keeps_the_case() -> None:
    row = case(status="escalated")
    reverse(pay(row, 100_000))
    row.refresh_from_db()
    assert row.status == "escalated" and not Step.objects.filter(case=row, status="planned").exists()


def test_agreements_see_it() -> None:
    row = case()
    given = promise(row, 50_000)
    payment = pay(row, 30_000, at=AT + DAY)
    reverse(payment)
    given.refresh_from_db()
    assert (given.status, given.received_minor, held(row)) == ("open", 0, ["promise"])


def test_a_kept_promise_and_a_finished_plan_do_not_begin_anew() -> None:
    one, two = case(), case(300_000)
    promise(one, 100_000)
    parts = [((AT + number * 30 * DAY).date(), 100_000) for number in (1, 2, 3)]
    operations.start_plan(case_id=two.id, schedule=parts, source="page", evidence={}, by="debtor", at=AT)
    for row in (one, two):
        reverse(pay(row, row.balance_minor, at=AT + DAY))
        row.refresh_from_db()
        assert (row.status, held(row)) == ("active", [])


# --- the processor's callback


def debit(row: Case, account: str) -> Payment:
    instrument = Instrument(method="ach_debit", number=account)
    return operations.pay(
        case=row, amount_minor=100_000, instrument=instrument, nonce=ids.new("frm"), by="debtor", at=AT
    )


def tell(payment: Payment, what: str) -> str:
    named = {"provider": "sandbox", "organisation_id": payment.organisation_id, "livemode": False}
    found = operations.told(**named, news=News(payment.provider_reference, what, "R01"), at=LATER)
    assert found is not None
    return found.status


def test_a_debit_settles_later_and_returns() -> None:
    row = case()
    payment = debit(row, "000555555559")
    assert (payment.status, payment.reference[:4], held(row)) == ("processing", "sbx_", ["payment_processing"])
    Payment.objects.update(recorded_at=AT)
    assert operations.sweep_processing(at=LATER) == 0  # it is the callback's to say
    assert [tell(payment, "succeeded"), tell(payment, "succeeded")] == ["succeeded", "succeeded"]
    row.refresh_from_db()
    assert (row.status, told(row).count("payment.received")) == ("closed", 1)
    assert [tell(payment, "reversed"), tell(payment, "succeeded")] == ["reversed", "reversed"]
    row.refresh_from_db()
    assert (row.status, row.balance_minor, held(row)) == ("active", 100_000, [])


def test_a_debit_fails_later_and_an_unknown_account_never_begins() -> None:
    row = case()
    assert tell(debit(row, "000222222227"), "failed") == "failed"
    assert held(row) == [] and Event.objects.get(type="payment.failed").data["failure"] == "R01"
    with pytest.raises(ApiError) as refused:
        debit(row, "123")
    assert refused.value.code == "invalid_request"
    stranger = News("no such reference", "succeeded")
    named = {"provider": "sandbox", "organisation_id": row.organisation_id, "livemode": False}
    assert operations.told(**named, news=stranger, at=AT) is None


@pytest.mark.django_db(transaction=True)
def test_a_reversal_and_a_payment_at_once_lose_nothing() -> None:
    row = case()
    first = pay(row, 60_000)
    acts = [lambda: reverse(first), lambda: pay(row, 40_000, at=LATER), lambda: reverse(first)]

    def run(act: object) -> None:
        try:
            act()  # type: ignore[operator]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    row.refresh_from_db()
    assert (row.balance_minor, row.collected_minor, row.status) == (60_000, 40_000, "active")
