"""What a message says and how it is built: every wording passes the guards, names cannot break it, headers thread."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from campaigns.rules.playbook import DEFAULT
from compliance.guards import GUARDS
from compliance.reading import Rendered
from outreach import drafting, mime, rendering, rules
from outreach.operations.letters import _palette
from outreach.rendering import Account, Brand, Letter, Line, Links

PAY = "http://127.0.0.1:8000/pay/inv-2025-0847-0UZ8pq1K9xQk4Fw2aBcDeF0123456789abcdef"
OPT_OUT = "http://127.0.0.1:8000/optout/0UZ8pq1K9xQk4Fw2aBcDeF0123456789abcdef"
AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)


def letter(itemised: bool = True, contact: str = "Morgan Reyes", brand: Any = None, **account: Any) -> Letter:
    facts = {
        "debtor": "Acme Corp",
        "invoice_number": "INV-2025-0847",
        "invoice_date": date(2025, 10, 1),
        "due_date": date(2025, 10, 31),
        "currency": "USD",
        "balance_minor": 1_000_000,
        "lines": (Line("Invoice amount", 1_500_000), Line("Payment received", -500_000, date(2025, 11, 3))),
    }
    made = {
        "name": "Your Company",
        "legal_name": "Your Company Inc.",
        "from_email": "ar@yourcompany.com",
        "reply_to": "ar@yourcompany.com",
        "address": "548 Market Street, San Francisco, CA 94104, USA",
        "phone": "",
        "palette": _palette({"primary": "#1E40AF", "accent": "#10B981"}),
    }
    return Letter(
        brand=Brand(**made | (brand or {})),
        account=Account(**facts | account),
        links=Links(pay=PAY, opt_out=OPT_OUT),
        contact_name=contact,
        itemised=itemised,
    )


EMAILS = {step.intent for step in DEFAULT if step.channel == "email"}


def every_wording(of: Letter) -> list[tuple[drafting.Draft, Rendered]]:
    drafts = [d for intent in sorted(EMAILS) for d in drafting.drafts(intent, language="en", tone="soft", key="cas_x")]
    return [(draft, rendering.render(of, draft)) for draft in drafts]


def first(of: Letter) -> Rendered:
    return every_wording(of)[0][1]


def test_every_intent_of_the_playbook_is_worded() -> None:
    assert EMAILS <= drafting.INTENTS


HARD_NAMES = [
    {},
    {"invoice_number": ""},
    {"invoice_number": "", "invoice_date": None, "due_date": None},
    {"invoice_number": "INV 2025 0847"},
    {"invoice_number": "#7"},
    {"currency": "EUR"},
    {"currency": "JPY", "balance_minor": 10_000, "lines": (Line("Invoice amount", 10_000),)},
    {"debtor": "Acme.com"},
    {"debtor": "Sheriff & Police Plaza Holdings GmbH & Co. KG"},
    {"debtor": "ACME INDUSTRIAL SUPPLY"},
    {"debtor": "{amount} {0} %s {{x}}"},
    {"debtor": "Acme, Inc."},
    {"debtor": "<script>alert(1)</script>"},
]


@pytest.mark.parametrize("facts", HARD_NAMES)
@pytest.mark.parametrize("itemised", [True, False])
def test_every_wording_passes_the_guards(facts: dict[str, Any], itemised: bool) -> None:
    made = letter(itemised, **facts)
    for draft, rendered in every_wording(made):
        assert rendering.check(made, rendered) == (), draft.variant
        assert rendering.offers_opt_out(made, rendered) == (True, True)


@pytest.mark.parametrize(
    ("contact", "brand"),
    [
        ("Sue Marshal", {}),
        ("", {"address": "100 Court Street, Suite #500, Federal Way, WA 98003"}),
        ("Ann", {"name": "Court Street Supply", "legal_name": "Hotels.com LP", "phone": "+1 415 555 0100"}),
    ],
)
def test_names_and_streets_are_no_threats(contact: str, brand: dict[str, str]) -> None:
    made = letter(contact=contact, brand=brand)
    for draft, rendered in every_wording(made):
        assert rendering.check(made, rendered) == (), draft.variant


def test_the_guards_still_read_the_words() -> None:
    made = letter()
    draft = next(drafting.drafts("first_reminder", language="en", tone="soft", key="x"))
    bad = replace(draft, sentences=("Pay $99.00 by May 5, 2031 or we sue you in court. See https://evil.example/x",))
    found = {finding.guard for finding in rendering.check(made, rendering.render(made, bad))}
    assert {"amounts", "dates", "threats", "links"} <= found
    assert found <= set(GUARDS)


def test_a_debtor_called_like_a_placeholder_stays_itself() -> None:
    assert "{amount} to {creditor}" in first(letter(debtor="{amount} to {creditor}")).text


def test_a_company_s_html_is_text() -> None:
    rendered = first(letter(debtor="<img src=x onerror=alert(1)>", contact="<b>Ann</b>"))
    assert "<img src=x" not in rendered.html
    assert "&lt;img src=x" in rendered.html
    assert "<b>Ann" not in rendered.html


def test_it_is_truthful_and_complete() -> None:
    rendered = first(letter())
    for part in (rendered.text, rendered.html):
        assert "An automated service writes and sends this message on behalf of Your Company Inc." in part
        assert "548 Market Street, San Francisco, CA 94104, USA" in part
        assert "opt out of these emails" in part
        assert PAY in part
        assert OPT_OUT in part
        assert "$10,000.00" in part
        assert "AgentCollect" not in part
    assert "Payment received (November 3, 2025): -$5,000.00" in rendered.text


def test_the_same_case_always_reads_the_same_words_and_cases_differ() -> None:
    def pick(case_id: str) -> str:
        return next(drafting.drafts("first_reminder", language="en", tone="soft", key=case_id)).variant

    assert {pick("cas_1") for _ in range(5)} == {pick("cas_1")}
    assert len({pick(f"cas_{n}") for n in range(40)}) == 3


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("INV-2025-0847", "Invoice #2025-0847 — Your Company"),
        ("inv-2025-0847", "Invoice #2025-0847 — Your Company"),
        ("#2025-0847", "Invoice #2025-0847 — Your Company"),
        ("# INV-7", "Invoice #7 — Your Company"),
        ("2025/7", "Invoice #2025/7 — Your Company"),
        ("", "Outstanding balance — Your Company"),
        ("INV-", "Invoice #INV- — Your Company"),
    ],
)
def test_the_subject_of_the_product_page(number: str, shown: str) -> None:
    assert rules.subject(number, "Your Company") == shown


# --- MIME


def build(made: Letter, thread: tuple[str, ...] = (), name: str = "Morgan Reyes") -> EmailMessage:
    built = mime.build(
        first(made),
        brand=made.brand,
        recipient="ap@acmecorp.com",
        recipient_name=name,
        message_id="<stp_0UZ8pq1K9xQk4Fw2aBcDeF@yourcompany.com>",
        thread=thread,
        opt_out_url=OPT_OUT,
        at=AT,
    )
    return message_from_bytes(built.as_bytes(), policy=default)  # as a reader gets it


def test_headers_as_sent() -> None:
    mail = build(letter())
    assert mail["From"] == "Your Company <ar@yourcompany.com>"
    assert mail["To"] == "Morgan Reyes <ap@acmecorp.com>"
    assert mail["Subject"] == "Invoice #2025-0847 — Your Company"
    assert mail["Date"] == "Tue, 17 Mar 2026 15:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail["List-Unsubscribe"] == f"<{OPT_OUT}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_long_headers_are_never_encoded_and_stay_within_a_line() -> None:
    thread = tuple(f"<stp_{n:022d}@a-rather-long-domain-of-a-creditor.example.com>" for n in range(40))
    made = letter()
    raw = mime.build(
        first(made),
        brand=made.brand,
        recipient="ap@acmecorp.com",
        recipient_name="",
        message_id="<stp_0UZ8pq1K9xQk4Fw2aBcDeF@yourcompany.com>",
        thread=thread,
        opt_out_url="https://pay.a-rather-long-domain-of-a-creditor.example.com/optout/" + "x" * 60,
        at=AT,
    ).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    words = head.replace(b"\r\n ", b" ").split(b"\r\n")
    encoded = [line.partition(b":")[0] for line in words if b"=?" in line]
    assert encoded == [b"Subject"]
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert message_from_bytes(raw, policy=default)["References"].split() == list(thread[-20:])


@pytest.mark.parametrize(
    "evil", ["Ann\r\nBcc: x@evil.example", "Ann\nX: y", "Ann\x0b\x85\u2028Bcc: x", "a\u202egnp.exe"]
)
def test_no_name_reaches_a_header(evil: str) -> None:
    mail = build(letter(brand={"name": evil}, debtor=evil, invoice_number=evil, contact=evil), name=evil)
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert len(mail.get_all("From")) == 1
    assert "\u202e" not in mail["Subject"]


def test_an_address_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError):
        build(letter(brand={"from_email": "ar@yourcompany.com\r\nBcc: x@evil.example"}))


def test_the_logo_is_inside_the_mail() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "navy").save(file, "PNG")
    mail = build(letter(brand={"logo": file.getvalue()}))
    html = mail.get_body(("html",))
    related = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert html is not None
    assert 'src="cid:logo"' in html.get_content()
    assert related[0]["Content-ID"] == "<logo>"
    assert related[0].get_content() == file.getvalue()
    assert "http" not in "".join(line for line in html.get_content().splitlines() if "<img" in line)


def test_without_a_logo_the_name_stands_in_type() -> None:
    assert "<img" not in first(letter()).html


def test_nothing_of_ours_is_loaded_from_anywhere() -> None:
    html = first(letter()).html
    assert "<script" not in html
    assert "url(" not in html
    assert Path(rendering.__file__).exists()
    assert html.count("http://") == html.count(PAY) + html.count(OPT_OUT) + html.count("http://www.w3.org/1999/xhtml")


@pytest.mark.parametrize("colour", ["#FFFFFF", "#FFE600", "#000", "red;}", None, "#1E40AF"])
def test_the_button_can_be_read_in_any_brand(colour: str | None) -> None:
    from payments.rules import contrast

    for shades in _palette({"primary": colour}).values():
        assert contrast(shades["brand"], shades["brand_ink"]) >= 4.5
