"""Every open invoice of a debtor on one page: what is ticked, what is paid by one payment, and what a change does."""

import io
import re
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Suppression, Task
from campaigns.rules import offers
from events.models import Event
from payments import operations, providers
from payments.models import BankReference, Payment
from payments.providers.base import Checkout, ProcessorError
from payments.providers.sandbox import SandboxProcessor
from tests import factories
from tests.payments import states
from tests.payments.test_later import send
from tests.payments.test_page import Browser, text, url

pytestmark = pytest.mark.usefixtures("empty_redis")
FIRST, SECOND, THIRD = "2025-0847", "2025-0900", "2025-0901"


@pytest.fixture
def case(db: None) -> Case:
    return states.invoice()


def rows(page: Any) -> dict[str, bool]:
    """Invoice number → ticked, of what can be ticked, in order."""
    box = r'name="invoice" value="\w+"([^>]*)>\s*<span class="choice-words">Invoice #([\w-]+)'
    found = re.findall(box, page.content.decode())
    return {number: " checked" in rest for rest, number in found}


def fresh(case: Case) -> Case:
    return Case.objects.get(id=case.id)


def test_all_that_the_debtor_owes_this_creditor_is_listed_the_linked_one_first(case: Case) -> None:
    second = states.beside(case, "INV-2025-0900", 30_000)
    states.beside(case, "INV-2025-0901", 100, due_date=None)
    tenant = {"debtor": case.debtor, "organisation": case.organisation}
    states.invoice(**tenant, invoice_number="EUR-1", invoice_key="eur-1", currency="EUR")
    states.invoice(**tenant, invoice_number="OTHER-1", invoice_key="other-1", brand={"name": "Another Creditor"})
    factories.case(case.organisation, campaign=case.campaign, invoice_number="THEIRS", invoice_key="theirs")
    page = Client().get(url(case))
    assert rows(page) == {FIRST: True, SECOND: True, THIRD: True}
    assert "Amount due $15,301.00" in text(page)
    assert next(iter(rows(Client().get(url(second))))) == SECOND
    assert not re.search("EUR-1|OTHER-1|THEIRS", text(page))


def test_what_waits_stands_apart_unticked_and_explained(db: None) -> None:
    case = states.several()
    page = Client().get(url(case))
    asked, apart = text(page).split("Not asked for at the moment")
    assert rows(page) | {"2025-0801": False, "2025-0802": False, "2025-0803": False} == rows(page)
    assert "Amount due $15,900.03" in asked and "2025-0801" not in asked
    for why in ("In dispute:", "You told us that it is paid", "On hold:"):
        assert why in apart


def test_what_is_being_paid_or_with_an_attorney_cannot_be_ticked(case: Case) -> None:
    states.begun(states.beside(case, "INV-2025-0900"), 100)
    states.beside(case, "INV-2025-0901", status="escalated")
    page = Client().get(url(case))
    assert rows(page) == {} or rows(page) == {FIRST: True}
    assert "A payment for it is on its way." in text(page) and "An attorney has it now" in text(page)
    forced = Payment.objects.count()
    Browser().post(url(case), page, invoice=[Case.objects.get(status="escalated").id])
    assert Payment.objects.count() == forced


def test_one_payment_settles_all_that_is_ticked(case: Case) -> None:
    second, browser = states.beside(case, "INV-2025-0900", 30_000), Browser()
    answer = browser.post(url(case), browser.get(url(case)))
    payment = Payment.objects.get()
    assert payment.amount_minor == 1_530_000
    assert payment.instruction == [[case.id, 1_500_000], [second.id, 30_000]]
    assert [fresh(one).close_reason for one in (case, second)] == ["paid", "paid"]
    receipt = text(browser.get(answer["Location"]))
    assert (
        "#2025-0847 – $15,000.00" in receipt and "#2025-0900 – $300.00" in receipt and "Together $15,300.00" in receipt
    )
    for one, share in ((case, "$15,000.00"), (second, "$300.00")):
        paid = text(browser.get(url(one)))
        assert "This invoice is settled" in paid and share in paid and "Part of a payment of $15,300.00" in paid
        pdf = browser.get(f"{url(one)}/payments/{payment.id}/receipt.pdf")
        words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
        assert pdf["Content-Type"] == "application/pdf" and "15,300.00" in words and payment.id in words


