"""Playbooks, as data: on which day which step, by which channel, to which level at the debtor.

Days count from the first step that was resolved. The next step follows a resolved one, never age alone, so a missed
day is caught up once and not repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from compliance.hours import next_permitted
from compliance.zones import candidates


@dataclass(frozen=True, slots=True)
class PlaybookStep:
    """`channel` "attorney" is no message: on that day the referral is offered (`offer`), or the case is judged ready
    for it, or for a person (`escalate`)."""

    index: int
    day: int
    channel: str
    intent: str
    level: int


DEFAULT: tuple[PlaybookStep, ...] = (
    PlaybookStep(0, 0, "email", "first_reminder", 1),
    PlaybookStep(1, 4, "email", "second_reminder", 1),
    PlaybookStep(2, 7, "email", "escalate_controller", 2),
    PlaybookStep(3, 14, "email", "last_before_next_steps", 3),
    PlaybookStep(4, 20, "attorney", "escalate", 0),
)
WITH_CALLS: tuple[PlaybookStep, ...] = (
    PlaybookStep(0, 0, "email", "first_reminder", 1),
    PlaybookStep(1, 2, "call", "first_call", 1),
    PlaybookStep(2, 4, "email", "new_angle", 1),
    PlaybookStep(3, 7, "email", "escalate_controller", 2),
    PlaybookStep(4, 10, "call", "call_decision_maker", 3),
    PlaybookStep(5, 14, "email", "last_before_next_steps", 3),
    PlaybookStep(6, 20, "attorney", "escalate", 0),
)
WITH_OFFER: tuple[PlaybookStep, ...] = (
    *WITH_CALLS[:5],
    PlaybookStep(5, 12, "attorney", "offer", 0),
    PlaybookStep(6, 14, "email", "last_before_next_steps", 3),
    PlaybookStep(7, 20, "attorney", "escalate", 0),
)
BUILT_IN = "default"
NAMES = frozenset({BUILT_IN})
# A campaign keeps the version it began with; a new one takes the highest.
PLAYBOOKS = {(BUILT_IN, 1): DEFAULT, (BUILT_IN, 2): WITH_CALLS, (BUILT_IN, 3): WITH_OFFER}
NEWEST = max(version for _, version in PLAYBOOKS)

# The least an attorney may be asked on: ENGINE.md, the playbook's day 20.
MIN_DELIVERED, MIN_CONTACTS, MIN_DAYS = 3, 2, 14


Steps = tuple[PlaybookStep, ...]

# What a step may say, by channel. The first message is the itemised one; the last names no next step itself.
FIRST = "first_reminder"
INTENTS: dict[str, frozenset[str]] = {
    "email": frozenset(
        {
            FIRST,
            *("second_reminder", "new_angle", "escalate_controller", "escalate_decision_maker"),
            "last_before_next_steps",
        }
    ),
    "call": frozenset({"first_call", "call_decision_maker"}),
    "attorney": frozenset({"offer", "escalate"}),
}
MOST_STEPS, LAST_DAY = 20, 360
# R-12, as a plan has to keep it: 48 hours apart, three in seven days. The gate counts again, over all campaigns.
_APART, _WEEK, _PER_WEEK = 2, 7, 3
# ENGINE.md: `preserve` is slower and softer, `firm` goes by the book. The rules are the same.
POSTURE = "preserve"
POSTURES = {POSTURE: (3, 2), "firm": (1, 1)}
TONES = {"preserve": "soft", "firm": "firm"}
# After the playbook: one statement a month at most, until the mandate ends. Of no playbook's own steps, so their index
# begins behind every one of those.
STATEMENT, MONTH, _STATEMENTS = "monthly_statement", timedelta(days=31), 100
# The creditor sees an offer to an attorney so long before it is made, and may veto it.
OFFER, NOTICE = "offer", timedelta(hours=48)


def following(steps: Steps, after_index: int | None) -> PlaybookStep | None:
    """The step after `after_index` (None: the first), or None when the playbook ends there."""
    return next((step for step in steps if after_index is None or step.index > after_index), None)


def statement(after_index: int) -> PlaybookStep:
    """The next monthly statement after the step of that index, the playbook's last one or a statement."""
    return PlaybookStep(max(after_index + 1, _STATEMENTS), LAST_DAY, "email", STATEMENT, 1)


def days_between(steps: Steps, after_index: int, then: PlaybookStep) -> timedelta:
    """How long the playbook waits between two of its steps. A step that it does not know counts as the first day."""
    if then.intent == STATEMENT:
        return MONTH
    before = next((step.day for step in steps if step.index == after_index), 0)
    return timedelta(days=then.day - before)


