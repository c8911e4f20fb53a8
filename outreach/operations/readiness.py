"""What a step is about, as the rows have it now, and whether it may go on to be written and judged at all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Organisation
from agentcollect.kit import db
from agentcollect.kit.prepared import Prepared
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from campaigns.operations import planning
from campaigns.operations.facts import whereabouts
from campaigns.queries import conversations
from campaigns.rules import moments, standing
from campaigns.rules.playbook import TONES
from compliance.facts import is_consumer
from outreach import queries
from outreach.operations import gating, reply_path, switches
from outreach.operations.claims import Claim
from outreach.operations.letters import Stationery
from outreach.operations.switches import Stop
from outreach.queries import desk
from outreach.queries.desk import File
from outreach.rules import law
from payments.queries import still_paid, untouched_offer

# How long a step waits for what only the creditor or operations can add: an address, a mail server.
INCOMPLETE = timedelta(hours=1)
# A step that a switch stopped looks again so soon, each at its own moment: what waited does not leave all at once.
_STOPPED, _SPREAD = timedelta(minutes=5), timedelta(minutes=10)
_READING = timedelta(minutes=10)
# So many steps of one campaign may be late together before they take turns.
_LATE, _FEW = timedelta(hours=1), 10
# Here our own outreach has ended; in every other status a hold or the gate says whether to wait.
_OVER = frozenset({Case.Status.CLOSED, Case.Status.ESCALATION_PENDING, Case.Status.ESCALATED})
# Who writes to us is answered until the mandate has ended, and after it.
ANSWERED = (Campaign.Status.ACTIVE, Campaign.Status.COMPLETING, Campaign.Status.COMPLETED)


REPLIES = ("answer", "notice")
# What asks for money: the playbook's own messages, and the one that tells of a settlement offer.
OFFER = "offer"
ASKS = ("outreach", OFFER)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a step is about. `speaking`: the invoices of its conversation that the debtor is asked for, oldest first."""

    debtor: Debtor
    case: Case
    step: Step
    campaign: Campaign
    organisation: Organisation
    contact: Contact | None
    speaking: tuple[Case, ...]
    steps: tuple[Step, ...]
    at: datetime
    file: File
    stops: list[Stop]

    @classmethod
    def read(cls, step: Step, *, at: datetime) -> "Rows":
        """The rows without a lock."""
        debtor = Debtor.objects.get(id=step.debtor_id)
        cases = {case.id: case for case in Case.objects.filter(_named(step.debtor_id, step.campaign_id, step.case_id))}
        file = desk.file_of(debtor, step.campaign_id, list(cases))
        return cls._of(file, cases, step, switches.standing(step.livemode), at=at)

    @classmethod
    def locked(cls, claim: Claim, *, at: datetime) -> "Rows | None":
        """The rows, locked in the order of kit.db.locked: the debtor, every invoice the message may name, the step.
        None when the claim was lost meanwhile."""
        return cls.locked_all([(claim, at)])[0]

    @classmethod
    def locked_all(cls, claims: Sequence[tuple[Claim, datetime]]) -> "list[Rows | None]":
        """The same for claims of one mode, each at its moment and of a debtor of its own, in as few statements."""
        steps = {step.id: step for step in _steps(ids=[claim.step_id for claim, _ in claims])}
        debtors = {row.id: row for row in _debtors(ids=[step.debtor_id for step in steps.values()])}
        cases = {case.id: case for case in _cases(**_wanted_cases(steps.values()))}
        own = {step.id: step for step in _planned(ids=list(steps))}
        pairs = [(debtors[step.debtor_id], step.campaign_id) for step in own.values()]
        files = desk.files(pairs, list(cases)) if pairs else {}
        stops = switches.standing(next(iter(own.values())).livemode) if own else []
        found: list[Rows | None] = []
        for claim, at in claims:
            step = own.get(claim.step_id)
            ours = step is not None and claim.token == step.lease_token
            found.append(cls._of(files[step.debtor_id], cases, step, stops, at=at) if step and ours else None)
        return found

    @classmethod
    def _of(cls, file: File, cases: Mapping[str, Case], step: Step, stops: list[Stop], *, at: datetime) -> "Rows":
        campaign, case = file.ways.campaign, cases[step.case_id]
        mine = [one for one in cases.values() if (one.debtor_id, one.campaign_id) == (step.debtor_id, campaign.id)]
        for one in (case, *mine):
            one.debtor = file.debtor
        outreach = step.kind == "outreach"
        speaking = conversations.speaking(mine, file.holds, at=at) if outreach else []
        steps = file.said if step.kind in ASKS else []
        contact, organisation = _contact(step, file), campaign.organisation
        return cls(
            file.debtor, case, step, campaign, organisation, contact, tuple(speaking), tuple(steps), at, file, stops
        )

    @property
    def over(self) -> bool:
        """Whether nothing is asked on this case any more, or what was offered does not stand as it was; an answer or a
        notice asks for nothing."""
        if self.step.kind not in ASKS:
            return self._went_back
        if self.case.status in _OVER or self.case.balance_minor <= 0:
            return True
        return self.step.kind == OFFER and not untouched_offer(self.step.cause, self.case)

    @property
    def _went_back(self) -> bool:
        """A receipt of money that has gone back since, whole, would not be true any more."""
        payment_id = self.step.facts.get("payment_id")
        return bool(payment_id) and not still_paid(payment_id)

    @property
    def late(self) -> bool:
        """Whether it waited so long that it takes turns with what else waited."""
        return self.step.kind == "outreach" and self.at - self.step.due_at >= _LATE

    @property
    def others(self) -> list[Case]:
        return others(self.case, list(self.speaking), self.organisation, at=self.at)

    @property
    def itemised(self) -> bool:
        """The first message of an invoice's own says what it consists of (R-15), whichever step of the playbook it is,
        and although an older invoice's message may have listed it before."""
        own = [step for step in self.steps if step.case_id == self.case.id and step.channel == "email"]
        return self.step.kind in ASKS and not any(step.status in conversations.LEFT for step in own)

    @property
    def tone(self) -> str:
        return TONES.get(self.campaign.posture, "neutral") if self.step.kind == "outreach" else "neutral"

    @property
    def own_facts(self) -> dict[str, Any]:
        return answer_facts(self.step)