def test_a_part_fills_the_invoices_in_the_order_shown(case: Case) -> None:
    second, browser = states.beside(case, "INV-2025-0900", 30_000), Browser()
    answer = browser.post(
        url(case), browser.get(url(case)), how_much="part", amount="15,100.00", method="bank_transfer"
    )
    assert [fresh(one).balance_minor for one in (case, second)] == [0, 20_000]
    assert "#2025-0900 $200.00 $100.00" in text(browser.get(answer["Location"]))


def test_other_boxes_than_those_the_total_was_of_charge_nothing_yet(case: Case) -> None:
    second, browser = states.beside(case, "INV-2025-0900", 30_000), Browser()
    page = browser.post(url(case), browser.get(url(case)), invoice=[second.id])
    assert (page.status_code, Payment.objects.count()) == (200, 0)
    assert "Amount due $300.00" in text(page) and "Nothing was charged yet." in text(page)
    assert rows(page) == {FIRST: False, SECOND: True}
    browser.post(url(case), page)
    assert (Payment.objects.get().amount_minor, Payment.objects.get().case_id) == (30_000, second.id)


def test_the_total_is_updated_without_paying(case: Case) -> None:
    states.beside(case, "INV-2025-0900", 30_000)
    browser = Browser()
    page = browser.post(url(case), browser.get(url(case)), act="update", invoice=[case.id])
    assert "Amount due $15,000.00" in text(page) and not Payment.objects.exists()


def test_a_balance_that_changed_is_shown_before_anything_is_charged(case: Case) -> None:
    second, browser = states.beside(case, "INV-2025-0900", 30_000), Browser()
    page = browser.get(url(case))
    credit = {"amount_minor": 5_000, "reason": "returned goods", "reference": "CN-1"}
    campaigns.credit(case_id=second.id, **credit, by="key:1", at=clock.now())
    again = browser.post(url(case), page)
    assert (again.status_code, Payment.objects.count()) == (409, 0)
    assert "The balance has changed meanwhile." in text(again) and "$15,250.00" in text(again)
    browser.post(url(case), again)
    assert Payment.objects.get().amount_minor == 1_525_000


def test_nothing_ticked_is_said(case: Case) -> None:
    states.beside(case, "INV-2025-0900")
    browser = Browser()
    page = browser.post(url(case), browser.get(url(case)), invoice=[])
    assert page.status_code == 400 and "Choose at least one invoice." in text(page)


def test_somebody_elses_invoice_is_not_paid_by_naming_it(case: Case) -> None:
    stranger = factories.case(case.organisation, campaign=case.campaign, invoice_number="B", invoice_key="b")
    browser = Browser()
    browser.post(url(case), browser.get(url(case)), invoice=[case.id, stranger.id])
    assert fresh(stranger).balance_minor == 1_500_000


def test_the_number_of_statements_does_not_grow_with_the_invoices(
    case: Case, django_assert_max_num_queries: Any
) -> None:
    Client().get(url(case))
    with django_assert_max_num_queries(16) as few:
        Client().get(url(case))
    statements = len(few)
    assert statements > 5
    for place in range(12):
        states.beside(case, f"INV-2025-09{place:02}")
    with django_assert_max_num_queries(statements):
        assert len(rows(Client().get(url(case)))) == 13


# --- ways to pay


