"""`/v1/exclusions`: what the creditor keeps us away from, at once, for what is there and for what comes."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from agentcollect.kit import clock, db
from agentcollect.kit.errors import ApiError
from campaigns import operations, queries
from campaigns.models import Campaign, Case, Contact, Exclusion, Hold, Step
from campaigns.operations import exclusions
from campaigns.rules import playbook
from campaigns.rules.exclusions import address_keys, debtor_keys, key_of
from campaigns.schema.exclusions import EXCLUSION, EXCLUSION_EXAMPLE, EXCLUSION_IN
from events.models import Event
from outreach import operations as outreach
from outreach.models import Attorney, Decision, Message, Referral
from tests import factories
from tests.factories import ApiClient
from tests.outreach import world

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)


@pytest.fixture
def organisation(empty_redis: None) -> Organisation:
    return factories.organisation()


@pytest.fixture
def api(organisation: Organisation) -> ApiClient:
    return factories.client(factories.api_key(organisation))


@pytest.fixture
def case(organisation: Organisation) -> Case:
    return world.case(organisation=organisation)


def exclude(api: ApiClient, match: str, value: str, effect: str = "never_contact", **more: Any) -> dict[str, Any]:
    body = {"match": match, "value": value, "effect": effect, **more}
    jsonschema.validate(body, EXCLUSION_IN)
    answer = api.post("/v1/exclusions", body)
    assert answer.status_code == 201, answer.content
    jsonschema.validate(answer.json(), EXCLUSION)
    return answer.json()


def place(api: ApiClient, *rows: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/v1/campaigns", {"company": "Us", "debtors": list(rows)})
    assert answer.status_code == 201, answer.content
    operations.open_cases(at=clock.now())
    return answer.json()


def on() -> list[str]:
    """What the open holds are on."""
    rows = Hold.objects.filter(kind="excluded", released_at=None)
    return sorted("debtor" if row.debtor_id else "case" if row.case_id else "contact" for row in rows)


ACME = {"company_name": "Acme Corp", "contact_email": "ap@acmecorp.com", "invoice_amount": 15000}


@pytest.mark.parametrize(
    ("match", "value", "held"),
    [
        ("company", "ACME Corporation", "debtor"),
        ("domain", "@AcmeCorp.com", "debtor"),
        ("external_id", "CUST-1", "debtor"),
        ("phone", "+1 (512) 555-0100", "debtor"),
        ("email", "AP@acmecorp.com", "contact"),
    ],
)
def test_whoever_a_rule_names_is_held_now_and_later(api: ApiClient, match: str, value: str, held: str) -> None:
    row = ACME | {"external_id": "CUST-1", "contact_phone": "512 555 0100"}
    place(api, row | {"invoice_number": "A-1"}, {"company_name": "Beta LLC", "invoice_amount": 5})
    made = exclude(api, match, value, reason="Strategic account")
    assert made["settled"] and on() == [held]
    hold = Hold.objects.get()
    assert hold.exclusion_id == made["id"] and hold.evidence["value"] == value
    assert hold.evidence["reason"] == "Strategic account"

    other = {"external_id": "CUST-2"} if match == "external_id" else {}
    later = place(api, row | {"invoice_number": "A-2"}, ACME | {"company_name": "Gamma Inc", **other})
    assert later["debtors_enrolled"] == 2
    if held == "debtor" and match in {"company", "external_id"}:
        assert later["debtors_held"] == 1 and on() == ["debtor"]


def test_a_row_that_comes_later_is_enrolled_held_and_promised_nothing(api: ApiClient) -> None:
    exclude(api, "domain", "acmecorp.com")
    made = place(api, ACME | {"contact_email": "ap@mail.acmecorp.com"})
    assert (made["debtors_enrolled"], made["debtors_held"], made["first_contact_at"]) == (1, 1, None)
    assert made["warnings"][0]["code"] == "not_contactable"
    case = api.get(f"/v1/cases/{Case.objects.get().id}").json()
    assert case["next_contact_at"] is None and on() == ["debtor"]


def test_a_preview_says_who_is_held(api: ApiClient) -> None:
    exclude(api, "company", "Acme Corp")
    shown = api.post("/v1/campaigns/preview", {"company": "Us", "debtors": [ACME]}).json()
    assert shown["debtors_held"] == 1 and shown["planned"] == []
    assert shown["blocked"][0]["rule"] == "H-01" and not Hold.objects.exists()


def test_nothing_is_sent_while_a_rule_stands_and_all_goes_on_without_it(api: ApiClient, case: Case) -> None:
    step = world.step(case)
    made = exclude(api, "domain", "acmecorp.com")
    held = Event.objects.get(type="case.held", case_id=case.id)
    assert held.data["hold"] == "excluded" and held.cause == Hold.objects.get().id
    outreach.send_due(at=TUESDAY)
    step.refresh_from_db()
    assert step.status == "planned" and not Message.objects.exists()
    assert Decision.objects.get().rule == "H-01"

    gone = api.delete(f"/v1/exclusions/{made['id']}")
    assert gone.json() == {"id": made["id"], "deleted": True} and on() == []
    assert Event.objects.filter(type="case.released", case_id=case.id).count() == 1
    step.refresh_from_db()
    outreach.send_due(at=max(TUESDAY, step.due_at))
    assert api.get(f"/v1/exclusions/{made['id']}").status_code == 404
    assert Event.objects.filter(type="exclusion.removed").count() == 1


def test_a_rule_made_behind_the_workers_back_still_holds(organisation: Organisation, case: Case) -> None:
    """The row alone, without its holds: as if two transactions had not seen each other."""
    at = clock.now()
    Exclusion.objects.create(
        organisation=organisation,
        livemode=False,
        created_at=at,
        recorded_at=at,
        updated_at=at,
        match="company",
        value="Acme",
        key="acme",
        effect="never_contact",
        actor="key:key_1",
        settled_at=at,
    )
    world.step(case)
    outreach.send_due(at=TUESDAY)
    assert not Message.objects.exists() and on() == ["debtor"]


def test_released_by_hand_a_hold_of_never_contact_comes_back(case: Case) -> None:
    factories.exclusion(case.organisation, value="acmecorp.com")
    operations.release(hold=Hold.objects.get(), by="key:key_1", at=TUESDAY)
    world.step(case)
    outreach.send_due(at=TUESDAY)
    assert not Message.objects.exists() and on() == ["debtor"]


def test_ask_first_is_asked_for_each_invoice_and_answered_by_its_release(api: ApiClient, case: Case) -> None:
    factories.case(case.organisation, debtor=case.debtor, invoice_number="B", invoice_key="b")
    exclude(api, "domain", "acmecorp.com", "ask_first")
    assert on() == ["case", "case"]
    assert api.post(f"/v1/cases/{case.id}/release", {"kind": "excluded"}).status_code == 200
    world.step(case)
    outreach.send_due(at=TUESDAY)
    assert Message.objects.filter(case=case).count() == 1 and on() == ["case"]
    # The next invoice is another question.
    factories.case(case.organisation, debtor=case.debtor, invoice_number="C", invoice_key="c")
    with db.atomic():
        operations.enforce(
            organisation_id=case.organisation_id, livemode=False, debtor_ids=[case.debtor_id], at=clock.now()
        )
    assert on() == ["case", "case"]


def test_an_address_is_closed_and_another_person_may_be_written_to(api: ApiClient, case: Case) -> None:
    factories.contact(case.debtor, email="cfo@acmecorp.com", level=3)
    exclude(api, "email", "ap@acmecorp.com")
    world.step(case)
    outreach.send_due(at=TUESDAY)
    assert Message.objects.get().recipient == "cfo@acmecorp.com"


def test_a_corrected_address_is_looked_at_again(api: ApiClient, case: Case) -> None:
    exclude(api, "email", "ap@acmecorp.com")
    exclude(api, "email", "boss@acmecorp.com")
    contact = Contact.objects.get(debtor=case.debtor)
    api.patch(f"/v1/contacts/{contact.id}", {"email": "ap2@acmecorp.com"})
    assert on() == []
    api.patch(f"/v1/contacts/{contact.id}", {"email": "boss@acmecorp.com"})
    assert on() == ["contact"]
    exclude(api, "company", "Beta")
    api.patch(f"/v1/debtors/{case.debtor_id}", {"name": "Beta LLC"})
    assert on() == ["contact", "debtor"]
    api.patch(f"/v1/debtors/{case.debtor_id}", {"name": "Acme Corp"})
    assert on() == ["contact"]


def test_each_rule_has_its_own_hold(api: ApiClient, case: Case) -> None:
    first = exclude(api, "domain", "acmecorp.com")
    exclude(api, "company", "acme")
    assert on() == ["debtor", "debtor"]
    api.delete(f"/v1/exclusions/{first['id']}")
    assert on() == ["debtor"]


def test_the_same_rule_is_made_once(api: ApiClient) -> None:
    made = exclude(api, "company", "Acme Corp")
    again = api.post("/v1/exclusions", {"match": "company", "value": "ACME Inc.", "effect": "never_contact"})
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    assert Event.objects.filter(type="exclusion.created").count() == 1
    api.delete(f"/v1/exclusions/{made['id']}")
    assert exclude(api, "company", "Acme Corp")["id"] != made["id"]
    assert api.get("/v1/exclusions", {"value": "acme gmbh"}).json()["data"][0]["effect"] == "never_contact"
    jsonschema.validate(EXCLUSION_EXAMPLE, EXCLUSION)


def test_what_names_nothing_is_refused(api: ApiClient) -> None:
    def refused(**body: Any) -> str:
        answer = api.post("/v1/exclusions", {"match": "company", "value": "Acme", "effect": "ask_first"} | body)
        assert answer.status_code == 400, answer.content
        return answer.json()["error"]

    assert refused(match="person") == refused(effect="maybe") == "invalid_choice"
    assert refused(value="  ") == refused(value="!!") == refused(match="phone", value="555") == "invalid_text"
    assert refused(match="domain", value="not a domain") == "invalid_domain"
    assert refused(match="email", value="acme.com") == "invalid_email"
    assert refused(color="red") == "unknown_field"
    assert len(api.post("/v1/exclusions", {}).json()["errors"]) == 3


def test_a_large_portfolio_is_settled_by_a_worker_slice_by_slice(
    api: ApiClient, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exclusions, "_SLICE", 2)
    for number in range(5):
        debtor = factories.debtor(organisation, name="Acme", email_domain=f"a{number}.acmecorp.com")
        factories.case(organisation, debtor=debtor, invoice_number=f"N{number}", invoice_key=f"n{number}")
    made = exclude(api, "company", "acme")
    assert not made["settled"] and len(on()) == 2
    assert operations.settle_exclusions(at=clock.now()) == 1
    assert len(on()) == 5 and api.get(f"/v1/exclusions/{made['id']}").json()["settled"]
    assert operations.settle_exclusions(at=clock.now()) == 0

    api.delete(f"/v1/exclusions/{made['id']}")
    assert len(on()) == 3
    operations.settle_exclusions(at=clock.now())
    assert on() == [] and Event.objects.filter(type="case.released").count() == 5


def test_a_worker_that_died_is_followed_by_one_that_starts_over(organisation: Organisation, case: Case) -> None:
    made = factories.exclusion(organisation, value="acmecorp.com")
    Exclusion.objects.update(settled_at=None, lease_until=clock.now() + timedelta(minutes=1))
    assert operations.settle_exclusions(at=clock.now()) == 0
    Exclusion.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert operations.settle_exclusions(at=clock.now()) == 1
    assert Hold.objects.filter(exclusion=made).count() == 1


# --- calls and attorneys


def test_calls_are_passed_over(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        playbook.PlaybookStep(0, 0, "email", "first_reminder", 1),
        playbook.PlaybookStep(1, 2, "call", "first_call", 1),
        playbook.PlaybookStep(2, 4, "email", "second_reminder", 1),
    )
    monkeypatch.setitem(playbook.PLAYBOOKS, ("default", 1), steps)
    first = world.step(case, status="sent", resolved_at=TUESDAY)
    called = operations.plan_next(case=case, at=TUESDAY, after=first)
    assert called is not None and called.channel == "call"
    called.delete()
    factories.exclusion(case.organisation, match="company", value="Acme", effect="no_calls")
    assert Hold.objects.count() == 0
    written = operations.plan_next(case=case, at=TUESDAY, after=first)
    assert written is not None and written.intent == "second_reminder"
    assert written.due_at >= TUESDAY + timedelta(days=4)


def test_no_attorney_is_judged_offered_or_accepted(api: ApiClient, case: Case) -> None:
    Step.objects.create(
        organisation_id=case.organisation_id,
        livemode=False,
        created_at=TUESDAY,
        recorded_at=TUESDAY,
        campaign_id=case.campaign_id,
        debtor_id=case.debtor_id,
        case=case,
        index=4,
        channel="attorney",
        intent="escalate",
        due_at=TUESDAY,
    )
    exclude(api, "domain", "acmecorp.com", "no_attorney")
    assert on() == [] and operations.judge_exhausted(at=TUESDAY) == 1
    case.refresh_from_db()
    assert case.status == "active"
    assert "excluded this debtor from attorneys" in Event.objects.get(type="case.updated").data["change"]


def test_a_case_that_was_ready_for_an_attorney_waits_for_a_person(api: ApiClient, case: Case) -> None:
    Case.objects.update(status="escalation_pending")
    exclude(api, "company", "Acme", "no_attorney")
    case.refresh_from_db()
    assert case.status == "active"
    Case.objects.update(status="escalation_pending")  # as if it had become so behind the rule's back
    outreach.escalate_exhausted(at=TUESDAY)
    case.refresh_from_db()
    assert case.status == "active" and not Referral.objects.exists()


def test_an_attorney_cannot_accept_what_was_excluded_meanwhile(case: Case) -> None:
    Case.objects.update(status="escalation_pending")
    attorney = Attorney.objects.create(
        name="Dana", firm="D", email="d@law.example", bar_state="NY", bar_number="1", licence_expires_on="2030-01-01"
    )
    offered = Referral.objects.create(
        organisation_id=case.organisation_id,
        livemode=False,
        created_at=TUESDAY,
        recorded_at=TUESDAY,
        updated_at=TUESDAY,
        case=case,
        attorney=attorney,
        status="offered",
        actor="engine",
    )
    factories.exclusion(case.organisation, value="acmecorp.com", effect="no_attorney")
    Case.objects.update(status="escalation_pending")
    with pytest.raises(ApiError, match="attorney_excluded"):
        outreach.accept_referral(referral_id=offered.id, by="attorney:x", at=TUESDAY)


# --- rules


def test_keys() -> None:
    assert key_of("company", "ACME, Inc.") == key_of("company", "acme corp") == "acme"
    assert key_of("domain", "@www.Acme.COM.") == "www.acme.com" or key_of("domain", "www.Acme.COM.") == "acme.com"
    assert key_of("phone", "+1 512-555-0100") == key_of("phone", "(512) 555 0100") == "5125550100"
    assert address_keys(email="Jane@Mail.Acme.com", phone="") == {
        ("email", "jane@mail.acme.com"),
        ("domain", "mail.acme.com"),
        ("domain", "acme.com"),
    }
    assert debtor_keys(name="Acme", external_id="", domain="", phone="") == {("company", "acme")}
    assert ("domain", "com") not in address_keys(email="a@acme.com", phone="")


def test_other_organisations_and_modes_are_not_touched(organisation: Organisation, case: Case) -> None:
    factories.exclusion(factories.organisation("Other Inc."), value="acmecorp.com")
    factories.exclusion(organisation, livemode=True, value="acmecorp.com")
    assert on() == [] and queries.effects_on(case.debtor) == frozenset()


def test_the_database_keeps_one_hold_of_a_rule_on_a_thing(case: Case) -> None:
    made = factories.exclusion(case.organisation, value="acmecorp.com")
    hold = Hold.objects.get(exclusion=made)
    hold.pk = "hld_another00000000000"
    with pytest.raises(IntegrityError), db.atomic():
        hold.save(force_insert=True)


def test_statements_do_not_grow_with_the_rows_where_no_rule_is(api: ApiClient, organisation: Organisation) -> None:
    fresh = itertools.count()

    def statements(count: int) -> int:
        names = [f"c{next(fresh)}" for _ in range(count)]
        rows = [ACME | {"company_name": name, "contact_email": f"a@{name}.example"} for name in names]
        with CaptureQueriesContext(connection) as seen:
            api.post("/v1/campaigns", {"company": "Us", "debtors": rows})
        return len(seen)

    statements(1)
    assert statements(1) == statements(20)
    exclude(api, "company", "nobody at all")
    assert statements(1) == statements(20)
    assert Campaign.objects.count() == 5
