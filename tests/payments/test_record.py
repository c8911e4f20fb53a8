"""Recording money: once per reference, ledger and allocations in step, the event as the product page prints it."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcollect.kit import clock, ids
from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Hold, LedgerEntry, Step
from events.models import Event
from payments import operations, queries
from payments.models import Allocation, Payment
from payments.providers.base import Charge, Instrument, ProcessorError
from tests import factories

PAGE_EXAMPLE = {
    "campaign_id": str,
    "debtor": str,
    "invoice_number": str,
    "amount_collected": int,
    "method": str,
    "days_to_collect": int,
    "timestamp": str,
}


def record(case: Case, amount_minor: int, reference: str = "", **facts: Any) -> Payment:
    at = clock.now()
    return operations.record(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "case_id": case.id,
            "amount_minor": amount_minor,
            "currency": case.currency,
            "method": "bank_transfer",
            "source": "reported",
            "provider": "reported",
            "provider_reference": reference or ids.new("ref"),
            "received_at": at,
            "by": "test",
            "at": at,
        }
        | facts
    )


def received(case: Case) -> list[dict[str, Any]]:
    rows = Event.objects.filter(case_id=case.id, type="payment.received").order_by("sequence")
    return [json.loads(row.payload) for row in rows]


def sums(case: Case) -> tuple[int, int]:
    """What the ledger says was paid, and what allocations say."""
    ledger = LedgerEntry.objects.filter(case=case, kind="payment").aggregate(n=Sum("amount_minor", default=0))["n"]
    parts = Allocation.objects.filter(case=case).exclude(component="unapplied")
    return -ledger, parts.aggregate(n=Sum("amount_minor", default=0))["n"]


@pytest.fixture
def case(db: None) -> Case:
    return factories.case(factories.organisation())


def test_the_event_is_the_product_pages(case: Case) -> None:
    payment = record(case, 1_500_000)
    (envelope,) = received(case)
    assert list(envelope)[:4] == ["event", "id", "created_at", "data"]
    data = envelope["data"]
    assert list(data)[:7] == list(PAGE_EXAMPLE)
    assert {name: type(data[name]) for name in PAGE_EXAMPLE} == PAGE_EXAMPLE
    assert data == {
        "campaign_id": case.campaign_id,
        "debtor": "Acme Corp",
        "invoice_number": "INV-2025-0847",
        "amount_collected": 15000,
        "method": "bank_transfer",
        "days_to_collect": 0,
        "timestamp": clock.iso(payment.received_at),
        "case_id": case.id,
        "debtor_id": case.debtor_id,
        "currency": "USD",
        "payment_id": payment.id,
        "balance": 0,
        "breakdown": dict.fromkeys(("interest", "fees", "unapplied", "processor_fee", "success_fee"), 0)
        | {"principal": 15000, "net": 15000},
        "source": "reported",
        "metadata": {},
    }


def test_twelve_days(case: Case) -> None:
    Case.objects.filter(id=case.id).update(created_at=clock.now() - timedelta(days=12))
    record(case, 100)
    assert received(case)[0]["data"]["days_to_collect"] == 12


def test_paying_closes_and_cancels_what_was_planned(case: Case) -> None:
    at = clock.now()
    facts = {"organisation_id": case.organisation_id, "livemode": False, "created_at": at, "recorded_at": at}
    Step.objects.create(
        **facts,
        campaign=case.campaign,
        debtor=case.debtor,
        case=case,
        index=0,
        channel="email",
        intent="first",
        due_at=at,
    )
    record(case, 1_500_000)
    case.refresh_from_db()
    assert (case.status, case.close_reason, case.balance_minor) == ("closed", "paid", 0)
    assert Step.objects.get(case=case).status == "cancelled"


def test_part_then_the_rest(case: Case) -> None:
    record(case, 400_000)
    case.refresh_from_db()
    assert (case.balance_minor, case.closed_at) == (1_100_000, None)
    record(case, 1_100_000)
    case.refresh_from_db()
    assert (case.balance_minor, case.status) == (0, "closed")
    assert [e["data"]["balance"] for e in received(case)] == [11000, 0]
    assert sums(case) == (1_500_000, 1_500_000)


def test_overpayment_is_credit_that_shows(case: Case) -> None:
    payment = record(case, 1_600_050)
    parts = {part.component: part.amount_minor for part in payment.allocations.all()}
    assert parts == {"principal": 1_500_000, "unapplied": 100_050}
    data = received(case)[0]["data"]
    assert (data["amount_collected"], data["breakdown"]["unapplied"], data["breakdown"]["net"]) == (
        15000,
        1000.5,
        16000.5,
    )


def test_money_for_a_closed_case_is_all_credit(case: Case) -> None:
    record(case, 1_500_000)
    payment = record(case, 25_000)
    assert [(p.component, p.amount_minor) for p in payment.allocations.all()] == [("unapplied", 25_000)]
    assert received(case)[1]["data"]["amount_collected"] == 0
    assert sums(case) == (1_500_000, 1_500_000)


def test_one_reference_counts_once(case: Case) -> None:
    first = record(case, 400_000, "wire-1")
    assert record(case, 400_000, "wire-1").id == first.id
    case.refresh_from_db()
    assert case.balance_minor == 1_100_000
    assert len(received(case)) == 1
    other = factories.case(case.organisation, livemode=True)
    assert record(other, 400_000, "wire-1").id != first.id  # the other mode never meets this one


def test_another_currency_or_tenant_is_refused(case: Case) -> None:
    with pytest.raises(ApiError, match="currency_mismatch"):
        record(case, 100, currency="EUR")
    with pytest.raises(ApiError, match="case_not_found"):
        record(case, 100, livemode=True)
    with pytest.raises(ApiError, match="case_not_found"):
        record(case, 100, organisation_id=factories.organisation("Other").id)
    assert not Payment.objects.exists()


def test_a_failure_leaves_nothing_half_written(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(operations.settling, "move", broken)
    with pytest.raises(RuntimeError):
        record(case, 100)
    case.refresh_from_db()
    assert (case.balance_minor, Payment.objects.count(), LedgerEntry.objects.filter(kind="payment").count()) == (
        1_500_000,
        0,
        0,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([("USD", 2), ("JPY", 0), ("KWD", 3)]),
    st.integers(1, 10**7),
    st.lists(st.tuples(st.integers(1, 6 * 10**6), st.booleans()), max_size=6),
    st.tuples(st.integers(0, 10**5), st.integers(0, 10**5)),
)
def test_no_unit_is_lost(
    db: None, currency: tuple[str, int], owed: int, paid: list[tuple[int, bool]], extras: tuple[int, int]
) -> None:
    """Ledger = balance, allocations = payments = ledger, whatever comes, in currencies of 0, 2 and 3 decimals."""
    organisation = factories.organisation()
    case = factories.case(organisation, amount_minor=owed, currency=currency[0])
    _charge_extras(case, extras)
    for amount, repeated in paid:
        payment = record(case, amount)
        assert payment.allocations.aggregate(n=Sum("amount_minor"))["n"] == amount
        if repeated:
            record(case, amount, payment.provider_reference)
    case.refresh_from_db()
    ledger = LedgerEntry.objects.filter(case=case).aggregate(n=Sum("amount_minor"))["n"]
    assert ledger == case.balance_minor == max(0, owed + sum(extras) - sum(amount for amount, _ in paid))
    assert sums(case)[0] == sums(case)[1] == case.collected_minor
    assert sum(o.minor for o in queries.open_components(case)) == case.balance_minor
    assert len(received(case)) == len(paid)


def _charge_extras(case: Case, extras: tuple[int, int]) -> None:
    at = clock.now()
    for kind, minor in zip(("interest", "fee"), extras, strict=True):
        if minor:
            LedgerEntry.objects.create(
                organisation_id=case.organisation_id, livemode=case.livemode, case=case, kind=kind,
                amount_minor=minor, currency=case.currency, actor="test", created_at=at, recorded_at=at,
            )  # fmt: skip
    Case.objects.filter(id=case.id).update(balance_minor=models.F("balance_minor") + sum(extras))


# --- on its way


CARD = Instrument("card", "4242424242424242", "09/30", "123")


def pay(case: Case, amount_minor: int = 1_500_000, instrument: Instrument = CARD, nonce: str = "n" * 22) -> Payment:
    return operations.pay(
        case=case, amount_minor=amount_minor, instrument=instrument, nonce=nonce, by="debtor", at=clock.now()
    )


def test_a_payment_on_the_page_settles_and_lifts_its_hold(case: Case) -> None:
    payment = pay(case, 500_000)
    assert (payment.status, payment.source, payment.provider) == ("succeeded", "page", "sandbox")
    assert not Hold.objects.filter(case=case, released_at=None).exists()
    assert received(case)[0]["data"]["source"] == "page"


def test_a_declined_card_moves_nothing(case: Case) -> None:
    payment = pay(case, instrument=Instrument("card", "4000000000000002", "09/30", "123"))
    assert (payment.status, payment.failure) == ("failed", "The card was declined.")
    case.refresh_from_db()
    assert (case.balance_minor, sums(case)) == (1_500_000, (0, 0))
    assert not Hold.objects.filter(case=case, released_at=None).exists()
    data = Event.objects.get(case_id=case.id, type="payment.failed").data
    assert (data["payment_id"], data["amount"], data["failure"]) == (payment.id, 15000, "The card was declined.")
    assert not received(case)


def test_while_one_is_under_way_no_other_starts(case: Case) -> None:
    at = clock.now()
    facts = {"case": case, "amount_minor": 100, "method": "card", "provider": "sandbox", "by": "debtor", "at": at}
    payment, fresh = operations.start(nonce="a" * 22, **facts)
    assert fresh
    assert operations.start(nonce="a" * 22, **facts) == (payment, False)
    assert Hold.objects.get(case=case, released_at=None).kind == "payment_processing"
    with pytest.raises(ApiError, match="payment_in_progress"):
        operations.start(nonce="b" * 22, **facts)
    done = operations.succeed(payment_id=payment.id, charge=Charge("sbx_1", fee_minor=3), by="debtor", at=at)
    again = operations.fail(payment_id=payment.id, charge=Charge("sbx_1", "late"), by="debtor", at=at)
    assert (done.status, again.status, done.processor_fee_minor) == ("succeeded", "succeeded", 3)
    assert received(case)[0]["data"]["breakdown"]["net"] == 0.97


def test_what_died_half_way_is_found_and_ended(case: Case) -> None:
    at = clock.now()
    payment, _ = operations.start(
        case=case, amount_minor=100, method="card", nonce="a" * 22, provider="sandbox", by="debtor", at=at
    )
    assert operations.sweep_processing(at=at + timedelta(seconds=60)) == 0
    assert operations.sweep_processing(at=at + timedelta(minutes=3)) == 1
    payment.refresh_from_db()
    assert payment.status == "failed"
    assert not Hold.objects.filter(case=case, released_at=None).exists()


def test_a_processor_without_an_answer(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from payments import providers

    def silent(permanent: bool) -> Callable[..., Charge]:
        def charge(request: Any) -> Charge:
            raise ProcessorError("timed out", permanent=permanent)

        return charge

    monkeypatch.setattr(providers._SANDBOX, "charge", silent(True), raising=False)
    assert pay(case, nonce="a" * 22).status == "failed"
    monkeypatch.setattr(providers._SANDBOX, "charge", silent(False), raising=False)
    assert pay(case, nonce="b" * 22).status == "processing"


def test_live_mode_takes_no_card(db: None) -> None:
    case = factories.case(factories.organisation(), livemode=True)
    with pytest.raises(ApiError, match="no_processor"):
        pay(case)
    assert not Payment.objects.exists()


def test_no_card_data_in_any_row(case: Case) -> None:
    pay(case)
    for model in (Payment, Allocation, Event, Hold, LedgerEntry):
        for row in model.objects.all():
            text = repr([getattr(row, f.attname) for f in row._meta.concrete_fields])
            assert "424242" not in text
            assert "09/30" not in text


# --- at once


def at_once(calls: list[Callable[[], Payment]]) -> list[Payment | Exception]:
    found: list[Payment | Exception] = []
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Payment]) -> None:
        gate.wait()
        try:
            found.append(call())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_one_form_sent_twice_at_the_same_moment(turn: int) -> None:
    case = factories.case(factories.organisation())
    found = at_once([lambda: pay(Case.objects.get(id=case.id), 400_000)] * 2)
    assert not [error for error in found if isinstance(error, Exception)]
    assert len({payment.id for payment in found if isinstance(payment, Payment)}) == 1
    case.refresh_from_db()
    assert (case.balance_minor, len(received(case))) == (1_100_000, 1)


@pytest.mark.django_db(transaction=True)
def test_one_reference_recorded_by_many_at_once() -> None:
    case = factories.case(factories.organisation())
    other = factories.case(case.organisation, invoice_number="B", invoice_key="b")
    found = at_once([lambda: record(case, 100, "cb-1")] * 4 + [lambda: record(other, 100, "cb-1")] * 2)
    assert not [error for error in found if isinstance(error, Exception)]
    assert len({payment.id for payment in found if isinstance(payment, Payment)}) == 1
    assert len(received(case)) + len(received(other)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_pay_all_of_it_at_once() -> None:
    """One of them pays; the other is told, and nothing is taken twice."""
    case = factories.case(factories.organisation())
    found = at_once([lambda n=n: pay(Case.objects.get(id=case.id), nonce=n * 22) for n in "ab"])
    paid = [payment for payment in found if isinstance(payment, Payment)]
    told = [error.code for error in found if isinstance(error, ApiError)]
    assert len(paid) == 1
    assert len(told) == 1
    assert set(told) <= {"payment_in_progress", "case_closed"}
    case.refresh_from_db()
    assert (case.balance_minor, sums(case)) == (0, (1_500_000, 1_500_000))
