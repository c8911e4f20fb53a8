"""What waits for a person, and what will be done next without one, as their pages show it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Member, TestClock
from agentcollect.kit import db
from campaigns import queries as campaigns
from campaigns.models import Case, Debtor, Document, Step, Task
from campaigns.queries import Tenant
from campaigns.rules import tasks as rules
from dashboard import words
from dashboard.access import ACT, SETTLE, Seat
from dashboard.queries import papers
from dashboard.queries.timeline import planned_for
from outreach import queries as outreach
from outreach.models import Message
from outreach.queries import NextContact

# How many the navigation counts up to, and how many a page shows.
COUNTED, SHOWN, DRAFTS, CONTACTS = 99, 100, 10, 50


def tenant(seat: Seat) -> Tenant:
    return Tenant(seat.organisation.id, seat.livemode)


def count(seat: Seat) -> int:
    """How many tasks stand open, counted up to COUNTED + 1."""
    return seat.rows(Task).filter(status__in=campaigns.STANDING)[: COUNTED + 1].count()


# --- needs you


@dataclass(frozen=True, slots=True)
class Asked:
    """One task: what to know before one answers it, and the answers there are (value, button, what it means)."""

    task: Task
    overdue: bool
    facts: list[tuple[str, str]]
    outcomes: list[tuple[str, str, str]]
    text: str = ""
    # Whether this person's role may answer it.
    for_seat: bool = True
    # Of a reply: what else it can be said to be, under headings.
    means: list[tuple[str, list[tuple[str, str, str]]]] = field(default_factory=list)
    # What the debtor sent to prove what they say.
    papers: list[Document] = field(default_factory=list)

    @property
    def message_id(self) -> str:
        """The draft it is about: that is decided where it can be read."""
        return self.task.facts.get("message_id", "") if self.task.kind == Task.Kind.APPROVE else ""


@dataclass(frozen=True, slots=True)
class Group:
    """The tasks of one kind. `count` and `overdue` are of all of them, `asked` those that are shown."""

    kind: str
    title: str
    about: str
    count: int
    overdue: int
    asked: list[Asked] = field(default_factory=list)


def groups(seat: Seat, at: datetime, *, kind: str = "") -> list[Group]:
    """The open tasks by kind: kinds with something late first, then the one that waits longest; due first first."""
    waiting = [one for one in campaigns.needs_you(tenant(seat), at=at) if kind in ("", one.kind)]
    tasks: dict[str, list[Task]] = defaultdict(list)
    for task in campaigns.next_tasks(tenant(seat), kind, limit=SHOWN) if waiting else []:
        tasks[task.kind].append(task)
    listed = [task for rows in tasks.values() for task in rows]
    others, moments = _others(seat, listed), _moments(seat, listed, at)
    sent = papers.sent_by_debtors(seat, [task.case_id for task in listed if task.kind in _PROVEN and task.case_id])
    found = []
    for one in sorted(waiting, key=lambda one: (not one.overdue, one.oldest_at, one.kind)):
        title, about = words.TASK.get(one.kind) or (words.readable(one.kind), "")
        may = answers(seat, one.kind)
        asked = [asking(task, moments[task.clock_id], others, sent, may=may) for task in tasks[one.kind]]
        found.append(Group(one.kind, title, about, one.count, one.overdue, asked))
    return found


def _moments(seat: Seat, tasks: Iterable[Task], at: datetime) -> dict[str, datetime]:
    """What time it is where each of these tasks is: by the id of its test clock, `at` on the wall."""
    clocks = {task.clock_id for task in tasks} - {""}
    shown = seat.rows(TestClock).filter(id__in=clocks).values_list("id", "frozen_time") if clocks else ()
    return {"": at} | dict(shown)


def _others(seat: Seat, tasks: Iterable[Task]) -> dict[str, str]:
    """Names of the debtors that tasks about namesakes mention, in one read."""
    ids = {one["debtor_id"] for task in tasks for one in task.facts.get("others", []) if "debtor_id" in one}
    return dict(seat.rows(Debtor).filter(db.among("id", ids)).values_list("id", "name")) if ids else {}


# Kinds about something a debtor may have sent a file with.
_PROVEN = (Task.Kind.CHECK_PAYMENT, Task.Kind.ANSWER_DISPUTE)
# Facts of a task worth a line, with their label.
_FACTS = {
    "name": "Ask for",
    "title": "Title",
    "phone": "Number",
    "from": "From",
    "subject": "Subject",
    "reference": "Reference",
    "valid_until": "Last day",
    "why": "Why",
    "paid_on": "Paid on, they say",
    "note": "Their note",
    "message_id_header": "Message-ID",
}


_OF_MONEY = (Task.Kind.APPROVE_OFFER, Task.Kind.RETURN_CREDIT)


def answers(seat: Seat, kind: str) -> bool:
    """Whether the member's role answers tasks of this kind: giving up part of a claim is not everybody's."""
    return seat.member.role in who_answers(kind)


def who_answers(kind: str) -> frozenset[Member.Role]:
    return SETTLE if kind in _OF_MONEY else ACT


def asking(
    task: Task, at: datetime, others: dict[str, str], sent: dict[str, list[Document]], *, may: bool = True
) -> Asked:
    """`task` as its card shows it; `sent`: what debtors sent, by case; `may`: the reader's role may answer it."""
    lines = [(label, str(task.facts[name])) for name, label in _FACTS.items() if task.facts.get(name)]
    if task.kind == Task.Kind.ANSWER_DISPUTE and task.facts.get("reason"):
        lines.append(("Objection", words.DISPUTE_REASON.get(task.facts["reason"], task.facts["reason"])))
    for one in task.facts.get("others", []):
        known = others.get(one.get("debtor_id", ""), "")
        lines.append(("Also", " · ".join(filter(None, (known, str(one.get("address", "")), one.get("debtor_id", ""))))))
    outcomes = [
        (value, words.TASK_OUTCOME.get(value) or words.readable(value), means)
        for value, means in rules.OUTCOMES.get(task.kind, {}).items()
    ]
    text = task.facts.get("script") or task.facts.get("text") or ""
    proofs = sent.get(task.case_id or "", []) if task.kind in _PROVEN else []
    words_of = text if isinstance(text, str) else "\n\n".join(text)
    return Asked(task, task.due_at < at, lines, outcomes, words_of, may, _means(task), proofs)