def answer_facts(step: Step) -> dict[str, Any]:
    """What an answer or a notice speaks of; on a step of the playbook the facts are the engine's own."""
    return {} if step.kind == "outreach" else dict(step.facts)


def others(case: Case, speaking: list[Case], organisation: Organisation, *, at: datetime) -> list[Case]:
    """The further invoices that a message about `case` lists; none where `case` itself may not be asked for, nor to a
    consumer, to whom each debt has a notice of its own (12 CFR 1006.34)."""
    if is_consumer(law.place(case.debtor, organisation, case)):
        return []
    if case.id not in {one.id for one in speaking}:
        return []
    return conversations.overdue([one for one in speaking if one.id != case.id], organisation.timezone, at=at)


def lock(debtor_id: str, campaign_id: str, case_id: str) -> tuple[Debtor, Case]:
    """The debtor, and the case with all others its message may name: a payment on one of those waits, or is seen."""
    [debtor] = _debtors(ids=[debtor_id])
    named = {"debtor_ids": [debtor_id], "campaign_ids": [campaign_id], "case_ids": [case_id]}
    cases = {case.id: case for case in _cases(**named)}
    cases[case_id].debtor = debtor
    return debtor, cases[case_id]


def _named(debtor_id: str, campaign_id: str, case_id: str) -> Q:
    return Q(debtor_id=debtor_id, campaign_id=campaign_id, closed_at=None) | Q(id=case_id)


def _wanted_cases(steps: Collection[Step]) -> dict[str, list[str]]:
    return {
        "debtor_ids": [step.debtor_id for step in steps],
        "campaign_ids": [step.campaign_id for step in steps],
        "case_ids": [step.case_id for step in steps],
    }


@Prepared
def _steps(ids: Any) -> QuerySet[Step]:
    return Step.objects.filter(db.among("id", ids))


@Prepared
def _debtors(ids: Any) -> QuerySet[Debtor]:
    return db.locked(Debtor.objects.filter(db.among("id", ids))).order_by("id")


@Prepared
def _cases(debtor_ids: Any, campaign_ids: Any, case_ids: Any) -> QuerySet[Case]:
    talks = Q(db.among("debtor_id", debtor_ids)) & Q(db.among("campaign_id", campaign_ids)) & Q(closed_at=None)
    return db.locked(Case.objects.filter(talks | Q(db.among("id", case_ids)))).order_by("id")


@Prepared
def _planned(ids: Any) -> QuerySet[Step]:
    return db.locked(Step.objects.filter(db.among("id", ids), status=Step.Status.PLANNED)).order_by("id")


def _contact(step: Step, file: File) -> Contact | None:
    """Whom it is for: an answer goes to who asked."""
    if step.kind != "outreach" and step.contact_id:
        own = [person for person in file.people if person.id == step.contact_id]
        return own[0] if own else Contact.objects.filter(id=step.contact_id).first()
    return queries.writes_to(file, step.level)


# --- may it go on


def may_go_on(claim: Claim, rows: Rows, paper: Stationery, *, at: datetime) -> bool:
    """False when the step is moot, another invoice speaks for it, or something waits first; the step then says why."""
    return (
        _wanted(claim, rows, at=at)
        and _runs(claim, rows)
        and _its_turn(claim, rows, at=at)
        and _ready(claim, rows, paper, at=at)
    )


