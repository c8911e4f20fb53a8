"""The phrase bank: every wording of every intent, tone and language, as it would leave, passes every guard."""

import re
from datetime import date
from typing import Any

import pytest

from compliance import reading
from outreach import drafting, rendering
from outreach.drafting.phrases import BANK
from outreach.operations.letters import _palette
from outreach.rendering import Account, Brand, Letter, Line, Links

PAY = "https://pay.example.com/pay/inv-2025-0847-0UZ8pq1K9xQk4Fw2aBcDeF"
OPT_OUT = "https://pay.example.com/optout/0UZ8pq1K9xQk4Fw2aBcDeF0123456789abcdef"
OUTREACH = (
    *("first_reminder", "second_reminder", "new_angle", "escalate_controller", "escalate_decision_maker"),
    *("last_before_next_steps", "monthly_statement"),
)
AGREED = ("promise_reminder", "promise_broken", "plan_default")
ANSWERS = tuple(
    f"answer_{name}"
    for name in (
        *("promise", "plan_options", "plan_confirmed", "invoice_copy", "copy_coming", "paid_claim", "dispute"),
        *("wrong_person", "referral", "who_writes", "hardship", "general"),
    )
)
OFFERS = ("settlement_offer",)
NOTICES = ("notice_opt_out", "notice_cease", "notice_dispute", "notice_receipt", "notice_link")
# What the reducer and the agreements put into a step: days are ISO texts there.
FACTS: dict[str, dict[str, Any]] = {
    "promise": {"promise_amount_minor": 500_000, "promise_on": "2026-04-01"},
    "plan": {
        "instalment_amount_minor": 250_000,
        "instalment_on": "2026-05-01",
        "plan_lines": [["2026-05-01", 250_000], ["2026-06-01", 250_000]],
    },
    "invoice_copy": {"documents": "Invoice 0847.pdf, delivery note.pdf"},
    "referral": {"contact_name": "Sue Marshal"},
    "offer": {"offer_minor": 1_200_000, "until_on": "2026-04-01"},
    "receipt": {"paid_amount_minor": 500_000, "paid_on": date(2026, 3, 17)},
}
LANGUAGES = sorted(drafting.LANGUAGES)


def account(**facts: Any) -> Account:
    return Account(
        **{
            "debtor": "Acme Corp",
            "invoice_number": "INV-2025-0847",
            "invoice_date": date(2025, 10, 1),
            "due_date": date(2025, 10, 31),
            "currency": "EUR",
            "balance_minor": 1_500_000,
            "lines": (Line("Invoice amount", 1_500_000),),
        }
        | facts
    )


def letter(language: str = "en", intent: str = "", **changes: Any) -> Letter:
    brand = {
        "name": "Your Company",
        "legal_name": "Your Company Inc.",
        "from_email": "ar@yourcompany.com",
        "reply_to": "ar@yourcompany.com",
        "address": "548 Market Street, San Francisco, CA 94104, USA",
        "phone": "+1 415 555 0100",
        "palette": _palette({"primary": "#1E40AF", "accent": "#10B981"}),
    }
    facts = next((known for part, known in FACTS.items() if part in intent), {})
    made: dict[str, Any] = {
        "brand": Brand(**brand | changes.pop("brand", {})),
        "account": account(**changes.pop("account", {})),
        "links": Links(pay=PAY, opt_out=OPT_OUT),
        "contact_name": "Morgan Reyes",
        "itemised": intent == "first_reminder",
        "language": language,
        "facts": facts,
    }
    return Letter(**made | changes)


def wordings(language: str) -> list[drafting.Draft]:
    return [
        draft
        for intent, tones in BANK[language].items()
        for tone in tones
        for draft in drafting.drafts(intent, language=language, tone=tone, key="cas_x")
    ]


def test_every_intent_is_worded_in_every_language_and_tone() -> None:
    assert {"en", "fr", "es", "de"} == drafting.LANGUAGES == reading.LANGUAGES
    assert {*OUTREACH, *AGREED, *ANSWERS, *OFFERS, *NOTICES} == drafting.INTENTS
    for bank in BANK.values():
        for intent, tones in bank.items():
            least = 3 if intent in OUTREACH + AGREED else 2
            assert set(tones) == ({"soft", "firm"} if intent in OUTREACH else {"neutral"})
            assert all(len(set(variants.values())) >= least for variants in tones.values() if intent not in AGREED)
            assert all(len(draft) <= 40 for tone, names in tones.items() for draft in [f"{intent}/{tone}/{min(names)}"])


