"""`PATCH /v1/cases/{id}`: what is corrected while a case runs, what it books, what the next message says."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Sum

from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Campaign, Case, LedgerEntry, Step
from campaigns.schema.cases import CASE_DETAIL
from outreach import operations as outreach
from outreach.models import Message
from tests import factories
from tests.campaigns.world import ROW, TUESDAY, client, fits, only, placed, planned, refused, told
from tests.outreach.world import far_away

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return client()


@pytest.fixture(autouse=True)
def tuesday() -> Any:
    with time_machine.travel(TUESDAY, tick=False) as moment:
        yield moment


def patch(api: factories.ApiClient, case: Case, **body: Any) -> dict[str, Any]:
    return fits(api.patch(f"/v1/cases/{case.id}", body), CASE_DETAIL)


def balanced(case: Case) -> bool:
    """The balance is the sum of the account, and the campaign's total that of what was placed."""
    case.refresh_from_db()
    owed = LedgerEntry.objects.filter(case=case).aggregate(sum=Sum("amount_minor"))["sum"]
    total = Case.objects.filter(campaign=case.campaign_id).aggregate(sum=Sum("placed_minor"))["sum"]
    return owed == case.balance_minor and total == Campaign.objects.get(id=case.campaign_id).total_minor


@pytest.mark.parametrize(
    ("body", "placed_now", "balance", "booked"),
    [
        ({"invoice_amount": 12000}, 12000, 12000, -3000),
        ({"invoice_amount": 15000.5}, 15000.5, 15000.5, 0.5),
        ({"amount_paid": 1000}, 14000, 14000, -1000),
        ({"invoice_amount": 16000, "amount_paid": 2000}, 14000, 14000, -1000),
        ({"invoice_amount": 16000, "amount_paid": 1000}, 15000, 15000, None),
    ],
    ids=["less", "more", "paid before", "both", "the same claim"],
)
def test_an_amount_is_corrected_by_an_entry(
    api: factories.ApiClient, body: dict[str, Any], placed_now: float, balance: float, booked: float | None
) -> None:
    case = only(placed(api))
    said = patch(api, case, **body, reason="Returned goods.")
    assert (said["amount_placed"], said["balance"]) == (placed_now, balance)
    entries = [(line["kind"], line["amount"], line["reason"]) for line in said["ledger"] if line["kind"] != "principal"]
    assert entries == ([("adjustment", booked, "Returned goods.")] if booked else [])
    assert balanced(case) and planned(case)
    (event,) = told("case.updated")
    assert event["reason"] == "Returned goods." and event["status"] == "active"
    assert {name: change["after"] for name, change in event["changes"].items()} == body


def test_the_next_message_says_the_corrected_account(api: factories.ApiClient) -> None:
    case = only(placed(api, ROW | {"amount_paid": 1000}))
    patch(api, case, invoice_amount=12000, invoice_number="INV-9", reason="Returned goods.")
    step = planned(case)
    outreach.send_step(step_id=step.id, at=step.due_at)
    text = Message.objects.get().text
    assert Step.objects.get(id=step.id).status == "sent"
    assert "Invoice amount: $12,000.00" in text and "Paid before: -$1,000.00" in text and "Balance: $11,000.00" in text
    assert "15,000" not in text and Message.objects.get().subject == "Invoice #9 — Your Company Inc."


def test_never_below_what_was_collected(api: factories.ApiClient) -> None:
    case = only(placed(api))
    api.post("/v1/payments", {"case_id": case.id, "amount": 4000, "method": "check"})
    api.post(f"/v1/cases/{case.id}/credits", {"amount": 1000, "reason": "r"})
    said = refused(
        api.patch(f"/v1/cases/{case.id}", {"invoice_amount": 4999.99, "reason": "r"}),
        409,
        "amount_below_collected",
        "invoice_amount",
    )
    assert "4000 USD was collected" in said["message"] and "5000" in said["message"]
    assert balanced(case) and case.invoice_minor == 1_500_000
    said = patch(api, case, invoice_amount=5000, reason="It was five.")
    assert (said["status"], said["close_reason"], said["balance"]) == ("closed", "paid", 0)
    assert balanced(case) and [one["reason"] for one in told("case.closed")] == ["paid"]


