"""Stripe behind the port: the official SDK against a Stripe on loopback, from the page to the ledger."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from agentcollect.kit import clock, db, money
from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Hold, LedgerEntry
from events.models import Event
from payments import operations, providers
from payments.models import Payment, ProcessorCallback, Refund, RemitTo
from payments.providers.base import ProcessorError
from payments.providers.stripe import account_state, amounts, connect_link
from payments.providers.stripe.client import breaker
from payments.providers.stripe.processor import statement_suffix
from tests import factories
from tests.payments.stripe_world import checkout, creditor, invoice, stripe, told
from tests.stripe_server import Stripe

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Iterator[Stripe]:
    with stripe() as state:
        yield state


@pytest.fixture
def case(api: Stripe) -> Case:
    return invoice(creditor(api)[0])


def stands(payment: Payment) -> tuple[str, int]:
    """The payment's state and what its case owes."""
    payment.refresh_from_db()
    return payment.status, Case.objects.get(id=payment.case_id).balance_minor


# --- from the page to the ledger


def test_the_debtor_pays_on_stripes_page_and_the_money_is_the_creditors(api: Stripe, case: Case) -> None:
    payment = checkout(case, nonce="form", language="fr")
    assert payment.status == "processing" and payment.checkout_url.startswith(api.url)
    assert Hold.objects.filter(case=case, kind="payment_processing", released_at=None).exists()
    again = checkout(case, nonce="form", language="fr")
    assert (again.id, again.checkout_url) == (payment.id, payment.checkout_url)
    (method, path, account, asked), *more = [one for one in api.asked if one[0] == "POST"]
    assert not more and (method, path, account) == ("POST", "checkout/sessions", payment.account)
    assert asked["payment_intent_data"]["metadata"] == {"payment_id": payment.id, "case_ids": case.id}
    assert (asked["client_reference_id"], asked["locale"], asked["mode"]) == (payment.id, "fr", "payment")
    assert asked["allowed_payment_method_types"] == ["card", "us_bank_account"]
    assert payment.id in asked["success_url"] and "customer_email" not in asked
    intent = api.pay(payment.reference, fee=2_930)
    told(api, times=2)
    assert stands(payment) == ("succeeded", 0)
    assert (payment.reference, payment.method, payment.processor_fee_minor) == (intent, "card", 2_930)
    assert payment.checkout_url == "" and not Hold.objects.filter(case=case, released_at=None).exists()
    assert Event.objects.filter(type="payment.received").count() == 1
    assert not ProcessorCallback.objects.filter(status="new").exists()


def test_a_bank_debit_is_on_its_way_for_days_and_may_fail(api: Stripe, case: Case) -> None:
    payment = checkout(case)
    intent = api.debit(payment.reference)
    told(api)
    assert stands(payment) == ("processing", 100_000)
    assert (payment.reference, payment.method) == (intent, "ach_debit")
    assert Event.objects.filter(type="payment.processing").count() == 1
    api.debit_ends(intent, failure="The account has insufficient funds.")
    told(api)
    assert stands(payment) == ("failed", 100_000) and payment.failure == "The account has insufficient funds."
    second = checkout(case)
    api.debit_ends(api.debit(second.reference))
    told(api, seed=3)
    assert stands(second) == ("succeeded", 0)


def test_a_declined_card_leaves_the_page_open_and_a_page_that_ended_takes_nothing(api: Stripe, case: Case) -> None:
    payment = checkout(case)
    api.decline(payment.reference)
    told(api)
    assert stands(payment) == ("processing", 100_000)
    with pytest.raises(ApiError, match="under way"):
        checkout(case, 50_000)
    api.expire(payment.reference)
    told(api)
    assert stands(payment) == ("failed", 100_000)
    assert not Hold.objects.filter(case=case, released_at=None).exists()
    assert checkout(case, 50_000).status == "processing"


def test_the_debtor_may_leave_stripes_page_to_pay_otherwise(api: Stripe, case: Case) -> None:
    payment = checkout(case)
    operations.abandon_checkout(payment_id=payment.id, by="debtor", at=clock.now())
    assert stands(payment) == ("failed", 100_000)
    second = checkout(case)
    api.pay(second.reference)  # at the very moment: what was paid is paid
    operations.abandon_checkout(payment_id=second.id, by="debtor", at=clock.now())
    assert stands(second) == ("succeeded", 0)


def test_money_that_comes_for_a_payment_that_had_failed_here_is_never_lost(api: Stripe, case: Case) -> None:
    payment = checkout(case)
    operations.fail(payment_id=payment.id, charge=providers.base.Charge("", failure="lost"), by="test", at=clock.now())
    api.pay(payment.reference)
    told(api, times=3, seed=1)
    assert stands(payment) == ("succeeded", 0)
    assert sum(LedgerEntry.objects.filter(case=case, kind="payment").values_list("amount_minor", flat=True)) == -100_000


# --- when Stripe gives no answer


