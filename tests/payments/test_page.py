"""The payment page as a browser meets it: states, form, CSRF, headers, and silence towards strangers."""

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client

from agentcollect.kit import clock, crypto, db
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case
from payments import operations, queries
from payments.models import Payment
from tests import factories
from tests.payments.test_record import record

BRAND = {
    "name": "Harbor & Pine",
    "legal_name": "Harbor & Pine Supply Co., Inc.",
    "reply_to": "ar@harborpine.example",
    "colors": {"primary": "#1E40AF", "accent": "#10B981"},
}
CARD = {"card_number": "4242 4242 4242 4242", "expiry": "09/30", "code": "123"}


@pytest.fixture
def case(db: None) -> Case:
    return make()


def make(livemode: bool = False, brand: dict[str, Any] = BRAND, **facts: Any) -> Case:
    organisation = factories.organisation()
    campaign = factories.campaign(organisation, livemode, brand=brand, debtors_enrolled=1)
    return factories.case(organisation, livemode, campaign=campaign, **facts)


def url(case: Case) -> str:
    return f"/pay/{queries.pay_slug(case)}"


class Browser:
    """Keeps cookies, checks CSRF as a real one would be checked, and sends what a browser sends under no-referrer."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str) -> HttpResponse:
        return self.client.get(path)

    def post(self, path: str, page: HttpResponse, **fields: Any) -> HttpResponse:
        html = page.content.decode()
        hidden: dict[str, Any] = dict(re.findall(r'name="(csrfmiddlewaretoken|form|seen)" value="([^"]*)"', html))
        boxes = re.findall(r'<input type="(?:hidden|checkbox)" name="invoice" value="(\w+)"([^>]*)>', html)
        ticked = [case_id for case_id, rest in boxes if "checked" in rest or "class" not in rest]
        form = {"how_much": "full", "method": "card", "invoice": ticked} | CARD | hidden | fields
        return self.client.post(path, form, headers={"Origin": "null"})


def text(page: HttpResponse) -> str:
    """What a reader sees, in one line."""
    plain = re.sub(r"(?s)<(style|head).*?</\1>|<[^>]+>", " ", page.content.decode())
    return " ".join(plain.replace("&amp;", "&").replace("&#x27;", "'").split())


def test_it_shows_what_is_owed_and_to_whom(case: Case) -> None:
    page = Browser().get(url(case))
    words = text(page)
    assert page.status_code == 200
    for expected in (
        "Harbor & Pine",
        "Invoice #2025-0847",
        "$15,000.00",
        "October 1, 2025",
        "Acme Corp",
        "Invoice amount",
        "Test mode: no money moves.",
        "Harbor & Pine uses an automated service to send and collect its invoices.",
        "If in doubt, call the number you already have.",
        "Harbor & Pine Supply Co., Inc.",
    ):
        assert expected in words


def test_headers_keep_the_address_private(case: Case) -> None:
    browser = Browser()
    for path in (url(case), "/pay/inv-0847", f"{url(case)}/payments/pay_x"):
        page = browser.get(path)
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page["X-Robots-Tag"]
        policy = page["Content-Security-Policy"]
        nonce = re.search(r"'nonce-([^']+)'", policy)
        assert nonce
        assert f'<style nonce="{nonce[1]}">' in page.content.decode()
        assert "default-src 'none'" in policy
    assert set(browser.client.cookies) == {"csrftoken"}


def test_nothing_is_fetched_from_elsewhere_and_nothing_runs(case: Case) -> None:
    html = Browser().get(url(case)).content.decode()
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', html)
    assert "<script" not in html
    assert " style=" not in html
    assert not re.search(r"\son[a-z]+=", html)


def test_paying_in_full_redirects_to_a_receipt(case: Case) -> None:
    browser = Browser()
    answer = browser.post(url(case), browser.get(url(case)))
    payment = Payment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{url(case)}/payments/{payment.id}")
    receipt = text(browser.get(answer["Location"]))
    assert "Payment received" in receipt
    assert "$15,000.00" in receipt
    assert payment.id in receipt
    assert "Nothing more is due." in receipt
    assert "This invoice is settled" in text(browser.get(url(case)))


def test_part_now_part_later(case: Case) -> None:
    browser = Browser()
    answer = browser.post(url(case), browser.get(url(case)), how_much="part", amount="2,500.50", method="bank_transfer")
    assert "$12,499.50 of this invoice is still open." in text(browser.get(answer["Location"]))
    page = browser.get(url(case))
    assert "−$2,500.50" in text(page)
    assert "Balance $12,499.50" in text(page)
    browser.post(url(case), page)
    case.refresh_from_db()
    assert (case.balance_minor, case.close_reason) == (0, "paid")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"how_much": "part", "amount": "0"}, "amount", "Enter an amount above zero."),
        ({"how_much": "part", "amount": "-1"}, "amount", "Enter an amount in figures"),
        ({"how_much": "part", "amount": ""}, "amount", "Enter an amount in figures"),
        ({"how_much": "part", "amount": "15000.01"}, "amount", "Enter at most $15,000.00"),
        ({"how_much": "part", "amount": "1.005"}, "amount", "more decimals than USD has"),
        ({"how_much": "all"}, "how_much", "Choose how much to pay."),
        ({"method": "cash"}, "method", "Choose how to pay."),
        ({"card_number": "4242 4242 4242 4241"}, "card_number", "This is not a card number"),
        ({"card_number": "4111 1111 1111 1111"}, "card_number", "Test mode takes test card numbers only"),
        ({"expiry": "01/20"}, "expiry", "This date has passed."),
        ({"code": "12"}, "code", "Enter the 3 or 4 figures."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(case: Case, fields: dict[str, str], field: str, words: str) -> None:
    browser = Browser()
    page = browser.post(url(case), browser.get(url(case)), **fields)
    html = page.content.decode()
    assert page.status_code == 400
    assert "Nothing was charged" in text(page)
    assert words in text(page)
    assert f'href="#{field}"' in html
    assert f'id="{field}"' in html
    assert "4242 4242 4242 4241" not in html
    assert not Payment.objects.exists()


def test_a_declined_card_says_so_and_may_be_tried_again(case: Case) -> None:
    browser = Browser()
    answer = browser.post(url(case), browser.get(url(case)), card_number="4000 0000 0000 0002")
    page = browser.get(answer["Location"])
    assert "Nothing was charged" in text(page)
    assert "The card was declined." in text(page)
    assert "0002</" not in page.content.decode().split("A test number")[0]
    assert "Payment received" in text(browser.get(browser.post(url(case), page)["Location"]))


def test_the_same_form_sent_again_leads_to_the_same_receipt(case: Case) -> None:
    browser = Browser()
    page = browser.get(url(case))
    first, second = browser.post(url(case), page), browser.post(url(case), page)
    assert first["Location"] == second["Location"]
    assert Payment.objects.count() == 1


def test_without_the_cookie_or_token_nothing_happens(case: Case) -> None:
    browser = Browser()
    page = browser.get(url(case))
    form = {"how_much": "full", "method": "bank_transfer", "form": "n" * 22}
    strangers = Client(enforce_csrf_checks=True)
    assert strangers.post(url(case), form).status_code == 403
    assert browser.client.post(url(case), form | {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token
    good = form | {"csrfmiddlewaretoken": token[1]}
    refused = browser.client.post(url(case), good, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "This page had expired" in text(refused)
    assert not Payment.objects.exists()


def test_over_https_without_origin_and_referrer_the_token_decides(case: Case) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(url(case), secure=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token
    form = {"how_much": "full", "method": "bank_transfer", "form": "n" * 22, "csrfmiddlewaretoken": token[1]}
    form |= {"invoice": case.id, "seen": f"{case.id}:1500000"}
    assert client.post(url(case), form, secure=True).status_code == 302


def test_too_many_tries(case: Case, empty_redis: None) -> None:
    browser = Browser()
    page = browser.get(url(case))
    answers = [browser.post(url(case), page, card_number="4242424242424241") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert "Too many tries." in text(answers[-1])


# --- strangers


def test_every_wrong_address_gets_the_same_answer(case: Case, django_assert_num_queries: Any) -> None:
    slug = queries.pay_slug(case)
    flipped = slug[:-1] + ("a" if slug[-1] != "a" else "b")
    optout = "inv-2025-0847-" + crypto.sign_id("optout", case.id)
    guesses = [
        "inv-2025-0847",
        "inv-0847",
        flipped,
        slug[:-1],
        f"{slug}x",
        case.id,
        optout,
        "x" * 2000,
        "é" * 40,
        "%00" * 40,
    ]
    answers = set()
    for guess in guesses:
        with django_assert_num_queries(0):
            page = Browser().get(f"/pay/{guess}")
        assert page.status_code == 404
        answers.add(re.sub(r'nonce="[^"]+"|action="[^"]+"|value="[^"]{64}"', "", page.content.decode()))
    assert len(answers) == 1
    words = answers.pop()
    assert "This link is not complete" in words
    assert not re.search(r"Acme|Your Company|15,000|debt|owe", words)


def test_one_case_does_not_show_anothers_payment(case: Case) -> None:
    other = factories.case(case.organisation, campaign=case.campaign, invoice_number="B", invoice_key="b")
    payment = record(other, 100)
    assert Browser().get(f"{url(case)}/payments/{payment.id}").status_code == 404
    assert Browser().get(f"{url(other)}/payments/{payment.id}").status_code == 200


def test_names_cannot_bring_markup_or_styles(db: None) -> None:
    brand = {"name": "<script>alert(1)</script>", "colors": {"primary": "#fff}</style><script>"}}
    html = Browser().get(url(make(brand=brand))).content.decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


# --- states


def test_while_processing_no_form_and_no_second_payment(case: Case) -> None:
    browser = Browser()
    page = browser.get(url(case))
    payment, _ = operations.start(
        case=case, amount_minor=100, method="card", nonce="z" * 22, provider="sandbox", by="debtor", at=clock.now()
    )
    shown = browser.get(url(case))
    assert "Your payment is on its way" in text(shown)
    assert "<form" not in shown.content.decode()
    assert "Your payment is on its way" in text(browser.get(f"{url(case)}/payments/{payment.id}"))
    refused = browser.post(url(case), page)
    assert (refused.status_code, Payment.objects.count()) == (409, 1)


def test_a_recalled_case_asks_for_nothing(case: Case) -> None:
    browser = Browser()
    page = browser.get(url(case))
    with db.atomic():
        campaigns.cancel(campaign_id=case.campaign_id, by="test", at=clock.now())
    shown = browser.get(url(case))
    assert "This invoice was withdrawn" in text(shown)
    assert "15,000" not in text(shown)
    assert browser.post(url(case), page).status_code == 409
    assert not Payment.objects.exists()


def test_live_mode_says_whom_to_ask_and_takes_no_card(db: None) -> None:
    case = make(livemode=True)
    browser = Browser()
    page = browser.get(url(case))
    assert "To pay, contact Harbor & Pine at ar@harborpine.example and name invoice #2025-0847." in text(page)
    assert "Test mode" not in text(page)
    assert "<form" not in page.content.decode()
    assert "$15,000.00" in text(page)


def test_overpaid_credit_is_said_on_the_receipt(case: Case) -> None:
    payment = record(case, 1_600_000)
    words = text(Browser().get(f"{url(case)}/payments/{payment.id}"))
    assert "$1,000.00 of this payment is more than the invoice needed." in words


def test_the_logo_is_ours_and_only_for_who_has_the_link(case: Case) -> None:
    name = default_storage.save("logos/test.png", ContentFile(b"\x89PNG fake"))
    Campaign.objects.filter(id=case.campaign_id).update(logo_state="ready", logo_file=name)
    page = Browser().get(url(case))
    assert f'src="{url(case)}/logo" alt="Harbor &amp; Pine"' in page.content.decode()
    answer = Browser().get(f"{url(case)}/logo")
    assert (answer["Content-Type"], answer.content) == ("image/png", b"\x89PNG fake")
    assert Browser().get("/pay/inv-0847/logo").status_code == 404
    Campaign.objects.filter(id=case.campaign_id).update(logo_file="../secrets.json")
    assert Browser().get(f"{url(case)}/logo").status_code == 404


def test_the_url_is_absolute_and_readable(case: Case, settings: Any) -> None:
    settings.PUBLIC_URL = "https://pay.example"
    assert queries.pay_url(case).startswith("https://pay.example/pay/inv-2025-0847-")
    case.invoice_number = ""
    assert re.fullmatch(r"[0-9A-Za-z]{38}", queries.pay_slug(case))
    assert queries.case_of_slug(queries.pay_slug(case)) == case
