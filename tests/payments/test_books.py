"""The processor's books beside ours: each line once, joined to payment and payout; and the sandbox's own books."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F, Sum

from agentcollect.kit import clock
from payments import operations, providers
from payments.models import Payment, Payout, ProcessorEntry
from payments.operations import charging
from payments.providers.base import Charge, Instrument
from tests import factories
from tests.payments.stripe_world import checkout, connect, creditor, invoice, stripe, told
from tests.stripe_server import Stripe

pytestmark = pytest.mark.django_db
CARD = Instrument(method="card", number="4242424242424242", expiry="12/40", code="123")


@pytest.fixture
def api() -> Iterator[Stripe]:
    with stripe() as state:
        yield state


def lines(**named: object) -> list[tuple[str, int, int]]:
    found = ProcessorEntry.objects.filter(**named).order_by("booked_at", "reference")
    return sorted(found.values_list("kind", "amount_minor", "fee_minor"))


def test_every_line_is_read_once_and_joined_to_its_payment(api: Stripe) -> None:
    organisation, account = creditor(api)
    paid = []
    for number in range(12):  # more than a page of the fake's
        payment = checkout(invoice(organisation, 10_000 + number))
        api.pay(payment.reference, fee=300 + number)
        paid.append(payment)
    api.book(account, "charge", 777, "usd", api.new("charge", "ch", account, payment_intent="pi_shop"), 7)
    told(api)
    Payment.objects.update(processor_fee_minor=0)  # the callbacks did not know it yet
    at = clock.now()
    assert operations.read_books(at=at) == 13 and operations.read_books(at=at) == 0
    entries = ProcessorEntry.objects.filter(kind="charge")
    assert {(one.payment_id, one.amount_minor) for one in entries} == {
        *((payment.id, payment.amount_minor) for payment in paid), ("", 777),
    }  # fmt: skip
    fees = Payment.objects.order_by("amount_minor").values_list("processor_fee_minor", flat=True)
    assert list(fees) == [300 + number for number in range(12)]


def test_a_line_whose_payment_is_told_later_is_joined_then(api: Stripe) -> None:
    payment = checkout(invoice(creditor(api)[0]))
    api.pay(payment.reference)
    assert operations.read_books(at=clock.now()) == 1
    assert ProcessorEntry.objects.get().payment_id == ""
    told(api)
    operations.read_books(at=clock.now())
    assert ProcessorEntry.objects.get().payment_id == payment.id


@pytest.mark.parametrize("first", ["owner", "thief"])
def test_nobody_reads_the_books_of_an_account_that_another_organisation_connected(api: Stripe, first: str) -> None:
    organisation, thief = factories.organisation(), factories.organisation()
    account = api.account(organisation.id)
    for one in (organisation, thief) if first == "owner" else (thief, organisation):
        connect(one, account)
    payment = checkout(invoice(organisation))
    api.pay(payment.reference)
    api.pay_out(account)
    told(api)
    operations.read_books(at=clock.now())
    owners = {*ProcessorEntry.objects.values_list("organisation_id"), *Payout.objects.values_list("organisation_id")}
    assert owners == {(organisation.id,)}


def test_a_payout_is_told_with_all_that_it_pays_out_and_may_fail(api: Stripe) -> None:
    organisation, account = creditor(api)
    first, second = (checkout(invoice(organisation, minor)) for minor in (50_000, 30_000))
    intents = [api.pay(payment.reference, fee=1_000) for payment in (first, second)]
    api.refund(intents[1], 5_000)
    payout = api.pay_out(account)
    told(api, times=2, seed=1)
    row = Payout.objects.get()
    assert (row.reference, row.amount_minor, row.currency, row.status) == (payout, 73_000, "USD", "in_transit")
    assert (row.destination, row.organisation_id) == ("STRIPE TEST BANK ••6789", organisation.id)
    assert lines(payout_reference=payout) == [
        ("charge", 30_000, 1_000), ("charge", 50_000, 1_000), ("payout", -73_000, 0), ("refund", -5_000, 0),
    ]  # fmt: skip
    total = ProcessorEntry.objects.filter(payout_reference=payout).aggregate(n=Sum(F("amount_minor") - F("fee_minor")))
    assert total["n"] == 0
    api.payout_ends(payout, "paid")
    api.payout_ends(payout, "failed", "The bank account has been closed.")
    told(api, times=3, seed=2)
    row.refresh_from_db()
    assert (row.status, row.failure) == ("failed", "The bank account has been closed.")


def test_a_payout_whose_callback_was_lost_is_found_with_the_books(api: Stripe) -> None:
    organisation, account = creditor(api)
    api.pay(checkout(invoice(organisation)).reference, fee=500)
    payout = api.pay_out(account)
    operations.read_books(at=clock.now())
    assert Payout.objects.get().status == "in_transit"
    assert ProcessorEntry.objects.filter(payout_reference=payout).count() == 2
    api.payout_ends(payout, "paid")
    operations.read_books(at=clock.now())
    assert Payout.objects.get().status == "paid"


def test_books_that_cannot_be_read_leave_no_hole(api: Stripe) -> None:
    organisation, _ = creditor(api)
    for _ in range(11):
        api.pay(checkout(invoice(organisation)).reference)
    api.faults = ["", "", "500", "500"]  # the account, the first page, then nothing
    assert operations.read_books(at=clock.now()) == 0 and not ProcessorEntry.objects.exists()
    assert operations.read_books(at=clock.now()) == 11


# --- the sandbox's own


def sandbox_pay(**facts: object) -> Payment:
    case = factories.case(factories.organisation(), **facts)
    return operations.pay(
        case=case, amount_minor=case.balance_minor, instrument=CARD, nonce="form", by="debtor", at=clock.now()
    )


def test_the_sandbox_knows_after_a_crash_what_it_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(charging, "finish", die)
        sandbox_pay(amount_minor=4_200)
    payment = Payment.objects.get()
    assert payment.status == "processing"
    assert operations.sweep_processing(at=clock.now() + timedelta(minutes=3)) == 1
    payment.refresh_from_db()
    (entry,) = ProcessorEntry.objects.all()
    assert (payment.status, payment.reference) == ("succeeded", entry.charge_reference)
    assert (entry.kind, entry.amount_minor, entry.payment_id) == ("charge", 4_200, payment.id)


def test_what_the_sandbox_never_charged_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(charging, "_charge", die)
        sandbox_pay()
    assert operations.sweep_processing(at=clock.now() + timedelta(minutes=3)) == 1
    assert Payment.objects.get().status == "failed" and not ProcessorEntry.objects.exists()


def test_the_sandbox_books_a_refund_once_and_pays_out_the_next_day() -> None:
    payment = sandbox_pay(amount_minor=100_000)
    row = operations.refund(payment_id=payment.id, amount_minor=30_000, reason="", by="owner", at=clock.now())
    for _ in range(2):
        operations.run_refund(refund_id=row.id, at=clock.now())
    processor = providers.processor_named("sandbox")
    assert processor is not None
    assert processor.find(payment.provider_reference) == Charge(payment.reference)
    assert lines() == [("charge", 100_000, 0), ("refund", -30_000, 0)]
    assert operations.pay_out(at=clock.now()) == 0
    tomorrow = clock.now() + timedelta(days=1)
    assert [operations.pay_out(at=tomorrow), operations.pay_out(at=tomorrow)] == [1, 0]
    payout = Payout.objects.get()
    assert (payout.amount_minor, payout.status, payout.livemode) == (70_000, "paid", False)
    assert not ProcessorEntry.objects.exclude(payout_reference=payout.reference).exists()
    assert ProcessorEntry.objects.aggregate(n=Sum("amount_minor"))["n"] == 0


def test_what_a_story_booked_before_today_is_paid_out_in_its_own_days() -> None:
    payment, day = sandbox_pay(amount_minor=100_000), timedelta(days=1)
    begun = clock.now() - 5 * day
    ProcessorEntry.objects.update(booked_at=begun)
    assert operations.pay_out(at=begun, organisation_id=payment.organisation_id) == 0
    assert operations.pay_out(at=begun + day, organisation_id=factories.organisation().id) == 0
    assert operations.pay_out(at=begun + day, organisation_id=payment.organisation_id) == 1
    assert Payout.objects.get().arrival_on == (begun + day).date()


def test_what_adds_up_to_less_than_nothing_is_carried_over() -> None:
    payment = sandbox_pay(amount_minor=10_000)
    operations.pay_out(at=clock.now() + timedelta(days=1))
    row = operations.refund(payment_id=payment.id, amount_minor=4_000, reason="", by="owner", at=clock.now())
    operations.run_refund(refund_id=row.id, at=clock.now())
    ProcessorEntry.objects.update(recorded_at=clock.now() - timedelta(days=1))
    assert operations.pay_out(at=clock.now()) == 0
    assert lines(payout_reference="") == [("refund", -4_000, 0)]