def paced(steps: Steps, posture: str) -> Steps:
    """The steps on the days that `posture` gives them, in whole days, rounded up."""
    times, over = POSTURES.get(posture, (1, 1))
    return tuple(replace(step, day=-(-step.day * times // over)) for step in steps)


def steps_of(rows: Sequence[dict[str, Any]]) -> Steps:
    """Steps as stored (`Playbook.steps`), in their order."""
    return tuple(PlaybookStep(n, row["day"], row["channel"], row["intent"], row["level"]) for n, row in enumerate(rows))


# --- what a playbook may be

Problem = tuple[str, str]


def problems(steps: Any) -> list[Problem]:
    """Why `steps`, as given, are no playbook: (path, words) each; empty when they are one."""
    if not isinstance(steps, list) or not steps:
        return [("steps", "A playbook is a list of at least one step.")]
    if len(steps) > MOST_STEPS:
        return [("steps", f"A playbook has at most {MOST_STEPS} steps.")]
    found = [problem for n, step in enumerate(steps) for problem in _of_one(f"steps[{n}]", step)]
    return found or [*_of_the_first(steps[0]), *_of_the_order(steps), *_of_the_attorney(steps)]


def _of_one(path: str, step: Any) -> list[Problem]:
    if not isinstance(step, dict) or set(step) != {"day", "channel", "intent", "level"}:
        return [(path, "A step has day, channel, intent and level, and nothing else.")]
    day, channel, intent, level = (step[name] for name in ("day", "channel", "intent", "level"))
    found = []
    if type(day) is not int or not 0 <= day <= LAST_DAY:
        found.append((f"{path}.day", f"A day is a whole number from 0 to {LAST_DAY}."))
    if not isinstance(channel, str) or channel not in INTENTS:
        return [*found, (f"{path}.channel", f"A channel is one of {', '.join(sorted(INTENTS))}.")]
    if not isinstance(intent, str) or intent not in INTENTS[channel]:
        found.append((f"{path}.intent", f"By {channel} a step says one of {', '.join(sorted(INTENTS[channel]))}."))
    levels = (0,) if channel == "attorney" else (1, 2, 3)
    if type(level) is not int or level not in levels:
        found.append((f"{path}.level", f"By {channel} the level is one of {', '.join(map(str, levels))}."))
    return found


def _of_the_first(step: dict[str, Any]) -> list[Problem]:
    expected = {"day": 0, "channel": "email", "intent": FIRST, "level": 1}
    words = f"The first step is the itemised statement (R-15): day 0, email, {FIRST}, level 1."
    return [] if step == expected else [("steps[0]", words)]


def _of_the_order(steps: list[dict[str, Any]]) -> list[Problem]:
    days = [step["day"] for step in steps]
    found = [
        (f"steps[{n}].day", "Days ascend from step to step.")
        for n, (before, after) in enumerate(pairwise(days), start=1)
        if after <= before
    ]
    found = found or _of_the_caps(steps)
    found += [
        (f"steps[{n}].intent", "The first reminder is the first step alone.")
        for n, step in enumerate(steps)
        if n and step["intent"] == FIRST
    ]
    last = max((n for n, step in enumerate(steps) if step["channel"] != "attorney"), default=0)
    found += [
        (f"steps[{n}].intent", "The last message before next steps is the last message.")
        for n, step in enumerate(steps)
        if n != last and step["intent"] == "last_before_next_steps"
    ]
    return found


def _of_the_caps(steps: list[dict[str, Any]]) -> list[Problem]:
    """R-12 over the days of the contacts; an attorney's step is none."""
    places = [n for n, step in enumerate(steps) if step["channel"] != "attorney"]
    found = []
    for k, (before, n) in enumerate(pairwise(places), start=1):
        if steps[n]["day"] - steps[before]["day"] < _APART:
            found.append((f"steps[{n}].day", "Two contacts are at least 48 hours apart (R-12)."))
        elif k >= _PER_WEEK and steps[n]["day"] - steps[places[k - _PER_WEEK]]["day"] < _WEEK:
            found.append((f"steps[{n}].day", f"A debtor is contacted at most {_PER_WEEK} times in seven days (R-12)."))
    return found


def _of_the_attorney(steps: list[dict[str, Any]]) -> list[Problem]:
    found, last = [], len(steps) - 1
    offers = [n for n, step in enumerate(steps) if step["intent"] == OFFER]
    for n, step in enumerate(steps):
        if step["intent"] == "escalate" and n != last:
            found.append((f"steps[{n}].channel", "After the attorney's step nothing follows."))
        elif step["intent"] == "escalate" and step["day"] < MIN_DAYS:
            found.append((f"steps[{n}].day", f"An attorney does not take over before day {MIN_DAYS}."))
        elif step["intent"] == OFFER and (steps[last]["intent"] != "escalate" or n != offers[0]):
            words = "An attorney is asked once, and only where the last step hands the case over (escalate)."
            found.append((f"steps[{n}].intent", words))
    return found


def may_escalate(
    *, delivered: int, contacts_reached: int, contacts_known: int, first_at: datetime, at: datetime
) -> str:
    """Empty when the case may be offered to an attorney, else the reason why a person must look."""
    if delivered < MIN_DELIVERED:
        return f"only {delivered} of {MIN_DELIVERED} messages were delivered"
    if contacts_reached < min(MIN_CONTACTS, contacts_known):
        return f"only {contacts_reached} of {min(MIN_CONTACTS, contacts_known)} contacts were reached"
    if at - first_at < timedelta(days=MIN_DAYS):
        return f"the first message is less than {MIN_DAYS} days old"
    return ""


MIN_LEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What decides a debtor's permitted hours; equal ones share one calculation."""

    country: str
    region: str
    timezone: str
    phone: str
    consumer: bool


def permitted(where: Whereabouts, *, channel: str, not_before: datetime) -> datetime:
    """The first moment from `not_before` on at which the law's hours allow `channel` there (R-01).

    Raises compliance.hours.NeverPermitted where no hour is lawful (a consumer whose zone nobody knows).
    """
    found = candidates(
        country=where.country,
        region=where.region or None,
        phone=where.phone or None,
        declared=where.timezone or None,
    )
    return next_permitted(
        not_before,
        zones=found.zones if found.known else (),
        country=where.country,
        region=where.region or None,
        channel=channel,
        consumer=where.consumer,
    )


def earliest_start(due: date | None, zone: str, at: datetime) -> datetime:
    """An hour from `at`, and not before the day after the due date (in the creditor's zone)."""
    begin = at + MIN_LEAD
    if due is None:
        return begin
    overdue = datetime.combine(due + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)
    return max(begin, overdue)