def test_a_claim_that_was_none_closes_as_recalled(api: factories.ApiClient) -> None:
    case = only(placed(api))
    said = patch(api, case, amount_paid=15000, reason="They had paid.")
    assert (said["status"], said["close_reason"], said["amount_placed"]) == ("closed", "recalled", 0)
    assert balanced(case)
    assert api.get(f"/v1/campaigns/{case.campaign_id}").json()["recovery_rate"] == 0


def test_facts_of_the_invoice(api: factories.ApiClient) -> None:
    case = only(placed(api, ROW | {"metadata": {"a": "1", "b": "2"}}))
    body = {
        "invoice_number": "INV-2025-0848",
        "invoice_date": "2025-11-01",
        "due_date": "2025-12-01",
        "po_number": "PO-9",
        "invoice_pdf_url": "https://files.yourco.com/0848.pdf",
        "notes": "Ask for Kim.",
        "external_id": "erp-9",
    }
    said = patch(api, case, **body, metadata={"a": None, "c": "3"}, reason="Typing error.")
    assert {name: said[name] for name in body} == body and said["metadata"] == {"b": "2", "c": "3"}
    (event,) = told("case.updated")
    assert event["changes"]["invoice_date"] == {"before": "2025-10-01", "after": "2025-11-01"}
    assert event["changes"]["po_number"] == {"before": None, "after": "PO-9"}
    assert event["invoice_number"] == "INV-2025-0848" and LedgerEntry.objects.count() == 1

    cleared = patch(api, case, po_number=None, notes=None, external_id=None, invoice_pdf_url=None, metadata=None)
    assert not any(cleared[name] for name in ("po_number", "notes", "external_id", "invoice_pdf_url", "metadata"))


def test_changing_nothing_records_nothing_and_asks_no_reason(api: factories.ApiClient) -> None:
    case = only(placed(api))
    patch(api, case)
    patch(api, case, invoice_amount=15000, invoice_date="2025-10-01", due_date=None, metadata={}, amount_paid=None)
    assert told("case.updated") == []


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"invoice_amount": 1}, "missing_field", "reason"),
        ({"amount_paid": 1, "reason": " "}, "missing_field", "reason"),
        ({"due_date": "2026-01-01"}, "missing_field", "reason"),
        ({"invoice_amount": None, "reason": "r"}, "invalid_amount", "invoice_amount"),
        ({"invoice_amount": 0, "reason": "r"}, "invalid_amount", "invoice_amount"),
        ({"invoice_amount": "12", "reason": "r"}, "invalid_amount", "invoice_amount"),
        ({"invoice_amount": 1.001, "reason": "r"}, "invalid_amount", "invoice_amount"),
        ({"amount_paid": -1, "reason": "r"}, "invalid_amount", "amount_paid"),
        ({"amount_paid": 15000.01, "reason": "r"}, "nothing_owed", "amount_paid"),
        ({"invoice_date": "2026-03-18", "reason": "r"}, "invalid_date", "invoice_date"),
        ({"due_date": "2025-09-30", "reason": "r"}, "due_before_invoice", "due_date"),
        ({"invoice_date": "2025-11-01", "reason": "r"}, "due_before_invoice", "due_date"),
        ({"due_date": "31.12.2025", "reason": "r"}, "invalid_date", "due_date"),
        ({"invoice_number": "x" * 61}, "invalid_text", "invoice_number"),
        ({"invoice_pdf_url": "file:///etc/passwd"}, "invalid_url", "invoice_pdf_url"),
        ({"metadata": {"a": 1}}, "invalid_metadata", "metadata"),
        ({"balance": 1}, "unknown_field", "balance"),
    ],
    ids=lambda value: str(value)[:34],
)
def test_corrections_that_are_refused(api: factories.ApiClient, body: Any, code: str, param: str) -> None:
    case = only(placed(api))
    refused(api.patch(f"/v1/cases/{case.id}", body), 400, code, param)
    assert balanced(case) and told("case.updated") == [] and LedgerEntry.objects.count() == 1


