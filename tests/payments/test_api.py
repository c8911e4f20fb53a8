"""`/v1/payments`, `/v1/campaigns/{id}/payments` and `/v1/sandbox/payments`."""

from datetime import timedelta
from typing import Any

import pytest

from agentcollect.kit import clock
from campaigns.models import Case
from events.models import Event
from payments import schema
from payments.models import Payment
from tests import factories
from tests.factories import ApiClient
from tests.payments.test_record import record


@pytest.fixture
def case(db: None, empty_redis: None) -> Case:
    return factories.case(factories.organisation())


@pytest.fixture
def api(case: Case) -> ApiClient:
    return factories.client(factories.api_key(case.organisation))


def body(case: Case, **more: Any) -> dict[str, Any]:
    return {"case_id": case.id, "amount": 15000, "method": "bank_transfer"} | more


def test_money_received_directly(case: Case, api: ApiClient) -> None:
    given = body(case, received_at="2026-01-05T10:00:00Z", reference="WIRE-1", metadata={"gl": "4711"}, currency="USD")
    answer = api.post("/v1/payments", given)
    assert answer.status_code == 201
    said = answer.json()
    assert set(said) == set(schema.PAYMENT["required"])
    assert said == {
        "id": said["id"],
        "case_id": case.id,
        "campaign_id": case.campaign_id,
        "debtor": "Acme Corp",
        "debtor_id": case.debtor_id,
        "invoice_number": "INV-2025-0847",
        "amount": 15000,
        "amount_collected": 15000,
        "amount_refunded": 0,
        "currency": "USD",
        "method": "bank_transfer",
        "status": "succeeded",
        "source": "reported",
        "reference": "WIRE-1",
        "failure": None,
        "breakdown": said["breakdown"],
        "allocations": [{"case_id": case.id, "component": "principal", "amount": 15000}],
        "received_at": "2026-01-05T10:00:00Z",
        "created_at": said["created_at"],
        "livemode": False,
        "metadata": {"gl": "4711"},
    }
    assert (said["breakdown"]["principal"], said["breakdown"]["net"]) == (15000, 15000)
    assert api.get(f"/v1/payments/{said['id']}").json() == said
    data = Event.objects.get(type="payment.received").data
    assert (data["timestamp"], data["metadata"]) == ("2026-01-05T10:00:00Z", {"gl": "4711"})


def test_by_campaign_and_invoice_number_and_date(case: Case, api: ApiClient) -> None:
    given = {"campaign_id": case.campaign_id, "invoice_number": " inv-2025-0847", "amount": 0.1, "method": "check"}
    answer = api.post("/v1/payments", given | {"received_at": "2026-01-05"})
    assert answer.status_code == 201, answer.content
    # The start of that day in New York.
    assert answer.json()["received_at"] == "2026-01-05T05:00:00Z"
    assert answer.json()["amount"] == 0.1


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"amount": 0}, 400, "invalid_amount", "amount"),
        ({"amount": -5}, 400, "invalid_amount", "amount"),
        ({"amount": "15000"}, 400, "invalid_amount", "amount"),
        ({"amount": True}, 400, "invalid_amount", "amount"),
        ({"amount": 10.005}, 400, "invalid_amount", "amount"),
        ({"amount": 10**10}, 400, "invalid_amount", "amount"),
        ({"amount": None}, 400, "missing_field", "amount"),
        ({"method": "gold"}, 400, "invalid_choice", "method"),
        ({"method": None}, 400, "missing_field", "method"),
        ({"method": ["card"]}, 400, "invalid_choice", "method"),
        ({"currency": "EUR"}, 400, "currency_mismatch", "currency"),
        ({"received_at": "2100-01-01T00:00:00Z"}, 400, "time_in_future", "received_at"),
        ({"received_at": "2026-01-05T10:00:00"}, 400, "invalid_date", "received_at"),
        ({"received_at": "yesterday"}, 400, "invalid_date", "received_at"),
        ({"received_at": "0001-01-01T00:00:00+23:00"}, 400, "invalid_date", "received_at"),
        ({"reference": "x" * 121}, 400, "invalid_text", "reference"),
        ({"metadata": {"a": 1}}, 400, "invalid_metadata", "metadata"),
        ({"case_id": "cas_nothing"}, 404, "case_not_found", "case_id"),
        ({"case_id": 5}, 400, "invalid_type", "case_id"),
        ({"case_id": None}, 400, "missing_field", "case_id"),
        ({"campaign_id": "cmp_x"}, 400, "missing_field", "case_id"),
        ({"colour": "red"}, 400, "unknown_field", "colour"),
    ],
)
def test_each_fault_has_its_code_and_field(
    case: Case, api: ApiClient, change: dict[str, Any], status: int, code: str, param: str
) -> None:
    answer = api.post("/v1/payments", body(case) | change)
    assert (answer.status_code, answer.json()["error"], answer.json()["param"]) == (status, code, param)
    assert not Payment.objects.exists()


def test_all_faults_at_once(case: Case, api: ApiClient) -> None:
    answer = api.post("/v1/payments", body(case, amount=-1, method="gold", metadata=5))
    assert {fault["param"] for fault in answer.json()["errors"]} == {"amount", "method", "metadata"}


def test_two_open_cases_of_one_number_need_the_case_id(case: Case, api: ApiClient) -> None:
    factories.case(case.organisation, campaign=case.campaign)
    given = {"campaign_id": case.campaign_id, "invoice_number": "INV-2025-0847", "amount": 1, "method": "card"}
    assert api.post("/v1/payments", given).json()["error"] == "ambiguous_invoice"


