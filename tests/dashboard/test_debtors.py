"""Debtors in the dashboard: found, shown over all of their invoices, held and released as a whole."""

import pytest
from django.test import Client

from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Case, Contact, Debtor, Hold
from dashboard import words
from events.models import Event
from tests import factories
from tests.dashboard import world

LIST = "/dashboard/debtors"


@pytest.fixture
def case(owner: Client) -> Case:
    """The older of two open invoices of a debtor; another debtor stands beside it."""
    ours = owner.organisation  # type: ignore[attr-defined]
    debtor = factories.debtor(ours, name="Northwind Traders")
    factories.contact(debtor, email="ap@northwind.example.com")
    factories.case(ours, debtor=factories.debtor(ours, name="Globex"), invoice_number="G-1", search="globex g-1")
    factories.case(ours, debtor=debtor, invoice_number="INV-9-second", invoice_key="second", search="northwind inv-9")
    return factories.case(ours, debtor=debtor, invoice_number="INV-2025-0851", search="northwind inv-2025-0851")


@pytest.mark.parametrize("asked", ["northw", "0851", "AP@northwind.example.com"])
def test_a_debtor_is_found_by_what_one_knows(owner: Client, case: Case, asked: str) -> None:
    page = owner.get(LIST, {"q": asked}).content.decode()
    assert f"{LIST}/{case.debtor_id}" in page and "Globex" not in page


def test_an_id_leads_to_its_page_and_a_foreign_one_nowhere(owner: Client, case: Case) -> None:
    assert owner.get(LIST, {"q": case.debtor_id}).headers["Location"] == f"{LIST}/{case.debtor_id}"
    assert owner.get(LIST, {"q": case.id}).headers["Location"] == f"/dashboard/cases/{case.id}"
    foreign = factories.debtor(factories.organisation("Other"))
    assert b"No debtor matches" in owner.get(LIST, {"q": foreign.id}).content
    assert b"two letters" in owner.get(LIST, {"q": "n"}).content


def test_the_page_shows_everything_about_one_debtor(owner: Client, case: Case) -> None:
    at, person = clock.now(), Contact.objects.filter(debtor_id=case.debtor_id).order_by("level").first()
    agreed = {"channel": "call", "kind": "express", "since": clock.iso(at), "revoked_at": None, "evidence": "a form"}
    Contact.objects.filter(id=person.id).update(consents=[agreed])
    told = {"since": clock.iso(at), "channel": "call", "days": [0, 4], "from": "12:00", "to": "13:00"}
    Debtor.objects.filter(id=case.debtor_id).update(inconvenient=[told])
    operations.suppress(contact=person, channel="email", reason="opt_out", by="debtor", at=at, evidence={})
    factories.reply(case, text="Please ask our head office.")
    page = owner.get(f"{LIST}/{case.debtor_id}").content.decode()
    for shown in (
        "INV-2025-0851",
        "INV-9-second",
        "2 open invoices",
        "no e-mail",
        "Agreed to it, by a machine too: calls",
    ):
        assert shown in page, shown
    assert "Calls: not Monday, Friday, 12:00 to 13:00" in page and "Please ask our head office." in page
    assert f"{LIST}/{case.debtor_id}" in owner.get(f"/dashboard/cases/{case.id}").content.decode()


def test_the_whole_debtor_is_held_and_released(owner: Client, case: Case) -> None:
    path = f"{LIST}/{case.debtor_id}"
    assert "Hold everything" in owner.get(path).content.decode()
    for _ in range(2):
        owner.post(f"{path}/hold")
    placed = Hold.objects.get(debtor_id=case.debtor_id, kind="do_not_contact", released_at=None)
    assert placed.actor.startswith("member:") and Event.objects.filter(type="case.held", cause=placed.id).exists()
    page = owner.get(path).content.decode()
    assert "Marked do not contact" in page and "Hold everything" not in page
    owner.post(f"{path}/release")
    assert not Hold.objects.filter(debtor_id=case.debtor_id, released_at=None).exists()


def test_what_the_debtor_asked_for_is_not_ours_to_end(owner: Client, case: Case) -> None:
    operations.hold(kind="do_not_contact", on=case.debtor, by="debtor", at=clock.now())
    path = f"{LIST}/{case.debtor_id}"
    assert f"{path}/release" not in owner.get(path).content.decode()
    assert b"not the creditor" in owner.post(f"{path}/release", follow=True).content
    assert Hold.objects.filter(debtor_id=case.debtor_id, released_at=None).exists()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "Any contact: never"),
        ({"channel": "email", "address": "a@b.example"}, "E-mail to a@b.example: never"),
        ({"days": [6]}, "Any contact: not Sunday"),
        ({"from": "22:00", "to": "06:00"}, "Any contact: not 22:00 to 06:00"),
    ],
)
def test_a_time_that_does_not_suit_in_words(row: dict[str, object], said: str) -> None:
    assert words.inconvenient(row) == said


def test_only_who_may_act_holds(case: Case) -> None:
    viewer = Client()
    viewer.force_login(world.member(case.organisation, "viewer").user)
    assert viewer.post(f"{LIST}/{case.debtor_id}/hold").status_code == 403
    assert b"Hold everything" not in viewer.get(f"{LIST}/{case.debtor_id}").content
    assert not Hold.objects.filter(debtor_id=case.debtor_id).exists()
