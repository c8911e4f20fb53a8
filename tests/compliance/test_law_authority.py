"""Whether we may act at all, what may be asked for, what every message carries; and what missing facts do."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from compliance.facts import AttorneyFact, Carries, Collector, Facts, Inconvenient, Licence, Mandate, Screening
from compliance.rules.amounts import YEARS, barred
from compliance.rules.authority import REGISTER
from tests.compliance.law_facts import (
    COLLECTOR,
    CREDITOR,
    MESSAGE,
    NOON,
    ask,
    contact,
    facts,
    hold,
    person,
    utc,
    verdict,
)

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def says(rule: str, given: Facts, **more: Any) -> str:
    return verdict(ask(given, **more), rule).outcome


SIGNED = Mandate(signed_at=NOON, signed_by="Kim Lee", due=True, owned=True, nowhere_else=True)


@pytest.mark.parametrize(
    ("mandate", "outcome"),
    [
        (SIGNED, "allow"),
        (replace(SIGNED, signed_at=NOON + SECOND), "deny"),
        (replace(SIGNED, signed_by=""), "deny"),
        (replace(SIGNED, due=False), "deny"),
        (replace(SIGNED, owned=False), "deny"),
        (replace(SIGNED, nowhere_else=False), "deny"),
        (None, "deny"),
    ],
)
def test_r37_a_person_signed_that_the_debts_are_theirs(mandate: Mandate, outcome: str) -> None:
    assert says("R-37", facts(mandate=mandate)) == outcome


def test_r37_and_r36_test_mode_goes_on_where_nobody_signed_or_screened_and_a_consumer_never() -> None:
    bare = {"mandate": None, "screening": None, "sanctions_list": ""}
    for rule in ("R-36", "R-37"):
        assert says(rule, facts(livemode=False, **bare)) == "allow"
        assert verdict(ask(facts(livemode=False, **bare)), rule).reason.startswith("test mode")
        assert says(rule, person(livemode=False, **bare)) == "deny"


@pytest.mark.parametrize(
    ("in_force", "screening", "outcome", "waits"),
    [
        ("sdn_2", Screening(at=NOON, list_id="sdn_2"), "allow", False),
        ("sdn_2", Screening(at=NOON, list_id="sdn_1"), "deny", True),
        ("sdn_2", None, "deny", True),
        ("", None, "deny", False),
        ("", Screening(at=NOON, list_id="sdn_1"), "deny", False),
        ("sdn_2", Screening(at=NOON, list_id="sdn_2", hit="Bad Co"), "deny", False),
    ],
)
def test_r36_every_name_is_compared_with_the_list_in_force(
    in_force: str, screening: Screening, outcome: str, waits: bool
) -> None:
    found = verdict(ask(facts(sanctions_list=in_force, screening=screening)), "R-36")
    assert (found.outcome, found.until is not None) == (outcome, waits)


def test_r36_a_hit_binds_in_test_mode_too() -> None:
    hit = Screening(at=NOON, list_id="sdn_1", hit="Bad Co")
    assert says("R-36", facts(livemode=False, screening=hit)) == "deny"


@pytest.mark.parametrize(
    ("country", "enabled", "outcome"),
    [
        ("US", {"US"}, "allow"),
        ("us", {"US"}, "allow"),
        ("FR", {"US"}, "deny"),
        (None, {"US"}, "deny"),
        ("US", set(), "deny"),
        ("US", None, "deny"),
    ],
)
def test_r35_countries(country: str, enabled: set[str] | None, outcome: str) -> None:
    given = facts(country=country, enabled_countries=None if enabled is None else frozenset(enabled))
    assert says("R-35", given) == outcome


LICENSED = {
    region: Collector(legal_name="X", licences=(Licence(region=region, number="1"),)) for region in ("FL", "NY")
}
ALL = Collector(legal_name="X", licences=tuple(Licence(region=one, number="1") for one in REGISTER))
TODAY = date(2026, 3, 18)


@pytest.mark.parametrize(
    ("region", "collector", "first_party", "outcome"),
    [
        ("NY", None, False, "allow"),  # asks for no registration
        ("FL", None, False, "deny"),
        ("FL", None, True, "allow"),
        ("FL", LICENSED["FL"], False, "allow"),
        ("US-FL", LICENSED["FL"], False, "allow"),
        ("FL", LICENSED["NY"], False, "deny"),
        ("FL", replace(ALL, licences=(Licence(region="FL", number="1", expires_on=TODAY),)), False, "allow"),
        ("FL", replace(ALL, licences=(Licence(region="FL", number="1", expires_on=TODAY - DAY),)), False, "deny"),
        (None, LICENSED["FL"], False, "deny"),  # a state nobody knows may be any
        (None, ALL, False, "allow"),
    ],
)
def test_r31_licences(region: str, collector: Collector, first_party: bool, outcome: str) -> None:
    given = facts(region=region, collector=collector, first_party=first_party)
    assert says("R-31", given) == outcome
    assert says("R-31", replace(given, livemode=False)) == "allow"
    assert says("R-31", replace(given, country="GB", region=None)) == "allow"


@pytest.mark.parametrize(("region", "outcome"), [("NY", "allow"), ("PA", "deny"), (None, "deny")])
def test_r31_a_consumers_collector_is_licensed_there_even_for_a_first_party(region: str, outcome: str) -> None:
    assert says("R-31", person(region=region, first_party=True)) == outcome


@pytest.mark.parametrize(
    ("changes", "covered"),
    [
        ({"debtor_type": "sole_proprietor"}, True),
        ({"natural_guarantor": True}, True),
        ({"natural_guarantor": True, "credit_kind": "loan"}, True),
        ({"natural_guarantor": True, "credit_kind": "trade"}, False),
        ({"natural_guarantor": True, "creditor_total_minor": 50_000_000}, True),
        ({"natural_guarantor": True, "creditor_total_minor": 50_000_001}, False),
        ({"natural_guarantor": True, "region": "NY"}, False),
        ({}, False),
    ],
)
def test_r32_california(changes: dict[str, Any], covered: bool) -> None:
    given = facts(**{"region": "CA", "consumer_enabled": False} | changes)
    assert says("R-32", given) == ("deny" if covered else "allow")
    assert says("R-32", replace(given, consumer_enabled=True)) == "allow"
    # Covered: the whole profile binds, so the message for a company is not enough.
    assert (says("R-14", given) == "require") == covered


@pytest.mark.parametrize(
    ("authorised", "agrees", "livemode", "outcome"),
    [
        (True, True, True, "allow"),
        (False, True, True, "deny"),
        (True, False, False, "deny"),
        (None, True, True, "deny"),
        (True, None, True, "deny"),
        (None, None, False, "allow"),
    ],
)
def test_r18_amounts(authorised: bool, agrees: bool, livemode: bool, outcome: str) -> None:
    given = {"amounts_authorised": authorised, "ledger_agrees": agrees, "livemode": livemode}
    assert says("R-18", facts(**given)) == outcome
    known = authorised is not None and agrees is not None
    assert says("R-18", person(**given)) == (outcome if known else "deny")


@pytest.mark.parametrize(
    ("region", "owed", "state"),
    [
        ("NY", date(2022, 3, 19), "live"),
        ("NY", date(2022, 3, 18), "barred"),
        ("MS", date(2023, 3, 18), "extinguished"),
        ("MS", date(2023, 3, 19), "live"),
        ("WI", date(2020, 3, 18), "extinguished"),
        ("NY", None, "unknown"),
        (None, date(2026, 1, 1), "unknown"),
        ("ZZ", date(2026, 1, 1), "unknown"),
    ],
)
def test_r20_the_limitation_table(region: str, owed: date, state: str) -> None:
    given = facts(region=region, owed_since=owed)
    assert barred(given, NOON) == state
    assert says("R-20", given) == ("deny" if state == "extinguished" else "allow")
    suit = replace(given, message=replace(MESSAGE, suit=True))
    assert says("R-20", suit) == ("allow" if state == "live" else "deny")


def test_r20_the_shortest_period_is_a_number_of_years_for_every_state_and_leap_days_end_early() -> None:
    assert len(YEARS) == 51 and set(YEARS.values()) == {3, 4, 6}
    leap = facts(owed_since=date(2024, 2, 29))
    assert barred(leap, utc("2028-02-27T12:00:00-05:00")) == "live"
    assert barred(leap, utc("2028-02-28T12:00:00-05:00")) == "barred"
    assert says("R-20", person(owed_since=None)) == "deny"


ACCEPTED = AttorneyFact(region="NY", accepted_at=NOON, authorised=True)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "allow"),
        ({"attorney": None}, "deny"),
        ({"attorney": replace(ACCEPTED, accepted_at=None)}, "deny"),
        ({"attorney": replace(ACCEPTED, accepted_at=NOON + SECOND)}, "deny"),
        ({"attorney": replace(ACCEPTED, region="NJ")}, "deny"),
        ({"attorney": replace(ACCEPTED, authorised=False)}, "deny"),
        ({"region": None}, "deny"),
        ({"owed_since": None}, "deny"),
        ({"owed_since": date(2020, 1, 1)}, "deny"),
    ],
)
def test_r33_no_word_of_an_attorney_before_one_accepted(changes: dict[str, Any], outcome: str) -> None:
    given = facts(**{"attorney": ACCEPTED, "message": replace(MESSAGE, attorney=True)} | changes)
    assert says("R-33", given) == outcome
    assert says("R-33", replace(given, message=MESSAGE)) == "allow"


@pytest.mark.parametrize(
    ("rule", "given", "outcome"),
    [
        ("R-27", facts(), "allow"),
        ("R-27", facts(postal_address=""), "require"),
        ("R-27", facts(message=replace(MESSAGE, from_aligned=False)), "require"),
        ("R-27", facts(message=replace(MESSAGE, from_aligned=None)), "require"),
        ("R-27", facts(message=replace(MESSAGE, from_aligned=None), livemode=False), "allow"),
        ("R-22", facts(), "allow"),
        ("R-22", facts(message=replace(MESSAGE, sender="Somebody Else")), "require"),
        ("R-22", facts(message=replace(MESSAGE, sender=None)), "require"),
        ("R-22", facts(message=replace(MESSAGE, sender=None), livemode=False), "allow"),
        ("R-22", person(), "allow"),
        ("R-22", person(message=replace(person().message, sender=CREDITOR)), "require"),
        ("R-22", person(message=replace(person().message, sender=None), livemode=False), "require"),
        ("R-22", person(collector=None), "require"),
        ("R-14", facts(message=Carries()), "allow"),
        ("R-14", person(), "allow"),
        ("R-14", person(history=(contact(NOON - 9 * DAY),)), "require"),
        ("R-14", person(message=replace(person().message, disclosure="")), "require"),
        ("R-15", facts(), "allow"),
        ("R-15", facts(message=replace(MESSAGE, itemised=False)), "require"),
        ("R-15", facts(message=replace(MESSAGE, itemised=None)), "require"),
        ("R-15", facts(message=replace(MESSAGE, itemised=None), livemode=False), "allow"),
        ("R-15", facts(message=Carries(), history=(contact(NOON - 9 * DAY),)), "allow"),
        ("R-15", facts(message=Carries(), history=(contact(NOON - 9 * DAY, kind="notice"),)), "require"),
        ("R-15", facts(message=Carries(), history=(contact(NOON - 9 * DAY, channel="call"),)), "require"),
        ("R-15", person(message=replace(person().message, validation=False)), "require"),
        ("R-15", person(message=replace(person().message, validation=False), validation_at=NOON), "allow"),
    ],
)
def test_what_a_message_carries(rule: str, given: Facts, outcome: str) -> None:
    assert says(rule, given, case_id="cas_1") == outcome


def told(starts: str = "", ends: str = "", **changes: Any) -> Inconvenient:
    hours = {
        "starts": time.fromisoformat(starts) if starts else None,
        "ends": time.fromisoformat(ends) if ends else None,
    }
    return Inconvenient(since=NOON, **hours, **changes)


@pytest.mark.parametrize(
    ("told", "at", "until"),
    [
        (told("12:00", "13:00"), "11:59:59", None),
        (told("12:00", "13:00"), "12:00:00", "2026-03-18T13:00:00-04:00"),
        (told("12:00", "13:00"), "12:59:59", "2026-03-18T13:00:00-04:00"),
        (told("12:00", "13:00"), "13:00:00", None),
        (told("15:00", "10:00"), "09:59:59", "2026-03-18T10:00:00-04:00"),  # over midnight
        (told("15:00", "10:00"), "15:00:00", "2026-03-19T10:00:00-04:00"),
        (told("12:00", "13:00", days=frozenset({3})), "12:30:00", None),  # a Wednesday
        (told("12:00", "13:00", days=frozenset({2})), "12:30:00", "2026-03-18T13:00:00-04:00"),
        (told(days=frozenset({2, 3})), "12:30:00", "2026-03-20T00:00:00-04:00"),
        (told("12:00", "13:00", channel="call"), "12:30:00", None),
        (told("12:00", "13:00", address="JANE@debtor.example"), "12:30:00", "2026-03-18T13:00:00-04:00"),
        (told("12:00", "13:00", address="else@debtor.example"), "12:30:00", None),
        (told(), "12:30:00", "never"),
        (told(address="jane@debtor.example"), "12:30:00", "never"),
    ],
)
def test_r02_what_they_called_inconvenient(told: Inconvenient, at: str, until: str | None) -> None:
    found = verdict(ask(facts(inconvenient=(told,)), at=utc(f"2026-03-18T{at}-04:00")), "R-02")
    if until == "never":
        assert found.outcome == "deny"
    else:
        assert found.outcome == ("defer" if until else "allow")
        assert found.until == (utc(until) if until else None)


def test_r02_two_windows_that_meet_are_one_and_all_hours_together_are_never() -> None:
    both = (told("08:00", "12:00"), told("12:00", "17:00"))
    assert verdict(ask(facts(inconvenient=both)), "R-02").until == utc("2026-03-18T17:00:00-04:00")
    assert says("R-02", facts(inconvenient=(told("08:00", "20:00"), told("20:00", "08:00")))) == "deny"


def test_r02_a_clock_turned_forward_jumps_out_of_a_window() -> None:
    # New York's clock goes from 02:00 to 03:00 on 8 March: the window 01:00–02:30 ends at the turn.
    night = utc("2026-03-08T01:30:00-05:00")
    found = verdict(ask(facts(inconvenient=(told("01:00", "02:30"),)), at=night), "R-02")
    assert found.until == utc("2026-03-08T03:00:00-04:00")


def test_missing_facts_deny_for_a_consumer_and_in_live_mode() -> None:
    known = {"debt_class": "consumer", "attested_class": None, "debtor_type": "individual", "consumer_enabled": True}
    bare = Facts(**known, livemode=False, country="US", region="NY", recipient=person().recipient)  # type: ignore[arg-type]
    refused = {one.rule for one in ask(bare).verdicts if one.outcome in ("deny", "require")}
    expected = {"R-09", "R-14", "R-15", "R-18", "R-20", "R-22", "R-27", "R-31", "R-35", "R-36", "R-37"}
    assert refused == expected
    company = replace(bare, debt_class="commercial", debtor_type="company", livemode=True)
    refused = {one.rule for one in ask(company).verdicts if one.outcome in ("deny", "require")}
    assert refused == expected - {"R-14", "R-20", "R-31"}


def test_what_the_law_holds_is_held_together() -> None:
    decision = ask(facts(holds=(hold("compliance_review"),), mandate=None, collector=COLLECTOR, region="FL"))
    assert decision.rule == "H-01"
    assert {one.rule for one in decision.verdicts if one.outcome == "deny"} == {"H-01", "R-37"}
