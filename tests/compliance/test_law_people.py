"""Who may be reached: third parties, places of work, grounds, texts, found people, wrong parties, bounces, notices."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from compliance.facts import Consent, Recipient, SuppressionFact
from compliance.roles import role_of
from tests.compliance.law_facts import JANE, LONG_AGO, MESSAGE, NOON, ask, contact, facts, person, verdict

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
CONTROLLER = Recipient(
    contact_id="con_cfo",
    address="cfo@debtor.example",
    basis="published",
    source="enrichment",
    role="finance",
    sources=("site", "directory"),
    found_at=LONG_AGO,
    verified_at=LONG_AGO,
)
PERSON = person().recipient
assert PERSON is not None


def says(given: Any, rule: str, **more: Any) -> str:
    return verdict(ask(given, **more), rule).outcome


def found(**changes: Any) -> Any:
    return facts(recipient=replace(CONTROLLER, **changes))


def own(**changes: Any) -> Any:
    return person(recipient=replace(PERSON, **changes))


@pytest.mark.parametrize("rule", ["R-04", "R-06", "R-07", "R-10", "R-16", "R-19", "R-38"])
def test_nobody_named_is_nobody_to_write_to(rule: str) -> None:
    assert says(facts(recipient=None), rule) == "deny"


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (facts(), "allow"),
        (found(), "allow"),
        (found(role="executive"), "allow"),
        (found(role="accounts_payable"), "allow"),
        (found(role=""), "deny"),
        (found(role="marketing"), "deny"),
        (found(verified_at=None), "deny"),
        (facts(recipient=replace(CONTROLLER, source="debtor", role="", verified_at=None)), "allow"),
        (person(), "allow"),
        (person(recipient=CONTROLLER), "deny"),
        (person(recipient=replace(CONTROLLER, party="attorney")), "allow"),
    ],
)
def test_r06_third_parties(given: Any, outcome: str) -> None:
    assert says(given, "R-06") == outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (own(address="jane@gmail.com", basis="creditor_supplied"), "allow"),
        (own(address="jane@employer.example", basis="creditor_supplied"), "deny"),
        (own(address="jane@employer.example", basis="debtor_used"), "allow"),
        (own(address="Jane@GMAIL.com ", basis="published"), "allow"),
        (facts(recipient=replace(JANE, address="acme@gmail.com")), "allow"),
        (found(address="acme@gmail.com"), "deny"),
        (found(address="jane@acme.example"), "allow"),
    ],
)
def test_r04_places_of_work(given: Any, outcome: str) -> None:
    assert says(given, "R-04") == outcome
    assert says(given, "R-04", channel="call") == "allow"


@pytest.mark.parametrize("basis", ["debtor_used", "creditor_supplied", "published", None, "creditor"])
def test_r07_the_ground_is_recorded_and_a_consumers_must_be_lawful(basis: str) -> None:
    assert says(facts(recipient=replace(JANE, basis=basis)), "R-07") == "allow"
    lawful = basis in ("debtor_used", "creditor_supplied")
    assert says(own(basis=basis), "R-07") == ("allow" if lawful else "deny")
    assert verdict(ask(own(basis=basis)), "R-07").evidence == {"basis": basis}


TEXTS = Consent(channel="sms", kind="express", since=LONG_AGO)


@pytest.mark.parametrize(
    ("consents", "checked", "outcome"),
    [
        ((TEXTS,), NOON - 60 * DAY, "allow"),
        ((TEXTS,), NOON - 60 * DAY - SECOND, "deny"),
        ((TEXTS,), None, "deny"),
        ((), NOON, "deny"),
        ((replace(TEXTS, channel="call"),), NOON, "deny"),
        ((replace(TEXTS, revoked_at=NOON),), NOON, "deny"),
        ((replace(TEXTS, revoked_at=NOON + SECOND),), NOON, "allow"),
        ((replace(TEXTS, since=NOON + SECOND),), NOON, "deny"),
    ],
)
def test_r08_texts(consents: tuple[Consent, ...], checked: datetime, outcome: str) -> None:
    given = facts(recipient=replace(JANE, consents=consents, number_checked_at=checked))
    assert says(given, "R-08", channel="sms") == outcome
    assert says(given, "R-08") == "allow"


def test_r08_a_text_of_theirs_keeps_the_number_fresh() -> None:
    theirs = contact(NOON - 59 * DAY, channel="sms", direction="in")
    given = facts(recipient=replace(JANE, consents=(TEXTS,)), history=(theirs,))
    assert says(given, "R-08", channel="sms") == "allow"
    assert says(replace(given, history=(replace(theirs, direction="out"),)), "R-08", channel="sms") == "deny"


@pytest.mark.parametrize(
    ("given", "channel", "outcome"),
    [
        (facts(), "email", "allow"),
        (found(), "email", "allow"),
        (found(sources=()), "email", "deny"),
        (found(found_at=None), "email", "deny"),
        (found(), "call", "allow"),
        (found(), "sms", "deny"),
        (person(recipient=CONTROLLER), "email", "deny"),
    ],
)
def test_r19_found_people(given: Any, channel: str, outcome: str) -> None:
    assert says(given, "R-19", channel=channel) == outcome


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        (JANE, "deny"),
        (replace(JANE, contact_id="con_bob", address="bob@debtor.example"), "deny"),
        (replace(JANE, contact_id="con_bob", address="b@d.example", verified_at=NOON - SECOND), "deny"),
        (replace(JANE, contact_id="con_bob", address="b@d.example", verified_at=NOON), "allow"),
        (replace(JANE, contact_id="con_writes", address="w@d.example"), "allow"),
    ],
)
def test_r39_after_a_wrong_party_the_next_one_is_verified_first(who: Recipient, outcome: str) -> None:
    told = SuppressionFact(
        address=JANE.address, channel=None, since=NOON, contact_id=JANE.contact_id, reason="wrong_person"
    )
    wrote = contact(NOON + SECOND, direction="in", contact_id="con_writes")
    given = facts(recipient=who, suppressions=(told,), history=(wrote,))
    assert says(given, "R-39", at=NOON + 3 * DAY) == outcome
    assert says(replace(given, suppressions=(replace(told, reason="link"),)), "R-39", at=NOON + 3 * DAY) == "allow"


@pytest.mark.parametrize(
    ("mail", "verified", "outcome"),
    [
        ({"state": "bounced"}, None, "deny"),
        ({"state": "bounced", "address": "JANE@debtor.example"}, None, "deny"),
        ({"state": "bounced", "address": "old@debtor.example"}, None, "allow"),
        ({"state": "bounced", "contact_id": "con_bob"}, None, "allow"),
        ({"state": "bounced"}, NOON - 3 * DAY, "deny"),
        ({"state": "bounced"}, NOON - 3 * DAY + SECOND, "allow"),
        ({"state": "delivered"}, None, "allow"),
        ({"state": "bounced", "channel": "letter"}, None, "allow"),
    ],
)
def test_r16_no_mail_after_a_bounce(mail: dict[str, Any], verified: datetime, outcome: str) -> None:
    given = facts(recipient=replace(JANE, verified_at=verified), history=(contact(NOON - 3 * DAY, **mail),))
    assert says(given, "R-16") == outcome
    assert says(given, "R-16", channel="letter") == "allow"


def test_r16_a_later_mail_that_arrived_heals_and_one_that_never_left_does_not() -> None:
    bounced = contact(NOON - 9 * DAY, state="bounced")
    assert says(facts(history=(contact(NOON - 3 * DAY, state="sent"), bounced)), "R-16") == "allow"
    assert says(facts(history=(contact(NOON - 3 * DAY, state="cancelled"), bounced)), "R-16") == "deny"


def test_r16_a_consumer_agrees_to_electronic_notices_after_the_first() -> None:
    bare = own(consents=())
    assert says(bare, "R-16") == "allow"
    later = replace(bare, history=(contact(NOON - 9 * DAY),))
    assert says(later, "R-16") == "deny"
    assert says(replace(person(), history=later.history), "R-16") == "allow"


@pytest.mark.parametrize(
    ("notice", "before", "livemode", "outcome"),
    [
        (True, False, True, "allow"),
        (False, False, True, "require"),
        (None, False, True, "require"),
        (None, False, False, "allow"),
        (False, False, False, "require"),
        (False, True, True, "allow"),
    ],
)
def test_r38_a_found_address_is_told_where_it_was_found(
    notice: bool | None, before: bool, livemode: bool, outcome: str
) -> None:
    history = (contact(NOON - 9 * DAY, contact_id="con_cfo"),) if before else ()
    given = replace(found(), message=replace(MESSAGE, source_notice=notice), livemode=livemode, history=history)
    assert says(given, "R-38") == outcome
    assert says(replace(given, recipient=JANE), "R-38") == "allow"


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Accounts Payable Specialist", "accounts_payable"),
        ("AP Coordinator", "accounts_payable"),
        ("Financial Controller", "finance"),
        ("VP Finance", "finance"),
        ("Chief Financial Officer", "finance"),
        ("CFO", "executive"),
        ("Owner & Founder", "executive"),
        ("Graphic Designer", ""),
        ("Apprentice", ""),
        ("", ""),
    ],
)
def test_a_title_tells_a_role_by_whole_words(title: str, role: str) -> None:
    assert role_of(title) == role