def _means(task: Task) -> list[tuple[str, list[tuple[str, str, str]]]]:
    if task.kind != Task.Kind.REVIEW_REPLY:
        return []
    return [
        (heading, [(label, answer, does) for label, (answer, does) in means.items()])
        for heading, means in words.REPLY_MEANS
    ]


# --- approvals


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that waits, beside what it was written from. `invoices`: every open one of the debtor's here."""

    message: Message
    why: str
    invoices: list[Case]

    @property
    def case(self) -> Case:
        return self.message.case

    def total(self) -> int:
        """What all of them owe, minor units; one campaign has one currency."""
        return sum(case.balance_minor for case in self.invoices)


def drafts_waiting(seat: Seat) -> QuerySet[Message]:
    return outreach.approvals(seat.organisation.id, seat.livemode)


def drafts(seat: Seat, messages: list[Message]) -> list[Draft]:
    """Those drafts with their facts, in two more statements however many they are."""
    if not messages:
        return []
    steps = {
        step.id: step
        for step in seat.rows(Step)
        .filter(db.among("id", [message.step_id for message in messages]))
        .select_related("campaign")
    }
    invoices: dict[tuple[str, str], list[Case]] = defaultdict(list)
    debtors = {message.debtor_id for message in messages}
    for case in seat.rows(Case).filter(db.among("debtor_id", debtors), closed_at=None).order_by("due_date", "id"):
        invoices[case.debtor_id, case.campaign_id].append(case)
    return [
        Draft(message, _why(steps.get(message.step_id)), invoices[message.debtor_id, message.campaign_id])
        for message in messages
    ]


def _why(step: Step | None) -> str:
    return planned_for(step) if step else ""


# --- the next 24 hours


def next_contacts(seat: Seat, at: datetime, *, after: str = "") -> tuple[list[tuple[NextContact, str]], bool]:
    """One page of what is planned for the next day with its reason, soonest first, and whether more follows.

    `after`: the step that was shown last; an unknown one is the same as none.
    """
    last = seat.rows(Step).filter(id=after).first() if after else None
    place = (last.due_at, last.id) if last else None
    found = outreach.next_day(seat.organisation.id, seat.livemode, at, after=place, limit=CONTACTS + 1)
    return [(one, planned_for(one.step)) for one in found[:CONTACTS]], len(found) > CONTACTS


def planned_count(seat: Seat, limit: int = 1_000) -> int:
    """How many contacts are planned on the wall at all, counted up to `limit`."""
    return seat.rows(Step).filter(status=Step.Status.PLANNED, clock_id="")[:limit].count()
