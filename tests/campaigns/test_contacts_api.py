"""`/v1/contacts` and `/v1/suppressions`: whom to write to, as the creditor knows it."""

from datetime import timedelta
from typing import Any

import dns.exception
import dns.resolver
import jsonschema
import pytest

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Case, Contact, Hold, Step, Suppression
from campaigns.queries import usable_contacts
from campaigns.rules.addresses import is_role, status_after_check
from campaigns.schema.people import CONTACT, CONTACT_EXAMPLE, CONTACT_IN, CONTACT_PATCH, SUPPRESSION
from events.models import Event
from outreach import operations as outreach
from outreach import queries as outreach_queries
from outreach.providers.mail_exchange import Dns, Exchange
from tests import factories
from tests.factories import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(empty_redis: None) -> Organisation:
    return factories.organisation()


@pytest.fixture
def api(organisation: Organisation) -> ApiClient:
    return factories.client(factories.api_key(organisation))


@pytest.fixture
def case(organisation: Organisation) -> Case:
    return factories.case(organisation)


@pytest.fixture
def person(case: Case) -> Contact:
    return Contact.objects.get(debtor=case.debtor)


def add(api: ApiClient, case: Case, **facts: Any) -> dict[str, Any]:
    body = {"debtor_id": case.debtor_id, **facts}
    jsonschema.validate(body, CONTACT_IN)
    answer = api.post("/v1/contacts", body)
    assert answer.status_code == 201, answer.content
    jsonschema.validate(answer.json(), CONTACT)
    return answer.json()


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    return answer.json()["error"]


def plan(case: Case, **facts: Any) -> Step:
    at = clock.now()
    return Step.objects.create(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "created_at": at,
            "recorded_at": at,
            "campaign_id": case.campaign_id,
            "debtor_id": case.debtor_id,
            "case": case,
            "index": 0,
            "channel": "email",
            "intent": "first_reminder",
            "due_at": at,
        }
        | facts
    )


def test_the_creditors_own_contact_comes_before_found_ones(api: ApiClient, case: Case, person: Contact) -> None:
    Contact.objects.update(source="enrichment")
    made = add(api, case, name="Dana Whitfield", email=" Dana@ACMECORP.com ", level=1, title="AP", phone="512 555 0100")
    assert (made["email"], made["source"], made["basis"]) == ("Dana@acmecorp.com", "creditor", "creditor_supplied")
    assert (made["email_status"], made["confidence"], made["suppressed"]) == ("unknown", 100, False)
    chosen = outreach_queries.contact_for(case.debtor, 1)
    assert chosen is not None and chosen.id == made["id"]
    jsonschema.validate(CONTACT_EXAMPLE, CONTACT)
    listed = api.get("/v1/contacts", {"debtor_id": case.debtor_id, "expand": "debtor"}).json()["data"]
    assert [item["id"] for item in listed] == [made["id"], person.id] and listed[0]["debtor"]["country"] == "US"
    assert api.get("/v1/contacts", {"email": "dana@acmecorp.COM"}).json()["data"][0]["id"] == made["id"]


def test_what_cannot_be_added(api: ApiClient, case: Case, person: Contact) -> None:
    path, debtor = "/v1/contacts", {"debtor_id": case.debtor_id}
    twin = api.post(path, debtor | {"email": "AP@acmecorp.com"})
    assert refused(twin, 409) == "duplicate_contact" and twin.json()["resource_id"] == person.id
    assert refused(api.post(path, debtor), 400) == "missing_field"
    assert refused(api.post(path, {"email": "a@b.co"}), 400) == "missing_field"
    assert refused(api.post(path, debtor | {"email": "nobody"}), 400) == "invalid_email"
    assert refused(api.post(path, debtor | {"email": "a@b.co", "level": 4}), 400) == "invalid_type"
    assert refused(api.post(path, debtor | {"email": "a@b.co", "color": 1}), 400) == "unknown_field"
    assert refused(api.post(path, {"debtor_id": "dbt_x", "email": "a@b.co"}), 404) == "not_found"
    assert refused(api.post(path, {"debtor_id": "dbt_\0", "email": "a@b.co"}), 400) == "invalid_text"


def test_an_invoice_that_waited_for_a_contact_goes_on(api: ApiClient, case: Case, person: Contact) -> None:
    plan(case, status="denied", resolved_at=clock.now())
    Suppression.objects.create(
        organisation_id=case.organisation_id,
        livemode=False,
        created_at=clock.now(),
        recorded_at=clock.now(),
        address=person.email,
        channel="email",
        reason="opt_out",
        contact=person,
    )
    Case.objects.update(status="needs_contact")
    add(api, case, email="dana@acmecorp.com")
    case.refresh_from_db()
    step = Step.objects.get(case=case, status="planned")
    # Nothing had ever left, so it begins with the message that says what is owed.
    assert (step.index, step.attempt, step.intent) == (0, 2, "first_reminder")
    assert case.status == "active" and case.next_contact_at == step.due_at
    assert "goes on" in Event.objects.get(type="case.updated").data["change"]
    assert Event.objects.get(type="contact.added").case_id == case.id


