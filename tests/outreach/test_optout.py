"""The opt-out page: GET shows, POST acts, one click works, and no other text opens anything."""

import pytest
from django.test import Client

from agentcollect.kit import crypto
from campaigns.models import Case, Contact, Suppression
from outreach import operations, queries
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contact() -> Contact:
    return Contact.objects.get(debtor=world.case().debtor)


def _path(contact: Contact) -> str:
    return "/optout/" + crypto.sign_id("optout", contact.id)


def test_get_shows_one_button_and_changes_nothing(contact: Contact) -> None:
    client = Client()
    for method in (client.get, client.head, client.get):
        assert method(_path(contact)).status_code == 200
    page = client.get(_path(contact)).content.decode()
    assert page.count("<button") == 1
    assert "Your Company Inc." in page
    assert "a…@acmecorp.com" in page
    assert "ap@acmecorp.com" not in page
    assert "<script" not in page
    assert Suppression.objects.count() == 0


def test_the_page_s_own_form_acts_once(contact: Contact) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(_path(contact))
    token = page.context["csrf_token"]
    for _ in range(2):
        answer = client.post(_path(contact), {"csrfmiddlewaretoken": str(token)}, headers={"Origin": "null"})
        assert answer.status_code == 200
        assert "have stopped" in answer.content.decode()
    row = Suppression.objects.get()
    assert (row.address, row.channel, row.reason, row.evidence) == (
        "ap@acmecorp.com",
        "email",
        "opt_out",
        {"how": "page"},
    )


def test_another_site_cannot_press_the_button(contact: Contact) -> None:
    client = Client(enforce_csrf_checks=True)
    for headers in ({}, {"Origin": "https://evil.example"}):
        assert client.post(_path(contact), {}, headers=headers).status_code == 403
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("multipart", [True, False])
def test_one_click_needs_no_page(contact: Contact, multipart: bool) -> None:
    client = Client(enforce_csrf_checks=True)
    body = {"List-Unsubscribe": "One-Click"}
    kind = {} if multipart else {"content_type": "application/x-www-form-urlencoded"}
    answer = client.post(_path(contact), body if multipart else "List-Unsubscribe=One-Click", **kind)
    assert answer.status_code == 200
    assert Suppression.objects.get().evidence == {"how": "one_click"}
    assert "contact.suppressed" in world.events(Case.objects.get(debtor=contact.debtor))


@pytest.mark.parametrize("change", ["purpose", "letter", "short", "other", "long"])
def test_unknown_links_get_one_neutral_answer(contact: Contact, change: str) -> None:
    good = crypto.sign_id("optout", contact.id)
    path = {
        "purpose": crypto.sign_id("pay", contact.id),
        "letter": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "short": good[:10],
        "other": "é%00x",
        "long": good * 4,
    }[change]
    client = Client()
    for answer in (client.get(f"/optout/{path}"), client.post(f"/optout/{path}", {})):
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
        assert "Acme" not in answer.content.decode()
    assert client.post(f"/optout/{path}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Suppression.objects.count() == 0


def test_the_link_in_the_mail_is_the_one_that_works() -> None:
    step = world.step(world.case())
    operations.send_due(at=AT)
    (mail,) = world.mails()
    url = mail["List-Unsubscribe"].strip("<>")
    assert url == queries.opt_out_url(world.message_of(step).contact_id)
    page = Client().get("/" + url.split("/", 3)[3]).content.decode()
    assert "Your Company writes to" in page


def test_headers_keep_the_address_private(contact: Contact) -> None:
    answer = Client().get(_path(contact))
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "'nonce-" in answer["Content-Security-Policy"]
    assert Client().put(_path(contact)).status_code == 405
