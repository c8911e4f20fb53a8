"""What a campaign would do, shown before it is made: the very same engine runs, and all of it is rolled back.

Nothing is simulated: the create, the opening of the cases, the planner, the law and the drafter are the real ones, so
a preview cannot drift away from what then happens.
"""

from collections import defaultdict
from datetime import datetime

from django.db.models import Q

from accounts.models import Organisation
from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, Step, Suppression
from campaigns.queries import conversations
from campaigns.rules.playbook import TONES
from campaigns.serializers.intake import Request
from compliance import gate
from compliance.facts import Facts
from compliance.reading import Rendered
from outreach import drafting, queries
from outreach.operations import gating, letters, readiness
from outreach.plans import Planned, Preview


class _Undo(Exception):
    """Leaves the transaction without committing it."""


def preview(*, organisation: Organisation, livemode: bool, request: Request, by: str, at: datetime) -> Preview:
    """Everything a create of `request` would plan. Writes nothing. Raises what the create would raise."""
    if request.csv_url:
        raise ApiError("ambiguous_body", "A preview takes the rows themselves, not a csv_url.", param="csv_url")
    try:
        with db.atomic():
            made = campaigns.create(organisation=organisation, livemode=livemode, request=request, by=by, at=at)
            campaigns.open_campaign(campaign_id=made.campaign.id, at=at)
            shown = _look(made.campaign, organisation, at=at)
            raise _Undo
    except _Undo:
        return shown


def _look(campaign: Campaign, organisation: Organisation, *, at: datetime) -> Preview:
    cases = list(Case.objects.select_related("debtor").filter(campaign=campaign).order_by("id"))
    planned = Step.objects.filter(db.among("case_id", [case.id for case in cases]))
    steps = {step.case_id: step for step in planned}
    # One conversation per debtor: the message about the invoice that carries it lists the others.
    carrying = {step.debtor_id: step for step in planned}
    law = _Law(campaign, organisation, cases)
    rows = [law.row(case, steps.get(case.id) or carrying.get(case.debtor_id), at=at) for case in cases]
    first = min((row for row in rows if row.outcome == "allow" and row.at), key=lambda row: row.at, default=None)  # type: ignore[arg-type,return-value]
    return Preview(campaign, rows, _message(campaign, organisation, first, carrying) if first else None)


class _Law:
    """The gate's answers for all rows, with a number of statements that depends on known debtors only.

    A debtor that this very request brought has no history and no holds but those of its rows.
    """

    def __init__(self, campaign: Campaign, organisation: Organisation, cases: list[Case]) -> None:
        self.campaign, self.organisation = campaign, organisation
        self.contacts = defaultdict(list)
        for person in Contact.objects.filter(debtor_id__in={case.debtor_id for case in cases}).exclude(email=""):
            self.contacts[person.debtor_id].append(person)
        self.holds: dict[str, list[Hold]] = defaultdict(list)
        debtors = {case.debtor_id for case in cases}
        about = Q(db.among("case_id", [case.id for case in cases])) | Q(db.among("debtor_id", debtors))
        people = Contact.objects.filter(db.among("debtor_id", debtors)).values("id")
        about |= Q(db.among("contact_id", people))
        for hold in Hold.objects.filter(about, released_at=None).select_related("case", "contact"):
            on = hold.case or hold.contact
            self.holds[on.debtor_id if on else hold.debtor_id].append(hold)
        addresses = [person.email for people in self.contacts.values() for person in people]
        self.closed = queries.suppressions_among(organisation.id, campaign.livemode, addresses)

    def row(self, case: Case, step: Step | None, *, at: datetime) -> Planned:
        if step is None:
            words = "somebody to write to is searched for first" if not case.livemode else "it needs a contact from you"
            return Planned(case, None, None, "wait", "", words)
        contact = self._contact(case.debtor, step.level)
        verdict = gate.decide(
            self._facts(case.debtor, contact, step.due_at),
            channel=step.channel,
            kind=step.kind,
            at=step.due_at,
            case_id=case.id,
        )
        moment = verdict.until if verdict.outcome == "defer" else step.due_at if verdict.allowed else None
        return Planned(
            case, contact, moment, verdict.outcome, verdict.rule or "", "" if verdict.allowed else verdict.reason
        )

    def _contact(self, debtor: Debtor, level: int) -> Contact | None:
        if self._is_new(debtor):
            return min(self.contacts[debtor.id], key=lambda one: (abs(one.level - level), one.id), default=None)
        return queries.contact_for(debtor, level)

    def _is_new(self, debtor: Debtor) -> bool:
        return debtor.recorded_at >= self.campaign.recorded_at

    def _facts(self, debtor: Debtor, contact: Contact | None, at: datetime) -> Facts:
        if not self._is_new(debtor):
            return queries.facts(
                debtor=debtor,
                campaign=self.campaign,
                organisation=self.organisation,
                contact=contact,
                at=at,
                opt_out=(True, True),
            )
        return queries.snapshot(
            debtor=debtor,
            organisation=self.organisation,
            contact=contact,
            holds=self.holds[debtor.id],
            suppressions=self._closed_to(debtor),
            history=(),
            # Every message of ours carries both; the gate asks again when it is rendered.
            opt_out=(True, True),
        )

    def _closed_to(self, debtor: Debtor) -> list[Suppression]:
        own = {person.email.lower() for person in self.contacts[debtor.id]}
        return [row for row in self.closed if row.address.lower() in own]


def _message(
    campaign: Campaign, organisation: Organisation, row: Planned, carrying: dict[str, Step]
) -> Rendered | None:
    if row.contact is None or row.at is None:
        return None
    step = carrying[row.case.debtor_id]
    speaking = conversations.talking(debtor_id=row.case.debtor_id, campaign_id=campaign.id, at=row.at)
    case = next((one for one in speaking if one.id == step.case_id), row.case)
    letter = letters.letter(
        letters.stationery(campaign, organisation),
        case=case,
        debtor=row.case.debtor,
        contact=row.contact,
        organisation=organisation,
        step=step,
        at=row.at,
        itemised=True,
        others=readiness.others(case, speaking, organisation, at=row.at),
        tone=TONES.get(campaign.posture, "neutral"),
    )
    drafts = drafting.drafts(step.intent, language=letter.language, tone=letter.tone, key=letter.key)
    found = gating.propose(letter, drafts)
    return found[1] if found else None
