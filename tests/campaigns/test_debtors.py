"""`/v1/debtors`: found, read whole, corrected; what a correction changes about who may be written to."""

from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Case, Contact, Debtor, Hold, Step
from campaigns.schema.people import DEBTOR_DETAIL, DEBTOR_PATCH, DETAIL_EXAMPLE
from events.models import Event
from tests import factories
from tests.factories import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(empty_redis: None) -> Organisation:
    return factories.organisation(consumer_enabled=False)


@pytest.fixture
def api(organisation: Organisation) -> ApiClient:
    return factories.client(factories.api_key(organisation))


@pytest.fixture
def case(organisation: Organisation) -> Case:
    return factories.case(organisation, search="acme corp inv-2025-0847")


def change(api: ApiClient, case: Case, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = api.patch(f"/v1/debtors/{case.debtor_id}", body)
    assert answer.status_code == status, answer.content
    if status == 200:
        jsonschema.validate(answer.json(), DEBTOR_DETAIL)
        jsonschema.validate(body, DEBTOR_PATCH)
    return answer.json()


def holds() -> list[tuple[str, str]]:
    """(kind, what it is on) of the open ones."""
    rows = Hold.objects.filter(released_at=None)
    return sorted((row.kind, "debtor" if row.debtor_id else "case" if row.case_id else "contact") for row in rows)


def test_found_by_name_number_and_facts(organisation: Organisation, api: ApiClient, case: Case) -> None:
    other = factories.debtor(
        organisation, name="Beta LLC", external_id="B-7", country="CA", email_domain="beta.example"
    )

    def ids(**params: str) -> list[str]:
        return [item["id"] for item in api.get("/v1/debtors", params).json()["data"]]

    assert ids() == [other.id, case.debtor_id]
    assert ids(q="ACME") == ids(q="2025-0847") == ids(campaign_id=case.campaign_id) == [case.debtor_id]
    assert ids(external_id="B-7") == ids(country="CA") == ids(domain="beta.example") == [other.id]
    assert ids(do_not_contact="true") == []
    assert api.get("/v1/debtors", {"q": "x"}).json()["error"] == "invalid_parameter"


def test_one_debtor_with_everything_about_it(organisation: Organisation, api: ApiClient, case: Case) -> None:
    at = clock.now()
    left = {"handed_over_at": at, "status": "sent", "resolved_at": at, "index": 0, "intent": "first_reminder"}
    tenant = {"organisation": organisation, "livemode": False, "created_at": at, "recorded_at": at, "due_at": at}
    about = {"campaign_id": case.campaign_id, "debtor_id": case.debtor_id, "case": case, "channel": "email"}
    Step.objects.create(**tenant, **about, **left)
    Step.objects.create(
        **tenant,
        **about,
        **(left | {"index": 1, "handed_over_at": at - timedelta(days=8), "intent": "second_reminder"}),
    )
    operations.hold(kind="creditor_pause", on=case, by="key:key_1", at=at)
    found = api.get(f"/v1/debtors/{case.debtor_id}").json()

    jsonschema.validate(found, DEBTOR_DETAIL)
    jsonschema.validate(DETAIL_EXAMPLE, DEBTOR_DETAIL)
    assert found["name"] == "Acme Corp" and found["domain"] == "acmecorp.com"
    assert [item["id"] for item in found["cases"]] == [case.id]
    assert [item["email"] for item in found["contacts"]] == ["ap@acmecorp.com"]
    assert [(item["kind"], item["on"]) for item in found["holds"]] == [("creditor_pause", "case")]
    assert found["last_7_days"] == {"outreach": 1, "limit": 3}


def test_reading_one_takes_as_many_statements_whatever_it_owes(organisation: Organisation, api: ApiClient) -> None:
    def statements(count: int) -> int:
        debtor = factories.debtor(organisation)
        for number in range(count):
            named = {"invoice_number": f"N{number}", "invoice_key": f"n{number}"}
            factories.case(organisation, debtor=debtor, **named)
            factories.contact(debtor, email=f"p{number}@acmecorp.com")
        with CaptureQueriesContext(connection) as seen:
            assert len(api.get(f"/v1/debtors/{debtor.id}").json()["cases"]) == count
        return len(seen)

    statements(1)
    assert statements(1) == statements(5)


def test_facts_are_corrected_and_the_audit_says_how(api: ApiClient, case: Case) -> None:
    said = change(
        api,
        case,
        name="  Acme   Corporation ",
        address="1 Main St",
        state="tx",
        timezone="America/Chicago",
        phone="+1 512 555 0100",
        metadata={"tier": "a"},
        reason="their letter of May 3",
    )
    assert (said["name"], said["state"], said["timezone"]) == ("Acme Corporation", "TX", "America/Chicago")
    assert said["metadata"] == {"tier": "a"}
    assert change(api, case, timezone=None, metadata={"tier": None, "b": "c"})["metadata"] == {"b": "c"}
    first, second = Event.objects.filter(type="debtor.updated").order_by("id")
    assert first.data["changes"]["name"] == {"before": "Acme Corp", "after": "Acme Corporation"}
    assert first.data["reason"] == "their letter of May 3" and first.case_id == case.id
    assert second.data["fields"] == ["metadata", "timezone"]
    assert [item["id"] for item in api.get("/v1/debtors", {"q": "corporation"}).json()["data"]] == [case.debtor_id]


def test_changing_nothing_records_nothing(api: ApiClient, case: Case) -> None:
    before = Debtor.objects.get(id=case.debtor_id).updated_at
    change(api, case, name="Acme Corp", country="US")
    change(api, case)
    assert Debtor.objects.get(id=case.debtor_id).updated_at == before
    assert not Event.objects.filter(type="debtor.updated").exists()


def test_every_fault_at_once(api: ApiClient, case: Case) -> None:
    body = {"name": "!!", "country": "Texas", "timezone": "Mars", "language": "xx", "debt_class": "big", "color": "red"}
    said = change(api, case, 400, **body)
    assert {fault["param"] for fault in said["errors"]} == set(body)
    assert change(api, case, 400, metadata={"k" * 41: "v"})["error"] == "invalid_metadata"
    assert change(api, case, 400, name=7)["error"] == "invalid_type"
    assert change(api, case, 400, name=None)["error"] == "invalid_type"


def test_what_the_organisation_may_not_is_not_corrected_into_being(api: ApiClient, case: Case) -> None:
    assert change(api, case, 422, debt_class="consumer")["error"] == "consumer_debt_not_enabled"
    assert change(api, case, 422, debtor_type="individual")["param"] == "debtor_type"
    assert change(api, case, 422, country="DE")["error"] == "country_not_enabled"
    assert Debtor.objects.get(id=case.debtor_id).debt_class == ""


def test_an_external_id_is_how_later_rows_find_the_debtor(
    api: ApiClient, case: Case, organisation: Organisation
) -> None:
    change(api, case, external_id="CUST-9")
    body = {"company_name": "Quite Another Name", "invoice_amount": 5, "external_id": "CUST-9"}
    api.post("/v1/campaigns", {"company": "Us", "debtors": [body]})
    assert Case.objects.filter(debtor_id=case.debtor_id).count() == 2
    taken = factories.debtor(organisation, external_id="CUST-1", identity="x:CUST-1")
    refused = change(api, case, 409, external_id="CUST-1")
    assert (refused["error"], refused["resource_id"]) == ("duplicate_debtor", taken.id)


def test_a_corrected_name_leaves_the_books_way_to_spell_it(api: ApiClient) -> None:
    row = {"company_name": "Akme Corp", "contact_email": "ap@acmecorp.com", "invoice_amount": 5}
    api.post("/v1/campaigns", {"company": "Us", "debtors": [row]})
    case = Case.objects.get()
    change(api, case, name="Acme Corp")
    api.post("/v1/campaigns", {"company": "Us", "debtors": [row]})
    assert Debtor.objects.count() == 1 and Debtor.objects.get().name == "Acme Corp"


def test_a_consumer_mark_closes_whom_search_found(api: ApiClient, case: Case, organisation: Organisation) -> None:
    Organisation.objects.filter(id=organisation.id).update(consumer_enabled=True)
    Contact.objects.all().delete()
    found = factories.contact(case.debtor, email="cfo@acmecorp.com", source="enrichment", basis="published")
    change(api, case, debtor_type="sole_proprietor")
    case.refresh_from_db()
    assert holds() == [("compliance_review", "contact")]
    assert case.status == "needs_contact"
    assert api.get(f"/v1/contacts/{found.id}").json()["suppressed_by"] == "engine"
    assert api.patch(f"/v1/contacts/{found.id}", {"suppressed": False}).json()["error"] == "suppression_not_yours"

    change(api, case, debtor_type="company")
    case.refresh_from_db()
    assert holds() == [] and case.status == "active"
    assert Step.objects.get(case=case, status="planned").intent == "first_reminder"


def test_a_mark_ends_the_doubt_who_it_is(api: ApiClient, case: Case) -> None:
    at = clock.now()
    operations.hold(kind="identity_doubt", on=case, by="engine", at=at)
    operations.hold(kind="identity_doubt", on=case.debtor, by="engine", at=at)
    change(api, case, debtor_type="company")
    assert holds() == []
    Contact.objects.update(email="jane.doe@gmail.com")
    change(api, case, name="Jane Doe", debtor_type=None)
    assert holds() == [("identity_doubt", "debtor")]


def test_do_not_contact_holds_every_invoice_until_taken_back(api: ApiClient, case: Case) -> None:
    operations.hold(kind="do_not_contact", on=case, by="key:key_1", at=clock.now())
    for _ in range(2):
        assert change(api, case, do_not_contact=True, reason="we are talking to them")["do_not_contact"]
    assert holds() == [("do_not_contact", "case"), ("do_not_contact", "debtor")]
    held = Event.objects.filter(type="case.held", case_id=case.id)
    assert [event.data["reason"] for event in held] == [None, "we are talking to them"]
    assert len(api.get("/v1/debtors", {"do_not_contact": "true"}).json()["data"]) == 1

    assert not change(api, case, do_not_contact=False)["do_not_contact"]
    assert holds() == []
    assert Event.objects.filter(type="case.released", case_id=case.id).count() == 2


def test_what_the_debtor_asked_for_is_not_taken_back_by_the_creditor(api: ApiClient, case: Case) -> None:
    operations.hold(kind="do_not_contact", on=case.debtor, by="debtor", at=clock.now())
    assert change(api, case, 409, do_not_contact=False)["error"] == "hold_not_yours"
    assert holds() == [("do_not_contact", "debtor")]


def test_scopes(organisation: Organisation, case: Case) -> None:
    reader = factories.client(factories.api_key(organisation, scopes=["campaigns:read"]))
    assert reader.get(f"/v1/debtors/{case.debtor_id}").status_code == 200
    assert reader.patch(f"/v1/debtors/{case.debtor_id}", {"name": "X"}).json()["error"] == "missing_scope"
