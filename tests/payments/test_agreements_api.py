"""Promises, plans and disputes over HTTP: bodies, answers as their own schema says, lists, scopes, the sandbox."""

from datetime import timedelta
from typing import Any

import pytest

from agentcollect.kit import clock
from campaigns.models import Case
from campaigns.schema.disputes import DISPUTE
from payments.schema.agreements import PLAN, PROMISE
from tests import factories
from tests.campaigns.world import fits, refused

pytestmark = pytest.mark.django_db
SOON = (clock.now() + timedelta(days=5)).date().isoformat()


@pytest.fixture
def case(empty_redis: None) -> Case:
    return factories.case(factories.organisation(), amount_minor=100_000)


def api(case: Case, **more: Any) -> factories.ApiClient:
    return factories.client(factories.api_key(case.organisation, **more))


def test_a_promise(case: Case) -> None:
    client = api(case)
    made = fits(client.post(f"/v1/cases/{case.id}/promise", {"amount": 250.5, "due_on": SOON}), PROMISE, 201)
    assert (made["status"], made["amount"], made["source"], made["due_on"]) == ("open", 250.5, "creditor", SOON)
    assert client.get("/v1/promises", {"case_id": case.id, "status": "open"}).json()["data"] == [made]
    assert client.get("/v1/promises", {"status": "kept"}).json()["data"] == []
    assert fits(client.get(f"/v1/promises/{made['id']}"), PROMISE) == made
    detail = client.get(f"/v1/cases/{case.id}").json()
    assert (detail["status"], detail["holds"][0]["kind"], detail["why"]["code"]) == ("promised", "promise", "promised")
    refused(client.post(f"/v1/cases/{case.id}/promise", {"due_on": SOON}), 409, "illegal_transition")
    ended = fits(client.post(f"/v1/promises/{made['id']}/cancel"), PROMISE)
    assert ended["status"] == "cancelled"
    refused(client.post(f"/v1/promises/{made['id']}/confirm"), 409, "illegal_transition")


@pytest.mark.parametrize(
    ("path", "body", "code", "param"),
    [
        ("promise", {}, "missing_field", "due_on"),
        ("promise", {"due_on": "soon"}, "invalid_date", "due_on"),
        ("promise", {"due_on": SOON, "amount": "5"}, "invalid_amount", "amount"),
        ("promise", {"due_on": SOON, "amount": -5}, "invalid_amount", "amount"),
        ("promise", {"due_on": SOON, "when": 1}, "unknown_field", "when"),
        ("promise", {"due_on": SOON, "amount": 1000.01}, "amount_above_balance", "amount"),
        ("promise", {"due_on": "2099-01-01"}, "outside_policy", "due_on"),
        ("plan", {}, "missing_field", "instalments"),
        ("plan", {"instalments": 2.5, "first_on": SOON}, "invalid_type", "instalments"),
        ("plan", {"instalments": 3}, "missing_field", "first_on"),
        ("plan", {"instalments": 4, "first_on": SOON}, "outside_policy", "instalments"),
        ("plan", {"instalments": 3, "first_on": SOON, "every": "day"}, "invalid_choice", "every"),
        ("plan", {"schedule": [{"due_on": SOON, "amount": 1}, 7]}, "invalid_type", "schedule[1]"),
        ("plan", {"instalments": 3, "first_on": SOON, "agreed": "yes"}, "invalid_type", "agreed"),
        ("dispute", {}, "missing_field", "reason"),
        ("dispute", {"reason": "weather"}, "invalid_choice", "reason"),
        ("dispute", {"reason": "other", "amount": 0}, "invalid_amount", "amount"),
    ],
)
def test_faults(case: Case, path: str, body: dict[str, Any], code: str, param: str) -> None:
    said = api(case).post(f"/v1/cases/{case.id}/{path}", body).json()
    codes = {said["error"], *(one.get("code", "") for one in said.get("errors", []))}
    assert code in codes, said
    assert param in {said.get("param"), *(one["param"] for one in said.get("errors", []))}
    case.refresh_from_db()
    assert case.status == "active"


def test_a_plan_offered_and_accepted(case: Case) -> None:
    client = api(case)
    offered = client.post(f"/v1/cases/{case.id}/plan", {"instalments": 3, "first_on": SOON})
    plan = fits(offered, PLAN, 201)
    assert (plan["status"], [part["amount"] for part in plan["instalments"]]) == ("offered", [333.34, 333.33, 333.33])
    started = fits(client.post(f"/v1/plans/{plan['id']}/accept"), PLAN)
    assert started["status"] == "active"
    assert client.get("/v1/plans", {"campaign_id": case.campaign_id}).json()["data"] == [started]
    client.post("/v1/payments", {"case_id": case.id, "amount": 400, "method": "check"})
    paid = fits(client.get(f"/v1/plans/{plan['id']}"), PLAN)
    assert [(part["amount_paid"], part["status"]) for part in paid["instalments"]] == [
        (333.34, "paid"),
        (66.66, "due"),
        (0, "due"),
    ]
    assert fits(client.post(f"/v1/plans/{plan['id']}/cancel"), PLAN)["status"] == "cancelled"