def test_list_filters_and_pages(case: Case, api: ApiClient) -> None:
    other = factories.case(case.organisation, invoice_number="B", invoice_key="b")
    made = [record(case, 100), record(case, 200, method="check"), record(other, 300)]
    newest_first = [payment.id for payment in reversed(made)]

    def found(path: str = "/v1/payments", **params: Any) -> list[str]:
        return [row["id"] for row in api.get(path, params).json()["data"]]

    assert sorted(found()) == sorted(newest_first)
    assert found(case_id=other.id) == [made[2].id]
    assert set(found(campaign_id=case.campaign_id)) == {made[0].id, made[1].id}
    assert found(method="check") == [made[1].id]
    assert found(status="failed") == []
    later = clock.iso(clock.now() + timedelta(minutes=1))
    assert found(created_after=later) == []
    assert len(found(created_before=later)) == 3
    assert set(found(f"/v1/campaigns/{case.campaign_id}/payments")) == {made[0].id, made[1].id}
    first = api.get("/v1/payments", {"limit": 2}).json()
    rest = api.get("/v1/payments", {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in first["data"] + rest["data"]] == found()
    assert (first["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    foreign = api.get(f"/v1/campaigns/{case.campaign_id}/payments", {"cursor": first["next_cursor"]})
    assert foreign.json()["error"] == "cursor_mismatch"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"colour": "red"}, "unknown_parameter"),
        ({"status": "lost"}, "invalid_parameter"),
        ({"created_after": "today"}, "invalid_parameter"),
        ({"limit": "0"}, "invalid_parameter"),
    ],
)
def test_bad_parameters(api: ApiClient, params: dict[str, str], code: str) -> None:
    answer = api.get("/v1/payments", params)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_nul_finds_nothing(case: Case, api: ApiClient) -> None:
    assert api.get("/v1/payments/pay_%00").status_code == 404
    assert api.get("/v1/campaigns/cmp_%00/payments").status_code == 404
    assert api.get("/v1/payments", {"case_id": "cas_\0"}).json()["data"] == []


def test_the_number_of_queries_does_not_grow_with_the_page(
    case: Case, api: ApiClient, django_assert_max_num_queries: Any
) -> None:
    api.get("/v1/payments")
    for _ in range(20):
        record(case, 100)
    with django_assert_max_num_queries(5):
        assert len(api.get("/v1/payments").json()["data"]) == 20


def test_others_and_the_other_mode_see_nothing(case: Case, api: ApiClient) -> None:
    payment = record(case, 100)
    stranger = factories.client(factories.api_key(factories.organisation("Other")))
    live = factories.client(factories.api_key(case.organisation, livemode=True))
    for client in (stranger, live):
        assert client.get(f"/v1/payments/{payment.id}").status_code == 404
        assert client.get(f"/v1/campaigns/{case.campaign_id}/payments").status_code == 404
        assert client.get("/v1/payments", {"case_id": case.id}).json()["data"] == []
        assert client.post("/v1/payments", body(case)).json()["error"] == "case_not_found"
    assert factories.client().get("/v1/payments").status_code == 401


def test_scopes(case: Case) -> None:
    reader = factories.client(factories.api_key(case.organisation, scopes=["payments:read"]))
    assert reader.get("/v1/payments").status_code == 200
    assert reader.post("/v1/payments", body(case)).json()["error"] == "missing_scope"
    assert reader.post("/v1/sandbox/payments", {"case_id": case.id}).json()["error"] == "missing_scope"


# --- sandbox


def test_a_sandbox_debtor_pays_the_balance(case: Case, api: ApiClient) -> None:
    answer = api.post("/v1/sandbox/payments", {"case_id": case.id})
    said = answer.json()
    assert (answer.status_code, said["amount"], said["source"], said["method"]) == (
        201,
        15000,
        "sandbox",
        "bank_transfer",
    )
    again = api.post("/v1/sandbox/payments", {"case_id": case.id})
    assert (again.status_code, again.json()["error"]) == (409, "no_balance")
    more = api.post("/v1/sandbox/payments", {"case_id": case.id, "amount": 5, "method": "card"}).json()
    assert (more["amount_collected"], more["breakdown"]["unapplied"]) == (0, 5)


def test_part_of_it_by_invoice_number(case: Case, api: ApiClient) -> None:
    given = {"campaign_id": case.campaign_id, "invoice_number": "INV-2025-0847", "amount": 100.25}
    assert api.post("/v1/sandbox/payments", given).json()["amount_collected"] == 100.25
    case.refresh_from_db()
    assert case.balance_minor == 1_489_975


def test_the_sandbox_refuses_a_live_key(case: Case) -> None:
    live = factories.case(case.organisation, livemode=True)
    client = factories.client(factories.api_key(case.organisation, livemode=True))
    answer = client.post("/v1/sandbox/payments", {"case_id": live.id})
    assert (answer.status_code, answer.json()["error"]) == (422, "test_mode_only")
    assert not Payment.objects.exists()


def test_a_page_payment_under_way_and_failed_have_no_breakdown(case: Case, api: ApiClient) -> None:
    from payments import operations
    from payments.providers.base import Charge

    at = clock.now()
    payment, _ = operations.start(
        case=case, amount_minor=100, method="card", nonce="a" * 22, provider="sandbox", by="debtor", at=at
    )
    assert api.get(f"/v1/payments/{payment.id}").json()["breakdown"] is None
    operations.fail(payment_id=payment.id, charge=Charge("", "no"), by="debtor", at=at)
    said = api.get(f"/v1/payments/{payment.id}").json()
    assert (said["status"], said["failure"], said["amount_collected"], said["received_at"]) == ("failed", "no", 0, None)
