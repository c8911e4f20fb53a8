"""The guards: a message that passes, and one changed sentence after another that does not."""

from dataclasses import replace
from datetime import date

import pytest

from compliance import guards
from compliance.guards import Known, check
from compliance.reading import Rendered

OPT_OUT = "https://pay.acme.example/o/abc"
KNOWN = Known(
    amounts=frozenset({"$1,250.00", "$625.00"}),
    dates=frozenset({date(2026, 3, 17)}),
    identifiers=frozenset({"INV-1001"}),
    allowed_hosts=frozenset({"pay.acme.example"}),
    creditor_name="ACME Court Supply",
    opt_out_url=OPT_OUT,
    emails=frozenset({"billing@acme.example"}),
    phones=frozenset({"+1 212 555 0100"}),
    offers=frozenset({"plan"}),
)
BODY = (
    "Hello Jane,\n\nInvoice INV-1001 for $1,250.00 was due on Tuesday, March 17, 2026. {}\n"
    "You can pay here: https://pay.acme.example/p/xyz.\n\n"
    "This message was written by software on behalf of ACME Court Supply.\n"
    f"To opt out of these emails: {OPT_OUT}\n"
)


def message(sentence: str = "", **changes: str) -> Rendered:
    return Rendered(**{"subject": "Invoice INV-1001", "text": BODY.format(sentence), **changes})


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Two instalments of USD 625.00 are fine too.",
        "Thank you!",
        "It fell due on 2026-03-17, that is 3/17/2026 or 17th of March 2026.",
        "Reply to billing@acme.example or call (212) 555-0100.",
        "No, I am an AI system, not a person.",
        "Please issue a new purchase order; we appreciate your courtesy.",
        "The ACH details are on the page.",
    ],
)
def test_a_plain_message_passes(sentence: str) -> None:
    assert check(message(sentence), KNOWN) == ()


@pytest.mark.parametrize(
    ("guard", "sentence"),
    [
        ("amounts", "A fee of $50.00 was added."),
        ("amounts", "Your balance is 1,250.00 EUR."),
        ("amounts", "Send 1300.00 today."),
        ("amounts", "You owe five hundred dollars."),
        ("amounts", "You owe \uff04\uff15\uff10\uff10."),  # full-width look-alikes
        ("dates", "Pay by March 18, 2026."),
        ("dates", "Pay by 2026-04-01."),
        ("dates", "It was due on Monday, March 17, 2026."),
        ("dates", "Pay by April 3."),
        ("identifiers", "So is invoice INV-2002."),
        ("identifiers", "Wire it to account 123456789012."),
        ("links", "See https://evil.example/p."),
        ("links", "See http://pay.acme.example/p."),
        ("links", "See https://pay.acme.example@evil.example/p."),
        ("links", "See https://p\u0430y.acme.example/p."),  # a Cyrillic letter
        ("links", "See https://evil.example@pay.acme.example/p."),
        ("links", "See www.evil.example/p."),
        ("links", "See evil.com for more."),
        ("links", "Write to jane@elsewhere.example."),
        ("phones", "Call (415) 555-0199."),
        ("attorney", "Our legal team is watching."),
        ("attorney", "An attor\u00adney will write."),  # a hidden soft hyphen
        ("identity", "I am a real person."),
        ("identity", "I work for ACME Court Supply."),
        ("threats", "We may sue."),
        ("threats", "This goes to court."),
        ("threats", "It will hurt your CREDIT  score."),
        ("insults", "Only a deadbeat ignores this."),
        ("shouting", "PLEASE answer."),
        ("shouting", "You must PAY NOW today."),
        ("shouting", "Hurry! Today!"),
        ("length", "word " * 170),
    ],
)
def test_one_wrong_sentence_is_found(guard: str, sentence: str) -> None:
    found = check(message(sentence), KNOWN)
    assert guard in {finding.guard for finding in found}, found


def test_what_is_wrong_in_the_subject_or_in_hidden_html_is_found() -> None:
    assert {f.guard for f in check(message(subject="You will be arrested"), KNOWN)} == {"threats"}
    html = f'<p>Hello</p><p style="display:none">See you in court</p><a href="{OPT_OUT}">Unsubscribe</a>'
    assert {f.guard for f in check(message(html=html), KNOWN)} == {"threats"}
    script = f'<a href="{OPT_OUT}">Unsubscribe</a><a href="javascript:alert(1)">pay</a>'
    assert {f.guard for f in check(message(html=script), KNOWN)} == {"links"}
    mailto = f'<a href="{OPT_OUT}">Unsubscribe</a><a href="mailto:thief@evil.example?subject=x">write</a>'
    assert {f.guard for f in check(message(html=mailto), KNOWN)} == {"links"}


def test_the_opt_out_is_told_and_linked_in_both_parts() -> None:
    text = BODY.format("")
    for bad in (text.replace("To opt out of these emails", "Here"), text.replace(OPT_OUT, "")):
        assert {f.guard for f in check(message(text=bad), KNOWN)} == {"opt_out"}
    assert {f.guard for f in check(message(html="<p>Hello</p>"), KNOWN)} == {"opt_out"}
    assert check(message(), replace(KNOWN, opt_out_url=None)) != ()
    letter = message(text="Invoice INV-1001 is open.")
    assert check(letter, replace(KNOWN, electronic=False)) == ()


def test_an_accepted_attorney_may_be_named() -> None:
    named = message("An attorney reviewed the file.")
    assert check(named, KNOWN) != ()
    assert check(named, replace(KNOWN, attorney_allowed=True)) == ()


def test_blocks_that_code_wrote_do_not_count_as_words() -> None:
    block = "line " * 170
    assert check(message(block), replace(KNOWN, fixed_blocks=(block,))) == ()


def test_a_language_without_lists_and_a_guard_that_fails_are_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert check(message(language="xx"), KNOWN)[0].guard == "language"

    def fails(rendered: Rendered, known: Known) -> None:
        raise KeyError("list")

    monkeypatch.setitem(guards.GUARDS, "threats", fails)
    assert check(message(), KNOWN)[0].reason == "guard failed: KeyError"


def test_what_code_put_in_itself_is_no_objection() -> None:
    local = message("See http://127.0.0.1:8000/p/xyz.")
    assert {f.guard for f in check(local, KNOWN)} == {"links"}
    assert check(local, replace(KNOWN, own_links=frozenset({"http://127.0.0.1:8000/p/xyz"}))) == ()
    street = message("Our office is at 100 Police Plaza.")
    assert {f.guard for f in check(street, KNOWN)} == {"threats"}
    assert check(street, replace(KNOWN, names=frozenset({"100 Police Plaza"}))) == ()