def test_your_own_schedule_agreed_at_once(case: Case) -> None:
    later = (clock.now() + timedelta(days=40)).date().isoformat()
    parts = [{"due_on": SOON, "amount": 600}, {"due_on": later, "amount": 400}]
    plan = fits(api(case).post(f"/v1/cases/{case.id}/plan", {"schedule": parts, "agreed": True}), PLAN, 201)
    assert (plan["status"], plan["total"]) == ("active", 1000)


def test_the_campaigns_policy(case: Case) -> None:
    client, path = api(case), f"/v1/campaigns/{case.campaign_id}"
    patched = client.patch(path, {"offer_policy": {"max_instalments": 2, "min_instalment": 50.5}})
    assert patched.json()["offer_policy"] == {"max_instalments": 2, "min_instalment": 50.5}
    answer = client.post(f"/v1/cases/{case.id}/plan", {"instalments": 3, "first_on": SOON})
    refused(answer, 400, "outside_policy", "instalments")
    assert client.patch(path, {"offer_policy": {"plans": False}}).json()["offer_policy"]["max_instalments"] == 2
    refused(client.post(f"/v1/cases/{case.id}/plan", {"instalments": 2, "first_on": SOON}), 409, "plans_not_offered")
    assert client.patch(path, {"offer_policy": None}).json()["offer_policy"] == {}
    for bad in ({"max_instalments": 99}, {"discount": 5}, {"min_instalment": "x"}):
        assert client.patch(path, {"offer_policy": bad}).status_code == 400


def test_a_policy_from_the_start(empty_redis: None) -> None:
    body = {"company": "Acme Corp", "invoice_amount": 15000, "offer_policy": {"max_promise_days": 10, "plans": False}}
    client = factories.client(factories.api_key(factories.organisation()))
    made = client.post("/v1/campaigns", body)
    assert made.status_code == 201, made.content
    shown = client.get(f"/v1/campaigns/{made.json()['id']}").json()
    assert shown["offer_policy"] == {"max_promise_days": 10, "plans": False}
    refused(client.post("/v1/campaigns", body | {"offer_policy": {"max_days": 1}}), 400, "unknown_field")


def test_a_dispute(case: Case) -> None:
    client = api(case)
    opened = client.post(f"/v1/cases/{case.id}/dispute", {"reason": "quality", "text": "Broken.", "amount": 300})
    found = fits(opened, DISPUTE, 201)
    path = f"/v1/disputes/{found['id']}"
    assert (found["status"], found["amount"], found["source"]) == ("opened", 300, "creditor")
    refused(client.post(f"/v1/cases/{case.id}/dispute", {"reason": "other"}), 409, "dispute_open")
    asked = fits(client.post(f"{path}/request_information", {"text": "Which one?"}), DISPUTE)
    assert [one["text"] for one in asked["questions"]] == ["Which one?"]
    assert fits(client.post(f"{path}/answer", {"text": "All came."}), DISPUTE)["answer"] == "All came."
    assert client.post(f"{path}/answer", {"text": " "}).status_code == 400
    refused(client.post(f"{path}/resolve", {"outcome": "partially_upheld"}), 400, "missing_field", "amount")
    ended = fits(client.post(f"{path}/resolve", {"outcome": "partially_upheld", "amount": 100}), DISPUTE)
    assert (ended["status"], ended["amount_reduced"]) == ("partially_upheld", 100)
    assert client.get(f"/v1/cases/{case.id}").json()["balance"] == 900
    assert client.get("/v1/disputes", {"status": "partially_upheld"}).json()["data"] == [ended]
    refused(client.post(f"{path}/withdraw"), 409, "illegal_transition")


def test_the_sandbox_plays_the_debtor(case: Case) -> None:
    said = {"case_id": case.id, "reason": "duplicate"}
    made = fits(api(case).post("/v1/sandbox/disputes", said), DISPUTE, 201)
    assert (made["source"], made["amount"]) == ("sandbox", None)
    live = factories.client(factories.api_key(case.organisation, livemode=True))
    assert live.post("/v1/sandbox/disputes", said).status_code == 422


@pytest.mark.parametrize(
    ("path", "scope"),
    [("promise", "payments:write"), ("plan", "payments:write"), ("dispute", "campaigns:write")],
)
def test_scopes(case: Case, path: str, scope: str) -> None:
    weak = api(case, scopes=["payments:read", "campaigns:read"])
    said = refused(weak.post(f"/v1/cases/{case.id}/{path}", {"due_on": SOON, "reason": "other"}), 403, "missing_scope")
    assert scope in said["message"]
