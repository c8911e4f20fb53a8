"""Timelines: event rows as lines a person reads, grouped by the day in the organisation's zone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from campaigns.models import Campaign, Step
from campaigns.queries import playbook_steps
from campaigns.rules.playbook import Steps
from dashboard import words
from dashboard.access import Seat
from events.catalogue import TYPES
from events.models import Event

LIMIT = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what happened, when, through which channel, who did it, and where to look further."""

    id: str
    type: str
    at: datetime
    text: str
    label: str
    tone: str
    icon: str
    actor: str
    case_id: str
    about: str


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day, newest first."""

    date: date
    entries: list[Entry]


def entry(event: Event) -> Entry:
    """`event` as a timeline line, in the words of the catalogue."""
    definition, data = TYPES[event.type], event.data
    shown = words.ENTRY.get(definition.channel) or words.ENTRY.get(definition.kind) or words.Said(definition.kind)
    about = " · ".join(str(data[name]) for name in ("debtor", "invoice_number") if data.get(name))
    return Entry(
        id=event.id,
        type=event.type,
        at=event.created_at,
        text=definition.says(data),
        label=shown.label,
        tone="bad" if event.type in words.TROUBLE else shown.tone,
        icon=shown.icon,
        actor=event.actor,
        case_id=event.case_id,
        about=about,
    )


def by_day(events: Iterable[Event], zone: ZoneInfo) -> list[Day]:
    """`events`, newest first, under the days on which they happened where the organisation is."""
    lines: Iterator[Entry] = map(entry, events)
    return [
        Day(day, list(entries)) for day, entries in groupby(lines, key=lambda line: line.at.astimezone(zone).date())
    ]


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned contact, and why it is planned for then."""

    step: Step
    why: str


def plan(step: Step) -> Planned:
    """Why: the step's own reason when it was moved, else its day in the playbook. Reads `step.campaign`."""
    return Planned(step, step.reason or planned_for(step))


_NO_PLAYBOOK = {
    "answer": "an answer to what they wrote",
    "notice": "a confirmation they must get",
    "offer": "it tells them of your settlement offer, in permitted hours where they are",
}


def planned_for(step: Step) -> str:
    """What the plan was when the step was made. Reads `step.campaign`."""
    if step.kind in _NO_PLAYBOOK:
        return _NO_PLAYBOOK[step.kind]
    day = next((entry.day for entry in _playbook(step) if entry.index == step.index), None)
    when = "the first contact" if day == 0 else f"day {day} of the playbook" if day else "the playbook's next step"
    return f"{when}, in permitted hours where the debtor is"


def _playbook(step: Step) -> Steps:
    try:
        return playbook_steps(step.campaign, step.version)
    except LookupError:
        return ()


def of_campaign(seat: Seat, campaign_id: str, *, before: str = "") -> tuple[list[Event], bool]:
    """One page of a campaign's facts, newest first, and whether older ones follow."""
    return _page(seat.rows(Event).filter(campaign_id=campaign_id), seat, before)


def of_case(seat: Seat, case_id: str, *, before: str = "") -> tuple[list[Event], bool]:
    """One page of a case's facts, newest first, and whether older ones follow."""
    return _page(seat.rows(Event).filter(case_id=case_id), seat, before)


def of_debtor(seat: Seat, debtor_id: str, *, before: str = "") -> tuple[list[Event], bool]:
    """One page of what happened with a debtor, over all of its invoices."""
    return _page(seat.rows(Event).filter(debtor_id=debtor_id), seat, before)


def of_clock(seat: Seat, clock_id: str, *, before: str = "") -> tuple[list[Event], bool]:
    """One page of what happened on a test clock, in the order of its story, the latest first."""
    on_it = seat.rows(Campaign).filter(clock_id=clock_id).values("id")
    return _page(seat.rows(Event).filter(campaign_id__in=on_it), seat, before)


def _page(events, seat: Seat, before: str) -> tuple[list[Event], bool]:  # type: ignore[no-untyped-def]
    """Older than the event `before`; an unknown one is the same as none, so a stale link still opens."""
    last = seat.rows(Event).filter(id=before).first() if before else None
    if last:
        older = events.filter(created_at__lt=last.created_at)
        events = older | events.filter(created_at=last.created_at, id__lt=last.id)
    rows = list(events.order_by("-created_at", "-id")[: LIMIT + 1])
    return rows[:LIMIT], len(rows) > LIMIT


def story_time(events: list[Event], at: datetime, clock_id: str) -> datetime | None:
    """Where a test campaign's story stands: the moment `at` of its clock; on the wall, only when “Send next step now”
    has carried it past the wall clock."""
    if clock_id:
        return at
    return events[0].created_at if events and events[0].created_at > at else None


def latest(events: list[Event]) -> str:
    """The id of the fact recorded last: story time may run ahead of the clock, recording does not."""
    return max(events, key=lambda event: event.recorded_at).id if events else ""


def newer_than(seat: Seat, event_id: str, *, campaign_id: str = "", case_id: str = "") -> int:
    """How many facts were recorded since `event_id`, counted up to 99."""
    last = seat.rows(Event).filter(id=event_id).first()
    if last is None:
        return 0
    scope = {"campaign_id": campaign_id} if campaign_id else {"case_id": case_id}
    newer = seat.rows(Event).filter(**scope, recorded_at__gt=last.recorded_at)
    return newer[:99].count()


def planned(
    seat: Seat, *, campaign_id: str = "", case_id: str = "", debtor_id: str = "", limit: int = 8
) -> list[Planned]:
    """The next planned contacts, the farthest first: the timeline runs from the future down to the past."""
    named = {"campaign_id": campaign_id, "case_id": case_id, "debtor_id": debtor_id}
    scope = {name: value for name, value in named.items() if value}
    steps = seat.rows(Step).filter(status=Step.Status.PLANNED, **scope)
    rows = steps.select_related("campaign", "case", "debtor", "contact")
    return [plan(step) for step in rows.order_by("due_at", "id")[:limit]][::-1]
