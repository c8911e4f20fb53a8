"""`/v1/cases/{id}/close`, `/unrecall` and `/credits`."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Campaign, Case, Contact, Hold, LedgerEntry, Step
from campaigns.schema.cases import CASE_DETAIL, CREDITED
from tests import factories
from tests.campaigns.world import TUESDAY, client, fits, numbered, only, placed, planned, refused, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return client()


@pytest.fixture(autouse=True)
def tuesday() -> Any:
    with time_machine.travel(TUESDAY, tick=False) as moment:
        yield moment


# --- close, unrecall


@pytest.mark.parametrize("reason", ["recalled", "written_off", "uncollectible", "duplicate"])
def test_the_creditor_closes_a_case(api: factories.ApiClient, reason: str) -> None:
    case = only(placed(api))
    for _ in range(2):
        said = fits(api.post(f"/v1/cases/{case.id}/close", {"reason": reason, "note": "as agreed"}), CASE_DETAIL)
        assert (said["status"], said["close_reason"], said["next_contact_at"]) == ("closed", reason, None)
    assert Step.objects.get(case=case).status == "cancelled"
    (event,) = told("case.closed")
    assert (event["reason"], event["note"]) == (reason, "as agreed")
    assert said["balance"] == event["balance"] == (0 if reason == "written_off" else 15000)
    kinds = list(LedgerEntry.objects.filter(case=case).values_list("kind", flat=True))
    assert ("write_off" in kinds) == (reason == "written_off")
    other = "recalled" if reason != "recalled" else "duplicate"
    refused(api.post(f"/v1/cases/{case.id}/close", {"reason": other}), 409, "illegal_transition")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_field", "reason"),
        ({"reason": "paid"}, "invalid_choice", "reason"),
        ({"reason": "recalled", "notes": "x"}, "unknown_field", "notes"),
        ({"reason": 5}, "invalid_type", "reason"),
        ({"reason": "recalled", "note": "x" * 301}, "invalid_text", "note"),
    ],
    ids=["none", "not yours", "unknown", "type", "long"],
)
def test_closings_that_are_refused(api: factories.ApiClient, body: Any, code: str, param: str) -> None:
    case = only(placed(api))
    refused(api.post(f"/v1/cases/{case.id}/close", body), 400, code, param)


def test_a_payment_on_its_way_is_waited_for(api: factories.ApiClient) -> None:
    case = only(placed(api))
    operations.hold(kind="payment_processing", on=case, by="debtor", at=TUESDAY)
    refused(api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"}), 409, "payment_in_progress")
    refused(api.post(f"/v1/cases/{case.id}/credits", {"amount": 15000, "reason": "r"}), 409, "payment_in_progress")
    case.refresh_from_db()
    assert case.balance_minor == 1_500_000 and case.closed_at is None


def test_a_recalled_case_goes_on_at_its_step(api: factories.ApiClient, tuesday: Any) -> None:
    case = only(placed(api))
    first = planned(case)
    first.status, first.resolved_at = "sent", TUESDAY
    first.save()
    operations.plan_next(case=case, at=TUESDAY, after=first)
    second = planned(case)
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    tuesday.shift(timedelta(days=6))

    for _ in range(2):
        said = fits(api.post(f"/v1/cases/{case.id}/unrecall"), CASE_DETAIL)
        assert (said["status"], said["close_reason"], said["closed_at"]) == ("active", None, None)
    again = planned(case)
    assert (again.index, again.intent, again.attempt) == (second.index, second.intent, 2)
    assert again.due_at > clock.now() and said["next_contact_at"] == clock.iso(again.due_at)
    (event,) = told("case.updated")
    assert event["changes"] == {"close_reason": {"before": "recalled", "after": None}}


def test_unrecall_is_possible_for_seven_days(api: factories.ApiClient, tuesday: Any) -> None:
    case = only(placed(api))
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    tuesday.shift(timedelta(days=7))
    operations.unrecall(case_id=case.id, by="test", at=clock.now())
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    tuesday.shift(timedelta(days=7, seconds=1))
    refused(api.post(f"/v1/cases/{case.id}/unrecall"), 409, "unrecall_too_late")


def test_what_cannot_be_taken_up_again(api: factories.ApiClient) -> None:
    campaign = placed(api, *numbered(3))
    written_off, doubled, last = Case.objects.filter(campaign=campaign).order_by("id")
    api.post(f"/v1/cases/{written_off.id}/close", {"reason": "written_off"})
    refused(api.post(f"/v1/cases/{written_off.id}/unrecall"), 409, "illegal_transition")

    api.post(f"/v1/cases/{doubled.id}/close", {"reason": "recalled"})
    row = next(row for row in numbered(3) if row["invoice_number"] == doubled.invoice_number)
    twin = only(placed(api, row))
    said = refused(api.post(f"/v1/cases/{doubled.id}/unrecall"), 400, "duplicate_invoice")
    assert said["errors"][0]["case_id"] == twin.id

    api.post(f"/v1/campaigns/{campaign.id}/cancel")
    said = refused(api.post(f"/v1/cases/{last.id}/unrecall"), 409, "illegal_transition")
    assert said["state"] == "cancelled"


def test_taken_up_again_while_it_is_placed_anew(api: factories.ApiClient, monkeypatch: Any) -> None:
    case = only(placed(api))
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    placed(api)
    monkeypatch.setattr("campaigns.operations.closing._check_may_reopen", lambda *_, **__: None)
    refused(api.post(f"/v1/cases/{case.id}/unrecall"), 400, "duplicate_invoice", "invoice_number")
    case.refresh_from_db()
    assert case.status == "closed"


def test_a_case_recalled_before_it_was_opened_is_opened_after_all(api: factories.ApiClient) -> None:
    campaign = placed(api, opened=False)
    case = only(campaign)
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    operations.open_cases(at=TUESDAY + timedelta(minutes=1))
    with time_machine.travel(TUESDAY + timedelta(minutes=2), tick=False):
        assert api.post(f"/v1/cases/{case.id}/unrecall").json()["why"]["code"] == "opening"
        assert operations.open_cases(at=clock.now()) == 1
    assert planned(case).intent == "first_reminder" and Contact.objects.count() == 1
    assert Campaign.objects.get().unopened == 0


def test_a_hold_outlives_recall_and_unrecall(api: factories.ApiClient) -> None:
    """Recall and unrecall must be no way around what a debtor or the law has set."""
    case = only(placed(api))
    for kind in ("creditor_pause", "bankruptcy"):
        api.post(f"/v1/cases/{case.id}/hold", {"kind": kind, "reason": "because"})
    operations.hold(kind="dispute", on=case, by="debtor", at=TUESDAY)
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    assert set(Hold.objects.filter(released_at=None).values_list("kind", flat=True)) == {"bankruptcy"}
    said = api.post(f"/v1/cases/{case.id}/unrecall").json()
    assert {one["kind"] for one in said["holds"]} == {"creditor_pause", "bankruptcy", "dispute"}
    assert said["why"]["code"] == "held" and said["next_contact_at"] is None


def test_a_debtors_bankruptcy_outlives_the_invoice_it_was_learnt_about(api: factories.ApiClient) -> None:
    case = only(placed(api))
    api.post(f"/v1/cases/{case.id}/hold", {"kind": "bankruptcy", "reason": "chapter 7"})
    api.post("/v1/payments", {"case_id": case.id, "amount": 15000, "method": "check"})
    case.refresh_from_db()
    assert case.close_reason == "paid" and Hold.objects.get(kind="bankruptcy").released_at is None


# --- credit notes


def test_a_credit_note_lowers_what_is_asked(api: factories.ApiClient) -> None:
    case = only(placed(api))
    body = {"amount": 200.5, "reason": "Damaged.", "reference": "CN-1"}
    said = fits(api.post(f"/v1/cases/{case.id}/credits", body), CREDITED, 201)
    assert (said["kind"], said["amount"], said["balance"], said["case_status"]) == (
        "credit_note",
        -200.5,
        14799.5,
        "active",
    )
    again = fits(api.post(f"/v1/cases/{case.id}/credits", body), CREDITED, 200)
    assert again["id"] == said["id"] and again["balance"] == 14799.5
    refused(api.post(f"/v1/cases/{case.id}/credits", body | {"amount": 1}), 409, "credit_reference_taken", "reference")
    (event,) = told("case.updated")
    assert event["changes"] == {"balance": {"before": 15000, "after": 14799.5}} and event["reason"] == "Damaged."
    assert planned(case)


def test_a_credit_note_for_all_of_it_closes_the_case(api: factories.ApiClient) -> None:
    case = only(placed(api))
    refused(api.post(f"/v1/cases/{case.id}/credits", {"amount": 15000.01, "reason": "r"}), 400, "amount_above_balance")
    said = api.post(f"/v1/cases/{case.id}/credits", {"amount": 15000, "reason": "r"}).json()
    assert (said["balance"], said["case_status"]) == (0, "closed")
    assert [one["reason"] for one in told("case.closed")] == ["recalled"]
    refused(api.post(f"/v1/cases/{case.id}/credits", {"amount": 1, "reason": "r"}), 409, "illegal_transition")
    refused(api.post(f"/v1/cases/{case.id}/unrecall"), 409, "nothing_left")


def test_a_credit_note_for_the_rest_leaves_a_paid_case(api: factories.ApiClient) -> None:
    case = only(placed(api))
    api.post("/v1/payments", {"case_id": case.id, "amount": 14000, "method": "check"})
    api.post(f"/v1/cases/{case.id}/credits", {"amount": 1000, "reason": "Rebate."})
    assert api.get(f"/v1/cases/{case.id}").json()["close_reason"] == "paid"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"reason": "r"}, "missing_field", "amount"),
        ({"amount": 1}, "missing_field", "reason"),
        ({"amount": 1, "reason": "  "}, "missing_field", "reason"),
        ({"amount": "1", "reason": "r"}, "invalid_amount", "amount"),
        ({"amount": 0, "reason": "r"}, "invalid_amount", "amount"),
        ({"amount": 0.001, "reason": "r"}, "invalid_amount", "amount"),
        (b'{"amount":1e2,"reason":"r"}', "invalid_amount", "amount"),
        ({"amount": None, "reason": "r"}, "invalid_amount", "amount"),
        ({"amount": 1, "reason": "r", "note": ""}, "unknown_field", "note"),
    ],
    ids=["no amount", "no reason", "blank", "text", "zero", "decimals", "exponent", "null", "unknown"],
)
def test_credits_that_are_refused(api: factories.ApiClient, body: Any, code: str, param: str) -> None:
    case = only(placed(api))
    refused(api.post(f"/v1/cases/{case.id}/credits", body), 400, code, param)
    assert LedgerEntry.objects.filter(case=case).count() == 1