def faults(drafts: list[drafting.Draft], language: str, changes: dict[str, Any]) -> list[Any]:
    found = []
    for draft in drafts:
        made = letter(language, draft.intent, **dict(changes))
        rendered = rendering.render(made, draft)
        assert rendered.free == ()
        assert rendering.offers_opt_out(made, rendered) == (True, True)
        found += [(draft.variant, fault) for fault in rendering.check(made, rendered)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wording_passes_the_guards(language: str) -> None:
    assert faults(wordings(language), language, {}) == []
    assert (
        faults(wordings(language), language, {"others": (account(invoice_number="INV-9", balance_minor=123_456),)})
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "changes",
    [
        {"account": {"invoice_number": ""}},
        {"account": {"invoice_number": "", "invoice_date": None, "due_date": None}},
        {"account": {"invoice_number": "INV 2025 0847", "currency": "USD", "due_date": date(2025, 8, 1)}},
        {"account": {"currency": "JPY", "debtor": "Acme.com"}},
        {"account": {"debtor": "{amount} {creditor.name} {0} %s {{x}}", "invoice_number": "{due}"}},
        {"account": {"debtor": "Sheriff & Police Plaza Holdings GmbH & Co. KG, Abteilung Inkasso " * 2}},
        {"account": {"debtor": "ACME INDUSTRIAL SUPPLY", "currency": "GBP"}, "contact_name": ""},
        {"account": {"debtor": "שלום בע״מ"}, "contact_name": "محمد علي"},
        {"account": {"debtor": "Ac\u200bme\u202e Corp\u2066"}, "contact_name": "Sue\u200d Marshal"},
        {"brand": {"name": "Court Street Supply", "legal_name": "Avocat & Tribunal S.A.", "phone": ""}},
        {"brand": {"name": "Émile & Fils", "legal_name": "Hotels.com LP"}},
        {"others": (account(invoice_number="INV-9", balance_minor=123_456, due_date=date(2025, 11, 1)),)},
        {"others": (account(invoice_number="", currency="USD", balance_minor=99_900),), "itemised": True},
    ],
    ids=str,
)
def test_hostile_names_and_odd_facts_pass_too(language: str, changes: dict[str, Any]) -> None:
    asked = (
        *("first_reminder", "last_before_next_steps", "promise_broken", "answer_plan_confirmed", "notice_receipt"),
        "settlement_offer",
    )
    some = [next(drafting.drafts(intent, language=language, tone="firm", key=str(changes))) for intent in asked]
    assert faults(some, language, changes) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_stand_by_themselves(language: str) -> None:
    for draft in wordings(language):
        text = " ".join(draft.sentences)
        # No long dash, no figure, no exclamation; nothing but known placeholders.
        assert not re.search(r"[—–!0-9]", text), draft.variant
        assert set(re.findall(r"\{(\w+)\}", text)) <= drafting.needs(draft.intent)
        filled = " ".join(drafting.fill(draft, rendering.placeholders(letter(language, draft.intent))))
        assert not re.search(r",\s*[.,?;:]|\s[.,]|\.\.|[{}]|  ", filled), filled
        assert len(filled.split()) <= 110, draft.variant


def test_what_an_intent_needs_is_what_it_says() -> None:
    assert {"creditor", "debtor", "the_invoice", "amount", "due"} == drafting.needs("first_reminder")
    assert {"promise_amount", "promise_on"} < drafting.needs("promise_broken")
    assert drafting.needs("notice_opt_out") == frozenset()
    with pytest.raises(KeyError, match="promise_amount"):
        rendering.render(letter(), next(drafting.drafts("answer_promise", language="en", tone="soft", key="x")))


def first(language: str, intent: str = "first_reminder", tone: str = "soft", **changes: Any) -> str:
    draft = next(drafting.drafts(intent, language=language, tone=tone, key="cas_1"))
    return rendering.render(letter(language, intent, **changes), draft).text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("€15,000.00", "invoice #2025-0847", "due on October 31, 2025", "Hello Morgan Reyes,", "Statement")),
        (
            "fr",
            ("15 000,00 €", "la facture n° 2025-0847", "échue le 31 octobre 2025", "Bonjour Morgan Reyes,", "Relevé"),
        ),
        ("es", ("15.000,00 €", "la factura n.º 2025-0847", "el 31 de octubre de 2025", "Buenos días,", "Vencimiento")),
        ("de", ("15.000,00 €", "die Rechnung Nr. 2025-0847", "dem 31. Oktober 2025", "Guten Tag", "Aufstellung")),
    ],
)
def test_facts_are_written_as_the_reader_writes_them(language: str, said: tuple[str, ...]) -> None:
    text = first(language)
    assert all(one in text for one in said), text


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Invoice #2025-0847 — Your Company"),
        ("fr", "Facture n° 2025-0847 — Your Company"),
        ("es", "Factura n.º 2025-0847 — Your Company"),
        ("de", "Rechnung Nr. 2025-0847 — Your Company"),
    ],
)
def test_the_subject_in_the_reader_s_language(language: str, subject: str) -> None:
    draft = next(drafting.drafts("answer_general", language=language, tone="soft", key="x"))
    assert rendering.render(letter(language), draft).subject == subject