def test_it_goes_on_behind_what_was_sent(api: ApiClient, case: Case, person: Contact) -> None:
    at = clock.now()
    plan(case, status="sent", handed_over_at=at, resolved_at=at)
    api.post(f"/v1/contacts/{person.id}/suppress")
    Case.objects.update(status="needs_contact")
    add(api, case, email="dana@acmecorp.com")
    assert Step.objects.get(case=case, status="planned").intent == "second_reminder"


def test_a_corrected_address_is_the_creditors_and_unchecked(api: ApiClient, case: Case, person: Contact) -> None:
    Contact.objects.update(source="enrichment", basis="published", email_status="valid", sources=["a", "b"])
    body = {"email": "accounts@acmecorp.com", "name": "Dana", "title": None}
    jsonschema.validate(body, CONTACT_PATCH)
    said = api.patch(f"/v1/contacts/{person.id}", body).json()
    assert (said["email"], said["email_status"], said["source"]) == ("accounts@acmecorp.com", "unknown", "creditor")
    assert said["sources"] == ["a", "b", "creditor"] and said["name"] == "Dana"
    assert Event.objects.get(type="contact.changed").data["fields"] == ["email", "name"]
    assert api.patch(f"/v1/contacts/{person.id}", {}).status_code == 200
    assert api.patch(f"/v1/contacts/{person.id}", body).status_code == 200
    assert Event.objects.filter(type="contact.changed").count() == 1
    factories.contact(case.debtor, email="cfo@acmecorp.com")
    assert refused(api.patch(f"/v1/contacts/{person.id}", {"email": "cfo@acmecorp.com"}), 409) == "duplicate_contact"


def test_the_creditor_closes_one_person_of_several(api: ApiClient, case: Case, person: Contact) -> None:
    other = factories.contact(case.debtor, email="cfo@acmecorp.com", level=3)
    for _ in range(2):
        said = api.post(f"/v1/contacts/{person.id}/suppress", {"reason": "left the company"}).json()
        assert (said["suppressed"], said["suppressed_by"]) == (True, "creditor")
    assert Event.objects.get(type="contact.suppressed").data["reason"] == "creditor"
    chosen = outreach_queries.contact_for(case.debtor, 1)
    assert chosen is not None and chosen.id == other.id
    case.refresh_from_db()
    assert case.status == "active"

    assert api.patch(f"/v1/contacts/{person.id}", {"suppressed": False}).json()["suppressed"] is False
    chosen = outreach_queries.contact_for(case.debtor, 1)
    assert chosen is not None and chosen.id == person.id


def test_with_the_last_one_closed_the_invoice_says_that_it_needs_another(
    api: ApiClient, case: Case, person: Contact
) -> None:
    plan(case)
    api.post(f"/v1/contacts/{person.id}/suppress")
    case.refresh_from_db()
    assert case.status == "needs_contact" and Step.objects.get().status == "cancelled"
    api.patch(f"/v1/contacts/{person.id}", {"suppressed": False})
    case.refresh_from_db()
    assert case.status == "active" and Step.objects.filter(status="planned").count() == 1


def test_what_the_debtor_closed_stays_closed(api: ApiClient, case: Case, person: Contact) -> None:
    operations.suppress(contact=person, channel="email", reason="opt_out", by="debtor", at=clock.now())
    said = api.get(f"/v1/contacts/{person.id}").json()
    assert (said["suppressed"], said["suppressed_by"]) == (True, "debtor")
    assert refused(api.patch(f"/v1/contacts/{person.id}", {"suppressed": False}), 409) == "suppression_not_yours"
    # Nor is it undone by writing the address into another contact.
    other = factories.debtor(case.organisation, name="Sister Inc")
    made = api.post("/v1/contacts", {"debtor_id": other.id, "email": "AP@acmecorp.com"}).json()
    assert made["suppressed_by"] == "debtor" and not usable_contacts(other.id).exists()

    listed = api.get("/v1/suppressions", {"address": "AP@ACMECORP.com"}).json()["data"]
    assert [(row["channel"], row["reason"], row["contact_id"]) for row in listed] == [("email", "opt_out", person.id)]
    jsonschema.validate(listed[0], SUPPRESSION)
    assert api.get("/v1/suppressions", {"channel": "call"}).json()["data"] == []
    assert api.get("/v1/suppressions", {"channel": "fax"}).status_code == 400
    for method in ("POST", "PATCH", "DELETE"):
        assert api.send(method, "/v1/suppressions").status_code == 405


# --- checks


