"""R-01, hours: boundaries, clock changes, the date line, holidays, and the next permitted moment."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import hours, tables
from compliance.hours import public_holidays, turns
from compliance.rules import NeverPermitted, next_permitted, next_permitted_for
from compliance.zones import AREA_CODES, candidates, country_zones, phone_zones, region_zones
from tests.compliance.law_facts import NOON, ask, facts, person, utc, verdict

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("local", "outcome"),
    [
        ("2026-03-18T07:59:59-04:00", "defer"),
        ("2026-03-18T08:00:00-04:00", "allow"),
        ("2026-03-18T17:59:59-04:00", "allow"),
        ("2026-03-18T18:00:00-04:00", "defer"),
        ("2026-03-21T12:00:00-04:00", "defer"),  # Saturday
        ("2026-03-22T12:00:00-04:00", "defer"),  # Sunday
        ("2026-11-26T12:00:00-05:00", "defer"),  # Thanksgiving
        ("2026-07-03T12:00:00-04:00", "defer"),  # Independence Day, observed on the Friday
        ("2027-12-31T12:00:00-05:00", "defer"),  # New Year's Day 2028, observed a year early
        # The mornings after the clocks were turned, and the last afternoon before.
        ("2026-03-09T08:00:00-04:00", "allow"),
        ("2026-03-09T07:59:59-04:00", "defer"),
        ("2026-03-06T17:59:59-05:00", "allow"),
        ("2026-11-02T08:00:00-05:00", "allow"),
        ("2026-11-02T07:59:59-05:00", "defer"),
    ],
)
def test_a_company_is_reached_in_its_office_hours(local: str, outcome: str) -> None:
    assert ask(facts(), at=utc(local)).outcome == outcome


@pytest.mark.parametrize(
    ("local", "channel", "outcome"),
    [
        ("2026-03-22T07:59:59-04:00", "email", "defer"),
        ("2026-03-22T08:00:00-04:00", "email", "allow"),  # a Sunday
        ("2026-11-26T20:59:59-05:00", "email", "allow"),  # a holiday
        ("2026-03-18T21:00:00-04:00", "email", "defer"),
        ("2026-03-18T20:44:59-04:00", "call", "allow"),
        ("2026-03-18T20:45:00-04:00", "call", "defer"),
        ("2026-03-08T08:00:00-04:00", "email", "allow"),  # the day the clock is turned forward
        ("2026-03-08T07:59:59-04:00", "email", "defer"),
        ("2026-11-01T20:59:59-05:00", "email", "allow"),  # the day it is turned back
    ],
)
def test_a_person_is_reached_by_day(local: str, channel: str, outcome: str) -> None:
    assert ask(person(), at=utc(local), channel=channel).outcome == outcome


def test_every_candidate_zone_must_be_in_hours() -> None:
    both = facts(phone="+1 415 555 0100")  # address in New York, number from San Francisco
    assert ask(both, at=utc("2026-03-18T10:59:59-04:00")).outcome == "defer"
    assert ask(both, at=utc("2026-03-18T11:00:00-04:00")).outcome == "allow"
    declared = facts(declared_zone="Europe/London")
    assert ask(declared, at=utc("2026-03-18T13:59:59-04:00")).outcome == "allow"  # 17:59:59 in London
    assert ask(declared, at=utc("2026-03-18T14:00:00-04:00")).outcome == "defer"


def test_a_state_of_two_zones_is_asked_in_both() -> None:
    florida = facts(region="FL")
    assert ask(florida, at=utc("2026-03-18T08:59:59-04:00")).outcome == "defer"
    assert ask(florida, at=utc("2026-03-18T09:00:00-04:00")).outcome == "allow"


def test_nothing_known_means_the_contiguous_four_for_a_company_and_a_refusal_for_a_person() -> None:
    opening = utc("2026-03-17T15:00:00+00:00")
    nowhere = facts(region=None)
    assert next_permitted(opening, country="US") == opening
    assert next_permitted(opening - SECOND, country="US") == opening
    assert ask(nowhere, at=opening).outcome == "allow"
    assert ask(nowhere, at=opening - SECOND).until == opening
    assert ask(nowhere, at=utc("2026-03-17T17:59:59-04:00")).outcome == "allow"
    assert ask(nowhere, at=utc("2026-03-17T18:00:00-04:00")).outcome == "defer"
    refused = ask(person(region=None), at=opening)
    assert (refused.outcome, verdict(refused, "R-01").outcome) == ("deny", "deny")


def test_a_toll_free_number_and_an_unknown_region_tell_nothing() -> None:
    assert ask(person(region=None, phone="+1 800 555 0100")).outcome == "deny"
    assert ask(person(region="ZZ", phone="+1 555 010 1234")).outcome == "deny"
    assert verdict(ask(person(region=None, phone="(212) 555-0100")), "R-01").outcome == "allow"


def test_the_date_line() -> None:
    # It is Friday 08:00 in Honolulu and Saturday in Guam: a debtor of both is never a weekday at once here.
    friday = utc("2026-03-20T08:00:00-10:00")
    assert ask(facts(region="HI"), at=friday).outcome == "allow"
    assert ask(facts(region="GU"), at=friday).outcome == "defer"
    # Guam opens on its own Monday, which is a Sunday in New York.
    assert next_permitted_for(facts(region="GU"), channel="email", at=friday) == utc("2026-03-22T22:00:00+00:00")


def test_a_day_that_never_was() -> None:
    # Samoa skipped Friday 2011-12-30; after Thursday's window comes Monday's (2 January is a holiday there).
    thursday = utc("2011-12-30T04:00:00+00:00")
    found = next_permitted(thursday, zones=("Pacific/Apia",), country="US")
    assert found > thursday
    assert verdict(ask(facts(region=None, declared_zone="Pacific/Apia"), at=found), "R-01").outcome == "allow"


def test_states_keep_their_own_holidays() -> None:
    patriots_day = utc("2026-04-20T12:00:00-04:00")
    assert ask(facts(region="MA"), at=patriots_day).outcome == "defer"
    assert ask(facts(region="NY"), at=patriots_day).outcome == "allow"
    assert "Patriots" in (verdict(ask(facts(region="MA"), at=patriots_day), "R-01").reason)


def test_no_common_hour_and_no_country_deny() -> None:
    apart = facts(region=None, declared_zone="Asia/Tokyo", phone="+1 212 555 0100")
    assert ask(apart).outcome == "deny"
    assert ask(facts(country=None, region=None)).outcome == "deny"
    assert ask(facts(country="XX", region=None, declared_zone="America/New_York")).outcome == "deny"
    with pytest.raises(NeverPermitted):
        next_permitted(NOON, country="US", consumer=True)


def test_an_unreadable_zone_denies() -> None:
    decision = ask(facts(declared_zone="America/Nowhere"))
    assert decision.outcome == "deny"
    assert verdict(decision, "R-01").reason == "rule failed"


@pytest.mark.parametrize("kind", ["answer", "notice"])
def test_hours_bind_outreach_only(kind: str) -> None:
    assert verdict(ask(facts(), at=utc("2026-03-18T03:00:00-04:00"), kind=kind), "R-01").outcome == "allow"


def test_whole_seconds_rounded_up() -> None:
    assert next_permitted(NOON + timedelta(microseconds=1), country="US", region="NY") == NOON + SECOND


def test_the_tables_name_real_places() -> None:
    assert region_zones("us", "US-CA") == ("America/Los_Angeles",)
    assert region_zones("GB", None) == ("Europe/London",)
    assert region_zones("US", None) == ()
    assert len(country_zones("US")) == 4
    assert set(phone_zones("+1 907 555 0100", "US")) >= {"America/Anchorage", "America/Adak"}
    assert phone_zones("+44 20 7946 0000", "US") == ("Europe/London",)
    assert phone_zones("+44 20 7946 0000", "GB") == ()
    assert len(AREA_CODES) > 400
    assert candidates(country="US", region=None, phone=None, declared=None).known is False
    assert "New Year" in public_holidays("US", None, 2026)[datetime(2026, 1, 1).date()]


def test_a_clock_turned_over_the_opening_hour_opens_at_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    # No zone turns its clock at 08:00 today, so the window is moved to where New York does.
    monkeypatch.setattr(hours, "OPENS", time(2, 30))
    turn = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert turn in hours._instants.__wrapped__("America/New_York", turn.date())
    monkeypatch.setattr(hours, "OPENS", time(1, 30))
    twice = hours._instants.__wrapped__("America/New_York", datetime(2026, 11, 1).date())
    assert {datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)} <= set(twice)
    assert list(turns("America/New_York", datetime(2026, 3, 8).date())) == [datetime(2026, 3, 8, 7, tzinfo=UTC)]


MOMENTS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)).map(
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
)
PLACES = st.sampled_from(
    [
        ("US", "NY", None),
        ("US", "FL", "+19075550100"),
        ("US", None, None),
        ("US", "HI", None),
        ("GB", None, None),
        ("AU", "NSW", None),
        ("AU", None, None),
        ("US", "AZ", "+14155550100"),
        ("CA", "NL", None),
    ]
)


@settings(deadline=None)
@given(MOMENTS, PLACES, st.booleans(), st.sampled_from(["email", "call"]))
def test_the_next_permitted_moment_is_allowed_and_the_first(
    at: datetime, place: tuple[str, str | None, str | None], consumer: bool, channel: str
) -> None:
    country, region, phone = place
    build = person if consumer and (region or country == "GB") else facts
    debtor = build(country=country, region=region, phone=phone)
    found = next_permitted_for(debtor, channel=channel, at=at)
    assert found >= at
    assert verdict(ask(debtor, at=found, channel=channel), "R-01").outcome == "allow"
    if found > at:
        assert verdict(ask(debtor, at=found - SECOND, channel=channel), "R-01").outcome == "defer"
        assert verdict(ask(debtor, at=at, channel=channel), "R-01").outcome == "defer"
    # Nothing on a coarse grid between the two would have been allowed.
    steps = int((found - at) / timedelta(minutes=47))
    for n in range(min(steps, 60)):
        assert verdict(ask(debtor, at=at + n * timedelta(minutes=47), channel=channel), "R-01").outcome == "defer"


REGIONS = tables.load("regions")["regions"]
SUPPORTED = holidays.list_supported_countries()


@pytest.mark.parametrize("country", ["US", "CA", "GB", "FR", "ES", "DE", "AU", "MX", "IE", "NL"])
def test_public_holidays_count_in_every_country_on_offer(country: str) -> None:
    named = public_holidays(country, None, 2026)
    weekdays = [day for day in named if day.weekday() < 5]
    zone = ZoneInfo(country_zones(country)[0])
    assert len(weekdays) >= 5
    for day in weekdays:
        noon = datetime.combine(day, time(12), zone)
        found = verdict(ask(facts(country=country, region=None, declared_zone=zone.key), at=noon), "R-01")
        assert (found.outcome, named[day] in found.reason) == ("defer", True)


def test_the_holidays_of_every_region_in_our_table_are_known() -> None:
    for country, regions in REGIONS.items():
        assert country in SUPPORTED
        for region in regions:
            own = public_holidays(country, region, 2026)
            assert set(public_holidays(country, None, 2026)) & set(own)
    # Territories the library keeps as countries of their own, and states that add days to the nation's.
    assert public_holidays("US", "PR", 2026) != public_holidays("US", None, 2026)
