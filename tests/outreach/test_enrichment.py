"""Finding people: stable in test mode, nobody in live mode, never for consumers."""

from typing import Any

import pytest

from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from events.models import Event
from outreach import operations
from outreach.providers.enrichment import SandboxDirectory
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT

NUMBER = {"invoice_number": "INV-9", "invoice_key": "inv-9"}


def test_the_same_company_has_the_same_people() -> None:
    search = SandboxDirectory().search
    people = search(company="Acme Corp", domain="acmecorp.com")
    assert people == search(company="ACME Corporation", domain="acmecorp.com")
    assert [person.level for person in people] == [1, 2, 3]
    assert {person.department for person in people} == {"accounts_payable", "finance", "executive"}
    assert all(person.email.endswith("@acmecorp.com") and len(person.sources) == 2 for person in people)
    assert all(0 < person.confidence <= 100 for person in people)


def test_without_a_domain_a_company_lives_in_the_sandbox() -> None:
    search = SandboxDirectory().search
    one, two = (search(company=name, domain="")[0].email.partition("@")[2] for name in ("Acme Corp", "Beta GmbH"))
    assert one == search(company="ACME, Inc.", domain="")[0].email.partition("@")[2]
    assert one != two
    assert one.endswith(".sandbox.agentcollect.com")
    assert search(company="株式会社", domain="")[0].email.endswith(".sandbox.agentcollect.com")


def _waiting(livemode: bool = False, **facts: Any) -> Case:
    organisation = factories.organisation()
    debtor = factories.debtor(organisation, livemode, enriched_at=None, **facts)
    case = world.case(livemode, organisation=organisation, debtor=debtor, status=Case.Status.ENRICHING)
    Contact.objects.filter(debtor=debtor).delete()
    return case


@pytest.mark.django_db(transaction=True)
def test_found_people_start_the_case_and_are_told_once() -> None:
    case = _waiting()
    assert operations.enrich_due(at=AT) == 1
    assert operations.enrich_due(at=AT) == 0
    case.refresh_from_db()
    assert case.status == Case.Status.ACTIVE
    assert Contact.objects.filter(debtor=case.debtor).count() == 3
    assert Event.objects.filter(type="contact.enriched").count() == 3
    assert Step.objects.get(case=case).intent == "first_reminder"


@pytest.mark.django_db(transaction=True)
def test_an_address_the_creditor_gave_is_not_news() -> None:
    case = _waiting()
    given = SandboxDirectory().search(company="Acme Corp", domain="acmecorp.com")[0].email
    factories.contact(case.debtor, email=given)
    operations.enrich_due(at=AT)
    assert Event.objects.filter(type="contact.enriched").count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("livemode", "facts"),
    [(True, {}), (False, {"debt_class": "consumer"}), (False, {"debtor_type": "sole_proprietor"})],
)
def test_where_nobody_may_be_searched_the_case_asks_for_a_contact(livemode: bool, facts: dict[str, str]) -> None:
    case = _waiting(livemode, **facts)
    operations.enrich_due(at=AT)
    case.refresh_from_db()
    assert (case.status, Contact.objects.filter(debtor=case.debtor).count()) == (Case.Status.NEEDS_CONTACT, 0)
    assert Debtor.objects.get(id=case.debtor_id).enriched_at == AT


@pytest.mark.django_db(transaction=True)
def test_a_doubt_about_who_it_is_keeps_the_directories_closed() -> None:
    case = _waiting()
    campaigns.hold(kind="identity_doubt", on=case.debtor, by="engine", at=AT)
    operations.enrich_due(at=AT)
    assert Contact.objects.filter(debtor=case.debtor).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_later_invoice_of_a_debtor_nobody_was_found_for_asks_for_a_contact() -> None:
    first = _waiting(livemode=True)
    operations.enrich_due(at=AT)
    facts = {"status": Case.Status.ENRICHING, "opened_at": None, "given_contacts": []}
    second = world.case(True, organisation=first.organisation, debtor=first.debtor, **facts, **NUMBER)
    Contact.objects.filter(debtor=first.debtor).delete()
    Campaign.objects.filter(id=second.campaign_id).update(unopened=1)
    campaigns.open_cases(at=AT)
    second.refresh_from_db()
    assert second.status == Case.Status.NEEDS_CONTACT
    # one moment, so in no order
    assert sorted(world.events(second)) == ["case.opened", "case.updated", "task.created"]
