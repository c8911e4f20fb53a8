"""What a playbook would do to a campaign's debtors: on which days, and who is blocked by what. Nothing is written.

The planner's own rules give the moments and the gate its verdicts, step after step, each as if the one before it had
been carried out at its moment. What will happen meanwhile (a payment, an answer) nobody knows.
"""

from collections.abc import Iterator
from datetime import datetime

from campaigns.models import Campaign, Case, Contact
from campaigns.operations.facts import whereabouts
from campaigns.queries import conversations
from campaigns.rules import moments
from campaigns.rules.playbook import PlaybookStep, Steps, Whereabouts, days_between, earliest_start, permitted
from compliance import gate
from compliance.facts import ContactFact
from compliance.hours import NeverPermitted
from compliance.rules import ABOUT_THE_ADDRESS
from outreach import queries
from outreach.operations import call_law, letters
from outreach.operations.letters import Stationery
from outreach.plans import Act, Course, DryRun
from outreach.queries.many import Known
from outreach.rules import law

MOST = 500
# A step that is deferred is looked at again where the law says; so often, then it counts as waiting.
_LOOKS = 4
_NOBODY = "nobody to write to is known"
_AFTER = "waits for the step before it"


def dry_run(*, steps: Steps, campaign: Campaign, at: datetime) -> DryRun:
    """The course of each conversation of `campaign` (of at most 500 invoices), had it begun with `steps` at `at`.

    `steps` are already on the days of the posture. Nine statements however many debtors.
    """
    rows = Case.objects.select_related("debtor").filter(campaign=campaign, closed_at=None, balance_minor__gt=0)
    cases = list(rows.order_by("id")[: MOST + 1])
    speaking: dict[str, Case] = {}
    for case in sorted(cases[:MOST], key=conversations.age):
        speaking.setdefault(case.debtor_id, case)
    paper = letters.stationery(campaign, campaign.organisation)
    foreseen = _Foreseen(campaign, list(speaking.values()), paper, steps, at=at)
    courses = [foreseen.course(case, place) for place, case in enumerate(speaking.values())]
    return DryRun(steps, courses, len(cases) > MOST)


def dates(*, steps: Steps, where: Whereabouts, at: datetime) -> list[datetime | None]:
    """When each of `steps` comes for a debtor there of whom nothing else is known."""
    found: list[datetime | None] = []
    before: datetime | None = None
    for n, step in enumerate(steps):
        last = steps[n - 1].index if n else None
        before = _moment(steps, step, last, where, before, begin=at, key="", place=0)
        found.append(before)
        if before is None:
            break
    return found + [None] * (len(steps) - len(found))


def _moment(
    steps: Steps,
    step: PlaybookStep,
    last: int | None,
    where: Whereabouts,
    before: datetime | None,
    *,
    begin: datetime,
    key: str,
    place: int,
) -> datetime | None:
    """The moment of `step` after the one at `before` (None: the first); None where no hour is lawful."""
    try:
        if before is None or last is None:
            return moments.first_moment(where, begin=begin, place=place)
        days = days_between(steps, last, step)
        if step.channel == "email":
            return moments.later_moment(where, after=before, days=days, key=key)
        if step.channel == "attorney":
            return before + days
        return permitted(where, channel=step.channel, not_before=before + days)
    except NeverPermitted:
        return None