def test_the_number_of_another_open_invoice_is_refused(api: factories.ApiClient) -> None:
    campaign = placed(api, ROW, ROW | {"invoice_number": "OTHER"})
    first, other = Case.objects.filter(campaign=campaign).order_by("invoice_number")
    said = refused(
        api.patch(f"/v1/cases/{other.id}", {"invoice_number": "inv-2025-0847"}),
        400,
        "duplicate_invoice",
        "invoice_number",
    )
    assert said["errors"][0]["case_id"] == first.id
    patch(api, other, invoice_number="other")
    api.post(f"/v1/cases/{first.id}/close", {"reason": "duplicate"})
    assert patch(api, other, invoice_number="INV-2025-0847")["invoice_number"] == "INV-2025-0847"


def test_a_number_taken_at_the_very_same_moment_is_refused_too(api: factories.ApiClient, monkeypatch: Any) -> None:
    campaign = placed(api, ROW, ROW | {"invoice_number": "OTHER"})
    other = Case.objects.get(campaign=campaign, invoice_number="OTHER")
    # As if the other one had been inserted after we looked: the database itself refuses.
    monkeypatch.setattr("campaigns.operations.corrections._check", lambda *_: None)
    body = {"invoice_number": "INV-2025-0847"}
    refused(api.patch(f"/v1/cases/{other.id}", body), 400, "duplicate_invoice", "invoice_number")
    assert told("case.updated") == []


def test_a_later_due_date_moves_the_first_contact_behind_it(api: factories.ApiClient) -> None:
    case = only(placed(api))
    worker = planned(case).lease_token
    said = patch(api, case, due_date="2026-04-10", reason="Longer terms.")
    step = planned(case)
    # The day after is a Saturday.
    assert clock.iso(step.due_at)[:10] == "2026-04-13" and said["next_contact_at"] == clock.iso(step.due_at)
    assert step.lease_token == worker + 1, "a worker that holds it must not send it now"
    patch(api, case, due_date="2026-03-01", reason="As before.")
    assert clock.iso(planned(case).due_at) == "2026-03-17T15:00:00Z"


def test_a_due_date_in_the_past_leaves_a_later_step_on_its_day(api: factories.ApiClient) -> None:
    case = only(placed(api))
    first = planned(case)
    first.status, first.resolved_at = "sent", TUESDAY
    first.save()
    due = operations.plan_next(case=case, at=TUESDAY, after=first).due_at  # type: ignore[union-attr]
    patch(api, case, due_date="2026-01-10", reason="r")
    assert planned(case).due_at == due


def test_a_closed_case_only_takes_notes(api: factories.ApiClient) -> None:
    case = only(placed(api))
    api.post(f"/v1/cases/{case.id}/close", {"reason": "uncollectible"})
    assert patch(api, case, notes="bankrupt since", metadata={"a": "b"})["notes"] == "bankrupt since"
    for body in ({"invoice_amount": 1}, {"invoice_number": "N"}, {"due_date": "2026-01-01"}):
        said = refused(api.patch(f"/v1/cases/{case.id}", body | {"reason": "r"}), 409, "illegal_transition")
        assert said["state"] == "closed"


def test_a_reserved_message_with_the_old_amount_never_leaves(api: factories.ApiClient, monkeypatch: Any) -> None:
    """The amount is corrected between the writing of the message and its handing over."""
    from outreach.operations import sending

    case = only(placed(api))
    step = planned(case)
    deliver = sending._deliver

    def corrected_first(*args: Any, **kwargs: Any) -> None:
        patch(api, case, invoice_amount=12000, reason="r")
        monkeypatch.setattr(sending, "_deliver", deliver)
        deliver(*args, **kwargs)

    far_away(monkeypatch)
    monkeypatch.setattr(sending, "_deliver", corrected_first)
    outreach.send_step(step_id=step.id, at=step.due_at)
    step.refresh_from_db()
    assert step.status == "planned" and step.reason == "what it says changed meanwhile"
    outreach.send_step(step_id=step.id, at=step.due_at + timedelta(minutes=1))
    assert "Balance: $12,000.00" in Message.objects.get(status="sent").text