def test_a_test_debit_is_on_its_way_until_its_callback(case: Case) -> None:
    browser = Browser()
    page = browser.get(url(case))
    refused = browser.post(url(case), page, method="ach_debit", account_number="98765432")
    assert refused.status_code == 400 and "Test mode takes test account numbers only." in text(refused)
    assert "98765432" not in refused.content.decode()
    answer = browser.post(url(case), refused, method="ach_debit", account_number="000123456789")
    assert "Your payment is on its way" in text(browser.get(answer["Location"]))


@pytest.mark.parametrize("status", ["proposed", "approved", "replaced", "cancelled"])
def test_an_account_that_is_not_in_force_is_never_shown(db: None, status: str) -> None:
    case = states.invoice(livemode=True)
    states.remit_to(case, status)
    assert "DE89" not in text(Client().get(url(case)))
    assert Client().get(f"{url(case)}/transfer")["Location"] == url(case)


def test_bank_details_amount_and_reference(db: None) -> None:
    case = states.invoice(livemode=True)
    states.remit_to(case)
    for path in (url(case), f"{url(case)}/transfer"):
        words = text(Client().get(path))
        reference = BankReference.objects.get(case=case).reference
        grouped = " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))
        for said in ("First Bank", "DE89 3704 0044 0532 0130 00", "COBADEFF", "$15,000.00", grouped, "1 to 3 days"):
            assert said in words
    form = Client().get(f"{url(case)}/paid?sent=1").content.decode()
    today = offers.today(case.organisation.timezone, clock.now()).isoformat()
    assert f'value="{reference}"' in form and f'value="{today}"' in form
    assert "<form" not in Client().get(url(case)).content.decode()


class Hosted(SandboxProcessor):
    """A processor with a page of its own; `faults` are raised in turn before it answers."""

    name, hosted, methods = "stripe", True, ("card",)

    def __init__(self, *faults: ProcessorError) -> None:
        self.faults, self.asked = list(faults), []

    def begin(self, request: Any) -> Checkout:
        self.asked.append(request)
        if self.faults:
            raise self.faults.pop()
        return Checkout("https://checkout.example/c/1", "cs_test_1", request.expires_at)


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> Hosted:
    found = Hosted()
    monkeypatch.setattr(providers, "processor_for", lambda **_: found)
    return found


def test_a_processors_own_page_is_reached_without_card_fields(case: Case, hosted: Hosted) -> None:
    browser = Browser()
    page = browser.get(f"{url(case)}?lang=de")
    assert "card_number" not in page.content.decode() and "Weiter zur Zahlungsseite" in text(page)
    answer = browser.post(f"{url(case)}?lang=de", page)
    onward = browser.get(answer["Location"])
    assert 'http-equiv="refresh" content="0; url=https://checkout.example/c/1"' in onward.content.decode()
    assert (hosted.asked[0].language, hosted.asked[0].amount_minor) == ("de", 1_500_000)
    back = browser.get(url(case))
    assert "Your payment is not finished" in text(back) and "refresh" not in back.content.decode()
    assert "on its way" not in text(back)


def test_a_processor_that_does_not_answer_is_said_and_a_promise_offered(case: Case, hosted: Hosted) -> None:
    hosted.faults = [ProcessorError("down", permanent=True)]
    browser = Browser()
    page = browser.get(browser.post(url(case), browser.get(url(case)))["Location"])
    assert page.status_code == 503 and "Paying is not possible at the moment" in text(page)
    assert f'href="{url(case)}/promise"' in page.content.decode()
    hosted.faults = [ProcessorError("no answer", permanent=False)]
    page = browser.get(browser.post(url(case), browser.get(url(case)))["Location"])
    assert "whether your payment was taken" in text(page) and "/promise" not in page.content.decode()


# --- states and acts


