"""Creating a campaign over HTTP: both request shapes, what is written, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Case, Debtor, Hold, LedgerEntry
from events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
ROW = {
    "company_name": "Acme Corp",
    "contact_email": "ap@acmecorp.com",
    "invoice_amount": 15000,
    "invoice_date": "2025-10-01",
    "invoice_number": "INV-2025-0847",
}


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return factories.client(factories.api_key(factories.organisation()))


def body(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"company": "Your Company Inc.", "debtors": list(rows or [ROW])} | more


def numbered(count: int) -> list[dict[str, Any]]:
    return [
        ROW | {"company_name": f"Debtor {n} Inc", "contact_email": f"ap@debtor{n}.com", "invoice_number": f"N-{n}"}
        for n in range(count)
    ]


@time_machine.travel(TUESDAY, tick=False)
def test_the_pages_debtors_shape(api: factories.ApiClient) -> None:
    answer = api.post("/v1/campaigns", body())

    assert answer.status_code == 201
    said = answer.json()
    assert said["id"] == said["campaign_id"] and said["id"].startswith("cmp_")
    assert (said["status"], said["debtors_enrolled"], said["total_amount"]) == ("active", 1, 15000)
    assert said["first_contact_at"] == "2026-03-17T15:00:00Z"
    assert said["creditor"] == "Your Company Inc." and said["debtor"] == "Acme Corp"
    assert answer.headers["Location"] == f"/v1/campaigns/{said['id']}"


@time_machine.travel(TUESDAY, tick=False)
def test_the_shorthand_names_the_debtor_and_the_key_names_the_creditor(api: factories.ApiClient) -> None:
    answer = api.post("/v1/campaigns", {"company": "Acme Corp", "invoice_amount": 15000})

    said = answer.json()
    assert answer.status_code == 201
    assert (said["creditor"], said["debtor"]) == ("Your Company Inc.", "Acme Corp")
    assert said["message"] == "Collection started. Webhook fires on payment."


def test_one_create_writes_rows_ledger_and_one_event(api: factories.ApiClient) -> None:
    campaign_id = api.post("/v1/campaigns", body(*numbered(3))).json()["id"]

    assert Case.objects.filter(campaign_id=campaign_id, status="enriching").count() == 3
    assert Debtor.objects.count() == 3
    entries = LedgerEntry.objects.values_list("kind", "amount_minor")
    assert list(entries) == [("principal", 1_500_000)] * 3
    event = Event.objects.get(campaign_id=campaign_id)
    assert (event.type, event.sequence) == ("campaign.started", 1)
    assert event.data["debtors_enrolled"] == 3 and event.data["total_amount"] == 45000


def test_the_number_of_statements_does_not_depend_on_the_number_of_debtors(api: factories.ApiClient) -> None:
    def statements(rows: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.post("/v1/campaigns", body(*rows)).status_code == 201
        return len(captured)

    api.post("/v1/campaigns", body(ROW | {"invoice_number": "warm"}))
    few = statements(numbered(1))
    many = statements([row | {"invoice_number": f"B{n}"} for n, row in enumerate(numbered(500))])
    # The larger one finds one of its debtors known, and so also asks for that debtor's open invoices;
    # COPY is one statement on PostgreSQL that the capture does not see, executemany one on SQLite.
    assert many <= few + 3


def test_the_same_debtor_twice_is_one_debtor_and_two_cases(api: factories.ApiClient) -> None:
    said = api.post(
        "/v1/campaigns", body(ROW, ROW | {"company_name": "ACME Corporation", "invoice_number": "2"})
    ).json()
    assert (said["debtors_enrolled"], said["debtors_unique"]) == (2, 1)
    api.post("/v1/campaigns", body(ROW | {"invoice_number": "3"}))
    assert Debtor.objects.count() == 1


def test_a_duplicate_invoice_names_the_open_case_and_writes_nothing(api: factories.ApiClient) -> None:
    api.post("/v1/campaigns", body())
    case = Case.objects.get()

    answer = api.post(
        "/v1/campaigns", body(ROW | {"invoice_number": "fresh"}, ROW | {"invoice_number": "inv-2025-0847 "})
    )

    assert answer.status_code == 400
    assert answer.json()["error"] == "duplicate_invoice"
    [fault] = answer.json()["errors"]
    assert (fault["param"], fault["case_id"]) == ("debtors[1].invoice_number", case.id)
    assert Campaign.objects.count() == 1 and Case.objects.count() == 1


def test_a_row_that_looks_like_a_person_is_enrolled_and_held(api: factories.ApiClient) -> None:
    rows = [
        {"company_name": "Jane Doe", "contact_email": "jane.doe@gmail.com", "invoice_amount": 10},
        {"company_name": "Doe Bakery", "contact_email": "doe@gmail.com", "invoice_amount": 10},
        {"company_name": "Quiet Ltd", "invoice_amount": 10, "do_not_contact": True},
    ]
    said = api.post("/v1/campaigns", body(*rows)).json()
    assert said["debtors_held"] == 2
    assert sorted(Hold.objects.values_list("kind", flat=True)) == ["do_not_contact", "identity_doubt"]


def test_not_due_yet_is_contacted_after_the_due_date(api: factories.ApiClient) -> None:
    with time_machine.travel(TUESDAY, tick=False):
        said = api.post("/v1/campaigns", body(ROW | {"invoice_date": "2026-03-16", "due_date": "2026-04-30"})).json()
    assert said["first_contact_at"] == "2026-05-01T15:00:00Z"


def test_brand_is_a_snapshot_with_the_organisations_default_in_the_gaps(empty_redis: None) -> None:
    organisation = factories.organisation(brand={"from_email": "ar@default.com", "colors": {"accent": "#111111"}})
    api = factories.client(factories.api_key(organisation))
    brand = {"name": "Your Company", "colors": {"primary": "#1e40af"}}
    api.post("/v1/campaigns", body(brand=brand))

    kept = Campaign.objects.get().brand
    assert kept["name"] == "Your Company" and kept["from_email"] == "ar@default.com"
    assert kept["colors"] == {"primary": "#1E40AF", "accent": "#111111"}
    assert kept["address"] == organisation.postal_address


def with_row(**fields: Any) -> bytes:
    return json.dumps(body(ROW | fields)).encode()


# The bodies of the "bad input, by example": status, code and the field each names.
REFUSED = [
    (b"{", 400, "malformed_json", None),
    (b"", 400, "missing_field", "company"),
    (b'{"company":"A"}', 400, "ambiguous_body", "invoice_amount"),
    (b"[]", 400, "invalid_type", None),
    (b'{"company": NaN}', 400, "malformed_json", None),
    (b'{"company":"A","invoice_amount":15000,"debtors":[]}', 400, "ambiguous_body", "debtors"),
    (b'{"company":"A","debtors":[],"contact_email":"a@b.co"}', 400, "ambiguous_body", "contact_email"),
    (b'{"company":"A","debtors":[]}', 400, "no_debtors", "debtors"),
    (b'{"company":"A","invoice_amount":15000,"surprise":1}', 400, "unknown_field", "surprise"),
    (b'{"company":"A","invoice_amount":15000,"company_name":"B"}', 400, "unknown_field", "company_name"),
    (b'{"company":"A","invoice_amount":"15000"}', 400, "invalid_amount", "invoice_amount"),
    (b'{"company":"A","invoice_amount":1.5e3}', 400, "invalid_amount", "invoice_amount"),
    (b'{"company":"A","invoice_amount":true}', 400, "invalid_amount", "invoice_amount"),
    (b'{"company":"A\\u0000","invoice_amount":1}', 400, "invalid_text", "company"),
    (b'{"company":"...","invoice_amount":1}', 400, "invalid_text", "company"),
    (with_row(invoice_amount=0), 400, "invalid_amount", "debtors[0].invoice_amount"),
    (with_row(invoice_amount=-5), 400, "invalid_amount", "debtors[0].invoice_amount"),
    (with_row(invoice_amount=10.005), 400, "invalid_amount", "debtors[0].invoice_amount"),
    (with_row(invoice_amount=1000000000), 400, "invalid_amount", "debtors[0].invoice_amount"),
    (with_row(invoice_amount=10, currency="JPY", amount_paid=10.5), 400, "invalid_amount", "debtors[0].amount_paid"),
    (with_row(invoice_amount=10, amount_paid=10), 400, "nothing_owed", "debtors[0].amount_paid"),
    (with_row(invoice_date="01/10/2025"), 400, "invalid_date", "debtors[0].invoice_date"),
    (with_row(invoice_date="2025-02-30"), 400, "invalid_date", "debtors[0].invoice_date"),
    (with_row(invoice_date="2099-01-01"), 400, "invalid_date", "debtors[0].invoice_date"),
    (with_row(due_date="2025-09-30"), 400, "due_before_invoice", "debtors[0].due_date"),
    (with_row(contact_email="not an address"), 400, "invalid_email", "debtors[0].contact_email"),
    (with_row(currency="usd"), 400, "invalid_currency", "debtors[0].currency"),
    (with_row(country="FR"), 422, "country_not_enabled", "debtors[0].country"),
    (with_row(debt_class="consumer"), 422, "consumer_debt_not_enabled", "debtors[0].debt_class"),
    (with_row(debtor_type="individual"), 422, "consumer_debt_not_enabled", "debtors[0].debtor_type"),
    (with_row(timezone="Mars/Olympus"), 400, "invalid_timezone", "debtors[0].timezone"),
    (with_row(colour="red"), 400, "unknown_field", "debtors[0].colour"),
    (with_row(contacts=[{"emial": "a"}]), 400, "unknown_field", "debtors[0].contacts[0].emial"),
    (with_row(metadata={"k": 1}), 400, "invalid_metadata", "debtors[0].metadata"),
    (json.dumps(body(ROW, ROW)).encode(), 400, "duplicate_invoice", "debtors[1].invoice_number"),
    (json.dumps(body(*[ROW] * 501)).encode(), 400, "too_many_debtors", "debtors"),
    (json.dumps(body(brand={"colors": {"primary": "blue"}})).encode(), 400, "invalid_color", "brand.colors.primary"),
    (json.dumps(body(brand={"logo_url": "https://10.0.0.8/l.png"})).encode(), 400, "invalid_url", "brand.logo_url"),
    (json.dumps(body(brand={"shade": "dark"})).encode(), 400, "unknown_field", "brand.shade"),
    (b'{"company":"A","source":"csv_url","csv_url":"https://192.168.1.4/a.csv"}', 400, "invalid_url", "csv_url"),
    (b'{"company":"A","csv_url":"https://files.example.com/a.csv"}', 400, "ambiguous_body", "source"),
]


@pytest.mark.parametrize(("raw", "status", "code", "param"), REFUSED, ids=lambda value: str(value)[:40])
def test_bad_input_names_its_field_and_writes_nothing(
    api: factories.ApiClient, raw: bytes, status: int, code: str, param: str | None
) -> None:
    answer = api.post("/v1/campaigns", raw)

    said = answer.json()
    assert (answer.status_code, said["status"], said["error"], said.get("param")) == (status, status, code, param)
    assert said["request_id"] == answer.headers["X-Request-Id"]
    assert not Campaign.objects.exists() and not Debtor.objects.exists() and not Event.objects.exclude(sequence=None)


def test_every_bad_row_is_reported_at_once(api: factories.ApiClient) -> None:
    rows = [ROW | {"invoice_number": str(n), "invoice_amount": 0 if n % 2 else "x"} for n in range(40)]
    rows[3]["surprise"] = 1
    answer = api.post("/v1/campaigns", body(*rows))
    params = [fault["param"] for fault in answer.json()["errors"]]
    assert {f"debtors[{n}].invoice_amount" for n in range(40)} <= set(params)
    assert "debtors[3].surprise" in params


def test_a_body_over_two_mebibytes_is_413(api: factories.ApiClient) -> None:
    answer = api.post("/v1/campaigns", b'{"company":"' + b"a" * (2 * 1024 * 1024) + b'"}')
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")