def _wanted(claim: Claim, rows: Rows, *, at: datetime) -> bool:
    if rows.over:
        words = "the case no longer asks for it"
        claim.update(Step.Status.PLANNED, status=Step.Status.CANCELLED, reason=words, resolved_at=at)
        return False
    return rows.step.kind != "outreach" or _speaks(claim, rows, at=at)


def _speaks(claim: Claim, rows: Rows, *, at: datetime) -> bool:
    """Whether this invoice carries its debtor's conversation, and this step is still ahead of it."""
    case, speaking = rows.case, list(rows.speaking)
    if older := conversations.carrier(case, speaking, list(rows.steps)):
        words = standing.carried_by(older.invoice_number or older.id)
        claim.update(Step.Status.PLANNED, status=Step.Status.CANCELLED, reason=words, resolved_at=at)
        Case.objects.filter(id=case.id).update(next_contact_at=None, updated_at=at)
        return False
    if planning.said_already(rows.step, case, list(rows.steps)):
        words = "the message about another invoice said it already"
        if claim.update(Step.Status.PLANNED, status=Step.Status.SKIPPED, reason=words, resolved_at=at):
            campaigns.plan_next(case=case, at=at, after=claim.step())
        return False
    if speaking and case.id not in {one.id for one in speaking}:
        # Held: the gate will say so; another invoice speaks meanwhile.
        planning.hand_on(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
    return True


def _runs(claim: Claim, rows: Rows) -> bool:
    if runs(rows.campaign, rows.step.kind) and not rows.organisation.paused_since(rows.step.livemode):
        return True
    claim.update(Step.Status.PLANNED, lease_until=None)
    return False


def runs(campaign: Campaign, kind: str) -> bool:
    """Whether the campaign's status lets a message of `kind` leave."""
    return campaign.status == Campaign.Status.ACTIVE or (kind in REPLIES and campaign.status in ANSWERED)


def _its_turn(claim: Claim, rows: Rows, *, at: datetime) -> bool:
    """What many waited with (a pause, a worker that stood still) is caught up one by one, over the next hours."""
    step = rows.step
    if not rows.late:
        return True
    late = Step.objects.filter(campaign_id=step.campaign_id, status=Step.Status.PLANNED, due_at__lte=at - _LATE)
    if late[: _FEW + 1].count() <= _FEW:
        return True
    until = moments.caught_up(whereabouts(rows.debtor), at=at, key=rows.case.spread_key, channel=step.channel)
    gating.wait(claim, rows.case, rows.debtor, step, standing.CATCHING_UP, until=until, at=at)
    return False


def _ready(claim: Claim, rows: Rows, paper: Stationery, *, at: datetime) -> bool:
    waits = _stopped(rows, at=at) or _incomplete(rows, paper, at=at) or _reading(rows, at=at)
    if waits:
        why, until = waits
        gating.wait(claim, rows.case, rows.debtor, rows.step, why, until=until, at=at)
    return not waits


def _stopped(rows: Rows, *, at: datetime) -> tuple[str, datetime] | None:
    why = stopped(rows.campaign, rows.step.channel, stops=rows.stops)
    return (why, after_a_stop(rows.case, at=at)) if why else None


def after_a_stop(case: Case, *, at: datetime) -> datetime:
    """When a stopped step looks again."""
    return at + _STOPPED + moments.share(case.spread_key, _SPREAD)


def stopped(
    campaign: Campaign, channel: str, *, prompt: str = "", model: str = "", stops: list[Stop] | None = None
) -> str:
    """Why a kill switch, or the fuse, keeps everything of this kind from leaving; empty: none does. `stops`: what
    stands, where this transaction has read it."""
    why = switches.why_stopped(
        livemode=campaign.livemode,
        channel=channel,
        provider="smtp" if campaign.livemode else "mailbox",
        organisation_id=campaign.organisation_id,
        campaign_id=campaign.id,
        playbook=f"{campaign.playbook}@{campaign.playbook_version}",
        prompt=prompt,
        model=model,
        stops=stops,
    )
    return f"{standing.STOPPED}{why}" if why else ""


def _incomplete(rows: Rows, paper: Stationery, *, at: datetime) -> tuple[str, datetime] | None:
    livemode = rows.step.livemode
    why = "live mode is not approved yet" if livemode and not rows.organisation.live_approved else paper.missing
    why = why or reply_path.why_not(rows.organisation, livemode)
    return (why, at + INCOMPLETE) if why else None


def _reading(rows: Rows, *, at: datetime) -> tuple[str, datetime] | None:
    """Nobody is asked again while what they wrote has not been read."""
    if rows.step.kind in ASKS and queries.unread_in(rows.file):
        return standing.READING, at + _READING
    return None
