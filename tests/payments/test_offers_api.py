"""Settlements over HTTP: bodies, answers as their own schema says, lists, scopes; and on the dashboard, by role."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from agentcollect.kit import clock
from campaigns.models import Case, Task
from payments.models import Offer
from payments.schema.offers import OFFER
from tests import factories
from tests.campaigns.world import fits, refused
from tests.dashboard import world
from tests.payments.offered import creditor

pytestmark = pytest.mark.django_db
SOON = (clock.now() + timedelta(days=5)).date().isoformat()


def owed(**policy: Any) -> Case:
    due = clock.now().date() - timedelta(days=100)
    return factories.case(creditor(**policy), amount_minor=100_000, due_date=due)


@pytest.fixture
def case(empty_redis: None) -> Case:
    return owed(settlement_approval="person")


def api(case: Case, **more: Any) -> factories.ApiClient:
    return factories.client(factories.api_key(case.organisation, **more))


def test_from_draft_to_settled(case: Case) -> None:
    client = api(case)
    body = {"amount": 800, "valid_until": SOON, "conditions": "In one  payment.", "reason": "Old."}
    made = fits(client.post(f"/v1/cases/{case.id}/offers", body), OFFER, 201)
    assert (made["status"], made["amount"], made["balance"], made["discount"]) == ("draft", 800, 1000, 200)
    assert (made["valid_until"], made["conditions"], made["reason"]) == (SOON, "In one payment.", "Old.")
    path = f"/v1/offers/{made['id']}"
    [task] = client.get("/v1/tasks", {"kind": "approve_offer"}).json()["data"]
    assert (task["cause"], task["facts"]["amount"]) == (made["id"], 800)
    refused(client.post(f"{path}/send"), 409, "illegal_transition")
    assert fits(client.post(f"{path}/approve"), OFFER)["approved_by"].startswith("key:")
    assert fits(client.post(f"{path}/send"), OFFER)["status"] == "sent"
    refused(client.post(f"/v1/cases/{case.id}/offers", body), 409, "offer_open")
    accepted = fits(client.post(f"{path}/accept"), OFFER)
    assert accepted["status"] == "accepted" and accepted["accepted_at"]
    refused(client.post(f"{path}/void"), 409, "illegal_transition")
    assert client.get(f"/v1/cases/{case.id}").json()["holds"][0]["kind"] == "offer"
    client.post("/v1/payments", {"case_id": case.id, "amount": 800, "method": "check"})
    over = fits(client.get(path), OFFER)
    assert over["settled_at"] and over["payment_id"].startswith("pay_")
    closed = client.get(f"/v1/cases/{case.id}").json()
    assert (closed["status"], closed["close_reason"], closed["balance"]) == ("closed", "settled", 0)
    assert client.get("/v1/offers", {"status": "accepted", "case_id": case.id}).json()["data"] == [over]
    assert client.get("/v1/offers", {"status": "sent"}).json()["data"] == []


def test_a_percentage_the_policy_approves_declined_and_taken_back() -> None:
    case = owed()
    client = api(case)
    for act, status in (("decline", "declined"), ("void", "void")):
        made = fits(client.post(f"/v1/cases/{case.id}/offers", {"discount_percent": 12.5}), OFFER, 201)
        assert (made["status"], made["approved_by"], made["amount"]) == ("approved", "policy", 875)
        client.post(f"/v1/offers/{made['id']}/send")
        ended = fits(client.post(f"/v1/offers/{made['id']}/{act}"), OFFER)
        assert ended["status"] == status and ended["ended_because"] and ended["ended_at"]
    assert not Task.objects.filter(kind="approve_offer").exists()


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_field", "amount"),
        ({"amount": 800, "discount_percent": 20}, "missing_field", "amount"),
        ({"amount": "800"}, "invalid_amount", "amount"),
        ({"amount": True}, "invalid_amount", "amount"),
        ({"amount": 0}, "invalid_amount", "amount"),
        ({"amount": 800.001}, "invalid_amount", "amount"),
        ({"amount": 1000}, "not_below_balance", "amount"),
        ({"amount": 799.99}, "outside_policy", "amount"),
        ({"discount_percent": 20.01}, "outside_policy", "amount"),
        ({"discount_percent": 0}, "invalid_amount", "discount_percent"),
        ({"discount_percent": 91}, "invalid_amount", "discount_percent"),
        ({"discount_percent": 1.234}, "invalid_amount", "discount_percent"),
        ({"discount_percent": "x"}, "invalid_amount", "discount_percent"),
        ({"amount": 800, "valid_until": "soon"}, "invalid_date", "valid_until"),
        ({"amount": 800, "valid_until": 5}, "invalid_type", "valid_until"),
        ({"amount": 800, "valid_until": "2099-01-01"}, "outside_policy", "valid_until"),
        ({"amount": 800, "conditions": "x" * 501}, "invalid_type", "conditions"),
        ({"amount": 800, "reason": 7}, "invalid_type", "reason"),
        ({"amount": 800, "floor": 1}, "unknown_field", "floor"),
    ],
)
def test_faults(case: Case, body: dict[str, Any], code: str, param: str) -> None:
    said = api(case).post(f"/v1/cases/{case.id}/offers", body).json()
    codes = {said["error"], *(one.get("code", "") for one in said.get("errors", []))}
    assert code in codes, said
    assert param in {said.get("param"), *(one["param"] for one in said.get("errors", []))}
    assert not Offer.objects.exists()


def test_others_see_nothing_of_it(case: Case) -> None:
    made = api(case).post(f"/v1/cases/{case.id}/offers", {"amount": 800}).json()
    stranger = factories.client(factories.api_key(factories.organisation()))
    for act in ("approve", "send", "accept", "decline", "void"):
        refused(stranger.post(f"/v1/offers/{made['id']}/{act}"), 404, "not_found")
    refused(stranger.get(f"/v1/offers/{made['id']}"), 404, "not_found")
    reader = api(case, scopes=["payments:read"])
    assert reader.get(f"/v1/offers/{made['id']}").status_code == 200
    refused(reader.post(f"/v1/offers/{made['id']}/approve"), 403, "missing_scope")


# --- the dashboard


def test_who_may_do_what_on_the_dashboard(client: Client, case: Case) -> None:
    def press(role: str, act: str, **typed: Any) -> int:
        client.force_login(world.member(case.organisation, role).user)
        return client.post(f"/dashboard/cases/{case.id}/{act}", typed).status_code

    typed = {"amount": "800", "valid_until": SOON, "conditions": "In one payment.", "reason": "Old."}
    assert press("viewer", "offer", **typed) == 403
    assert press("operator", "offer", **typed) == 302
    made = Offer.objects.get()
    assert (made.amount_minor, made.status, made.conditions) == (80_000, "draft", "In one payment.")
    page = client.get(f"/dashboard/cases/{case.id}").content.decode()
    assert "Waits for approval" in page and f"offers/{made.id}/approve" not in page
    assert press("operator", f"offers/{made.id}/approve") == 403
    task = Task.objects.get(kind="approve_offer")
    assert client.post(f"/dashboard/needs-you/{task.id}/complete", {"outcome": "approve"}).status_code == 403
    assert f"note-{task.id}" not in client.get("/dashboard/needs-you").content.decode()
    assert press("finance", f"offers/{made.id}/approve") == 302
    assert f"offers/{made.id}/send" in client.get(f"/dashboard/cases/{case.id}").content.decode()
    assert press("finance", f"offers/{made.id}/send") == 302
    assert press("operator", f"offers/{made.id}/accept") == 302
    made.refresh_from_db()
    assert made.status == "accepted" and made.approved_by.startswith("member:")


def test_finance_answers_the_task_and_no_other(client: Client, case: Case) -> None:
    client.force_login(world.member(case.organisation, "finance").user)
    client.post(f"/dashboard/cases/{case.id}/offer", {"amount": "900", "valid_until": SOON})
    task = Task.objects.get(kind="approve_offer")
    page = client.get("/dashboard/needs-you").content.decode()
    assert f"note-{task.id}" in page and "Do not offer it" in page
    assert client.post(f"/dashboard/needs-you/{task.id}/complete", {"outcome": "approve"}).status_code == 302
    assert Offer.objects.get().status == "sent"
    Task.objects.filter(id=task.id).update(kind="check_payment", status="open")
    assert client.post(f"/dashboard/needs-you/{task.id}/complete", {"outcome": "received"}).status_code == 403


def test_a_form_below_the_floor_says_so_and_keeps_what_was_typed(client: Client, case: Case) -> None:
    client.force_login(world.member(case.organisation, "admin").user)
    answer = client.post(f"/dashboard/cases/{case.id}/offer", {"amount": "799", "valid_until": SOON, "reason": "Mine."})
    page = answer.content.decode()
    assert answer.status_code == 422 and "at least $800.00" in page and "Mine." in page and not Offer.objects.exists()
