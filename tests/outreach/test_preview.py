"""The preview plans with the real engine and leaves no trace."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Counter
from tests import factories

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
ACME = {
    "company_name": "Acme Corp",
    "contact_email": "ap@acmecorp.com",
    "invoice_amount": 15000,
    "invoice_number": "INV-2025-0847",
}
JANE = {"company_name": "Jane Doe", "contact_email": "jane@gmail.com", "invoice_amount": 250}


def counts() -> dict[str, int]:
    return {model._meta.label: model.objects.count() for model in apps.get_models() if hasattr(model, "organisation")}


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return factories.client(factories.api_key(factories.organisation()))


def body(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"company": "Your Company Inc.", "debtors": list(rows)}


@time_machine.travel(TUESDAY, tick=False)
def test_planned_blocked_and_the_first_message(api: factories.ApiClient) -> None:
    before, sequence = counts(), list(Counter.objects.values_list("value"))
    answer = api.post("/v1/campaigns/preview", body(ACME, JANE, {"company_name": "Nobody Inc", "invoice_amount": 1}))

    said = answer.json()
    assert answer.status_code == 200, said
    [planned] = said["planned"]
    assert (planned["to"], planned["at"]) == ("ap@acmecorp.com", "2026-03-17T15:00:00Z")
    blocked = {row["debtor"]: row for row in said["blocked"]}
    assert (blocked["Jane Doe"]["outcome"], blocked["Jane Doe"]["rule"]) == ("deny", "H-01")
    assert "searched for" in blocked["Nobody Inc"]["reason"]
    assert said["first_message"]["subject"] == "Invoice #2025-0847 — Your Company Inc."
    assert "$15,000.00" in said["first_message"]["text"]
    assert counts() == before and list(Counter.objects.values_list("value")) == sequence


@time_machine.travel(TUESDAY, tick=False)
def test_what_is_previewed_is_what_is_created(api: factories.ApiClient) -> None:
    seen = api.post("/v1/campaigns/preview", body(ACME)).json()
    made = api.post("/v1/campaigns", body(ACME)).json()
    same = ("first_contact_at", "total_amount", "debtors_enrolled", "debtors_held", "currency")
    assert {name: seen[name] for name in same} == {name: made[name] for name in same}
    again = api.post("/v1/campaigns/preview", body(ACME))
    assert again.json()["error"] == "duplicate_invoice"


def test_the_law_costs_no_statement_per_new_debtor(api: factories.ApiClient) -> None:
    def statements(count: int) -> int:
        rows = [ACME | {"company_name": f"D{n} Inc", "contact_email": f"ap@d{n}.com"} for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert api.post("/v1/campaigns/preview", body(*rows)).status_code == 200
        return len(captured)

    statements(1)
    # Cases are opened 50 at a time; beyond those batches nothing grows.
    assert statements(100) <= statements(1) + 25


@time_machine.travel(TUESDAY, tick=False)
@pytest.mark.parametrize(
    ("language", "subject"), [("fr", "Facture n° "), ("es", "Factura n.º "), ("de", "Rechnung Nr. ")]
)
def test_the_first_message_is_in_the_debtor_s_language(api: factories.ApiClient, language: str, subject: str) -> None:
    first = api.post("/v1/campaigns/preview", body(ACME | {"language": language})).json()["first_message"]
    assert first["subject"] == f"{subject}2025-0847 — Your Company Inc."
    assert "15,000" not in first["text"]


def test_another_language_is_refused_with_the_list(api: factories.ApiClient) -> None:
    said = api.post("/v1/campaigns/preview", body(ACME | {"language": "it"})).json()
    assert (said["error"], said["param"]) == ("invalid_choice", "debtors[0].language")
    assert "de, en, es, fr" in said["message"]


def test_a_csv_cannot_be_previewed(api: factories.ApiClient) -> None:
    answer = api.post(
        "/v1/campaigns/preview", {"company": "Me", "source": "csv_url", "csv_url": "https://files.example.com/a.csv"}
    )
    assert (answer.status_code, answer.json()["param"]) == (400, "csv_url")
