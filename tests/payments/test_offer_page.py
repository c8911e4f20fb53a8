"""The settlement on the payment page: shown as it stands, taken up, declined, paid; and never a word of the floor."""

from datetime import timedelta

import pytest
from django.test import Client

from agentcollect.kit import clock
from campaigns.models import Case
from payments import operations, queries
from payments.models import Offer
from tests import factories
from tests.payments.agreed import fresh, held
from tests.payments.offered import creditor
from tests.payments.test_page import BRAND, Browser, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    organisation = creditor()
    campaign = factories.campaign(organisation, brand=BRAND)
    due = clock.now().date() - timedelta(days=100)
    return factories.case(organisation, campaign=campaign, amount_minor=100_000, due_date=due)


def offered(case: Case) -> Offer:
    named = {"source": "creditor", "evidence": {}, "conditions": "In one payment.", "reason": "Ours alone."}
    made = operations.draft_offer(case_id=case.id, amount_minor=80_000, **named, by="key:one", at=clock.now())
    return operations.send_offer(offer_id=made.id, by="key:one", at=clock.now())


def test_it_shows_what_is_to_be_paid_and_what_that_saves(case: Case) -> None:
    offered(case)
    page = Browser().get(url(case))
    words = text(page)
    assert "Harbor & Pine offers you a settlement" in words and "You pay $800.00 You save $200.00" in words
    assert "In one payment." in words and "Ours alone." not in words
    assert "Accept, and go on to pay $800.00" in words and "floor" not in page.content.decode()


def test_a_draft_is_nobodys_business(case: Case) -> None:
    named = {"source": "creditor", "evidence": {}, "by": "key:one", "at": clock.now()}
    operations.draft_offer(case_id=case.id, amount_minor=80_000, **named)
    assert "settlement" not in text(Browser().get(url(case)))


def test_accepted_and_paid(case: Case) -> None:
    made, browser = offered(case), Browser()
    page = browser.get(url(case))
    assert browser.post(f"{url(case)}/offer", page, offer=made.id, answer="accept").status_code == 302
    assert (fresh(made).status, held(case), made.evidence["accepted"]["by"]) == ("accepted", ["offer"], "debtor")
    page = browser.get(url(case))
    assert "You accepted this settlement" in text(page) and 'value="800.00"' in page.content.decode()
    browser.post(url(case), page, how_much="part", amount="800.00")
    assert (fresh(case).close_reason, case.balance_minor, fresh(made).settled_at is not None) == ("settled", 0, True)
    assert "settlement" not in text(browser.get(url(case)))


def test_a_no_is_asked_for_once_more(case: Case) -> None:
    made, browser = offered(case), Browser()
    asked = browser.get(f"{url(case)}/offer")
    assert "whole balance stays owed" in text(asked) and fresh(made).status == "sent"
    browser.post(f"{url(case)}/offer", asked, offer=made.id, answer="decline")
    assert fresh(made).status == "declined"
    assert "settlement" not in text(browser.get(url(case)))


@pytest.mark.parametrize("what", ["another", "nothing", "expired", "outdated"])
def test_only_the_very_offer_that_was_seen_is_taken_up(case: Case, what: str) -> None:
    made, browser = offered(case), Browser()
    page = browser.get(url(case))
    if what == "expired":
        Offer.objects.filter(id=made.id).update(valid_until=clock.now())
    elif what == "outdated":
        Case.objects.filter(id=case.id).update(balance_minor=150_000)
    named = {"another": {"offer": "off_x", "answer": "accept"}, "nothing": {"offer": made.id}}
    given = named.get(what) or {"offer": made.id, "answer": "accept"}
    assert browser.post(f"{url(case)}/offer", page, **given).status_code == 302
    assert fresh(made).status == "sent"


def test_a_form_from_elsewhere_is_refused_and_an_unknown_page_says_nothing(case: Case) -> None:
    made = offered(case)
    bare = Client(enforce_csrf_checks=True)
    assert bare.post(f"{url(case)}/offer", {"offer": made.id, "answer": "accept"}).status_code == 403
    assert Browser().get(f"/pay/{queries.pay_slug(case)[:-3]}xyz/offer").status_code == 404
    assert fresh(made).status == "sent"
