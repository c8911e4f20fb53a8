"""The page's languages: which one it speaks, that all of them say everything, and that nothing else changes its own."""

import re

import pytest
from babel.messages.mofile import read_mo
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import translation

from campaigns.models import Case, Debtor
from payments import rules
from payments.management.commands import messages
from payments.providers import sandbox
from payments.views.page import amounts, words
from tests import factories
from tests.payments import states
from tests.payments.test_page import Browser, text, url

FRENCH, GERMAN, SPANISH, ENGLISH = "Montant dû", "Offener Betrag", "Importe pendiente", "Amount due"


@pytest.fixture
def case(db: None) -> Case:
    return states.invoice()


def speak(case: Case, language: str) -> None:
    Debtor.objects.filter(id=case.debtor_id).update(language=language)


# --- the catalogues


def test_the_files_are_those_of_todays_texts() -> None:
    call_command("messages", "--check")


def test_a_new_text_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = messages.texts()
    monkeypatch.setattr(messages, "texts", lambda: [*now, messages.Text("Something new", "nowhere")])
    with pytest.raises(CommandError, match=r"Run manage\.py messages"):
        call_command("messages", "--check")


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated_with_its_placeholders_and_markup(language: str) -> None:
    marks = re.compile(r"%\(\w+\)s|</?[a-z]+[^>]*>|mailto:")
    with messages.po_of(language).with_suffix(".mo").open("rb") as file:
        said = {one.id: one.string for one in read_mo(file) if one.id}
    wanted = messages.texts()
    assert len(wanted) > 300
    for asked in wanted:
        told = said.get(asked.words, "")
        assert told, asked
        assert sorted(set(marks.findall(told))) == sorted(set(marks.findall(asked.words))), asked
        assert (told[-1:] in ".:?!") == (asked.words[-1:] in ".:?!"), (asked.words, told)


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_nobody_is_spoken_to_as_a_friend(language: str) -> None:
    familiar = {"fr": r"\b(tu|ton|tes|toi)\b", "es": r"\b(tú|tu|tus|te)\b", "de": r"\b(du|dein|deine|dir|dich)\b"}
    for message in messages.kept(language):
        assert not re.search(familiar[language], str(message.string).lower()), message.string


def test_what_processors_say_is_known_in_every_language() -> None:
    said = [*sandbox._FAILS.values(), "Enter the month and year, like 09/30.", "Enter the 3 or 4 figures."]
    assert set(said) <= set(words.KNOWN)
    with translation.override("de"):
        assert all(words.spoken(one) != one for one in words.KNOWN)


# --- which one


@pytest.mark.parametrize(
    ("debtor", "query", "accept", "shown", "code"),
    [
        ("en", "", "de", ENGLISH, "en"),
        ("fr", "", "de", FRENCH, "fr"),
        ("de", "?lang=es", "fr", SPANISH, "es"),
        ("de", "?lang=tlh", "", GERMAN, "de"),
        ("", "", "pt,de-AT;q=0.8,en;q=0.5", GERMAN, "de"),
        ("", "", "", ENGLISH, "en"),
        ("it", "", "xx-" + "y" * 9000, ENGLISH, "en"),
    ],
)
def test_the_language_of_the_page(case: Case, debtor: str, query: str, accept: str, shown: str, code: str) -> None:
    speak(case, debtor)
    page = Client().get(url(case) + query, headers={"Accept-Language": accept})
    assert shown in text(page)
    assert f'<html lang="{code}">' in page.content.decode()


def test_a_language_that_was_chosen_stays_through_forms_and_links(case: Case) -> None:
    browser, path = Browser(), f"{url(case)}?lang=fr"
    page = browser.get(path)
    links = re.findall(rf'(?:href|action)="({re.escape(url(case))}[^"]*)"', page.content.decode())
    assert links and all(link.endswith("?lang=fr") for link in links)
    answer = browser.post(path, page, card_number="4000 0000 0000 0002")
    assert answer["Location"].endswith("?lang=fr")
    refused = text(browser.get(answer["Location"]))
    assert "Rien n’a été débité" in refused and "La carte a été refusée." in refused
    answer = browser.post(path, browser.get(path))
    receipt = text(browser.get(answer["Location"]))
    assert "Paiement reçu" in receipt and "15 000,00 $" in receipt.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [
        ("en", "$15,000.00", "October 1, 2025"),
        ("fr", "15 000,00 $US", "1er octobre 2025"),
        ("es", "15.000,00 US$", "1 de octubre de 2025"),
        ("de", "15.000,00 $", "1. Oktober 2025"),
    ],
)
def test_one_format_for_all_amounts_and_days_of_a_page(case: Case, language: str, amount: str, day: str) -> None:
    shown = text(Client().get(f"{url(case)}?lang={language}")).replace("\u202f", " ").replace("\xa0", " ")
    assert shown.count(amount) >= 3 and day in shown
    others = {"$15,000.00", "15 000,00 $US", "15.000,00 US$", "15.000,00 $"} - {amount}
    assert not any(other in shown for other in others)


@pytest.mark.parametrize(
    ("language", "typed", "minor"),
    [
        ("de", "1.234,50", 123_450),
        ("de", "1.234", 123_400),
        ("de", "12,5 €", 1_250),
        ("de", "250.00", 25_000),
        ("fr", "1 234,50", 123_450),
        ("fr", "1\u202f234,50 €", 123_450),
        ("es", "1.234,50", 123_450),
        ("en", "1,234.50", 123_450),
    ],
)
def test_an_amount_is_read_as_the_language_writes_it(language: str, typed: str, minor: int) -> None:
    with translation.override(language):
        assert amounts.read(typed, "EUR", 10**9) == minor
        assert amounts.read(amounts.shown(minor, "EUR"), "EUR", 10**9) == minor


@pytest.mark.parametrize(
    ("language", "typed"), [("de", "1,234.50"), ("fr", "1.234.50"), ("es", "1,2,3"), ("en", "1.2,3")]
)
def test_what_could_be_two_amounts_is_none(language: str, typed: str) -> None:
    with pytest.raises(ValueError, match="Enter an amount"):
        rules.read_amount(typed, language)


def test_an_incomplete_link_is_told_in_the_readers_language(db: None) -> None:
    page = Client().get("/pay/inv-0847", headers={"Accept-Language": "de-DE,de"})
    assert "Dieser Link ist nicht vollständig" in text(page)


def test_nothing_else_changes_its_language(case: Case) -> None:
    key, french = factories.api_key(case.organisation), {"Accept-Language": "fr"}
    Client().get(f"{url(case)}?lang=fr")
    answer = Client().get("/v1/cases/x", headers=french | {"Authorization": f"Bearer {key}"})
    plain = Client().get("/v1/cases/x", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["message"]) == (404, plain.json()["message"])
    assert translation.get_language() == "en-us"
    for path in ("/dashboard/login", "/admin/login/"):
        html = Client().get(path, headers=french, follow=True).content.decode()
        assert '<html lang="en' in html and "Connexion" not in html