@pytest.mark.parametrize(
    ("reason", "campaign", "words"),
    [
        ("recalled", {}, "This invoice was withdrawn"),
        ("dispute_upheld", {}, "Your objection was accepted"),
        ("duplicate", {}, "This invoice was listed twice"),
        ("written_off", {}, "Nothing to pay here"),
        ("uncollectible", {}, "Nothing to pay here"),
        ("uncollectible", {"status": "completed"}, "This page has ended"),
    ],
)
def test_why_nothing_is_paid_here(db: None, reason: str, campaign: dict[str, str], words: str) -> None:
    case = states.closed(reason, **campaign)
    page = Client().get(url(case))
    assert words in text(page) and "15,000" not in text(page) and "<form" not in page.content.decode()


def test_an_open_invoice_without_a_mandate_takes_nothing(case: Case) -> None:
    type(case.campaign).objects.update(mandate_ends_at=clock.now())
    assert "This page has ended" in text(Client().get(url(case)))


def test_the_attorney_is_named(db: None) -> None:
    case = states.invoice(status="escalated")
    assert "independent attorney" in text(Client().get(url(case)))
    data = '{"data": {"attorney": {"name": "Dana Whitfield", "bar_state": "NY", "bar_number": "5512345"}}}'
    at = clock.now()
    named = {"organisation": case.organisation, "livemode": False, "case_id": case.id, "created_at": at}
    Event.objects.create(**named, recorded_at=at, type="case.escalated", payload=data, actor="engine")
    words = text(Client().get(url(case)))
    assert "Please talk to Dana Whitfield" in words and "NY 5512345" in words


def test_what_went_back_is_said_on_page_and_receipt(case: Case) -> None:
    payment = states.paid(case, 1_500_000)
    operations.reverse(payment_id=payment.id, reason="R10", by="processor", at=clock.now())
    assert "This payment was returned by the bank and counts no longer." in text(Client().get(url(case)))
    receipt = text(Client().get(f"{url(case)}/payments/{payment.id}"))
    assert "returned by the bank" in receipt and "Nothing more is due" not in receipt


def test_a_colleague_of_the_company_comes_first_from_then_on(case: Case) -> None:
    answer = send(case, "forward")
    assert "next message about this invoice goes there" in text(Client().get(answer["Location"]))
    named = Contact.objects.get(email="jo@acmecorp.com")
    assert (named.name, named.source, named.confidence, named.clock_id) == ("Jo Payer", "debtor", 100, case.clock_id)
    send(case, "forward")
    assert Contact.objects.filter(email__iexact="jo@acmecorp.com").count() == 1 and not Task.objects.exists()


@pytest.mark.parametrize("email", ["jo@elsewhere.com", "jo@gmail.com"])
def test_a_stranger_is_written_to_only_after_a_person_looked(case: Case, email: str) -> None:
    send(case, "forward", email=email)
    assert not Contact.objects.filter(email=email).exists()
    assert Task.objects.get().facts == {"name": "Jo Payer", "address": email}


def test_a_consumers_colleague_is_nobodys_business(case: Case) -> None:
    type(case.debtor).objects.update(debt_class="consumer")
    send(case, "forward")
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("email", ["AP@acmecorp.com", "somebody@else.com"])
def test_stopping_the_mails_answers_the_same_to_everybody(case: Case, email: str) -> None:
    words = text(Client().get(send(case, "stop", email=email)["Location"]))
    assert "No more e-mails about this invoice are sent to that address." in words
    found = [(one.address, one.reason, one.channel) for one in Suppression.objects.all()]
    assert found == ([("ap@acmecorp.com", "opt_out", "email")] if "acme" in email else [])


def test_a_payment_of_another_creditor_of_the_same_debtor_is_not_shown(case: Case) -> None:
    other = states.invoice(
        organisation=case.organisation, debtor=case.debtor, invoice_number="O", invoice_key="o", brand={"name": "Other"}
    )
    payment = states.paid(other, 100)
    for after in ("", "/receipt.pdf"):
        assert Client().get(f"{url(case)}/payments/{payment.id}{after}").status_code == 404