class _Foreseen:
    """One campaign's debtors, read once."""

    def __init__(self, campaign: Campaign, cases: list[Case], paper: Stationery, steps: Steps, *, at: datetime) -> None:
        self.campaign, self.organisation, self.steps, self.at = campaign, campaign.organisation, steps, at
        self.known = queries.known(campaign, [case.debtor for case in cases], at=at)
        self.sanctions = queries.list_in_force()
        # Where a person may call, a call comes; whether a machine makes it is decided then.
        self.call = call_law.carries(campaign, paper, artificial=False)

    def course(self, case: Case, place: int) -> Course:
        """What comes for one conversation, step by step."""
        return Course(case, list(self._acts(case, self.known[case.debtor_id], place)))

    def _acts(self, case: Case, known: Known, place: int) -> Iterator[Act]:
        where, history = whereabouts(case.debtor), list(known.history)
        begin = max(earliest_start(case.due_date, self.organisation.timezone, self.at), self.at)
        before: datetime | None = None
        last: int | None = None
        stopped = False
        for step in self.steps:
            if stopped:
                yield Act(step, None, None, "wait", "", _AFTER)
                continue
            moment = _moment(self.steps, step, last, where, before, begin=begin, key=case.spread_key, place=place)
            act = self._act(step, case, known, history, moment)
            yield act
            before, last, stopped = act.at or moment, step.index, act.stops
            if act.contact is not None and act.at is not None:
                history.append(_made(act, act.at, act.contact, case))

    def _act(
        self, step: PlaybookStep, case: Case, known: Known, history: list[ContactFact], moment: datetime | None
    ) -> Act:
        if moment is None:
            return Act(step, None, None, "deny", "R-01", "no hour is permitted there", stops=True)
        if step.channel == "attorney":
            never = self.campaign.escalation == Campaign.Escalation.NEVER
            words = "this campaign never goes to an attorney; it needs you" if never else ""
            return Act(step, None, moment, "deny" if never else "allow", "", words)
        contact = _contact(known, step)
        if contact is None:
            return Act(step, None, None, "wait", "", _NOBODY, stops=True)
        if step.channel == "call" and not (contact.phone or case.debtor.phone):
            return Act(step, contact, None, "skip", "", "no phone number of this debtor is known")
        return self._judged(step, case, known, history, contact, moment)

    def _judged(
        self,
        step: PlaybookStep,
        case: Case,
        known: Known,
        history: list[ContactFact],
        contact: Contact,
        moment: datetime,
    ) -> Act:
        for _ in range(_LOOKS):
            verdict = self._verdict(step, case, known, history, contact, moment)
            if verdict.allowed:
                return Act(step, contact, moment, "allow", "", "")
            if verdict.outcome != "defer" or verdict.until is None:
                goes_on = verdict.outcome == "require" or verdict.rule in ABOUT_THE_ADDRESS
                return Act(step, contact, None, verdict.outcome, verdict.rule or "", verdict.reason, stops=not goes_on)
            moment = verdict.until
        return Act(step, contact, None, "wait", verdict.rule or "", verdict.reason, stops=True)

    def _verdict(
        self,
        step: PlaybookStep,
        case: Case,
        known: Known,
        history: list[ContactFact],
        contact: Contact,
        moment: datetime,
    ) -> gate.Decision:
        mail = law.carried(self.campaign, itemised=True, source_notice=True)
        facts = queries.snapshot(
            debtor=case.debtor,
            organisation=self.organisation,
            contact=contact,
            holds=known.holds,
            suppressions=known.suppressions,
            history=history,
            # Every message of ours carries both; the gate asks again when it is rendered.
            opt_out=(True, True),
            campaign=self.campaign,
            case=case,
            channel=step.channel,
            message=self.call if step.channel == "call" else mail,
            about=queries.screened_about(case.debtor, case, self.sanctions),
        )
        return gate.decide(facts, channel=step.channel, kind="outreach", at=moment, case_id=case.id)


def _contact(known: Known, step: PlaybookStep) -> Contact | None:
    """Whom the step is for, as queries.contact_for and contact_to_call choose."""
    closed = {row.address.lower() for row in known.suppressions if row.channel in (step.channel, "all")}
    called = [person for person in known.people if person.phone] if step.channel == "call" else []
    written = [person for person in known.people if person.email and person.email_status != "invalid"]

    def order(person: Contact) -> tuple[bool, int, int, bool, int, str]:
        address = person.phone if called else person.email
        found = person.source == Contact.Source.ENRICHMENT
        away = abs(person.level - step.level)
        return address.lower() in closed, away, person.level, found, -person.confidence, person.id

    return min(called or written, key=order, default=None)


def _made(act: Act, at: datetime, contact: Contact, case: Case) -> ContactFact:
    channel = act.step.channel
    address = contact.phone if channel == "call" else contact.email
    return ContactFact(at=at, channel=channel, state="sent", case_id=case.id, contact_id=contact.id, address=address)