def ask(api: ApiClient, person: Contact, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/v1/contacts/{person.id}/verify", body)
    assert answer.status_code == 202 and answer.headers["Location"] == f"/v1/contacts/{person.id}"
    assert answer.json()["verification"]["status"] == "pending"
    outreach.check_contacts(at=clock.now())
    said = api.get(f"/v1/contacts/{person.id}").json()
    jsonschema.validate(said, CONTACT)
    return said


def test_a_check_is_asked_for_and_made_by_a_worker(api: ApiClient, case: Case, person: Contact) -> None:
    said = ask(api, person)
    assert (said["email_status"], said["verification"]["mx"], said["verified_at"]) == ("role", True, None)
    said = ask(api, person, vouched=True)
    assert said["email_status"] == "valid" and said["verified_at"]
    assert Event.objects.filter(type="contact.checked").count() == 2
    assert outreach.check_contacts(at=clock.now()) == 0
    assert refused(api.post(f"/v1/contacts/{person.id}/verify", {"vouched": "yes"}), 400) == "invalid_type"
    nameless = add(api, case, phone="512 555 0100")
    assert refused(api.post(f"/v1/contacts/{nameless['id']}/verify"), 409) == "contact_without_email"


def test_a_domain_without_mail_closes_the_address(api: ApiClient, case: Case, person: Contact) -> None:
    Contact.objects.update(email="ap@acme.invalid")
    said = ask(api, person, vouched=True)
    assert said["email_status"] == "invalid" and said["verification"]["mx"] is False
    case.refresh_from_db()
    assert case.status == "needs_contact"


def test_silent_name_servers_are_asked_again_for_an_hour(
    api: ApiClient, person: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = type("Silent", (), {"ask": lambda self, domain: Exchange(None, "no answer")})
    monkeypatch.setattr("outreach.operations.verification.exchange", lambda livemode: silent())
    api.post(f"/v1/contacts/{person.id}/verify")
    assert outreach.check_contacts(at=clock.now()) == 0
    Contact.objects.update(check_requested_at=clock.now() - timedelta(hours=2))
    assert outreach.check_contacts(at=clock.now()) == 1
    said = api.get(f"/v1/contacts/{person.id}").json()
    assert said["email_status"] == "unknown" and said["verification"]["mx"] is None


def test_an_answer_about_an_address_that_was_corrected_meanwhile_is_dropped(api: ApiClient, person: Contact) -> None:
    api.post(f"/v1/contacts/{person.id}/verify")
    asked = Contact.objects.get(id=person.id)
    api.patch(f"/v1/contacts/{person.id}", {"email": "new@acmecorp.com"})
    assert not operations.checked(contact=asked, mx=False, detail="", at=clock.now())
    assert api.get(f"/v1/contacts/{person.id}").json()["email_status"] == "unknown"


class Records:
    """A name server with these answers: (name, kind) → rows, or an exception."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __call__(self, _: Any, domain: str, kind: str) -> Any:
        found = self.answers.get(kind, dns.resolver.NoAnswer())
        if isinstance(found, Exception):
            raise found
        return [type("Row", (), {"preference": p, "exchange": e})() for p, e in found]


@pytest.mark.parametrize(
    ("answers", "mx"),
    [
        ({"MX": [(10, "mx2.acme.test."), (5, "mx1.acme.test.")]}, True),
        ({"MX": [(0, ".")]}, False),
        ({"A": []}, True),
        ({"AAAA": []}, True),
        ({}, False),
        ({"MX": dns.resolver.NXDOMAIN()}, False),
        ({"MX": dns.resolver.LifetimeTimeout(timeout=5, errors=[])}, None),
        ({"MX": dns.resolver.NoNameservers()}, None),
        ({"A": dns.exception.Timeout()}, None),
    ],
    ids=["mx", "null-mx", "a", "aaaa", "none", "no-domain", "timeout", "no-servers", "a-timeout"],
)
def test_what_the_name_servers_say(answers: dict[str, Any], mx: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    records = Records(**answers)
    monkeypatch.setattr(Dns, "_look_up", lambda self, domain, kind: records(self, domain, kind))
    said = Dns().ask("acme.test")
    assert said.mx is mx and said.detail


@pytest.mark.parametrize(
    ("before", "mx", "vouched", "role", "after"),
    [
        ("unknown", True, False, False, "unknown"),
        ("unknown", True, False, True, "role"),
        ("unknown", True, True, True, "valid"),
        ("valid", True, False, True, "valid"),
        ("valid", False, True, False, "invalid"),
        ("invalid", True, False, False, "unknown"),
        ("risky", None, True, False, "risky"),
    ],
)
def test_what_a_check_proves(before: str, mx: bool | None, vouched: bool, role: bool, after: str) -> None:
    assert status_after_check(before=before, mx=mx, vouched=vouched, role=role) == after


def test_mailboxes_of_a_function() -> None:
    assert all(map(is_role, ("ap@a.co", "Accounts.Payable@a.co", "billing+x@a.co", "AR@a.co")))
    assert not any(map(is_role, ("jane@a.co", "apollo@a.co", "j.ap@a.co")))


def test_scopes(organisation: Organisation, case: Case, person: Contact) -> None:
    reader = factories.client(factories.api_key(organisation, scopes=["contacts:read"]))
    assert reader.get("/v1/contacts").status_code == 200
    assert refused(reader.post(f"/v1/contacts/{person.id}/suppress"), 403) == "missing_scope"
    assert not Hold.objects.exists()