@pytest.mark.parametrize("fault", ["500", "429", "drop", "slow", "garbage"])
def test_no_answer_is_asked_for_again_and_nothing_is_begun_twice(api: Stripe, case: Case, fault: str) -> None:
    api.faults = [fault]
    payment = checkout(case, nonce="form")
    assert (payment.status, payment.checkout_url) == ("processing", "")
    assert checkout(case, nonce="form").checkout_url
    assert len(api.of("checkout.session", payment.account)) == 1


def test_an_answer_that_was_lost_is_found_by_the_sweep(api: Stripe, case: Case) -> None:
    api.faults = ["lost"]
    payment = checkout(case)
    for _ in range(12):  # others begin as well: it is found among pages of them
        api.new("checkout.session", "cs_test", payment.account, client_reference_id="pay_other", status="open")
    (session,) = [one for one in api.of("checkout.session", payment.account) if one.get("url")]
    assert operations.sweep_checkouts(at=clock.now() + timedelta(minutes=3)) == 0
    payment.refresh_from_db()
    assert (payment.reference, payment.checkout_url) == (session["id"], session["url"])
    api.pay(session["id"])  # and its callback is lost, too
    assert operations.sweep_checkouts(at=clock.now() + timedelta(hours=2)) == 1
    assert stands(payment) == ("succeeded", 0)


def test_what_never_reached_stripe_fails_in_the_end(api: Stripe, case: Case) -> None:
    api.faults = ["drop"]
    payment = checkout(case)
    assert operations.sweep_checkouts(at=clock.now() + timedelta(minutes=1)) == 0
    assert operations.sweep_checkouts(at=clock.now() + timedelta(minutes=3)) == 1
    assert stands(payment) == ("failed", 100_000)


def test_a_refused_request_fails_at_once(api: Stripe) -> None:
    small = checkout(invoice(creditor(api)[0], 20))
    assert (small.status, small.failure) == ("failed", "The payment page could not be opened. Nothing was charged.")
    with stripe(secret_key="sk_test_wrong"):
        assert checkout(invoice(creditor(Stripe())[0])).status == "failed"


def test_stripe_is_not_called_while_nobody_is_there_nor_in_a_transaction(api: Stripe, case: Case) -> None:
    with db.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        account_state("acct_1")
    api.faults = ["drop"] * 9
    for _ in range(3):
        with pytest.raises(ProcessorError) as lost:
            connect_link(organisation_id="org_1", refresh_url="https://a.example", return_url="https://b.example")
        assert not lost.value.permanent
    asked = len(api.asked)
    assert checkout(case).status == "failed" and len(api.asked) == asked
    breaker.reset()
    api.faults = []
    assert checkout(case).checkout_url


def test_who_takes_a_payment(api: Stripe) -> None:
    organisation, _ = creditor(api)
    other = factories.organisation()
    named = {True: organisation.id, False: other.id}
    found = {is_ours: providers.processor_for(livemode=True, organisation_id=named[is_ours]) for is_ours in named}
    assert found[True] is not None and found[True].name == "stripe" and found[False] is None
    test_mode = providers.processor_for(livemode=False, organisation_id=organisation.id)
    assert test_mode is not None and test_mode.name == "sandbox" and not test_mode.hosted
    with pytest.raises(ApiError, match="No payment processor"):
        checkout(invoice(other))


# --- amounts


@pytest.mark.parametrize(
    ("currency", "minor", "there"),
    [("USD", 1_234, 1_234), ("JPY", 500, 500), ("KWD", 12_340, 12_340), ("ISK", 500, 50_000), ("UGX", 700, 70_000)],
)
def test_amounts_in_stripes_own_minor_units_and_back(currency: str, minor: int, there: int) -> None:
    assert amounts.refusal(minor, currency) == ""
    assert (amounts.to_stripe(minor, currency), amounts.from_stripe(there, currency)) == (there, minor)


def test_every_currency_survives_the_way_there_and_back_or_is_refused() -> None:
    for currency in money.CURRENCIES:
        for minor in (1, 10, 1_000, 123_456_789):
            if not amounts.refusal(minor, currency):
                assert amounts.from_stripe(amounts.to_stripe(minor, currency), currency) == minor


def test_what_stripe_cannot_take_is_refused_in_plain_words(api: Stripe) -> None:
    case = invoice(creditor(api)[0], 12_345, currency="KWD")
    with pytest.raises(ApiError) as refused:
        checkout(case)
    (fault,) = refused.value.errors
    assert (fault.param, "the last decimal of an amount in KWD must be 0" in fault.message) == ("amount", True)
    assert not Payment.objects.exists() and not api.asked
    yen = checkout(invoice(creditor(api)[0], 5_000, currency="JPY"))
    api.pay(yen.reference, fee=180)
    told(api)
    assert stands(yen) == ("succeeded", 0) and yen.processor_fee_minor == 180


@pytest.mark.parametrize(
    ("words", "suffix"), [("INV-2025-0847", "INV-2025-0"), ('Ä<b>*"7', "b7"), ("2025", ""), ("", "")]
)
def test_what_stands_on_the_debtors_statement(words: str, suffix: str) -> None:
    assert statement_suffix(words) == suffix


