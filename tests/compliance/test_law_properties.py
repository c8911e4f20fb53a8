"""For any history and any time: no allowed contact breaks a cap, and what is deferred waits no minute too long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import calls, gate
from compliance.facts import ContactFact, Facts, Inconvenient, Recipient, SuppressionFact
from compliance.rules import RULES
from compliance.verdicts import Ask, Says
from compliance.zones import days_of
from tests.compliance.law_facts import NOON, ask, contact, facts, person

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PHONE = Recipient(contact_id="con_jane", address="+12125550100", line_type="business_landline")
MOMENTS = st.integers(-12 * 24 * 60, 12 * 24 * 60).map(lambda minutes: NOON + minutes * MINUTE)
# Over the days on which New York's clock is turned (8 March and 1 November), and over the date line.
STARTS = st.sampled_from([NOON, datetime.fromisoformat("2026-03-08T12:00:00+00:00"), NOON + 228 * DAY])
PLACES = st.sampled_from([("NY", None), ("MA", None), ("TX", None), ("HI", "+16715550100"), (None, None)])


@st.composite
def contacts(draw: st.DrawFn) -> tuple[ContactFact, ...]:
    found = []
    for at in draw(st.lists(MOMENTS, max_size=9)):
        call = draw(st.booleans())
        found.append(
            contact(
                at,
                channel="call" if call else "email",
                kind=draw(st.sampled_from(["outreach", "outreach", "notice"])),
                state=draw(st.sampled_from(["sent", "unconfirmed", "failed"])),
                contact_id=draw(st.sampled_from(["con_jane", "con_bob", None])),
                conversation=call and draw(st.booleans()),
            )
        )
    return tuple(found)


WINDOWS = st.sampled_from(
    [
        (),
        (Inconvenient(since=NOON, starts=time(9), ends=time(11, 30)),),
        (Inconvenient(since=NOON, starts=time(14), ends=time(9, 17), days=frozenset({0, 2})),),
    ]
)


@st.composite
def debtors(draw: st.DrawFn) -> tuple[Facts, str, datetime]:
    region, phone = draw(PLACES)
    at = draw(STARTS) + draw(st.integers(-3 * 24 * 60, 3 * 24 * 60)) * MINUTE
    shift = at - NOON
    history = tuple(replace(one, at=one.at + shift) for one in draw(contacts()))
    gone = (SuppressionFact(address="bob@debtor.example", channel="email", since=at),) if draw(st.booleans()) else ()
    channel = draw(st.sampled_from(["email", "call"]))
    given = facts(region=region, phone=phone, history=history, suppressions=gone, inconvenient=draw(WINDOWS))
    return (replace(given, recipient=PHONE) if channel == "call" else given), channel, at


def broken(given: Facts, channel: str, at: datetime) -> Iterator[str]:
    """Every cap that a contact at ``at`` would break, counted apart from the code under test."""
    ours = [c for c in given.history if c.kind == "outreach" and c.state != "failed"]
    if any(abs(c.at - at) < 48 * HOUR for c in ours):
        yield "48 hours"
    moments = sorted([*(c.at for c in ours), at])
    if any(
        start <= at < start + 7 * DAY and sum(start <= m < start + 7 * DAY for m in moments) > 3 for start in moments
    ):
        yield "three in seven days"
    if channel == "call":
        yield from broken_for_calls(given, at)


def broken_for_calls(given: Facts, at: datetime) -> Iterator[str]:
    mine = [c for c in given.history if c.channel == "call" and c.contact_id != "con_bob"]
    cap = {"MA": 2, "NY": 2, None: 2}.get(given.region, 3)
    for zone in map(ZoneInfo, days_of(given)):
        today = at.astimezone(zone).date()
        if any(abs((c.at.astimezone(zone).date() - today).days) <= 6 for c in mine if c.conversation):
            yield "seven days after a conversation"
        days = [c.at.astimezone(zone).date() for c in mine if c.kind == "outreach" and c.state != "failed"]
        if any(in_week(days, today - n * DAY) + 1 > cap for n in range(7)):
            yield "calls in seven days"


def in_week(days: list[date], first: date) -> int:
    return sum(first <= day <= first + 6 * DAY for day in days)


@settings(deadline=None, max_examples=150)
@given(debtors())
def test_no_allowed_contact_breaks_a_cap(case: tuple[Facts, str, datetime]) -> None:
    given, channel, at = case
    decision = ask(given, at=at, channel=channel)
    moment = at if decision.allowed else decision.until
    if moment is not None:
        assert list(broken(given, channel, moment)) == []
        assert ask(given, at=moment, channel=channel).allowed


ZONES = st.sampled_from(
    [("America/New_York",), ("Pacific/Honolulu", "Pacific/Guam"), ("Europe/London", "America/Denver")]
)
NEAR = st.lists(st.integers(-15 * 24, 6 * 24).map(lambda hours: NOON + hours * HOUR), max_size=8)


@settings(deadline=None, max_examples=150)
@given(STARTS, NEAR, NEAR, st.sampled_from([2, 3, 7]), ZONES)
def test_the_caps_for_calls_alone_and_their_earliest_moment(
    start: datetime, attempts: list[datetime], talks: list[datetime], cap: int, zones: tuple[str, ...]
) -> None:
    made, spoken = ([one + (start - NOON) for one in some] for some in (attempts, talks[:1]))

    def over(at: datetime) -> bool:
        for zone in map(ZoneInfo, zones):
            today, days = at.astimezone(zone).date(), [one.astimezone(zone).date() for one in made]
            if any(abs((one.astimezone(zone).date() - today).days) <= 6 for one in spoken):
                return True
            if any(in_week([*days, today], today - n * DAY) > cap for n in range(7)):
                return True
        return False

    assert (calls.breach(start, made, spoken, cap=cap, zones=zones) is not None) == over(start)
    at = start
    while found := calls.breach(at, made, spoken, cap=cap, zones=zones):
        assert found.until > at
        at = found.until
    assert all(over(start + n * 30 * MINUTE) for n in range(int((at - start) / (30 * MINUTE))))
    assert at == start or over(at - MINUTE)


@settings(deadline=None, max_examples=40)
@given(debtors())
def test_what_is_deferred_is_allowed_at_no_minute_before(case: tuple[Facts, str, datetime]) -> None:
    given, channel, at = case
    decision = ask(given, at=at, channel=channel)
    if decision.outcome != "defer" or decision.until is None:
        return
    deferring = [rule for rule in RULES if rule.defers]

    def open_at(moment: datetime) -> bool:
        question = Ask(channel=channel, kind="outreach", at=moment)
        return all(rule(given, question).outcome == "allow" for rule in deferring)

    assert open_at(decision.until)
    last_hours = [decision.until - n * MINUTE for n in range(1, 181)]
    before = [at + n * 37 * MINUTE for n in range(int((decision.until - at) / (37 * MINUTE)) + 1)]
    assert not any(open_at(moment) for moment in [*last_hours, *before[-150:]] if at <= moment < decision.until)


@pytest.mark.parametrize("outcome", ["allow", "deny", "defer", "require"])
@pytest.mark.parametrize("failing", RULES, ids=lambda rule: rule.id)
def test_a_failing_rule_denies_whatever_the_others_say(
    failing: object, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(given: Facts, question: Ask) -> Says:
        raise RuntimeError

    def says(given: Facts, question: Ask) -> Says:
        return Says(outcome, "as told", {}, question.at + HOUR if outcome == "defer" else None)  # type: ignore[arg-type]

    bad = replace(failing, check=fails, kinds=frozenset({"outreach"}))  # type: ignore[type-var]
    other = replace(RULES[0], id="X-00", check=says)
    monkeypatch.setattr(gate, "RULES", (other, bad))
    decision = ask(facts())
    assert decision.outcome == "deny"
    assert not decision.allowed


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(["debt_class", "country", "region", "recipient", "owed_since", "collector", "mandate"])))
def test_a_consumer_of_whom_anything_is_unknown_is_not_contacted(missing: set[str]) -> None:
    changes = dict.fromkeys(missing)
    given = (
        person(**changes) if "debt_class" not in missing else person(debtor_type=None, attested_class=None, **changes)
    )
    assert ask(given).allowed == (not missing)
