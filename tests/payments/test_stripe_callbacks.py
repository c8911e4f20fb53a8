"""Stripe's callbacks: only its own word is taken, only what is ours is read, once, and never lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from agentcollect.kit import clock
from campaigns.models import Case
from payments import operations
from payments.models import Payment, ProcessorCallback
from payments.providers.stripe import client
from payments.providers.stripe.client import breaker
from tests.payments.stripe_world import checkout, creditor, deliver, invoice, post, read, stripe, told
from tests.stripe_server import SECRET, Stripe, signed

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


def event(api: Stripe, case: Case) -> dict[str, object]:
    payment = checkout(case)
    api.pay(payment.reference)
    return api.events[-1]


def test_only_stripes_own_word_is_taken(api: Stripe, case: Case) -> None:
    body, good = signed(event(api, case))
    now = int(clock.now().timestamp())
    refused = [
        (body, ""),
        (body, "nonsense"),
        (body, signed({"id": "evt_x"})[1]),
        (body.replace(b"evt_", b"evT_"), good),
        (body, signed(api.events[-1], "whsec_other")[1]),
        (body, signed(api.events[-1], at=now - 301)[1]),
        (body, signed(api.events[-1], at=now + 400)[1]),
        (b"\xff\xfe", good),
        signed({"object": "event", "id": "evt_1"}),
        signed({"data": 1, "id": 2}),
    ]
    assert [post(*one) for one in refused] == [400] * len(refused)
    assert post(b"x" * (1024 * 1024 + 1), good) == 413
    assert not ProcessorCallback.objects.exists()
    assert [post(body, good), post(body, good)] == [200, 200]
    assert ProcessorCallback.objects.get().body == body.decode()


def test_a_secret_is_rotated_without_losing_a_callback(api: Stripe, case: Case) -> None:
    one = event(api, case)
    with stripe(webhook_secret=["whsec_new", SECRET]):
        assert [post(*signed(one, secret)) for secret in (SECRET, "whsec_new", "whsec_old")] == [200, 200, 400]
    with stripe(webhook_secret=[]):
        assert post(*signed(one)) == 503


def test_callbacks_of_the_other_mode_of_other_kinds_and_of_nobody_are_ignored(api: Stripe, case: Case) -> None:
    payment = checkout(case)
    api.pay(payment.reference)
    real = api.events[-1]
    api.events = [
        real | {"id": "evt_live", "livemode": True},
        real | {"id": "evt_kind", "type": "customer.created"},
        real | {"id": "evt_nobody", "account": "acct_unknown"},
        real | {"id": "evt_platform", "account": None},
    ]
    told(api)
    assert stands(payment) == ("processing", 100_000)
    kept = set(ProcessorCallback.objects.values_list("event_id", "status", "body"))
    assert kept == {(one["id"], "ignored", "") for one in api.events}


def test_the_creditors_other_business_and_made_up_metadata_are_not_ours(api: Stripe, case: Case) -> None:
    payment = checkout(case)
    other_organisation, other = creditor(api)
    session = api.new(
        "checkout.session", "cs_test", other, status="open", payment_intent=None, amount_total=100_000, currency="usd",
        payment_intent_data={"metadata": {"payment_id": payment.id}}, client_reference_id=payment.id,
    )  # fmt: skip
    api.pay(session["id"])  # on another creditor's account
    own = api.new(
        "checkout.session", "cs_test", payment.account, status="open", payment_intent=None, amount_total=500,
        currency="usd", payment_intent_data={}, client_reference_id=None,
    )  # fmt: skip
    api.pay(own["id"])  # a shop's customer
    told(api)
    assert stands(payment) == ("processing", 100_000)
    assert set(ProcessorCallback.objects.values_list("status", "body")) == {("ignored", "")}
    less = api.new(
        "checkout.session", "cs_test", payment.account, status="open", payment_intent=None, amount_total=100,
        currency="usd", payment_intent_data={"metadata": {"payment_id": payment.id}}, client_reference_id=payment.id,
    )  # fmt: skip
    since = len(api.events)
    api.pay(less["id"])  # one dollar in the name of a thousand
    told(api, since=since)
    assert stands(payment) == ("processing", 100_000)
    assert ProcessorCallback.objects.filter(status="new", error__contains="100 USD came for 100000 USD").exists()
    assert other_organisation.id


def test_what_cannot_be_read_waits_longer_each_time_then_is_a_persons(
    api: Stripe, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_WORK_RETRIES", 0)
    payment = checkout(case)
    api.pay(payment.reference)
    deliver(api)
    at, waits = clock.now(), []
    for _ in range(12):
        api.faults = ["500"]
        assert read(at) == 0
        row = ProcessorCallback.objects.filter(kind="payment_intent.succeeded").get()
        waits.append(row.due_at - at)
        at = max(row.due_at, at)
        breaker.reset()
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=40), timedelta(seconds=160)]
    assert waits[-2] == timedelta(hours=6)
    assert row.status == "failed" and "APIError" in row.error
    api.faults = []
    assert read(at + timedelta(days=1)) == 0
    assert operations.retry_callback(callback_id=row.id, by="test", at=at)
    assert not operations.retry_callback(callback_id=row.id, by="test", at=at)
    read(at)
    assert stands(payment) == ("succeeded", 0)


def test_a_worker_that_died_is_taken_over_and_its_late_word_counts_for_nothing(api: Stripe, case: Case) -> None:
    from payments.operations.callbacks import LostClaimError, _claim

    payment = checkout(case)
    api.pay(payment.reference)
    deliver(api)
    at = clock.now()
    row = ProcessorCallback.objects.filter(status="new").first()
    assert row is not None
    dead = _claim(row.id, at=at)
    assert dead is not None and read(at) == 0  # nobody else reads about that payment meanwhile
    assert read(at + timedelta(minutes=4)) > 0
    with pytest.raises(LostClaimError), dead.act():
        pass
    dead.end(status="failed")
    assert set(ProcessorCallback.objects.values_list("status", flat=True)) <= {"done", "ignored"}
    assert stands(payment) == ("succeeded", 0)


def test_old_callbacks_are_forgotten_and_failed_ones_are_not(api: Stripe, case: Case) -> None:
    event(api, case)
    told(api)
    ProcessorCallback.objects.filter(kind="payment_intent.succeeded").update(status="failed")
    assert operations.prune_callbacks(at=clock.now() + timedelta(days=89)) == 0
    assert operations.prune_callbacks(at=clock.now() + timedelta(days=91)) > 0
    assert ProcessorCallback.objects.get().status == "failed"