# --- after the money


@pytest.fixture
def paid(api: Stripe, case: Case) -> Payment:
    payment = checkout(case)
    api.pay(payment.reference, fee=2_930)
    told(api)
    payment.refresh_from_db()
    return payment


def test_our_refund_is_asked_for_once_whatever_happens_on_the_way(api: Stripe, paid: Payment) -> None:
    asked = operations.refund(payment_id=paid.id, amount_minor=30_000, reason="agreed", by="owner", at=clock.now())
    api.faults = ["", "lost", "lost"]  # looked for, then asked for twice by the SDK, and never heard of
    operations.run_refund(refund_id=asked.id, at=clock.now())
    assert Refund.objects.get().status == "created" and len(api.of("refund", paid.account)) == 1
    api.kept.clear()  # a day later Stripe has forgotten the key
    operations.run_refund(refund_id=asked.id, at=clock.now())
    told(api, times=3, seed=5)
    assert stands(paid) == ("partially_refunded", 30_000)
    assert len(api.of("refund", paid.account)) == 1
    assert Refund.objects.get().status == "succeeded"


def test_a_refund_made_at_stripes_own_pages_is_recorded_and_its_failure_too(api: Stripe, paid: Payment) -> None:
    made = api.refund(paid.reference, 100_000)
    told(api, times=2)
    assert stands(paid) == ("refunded", 100_000)
    assert Refund.objects.get().reference == made["id"]
    api.refund_ends(made["id"], "failed")
    told(api, times=2, seed=2)
    assert stands(paid) == ("succeeded", 0)
    pending = api.refund(paid.reference, 10_000, status="pending")
    told(api)
    assert stands(paid) == ("succeeded", 0)
    api.refund_ends(pending["id"], "failed")  # it never left: nothing was ever said of it here
    told(api)
    assert stands(paid) == ("succeeded", 0) and Refund.objects.count() == 1


def test_a_refund_that_stripe_refuses_fails_in_its_words(api: Stripe, paid: Payment) -> None:
    api.refund(paid.reference, 90_000)
    row = operations.refund(payment_id=paid.id, amount_minor=30_000, reason="", by="owner", at=clock.now())
    operations.run_refund(refund_id=row.id, at=clock.now())
    row.refresh_from_db()
    assert row.status == "failed" and "unrefunded amount" in row.failure


@pytest.mark.parametrize("end", ["lost", "won"])
def test_a_dispute_takes_the_money_and_may_give_it_again(api: Stripe, paid: Payment, end: str) -> None:
    dispute = api.dispute(paid.reference)
    told(api, times=2)
    assert stands(paid) == ("reversed", 100_000)
    api.dispute_ends(dispute, end)
    told(api, times=2, seed=4)
    assert stands(paid) == (("succeeded", 0) if end == "won" else ("reversed", 100_000))
    assert Event.objects.filter(type="payment.reversed").count() == 1


def test_an_inquiry_takes_nothing_and_a_dispute_of_a_part_takes_that_part(api: Stripe, paid: Payment) -> None:
    inquiry = api.dispute(paid.reference, status="warning_needs_response")
    told(api)
    assert stands(paid) == ("succeeded", 0)
    api.dispute_ends(inquiry, "warning_closed")
    part = api.dispute(paid.reference, amount=40_000)
    told(api, times=2, seed=6)
    assert stands(paid) == ("partially_refunded", 40_000)
    api.dispute_ends(part, "won")
    told(api, times=2, seed=7)
    assert stands(paid) == ("succeeded", 0)


def test_a_creditor_who_takes_our_access_away_is_paid_through_it_no_more(api: Stripe, case: Case) -> None:
    account = checkout(case).account
    api.event("account.application.deauthorized", {"id": "ca_1", "object": "application"}, account)
    told(api)
    row = RemitTo.objects.get(kind="stripe")
    assert (row.status, row.ended_by) == ("cancelled", "processor")
    assert providers.processor_for(livemode=True, organisation_id=case.organisation_id) is None


# --- connecting an account


def test_an_account_is_made_for_one_organisation_and_filled_in_by_its_owner(api: Stripe) -> None:
    to = {"refresh_url": "https://a.example/again", "return_url": "https://a.example/done"}
    link = connect_link(organisation_id="org_1", **to)
    assert connect_link(organisation_id="org_1", **to).account == link.account  # asked twice: one account
    assert link.url.endswith(link.account)
    api.objects[link.account] |= {
        "charges_enabled": False, "payouts_enabled": False, "requirements": {"currently_due": ["external_account"]},
    }  # fmt: skip
    state = account_state(link.account)
    assert (state.organisation_id, state.ready, state.requirements) == ("org_1", False, ("external_account",))
    api.objects[link.account] |= {"charges_enabled": True, "payouts_enabled": True}
    assert account_state(link.account).ready
    assert connect_link(organisation_id="org_2", account=link.account, **to).account != link.account
    with pytest.raises(ProcessorError) as unknown:
        account_state("acct_unknown")
    assert unknown.value.permanent
