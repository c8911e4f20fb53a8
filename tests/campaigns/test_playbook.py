"""What a playbook may be, on which day its steps fall, and how what is due is spread."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcollect.kit import clock
from campaigns import queries
from campaigns.models import Playbook
from campaigns.rules import moments, playbook
from campaigns.rules.playbook import DEFAULT, Whereabouts
from outreach import drafting
from tests import factories

ACME = Whereabouts("US", "NY", "", "", consumer=False)
TUESDAY = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD: list[dict[str, Any]] = [
    {"day": step.day, "channel": step.channel, "intent": step.intent, "level": step.level} for step in DEFAULT
]


def but(n: int, **facts: Any) -> list[dict[str, Any]]:
    """The default with one step otherwise."""
    return [row | facts if at == n else row for at, row in enumerate(GOOD)]


def test_the_default_is_a_playbook_and_every_mail_of_one_has_words() -> None:
    assert playbook.problems(GOOD) == []
    assert playbook.steps_of(GOOD) == DEFAULT
    assert playbook.INTENTS["email"] <= drafting.INTENTS


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([], "steps"),
        ({}, "steps"),
        (GOOD * 5, "steps"),
        (["step"], "steps[0]"),
        ([GOOD[0] | {"more": 1}], "steps[0]"),
        (but(1, day=-1), "steps[1].day"),
        (but(1, day="4"), "steps[1].day"),
        (but(1, day=True), "steps[1].day"),
        (but(1, day=361), "steps[1].day"),
        (but(1, channel="sms"), "steps[1].channel"),
        (but(1, channel=["email"]), "steps[1].channel"),
        (but(1, intent="threaten"), "steps[1].intent"),
        (but(1, intent="answer_promise"), "steps[1].intent"),
        (but(1, level=4), "steps[1].level"),
        (but(4, level=1), "steps[4].level"),
        (but(0, day=1), "steps[0]"),
        (but(0, level=2), "steps[0]"),
        (but(0, channel="call", intent="first_call"), "steps[0]"),
        (but(1, intent="first_reminder"), "steps[1].intent"),
        (but(1, intent="last_before_next_steps"), "steps[1].intent"),
        (but(1, day=0), "steps[1].day"),
        (but(1, day=1), "steps[1].day"),
        (but(2, day=3), "steps[2].day"),
        ([*GOOD[:1], *(GOOD[1] | {"day": day} for day in (2, 4, 6))], "steps[3].day"),
        ([*but(4, day=15), GOOD[1] | {"day": 30}], "steps[4].channel"),
        ([GOOD[0], GOOD[4] | {"day": 13}], "steps[1].day"),
    ],
)
def test_what_is_no_playbook_says_where(steps: Any, path: str) -> None:
    found = playbook.problems(steps)
    assert path in [at for at, _ in found], found
    assert all(words.endswith(".") for _, words in found)


def test_a_slower_posture_is_slower_on_every_day() -> None:
    assert [step.day for step in playbook.paced(DEFAULT, "firm")] == [0, 4, 7, 14, 20]
    assert [step.day for step in playbook.paced(DEFAULT, "preserve")] == [0, 6, 11, 21, 30]
    assert playbook.paced(DEFAULT, "firm") == DEFAULT


@pytest.mark.django_db
def test_a_campaign_follows_its_own_version() -> None:
    organisation = factories.organisation()
    short = [GOOD[0], GOOD[1] | {"day": 9}]
    for version, steps in ((1, GOOD), (2, short)):
        Playbook.objects.create(
            organisation=organisation,
            livemode=False,
            created_at=clock.now(),
            recorded_at=clock.now(),
            updated_at=clock.now(),
            name="gentle",
            version=version,
            steps=steps,
            actor="test",
        )
    campaign = factories.campaign(organisation, playbook="gentle", playbook_version=2, posture="firm")
    assert [step.day for step in queries.playbook_steps(campaign)] == [0, 9]
    assert queries.playbook_steps(campaign, 1) == DEFAULT
    other = factories.campaign(factories.organisation(), playbook="gentle", playbook_version=2)
    with pytest.raises(LookupError):
        queries.playbook_steps(other)


# --- moments


def test_five_hundred_first_messages_do_not_leave_at_once() -> None:
    due = [moments.first_moment(ACME, begin=TUESDAY, place=place) for place in range(500)]
    assert due[0] == TUESDAY
    assert due == sorted(set(due))
    assert due[-1] <= TUESDAY + timedelta(hours=3)
    evening = [moments.first_moment(ACME, begin=TUESDAY + timedelta(hours=6), place=place) for place in range(500)]
    per_minute = {moment.replace(second=0) for moment in evening}
    assert len(evening) / len(per_minute) <= 4  # what no longer fits is spread over the next day in the same way


@given(
    st.integers(0, 400),
    st.integers(2, 40),
    st.text(max_size=5),
    st.sampled_from(["NY", "CA", "HI", "", "AZ"]),
    st.integers(0, 23),
)
def test_a_later_message_is_never_early_and_lawful(day: int, days: int, key: str, region: str, hour: int) -> None:
    where, after = Whereabouts("US", region, "", "", consumer=False), TUESDAY + day * DAY + timedelta(hours=hour)
    due = moments.later_moment(where, after=after, days=timedelta(days=days), key=key)
    zone = moments._zone(where)
    assert due.astimezone(zone).date() >= after.astimezone(zone).date() + timedelta(days=days)
    assert due - after >= timedelta(hours=48)
    assert playbook.permitted(where, channel="email", not_before=due) == due


def test_days_are_the_debtors_days() -> None:
    """23:30 UTC is the next day in Auckland and the same afternoon in New York: neither loses a day."""
    after = datetime(2026, 3, 17, 23, 30, tzinfo=UTC)
    for country, zone in (("NZ", "Pacific/Auckland"), ("US", "America/New_York")):
        where = Whereabouts(country, "", zone, "", consumer=False)
        due = moments.later_moment(where, after=after, days=7 * DAY, key="x")
        assert (due.astimezone(ZoneInfo(zone)).date() - after.astimezone(ZoneInfo(zone)).date()).days == 7


def test_mornings_of_the_middle_of_the_week_come_first() -> None:
    due = [moments.later_moment(ACME, after=TUESDAY, days=days * DAY, key=str(days)) for days in range(2, 30)]
    ends = {moment.weekday() for moment in due}
    assert ends <= {1, 2, 3}
    same = {moments.later_moment(ACME, after=TUESDAY, days=7 * DAY, key=str(n)) for n in range(100)}
    assert len(same) > 90


# --- the whole default playbook, date by date

# The Tuesday before Christmas 2025, a Thursday; in London and Berlin the Friday after it is a holiday too.
BEGIN = datetime(2025, 12, 23, 15, 0, tzinfo=UTC)
PLACES = {
    "New York": (Whereabouts("US", "NY", "", "", consumer=False), "America/New_York"),
    "London": (Whereabouts("GB", "", "Europe/London", "", consumer=False), "Europe/London"),
    "Berlin": (Whereabouts("DE", "BE", "Europe/Berlin", "", consumer=False), "Europe/Berlin"),
}
# By the book, each step counted from the one before: days 0, 2 (call), 4, 7, 10 (call), 12 (offer), 14, 20.
AFTER_BOXING_DAY = [
    "Tue 12-23",
    "Mon 12-29",
    "Wed 12-31",
    "Tue 01-06",
    "Fri 01-09",
    "Sun 01-11",
    "Tue 01-13",
    "Mon 01-19",
]
EXPECTED = {
    "New York": [
        *("Tue 12-23", "Fri 12-26", "Tue 12-30", "Tue 01-06"),
        *("Fri 01-09", "Sun 01-11", "Tue 01-13", "Mon 01-19"),
    ],
    "London": AFTER_BOXING_DAY,
    "Berlin": AFTER_BOXING_DAY,
}


def dates(where: Whereabouts, steps: playbook.Steps, begin: datetime) -> list[datetime]:
    """Each step's moment, as the planner computes it when every one is resolved at its own moment."""
    found = [moments.first_moment(where, begin=begin, place=0)]
    for step in steps[1:]:
        days = playbook.days_between(steps, step.index - 1, step)
        if step.channel == "email":
            found.append(moments.later_moment(where, after=found[-1], days=days, key="cas_1"))
        elif step.channel == "attorney":
            found.append(found[-1] + days)
        else:
            found.append(playbook.permitted(where, channel=step.channel, not_before=found[-1] + days))
    return found


@pytest.mark.parametrize("place", PLACES)
def test_the_default_playbook_date_by_date(place: str) -> None:
    where, zone = PLACES[place]
    steps = playbook.PLAYBOOKS[playbook.BUILT_IN, playbook.NEWEST]
    found = [moment.astimezone(ZoneInfo(zone)) for moment in dates(where, steps, BEGIN)]
    assert [f"{moment:%a %m-%d}" for moment in found] == EXPECTED[place]
    later = [moment for moment, step in zip(found, steps, strict=True) if step.channel == "email"][1:]
    assert all(8 <= moment.hour < 11 for moment in later)  # mornings, spread over three hours
    slow = playbook.paced(steps, "preserve")
    assert [step.day for step in slow] == [0, 3, 6, 11, 15, 18, 21, 30]
    assert dates(where, slow, BEGIN)[-1] > found[-1]
