"""Calls: the caps of R-11, what a call must say, machines and their consent."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from compliance import calls
from compliance.facts import Carries, Consent, ContactFact, Recipient, SuppressionFact
from tests.compliance.law_facts import LONG_AGO, MESSAGE, NOON, ask, contact, facts, person, utc, verdict

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NEW_YORK = ("America/New_York",)
PHONE = Recipient(contact_id="con_jane", address="+12125550100", line_type="business_landline")
AI = replace(MESSAGE, artificial=True, recorded=True, says_artificial=True, says_recorded=True)


def dialled(*moments: datetime, **changes: Any) -> tuple[ContactFact, ...]:
    return tuple(contact(at, channel="call", **changes) for at in moments)


def says(rule: str, given: Any = None, *, channel: str = "call", **more: Any) -> str:
    given = given if given is not None else facts(recipient=PHONE)
    return verdict(ask(given, channel=channel, **more), rule).outcome


@pytest.mark.parametrize(
    ("region", "number"), [("TX", 3), ("MA", 2), ("US-MA", 2), ("NY", 2), ("WA", 3), ("ZZ", 3), (None, 2)]
)
def test_the_strictest_cap_counts(region: str, number: int) -> None:
    assert calls.cap("US", region).number == number
    assert calls.cap("GB", region).number == 3
    assert min(calls.LAW, calls.DEFAULT) == 3


@pytest.mark.parametrize(("cap", "made"), [(2, 1), (2, 2), (3, 2), (3, 3), (7, 6), (7, 7)])
def test_the_last_call_of_a_cap_and_the_one_too_many(cap: int, made: int) -> None:
    attempts = [NOON - timedelta(hours=n) for n in range(made)]
    assert (calls.breach(NOON, attempts, (), cap=cap, zones=NEW_YORK) is None) == (made < cap)


# Noon in New York on day one; seven consecutive days end with day seven.
@pytest.mark.parametrize(
    ("at", "free"),
    [
        ("2026-03-24T23:59:59-04:00", False),  # day seven, its last second
        ("2026-03-25T00:00:00-04:00", True),  # day eight
    ],
)
@pytest.mark.parametrize("talk", [True, False])
def test_day_seven_and_day_eight(at: str, free: bool, talk: bool) -> None:
    attempts, talks = ([], [NOON]) if talk else ([NOON], [])
    found = calls.breach(utc(at), attempts, talks, cap=1, zones=NEW_YORK)
    assert (found is None) == free
    assert found is None or found.until == utc("2026-03-25T00:00:00-04:00")


def test_seven_days_are_counted_where_the_debtor_is_also_over_a_turned_clock_and_the_date_line() -> None:
    # 8 March 2026 has 23 hours in New York: day eight begins an hour earlier by UTC.
    friday = utc("2026-03-06T12:00:00-05:00")
    found = calls.breach(friday, [friday], (), cap=1, zones=NEW_YORK)
    assert found is not None and found.until == utc("2026-03-13T00:00:00-04:00")
    # 10:00 UTC is 00:00 in Honolulu and 20:00 in Guam: the later midnight of the two binds.
    start = utc("2026-03-18T10:00:00+00:00")
    both = ("Pacific/Honolulu", "Pacific/Guam")
    for zone, end in zip(both, ("2026-03-25T10:00:00+00:00", "2026-03-24T14:00:00+00:00"), strict=True):
        assert calls.breach(utc(end) - SECOND, [start], (), cap=1, zones=(zone,)) is not None
        assert calls.breach(utc(end), [start], (), cap=1, zones=(zone,)) is None
    assert calls.breach(utc("2026-03-24T14:00:00+00:00"), [start], (), cap=1, zones=both) is not None


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "defer"),
        ({"state": "unconfirmed"}, "defer"),
        ({"state": "failed"}, "allow"),
        ({"state": "cancelled"}, "allow"),
        ({"kind": "notice"}, "allow"),
        ({"case_id": "cas_2"}, "allow"),
        ({"case_id": "cas_1"}, "defer"),
        ({"contact_id": "con_bob"}, "allow"),
        ({"contact_id": None}, "defer"),
        ({"channel": "email"}, "allow"),
    ],
)
def test_r11_counts_attempts_to_this_person_about_this_debt(changes: dict[str, Any], outcome: str) -> None:
    two = tuple(replace(one, **changes) for one in dialled(NOON - 5 * DAY, NOON - 3 * DAY))
    assert says("R-11", facts(recipient=PHONE, history=two), case_id="cas_1") == outcome


@pytest.mark.parametrize("kind", ["outreach", "answer", "notice"])
@pytest.mark.parametrize("direction", ["in", "out"])
def test_r11_after_a_conversation_nobody_is_called_for_seven_days(kind: str, direction: str) -> None:
    talk = dialled(NOON - 3 * DAY, conversation=True, kind=kind, direction=direction)
    decision = ask(facts(recipient=PHONE, region="TX", history=talk), channel="call")
    assert verdict(decision, "R-11").until == utc("2026-03-22T00:00:00-05:00")
    assert says("R-11", facts(recipient=PHONE, history=talk), channel="email") == "allow"
    assert says("R-11", facts(recipient=PHONE, history=talk), kind="notice") == "allow"


EXPRESS = (Consent(channel="call", kind="express", since=LONG_AGO),)


@pytest.mark.parametrize(
    ("line", "consents", "outcome"),
    [
        ("business_landline", (), "allow"),
        ("wireless", (), "deny"),
        ("wireless", EXPRESS, "allow"),
        ("residential", (), "deny"),
        ("residential", EXPRESS, "allow"),
        ("voip", (), "deny"),
        ("voip", EXPRESS, "allow"),
        ("", EXPRESS, "deny"),
        ("satellite", EXPRESS, "deny"),
        ("wireless", (replace(EXPRESS[0], revoked_at=NOON),), "deny"),
        ("wireless", (replace(EXPRESS[0], channel="sms"),), "deny"),
        ("wireless", (replace(EXPRESS[0], kind="esign"),), "deny"),
    ],
)
@pytest.mark.parametrize("voice", [True, None])
def test_r23_a_machine_calls_where_it_may(line: str, consents: Any, outcome: str, voice: bool | None) -> None:
    given = facts(recipient=replace(PHONE, line_type=line, consents=consents), message=replace(AI, artificial=voice))
    assert says("R-23", given) == outcome
    assert says("R-23", replace(given, message=MESSAGE)) == "allow"
    assert says("R-23", given, channel="email") == "allow"


def test_r23_a_consumers_business_line_needs_consent_too() -> None:
    assert says("R-23", person(recipient=PHONE, message=AI)) == "deny"
    assert says("R-23", person(recipient=replace(PHONE, consents=EXPRESS), message=AI)) == "allow"


@pytest.mark.parametrize(
    ("closed", "contact_id", "outcome"),
    [
        ("call", "con_jane", "deny"),
        ("sms", "con_jane", "deny"),
        ("email", "con_jane", "allow"),
        ("sms", "con_bob", "allow"),
    ],
)
def test_r24_who_closed_one_machine_closed_both(closed: str, contact_id: str, outcome: str) -> None:
    gone = SuppressionFact(address="+13105550000", channel=closed, since=LONG_AGO, contact_id=contact_id)
    given = facts(recipient=PHONE, suppressions=(gone,), message=AI)
    assert says("R-24", given) == outcome
    assert says("R-24", given, channel="sms") == outcome
    assert says("R-24", replace(given, message=MESSAGE)) == "allow"  # a person dials
    assert says("R-24", given, channel="email") == "allow"


def test_r24_a_consent_taken_back_is_given_again_only_by_a_later_one() -> None:
    taken = replace(EXPRESS[0], revoked_at=NOON - DAY)
    for again, outcome in [((), "deny"), (EXPRESS, "deny"), ((replace(EXPRESS[0], since=NOON),), "allow")]:
        given = facts(recipient=replace(PHONE, consents=(taken, *again)), message=AI)
        assert says("R-24", given) == outcome


@pytest.mark.parametrize(
    ("rule", "changes", "outcome"),
    [
        ("R-13", {}, "allow"),
        ("R-13", {"says_brand": False}, "require"),
        ("R-13", {"says_legal_name": False}, "require"),
        ("R-13", {"callback": ""}, "require"),
        ("R-13", {"local_presence": True}, "deny"),
        ("R-13", {"local_presence": None}, "deny"),
        ("R-25", {}, "allow"),
        ("R-25", {"says_recorded": False}, "require"),
        ("R-25", {"recorded": False, "says_recorded": False}, "require"),  # an AI hears, so it is transcribed
        ("R-25", {"recorded": None, "artificial": False, "says_recorded": False}, "require"),
        ("R-25", {"recorded": False, "artificial": False, "says_recorded": False}, "allow"),
        ("R-26", {}, "allow"),
        ("R-26", {"says_artificial": False}, "require"),
        ("R-26", {"says_artificial": False, "artificial": None}, "require"),
        ("R-26", {"says_artificial": False, "artificial": False}, "allow"),
        ("R-28", {}, "allow"),
        ("R-28", {"voicemail": "none"}, "allow"),
        ("R-28", {"voicemail": "other"}, "require"),
    ],
)
def test_what_a_call_says(rule: str, changes: dict[str, Any], outcome: str) -> None:
    given = facts(recipient=PHONE, message=replace(AI, **changes))
    assert says(rule, given) == outcome
    assert says(rule, given, channel="email") == "allow"


def test_a_call_of_which_nothing_is_known_is_denied() -> None:
    decision = ask(facts(recipient=PHONE, message=Carries()), channel="call")
    assert {one.rule for one in decision.verdicts if one.outcome != "allow"} == {"R-13", "R-22", "R-25", "R-26", "R-28"}
    assert decision.outcome == "deny"