def test_french_elides_and_writes_the_first_of_a_month() -> None:
    facts = {"due_date": date(2025, 10, 1)}
    text = first("fr", tone="firm", brand={"name": "Émile & Fils"}, account=facts) + first("fr", "second_reminder")
    assert "1er octobre 2025" in text
    assert "de É" not in text and "de Émile" not in text
    assert "comptes d’Émile" in first("fr", "answer_referral", brand={"name": "Émile"}) + first(
        "fr", "monthly_statement", "firm", brand={"name": "Émile"}
    ) + first("fr", "first_reminder", "firm", brand={"name": "Émile"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_invoices_are_one_message_with_a_total(language: str) -> None:
    other = account(invoice_number="INV-2026-0003", balance_minor=50_050, due_date=date(2026, 1, 5))
    text = first(language, "second_reminder", others=(other,))
    total = {"en": "€15,500.50", "fr": "15 500,50 €", "es": "15.500,50 €", "de": "15.500,50 €"}[language]
    assert text.count(total) >= 3  # in the words, as the balance, as the statement's total
    assert "2026-0003" in text and "2025-0847" in text
    several = {"en": "the invoices listed", "fr": "les factures", "es": "las facturas", "de": "die unten aufgeführten"}
    assert several[language] in text


@pytest.mark.parametrize("intent", ["answer_wrong_person", "notice_cease", "notice_opt_out", "answer_hardship"])
def test_who_is_not_asked_is_shown_no_debt(intent: str) -> None:
    draft = next(drafting.drafts(intent, language="en", tone="soft", key="x"))
    rendered = rendering.render(letter(intent=intent), draft)
    for part in (rendered.text, rendered.html):
        assert "15,000" not in part and PAY not in part


def test_no_two_consecutive_messages_alike() -> None:
    last, seen = "", []
    for _ in range(6):
        draft = next(
            drafting.drafts("monthly_statement", language="de", tone="preserve", key="cas_1", last_variant=last)
        )
        assert draft.variant != last
        last = draft.variant
        seen.append(last)
    every = list(drafting.drafts("monthly_statement", language="de", tone="soft", key="cas_1", last_variant=last))
    assert every[-1].variant == last and len(every) == 3
    assert seen[0] == seen[2]


def test_a_model_s_words_hold_placeholders_and_no_attributes() -> None:
    words = ("{creditor.__class__} and {0} and {Creditor} say hello to {debtor}.",)
    draft = drafting.Draft("new_angle", "model/1", words, drafter="some-model")
    assert drafting.fill(draft, rendering.placeholders(letter()))[0].startswith("{creditor.__class__} and {0}")
    assert rendering.render(letter(), draft).free == ("{creditor.__class__} and {0} and {Creditor} say hello to {}.",)
    assert drafting.free(drafting.Draft("new_angle", "person", words, drafter="person")) == ()
