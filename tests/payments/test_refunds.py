"""`/v1/payments/{id}/refunds`, and payments that are found by any invoice they paid."""

from typing import Any

import pytest

from campaigns.models import Case
from payments import schema
from tests import factories
from tests.factories import ApiClient
from tests.payments.money import came, invoices

Pair = tuple[ApiClient, list[Case]]


@pytest.fixture
def pair(db: None, empty_redis: None) -> Pair:
    cases = invoices(100_000, 50_000, campaigns=2)
    return factories.client(factories.api_key(cases[0].organisation)), cases


def test_a_refund_is_asked_for_once_and_listed(pair: Pair) -> None:
    api, (one, _) = pair
    payment = came(one, 100_000)
    path, given = f"/v1/payments/{payment.id}/refunds", {"amount": 250.5, "reason": "Broken", "credited": True}
    first = api.post(path, given, Idempotency_Key="r-1")
    again = api.post(path, given, Idempotency_Key="r-1")
    assert (first.status_code, again.json()) == (201, first.json())
    said = first.json()
    assert set(said) == set(schema.REFUND["required"]) == set(schema.REFUND_EXAMPLE)
    assert (said["amount"], said["status"], said["credited"], said["reason"]) == (250.5, "succeeded", True, "Broken")
    assert api.get(path).json()["data"] == [said]
    shown = api.get(f"/v1/payments/{payment.id}").json()
    assert (shown["status"], shown["amount_refunded"], shown["amount_collected"]) == (
        "partially_refunded",
        250.5,
        749.5,
    )
    assert (shown["breakdown"]["returned"], shown["breakdown"]["principal"]) == (250.5, 749.5)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "missing_field"),
        ({"reason": " "}, "invalid_text"),
        ({"reason": "x", "amount": 0}, "invalid_amount"),
        ({"reason": "x", "amount": "5"}, "invalid_amount"),
        ({"reason": "x", "amount": 1.005}, "invalid_amount"),
        ({"reason": "x", "credited": "yes"}, "invalid_type"),
        ({"reason": "x", "amount": 1000.01}, "amount_above_refundable"),
    ],
)
def test_what_cannot_be_refunded(pair: Pair, given: dict[str, Any], code: str) -> None:
    api, (one, _) = pair
    answer = api.post(f"/v1/payments/{came(one, 100_000).id}/refunds", given)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_a_payment_is_found_by_every_invoice_that_it_paid(pair: Pair) -> None:
    api, (one, two) = pair
    payment = came(one, 60_000, (one, 40_000), (two, 20_000))
    alone = came(one, 100)
    for case, found in ((one, {payment.id, alone.id}), (two, {payment.id})):
        for path in (f"/v1/payments?case_id={case.id}", f"/v1/campaigns/{case.campaign_id}/payments",
                     f"/v1/payments?campaign_id={case.campaign_id}"):  # fmt: skip
            assert {row["id"] for row in api.get(path).json()["data"]} == found
    assert api.get("/v1/payments?case_id=cas_none").json()["data"] == []


# --- credit that is used


def test_credit_pays_another_invoice_as_far_as_it_is_owed(pair: Pair) -> None:
    api, (one, two) = pair
    payment = came(one, 160_000)
    path = f"/v1/payments/{payment.id}/apply"
    part = api.post(path, {"case_id": two.id, "amount": 100.5})
    assert (part.status_code, part.json()["breakdown"]["unapplied"]) == (200, 499.5)
    assert part.json()["allocations"][-1] == {"case_id": two.id, "component": "principal", "amount": 100.5}
    rest = api.post(path, {"case_id": two.id}).json()
    assert (rest["amount_collected"], rest["breakdown"]["unapplied"]) == (1_500, 100)
    two.refresh_from_db()
    assert (two.status, two.balance_minor) == ("closed", 0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "missing_field"),
        ({"case_id": 7}, "invalid_text"),
        ({"case_id": "two", "amount": 0}, "invalid_amount"),
        ({"case_id": "two", "amount": 600.01}, "amount_above_credit"),
        ({"case_id": "two", "amount": 550}, "amount_above_balance"),
        ({"case_id": "cas_nobody"}, "case_not_found"),
        ({"case_id": "theirs"}, "case_not_found"),
        ({"case_id": "another"}, "invalid_instruction"),
        ({"case_id": "one"}, "case_closed"),
    ],
)
def test_credit_is_not_used_otherwise(pair: Pair, given: dict[str, Any], code: str) -> None:
    api, (one, two) = pair
    payment = came(one, 160_000)
    named = {"one": one.id, "two": two.id, "theirs": invoices(100)[0].id}
    named["another"] = factories.case(one.organisation, debtor=factories.debtor(one.organisation)).id
    given = given | {name: named.get(value, value) for name, value in given.items() if name == "case_id"}
    answer = api.post(f"/v1/payments/{payment.id}/apply", given)
    assert answer.json()["error"] == code


def test_a_payment_without_credit_has_none_to_use(pair: Pair) -> None:
    api, (one, two) = pair
    answer = api.post(f"/v1/payments/{came(one, 100_000).id}/apply", {"case_id": two.id})
    assert (answer.status_code, answer.json()["error"]) == (400, "amount_above_credit")
