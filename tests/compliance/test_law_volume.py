"""R-12, how often: 48 hours apart, three in seven days, one a day; what counts and what does not."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import volume
from compliance.facts import ContactFact, Facts
from tests.compliance.law_facts import NOON, ask, contact, facts, verdict

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONES = ("America/New_York",)


def r12(history: list[ContactFact], **more: object) -> str:
    return verdict(ask(facts(history=tuple(history)), **more), "R-12").outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [
        (2 * DAY - SECOND, "defer"),
        (2 * DAY, "allow"),
        (timedelta(0), "defer"),
        (-2 * DAY + SECOND, "defer"),  # another worker's reservation, later than this one
        (-2 * DAY, "allow"),
    ],
)
def test_forty_eight_hours_apart(gap: timedelta, outcome: str) -> None:
    assert r12([contact(NOON - gap)]) == outcome


def test_the_fourth_contact_in_seven_days_waits_for_the_eighth() -> None:
    first = NOON - 7 * DAY + SECOND
    two = [contact(first), contact(first + 2 * DAY)]
    three = [*two, contact(first + 4 * DAY)]
    assert r12(two) == "allow"
    assert r12(three) == "defer"
    assert verdict(ask(facts(history=tuple(three))), "R-12").until == first + 7 * DAY
    assert r12(three, at=first + 7 * DAY) == "allow"


@pytest.mark.parametrize(
    "state", ["reserved", "handed_over", "unconfirmed", "sent", "delivered", "bounced", "a_state_of_tomorrow"]
)
def test_whatever_may_have_reached_them_counts(state: str) -> None:
    assert r12([contact(NOON - DAY, state=state)]) == "defer"


@pytest.mark.parametrize("state", ["planned", "cancelled", "failed", "denied"])
def test_what_never_left_does_not_count(state: str) -> None:
    assert r12([contact(NOON - HOUR, state=state)]) == "allow"


def test_every_channel_case_and_contact_counts_but_only_outreach_and_only_ours() -> None:
    assert r12([contact(NOON - DAY, channel="call", case_id="cas_2", contact_id="con_bob")]) == "defer"
    assert r12([contact(NOON - HOUR, kind="notice"), contact(NOON - HOUR, kind="answer")]) == "allow"
    assert r12([contact(NOON - HOUR, direction="in")]) == "allow"


@pytest.mark.parametrize("kind", ["answer", "notice"])
def test_the_caps_bind_outreach_only(kind: str) -> None:
    assert r12([contact(NOON - HOUR)], kind=kind) == "allow"


def test_one_a_day_in_the_debtors_own_day() -> None:
    evening = NOON - HOUR  # 10:00 in New York, 23:00 in Tokyo
    morning = evening + 9 * HOUR  # 19:00 in New York, tomorrow in Tokyo
    assert volume._same_day(morning, [evening], ZONES) is not None
    assert volume._same_day(morning, [evening], ("Asia/Tokyo",)) is None
    assert volume._same_day(morning, [evening], ("Asia/Tokyo", *ZONES)) is not None
    found = volume._same_day(morning, [evening], ZONES)
    assert found is not None
    assert found.until.isoformat() == "2026-03-19T04:00:00+00:00"


HISTORIES = st.lists(st.integers(-14 * 24 * 60, 14 * 24 * 60), max_size=12).map(
    lambda minutes: [NOON + timedelta(minutes=n) for n in minutes]
)


def breaks_a_cap(at: datetime, others: list[datetime]) -> bool:
    """Told apart from the code under test: count every pair, and every seven days that hold ``at``."""
    pair = any(abs(at - other) < timedelta(hours=48) for other in others)
    moments = sorted([*others, at])
    windows = [[m for m in moments if start <= m < start + 7 * DAY] for start in moments]
    return pair or any(at in window and len(window) > 3 for window in windows)


@settings(deadline=None)
@given(HISTORIES)
def test_no_allowed_contact_breaks_a_cap(history: list[datetime]) -> None:
    allowed = volume.breach(NOON, history, ZONES) is None
    assert allowed == (not breaks_a_cap(NOON, history))


@settings(deadline=None)
@given(HISTORIES)
def test_the_earliest_moment_breaks_none_and_is_the_first(history: list[datetime]) -> None:
    found = volume.earliest(NOON, history, ZONES)
    assert not breaks_a_cap(found, history)
    if found > NOON:
        assert breaks_a_cap(found - SECOND, history)
    hours = int((found - NOON) / HOUR)
    assert all(breaks_a_cap(NOON + n * HOUR, history) for n in range(hours) if NOON + n * HOUR < found)


PLACES = st.sampled_from([("NY", None), ("FL", "+19075550100"), (None, None), ("HI", "+12125550100")])


@settings(deadline=None)
@given(HISTORIES, st.integers(-7 * 24 * 60, 7 * 24 * 60), PLACES, st.booleans())
def test_a_deferred_contact_is_allowed_at_until_and_not_before(
    history: list[datetime], minutes: int, place: tuple[str | None, str | None], opted_out_today: bool
) -> None:
    at = NOON + timedelta(minutes=minutes)
    debtor = debtor_of(place, history, at, opted_out_today)
    decision = ask(debtor, at=at)
    assert (decision.outcome == "defer") == (decision.until is not None)
    if decision.until is None:
        assert decision.outcome in ("allow", "deny")
        return
    assert decision.until > at
    assert ask(debtor, at=decision.until).outcome == "allow"
    assert ask(debtor, at=decision.until - SECOND).outcome == "defer"


def debtor_of(place: tuple[str | None, str | None], history: list[datetime], at: datetime, opted: bool) -> Facts:
    from compliance.facts import SuppressionFact

    region, phone = place
    gone = (SuppressionFact(address="bob@debtor.example", channel="email", since=at),) if opted else ()
    return facts(region=region, phone=phone, history=tuple(contact(moment) for moment in history), suppressions=gone)
