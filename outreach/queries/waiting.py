"""What waits for the creditor's word, and what will be done next without one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from campaigns.models import Campaign, Contact, Hold, Step
from campaigns.queries.people import usable_among
from outreach.models import Message
from outreach.queries.tenant import tenant


def approvals(organisation_id: str, livemode: bool) -> QuerySet[Message]:
    """The drafts that wait for a person, with all that is shown beside them."""
    drafts = Message.objects.filter(status="draft", approved_at=None)
    return tenant(drafts, organisation_id, livemode).select_related("case", "debtor", "contact")


@dataclass(frozen=True, slots=True)
class NextContact:
    """One planned contact: `contact` is whom it would go to as things stand (None: nobody is left to write to).

    `why`: what the plan is; `waits`: what keeps it back at `at`, in plain words, empty when nothing that is known now.
    The law is asked when it is due, and may still say no.
    """

    step: Step
    at: datetime
    contact: Contact | None
    why: str
    waits: str


def next_day(
    organisation_id: str,
    livemode: bool,
    at: datetime,
    hours: int = 24,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[NextContact]:
    """Who will be contacted on the wall within `hours`, soonest first; what is overdue comes first. `after`: the
    (due_at, id) of the last one shown. Four statements, however many."""
    running = Campaign.objects.filter(organisation_id=organisation_id, livemode=livemode, clock_id="")
    alive = running.filter(status__in=[Campaign.Status.ACTIVE, Campaign.Status.PAUSED]).values("id")
    planned = Step.objects.filter(
        status=Step.Status.PLANNED, campaign_id__in=alive, due_at__lt=at + timedelta(hours=hours)
    ).exclude(channel="attorney")
    if after:
        planned = planned.filter(TupleGreaterThan(Tuple("due_at", "id"), after))
    rows = planned.select_related("case", "debtor", "campaign__organisation").order_by("due_at", "id")
    steps = list(rows[:limit])
    people, holds = _people({step.debtor_id for step in steps}), _holds(steps)
    return [
        NextContact(step, max(step.due_at, at), _whom(step, people[step.debtor_id]), _why(step), _waits(step, holds))
        for step in steps
    ]


def _people(debtor_ids: Collection[str]) -> dict[str, list[Contact]]:
    found: dict[str, list[Contact]] = defaultdict(list)
    for person in usable_among(debtor_ids):
        found[person.debtor_id].append(person)
    return found


def _whom(step: Step, people: list[Contact]) -> Contact | None:
    """As queries.contact_for chooses."""

    def order(person: Contact) -> tuple[int, int, bool, int, str]:
        found = person.source == Contact.Source.ENRICHMENT
        return abs(person.level - step.level), person.level, found, -person.confidence, person.id

    return min(people, key=order, default=None)


_BESIDE = {
    "answer": "an answer to what they wrote",
    "notice": "a confirmation they must get",
    "offer": "it tells them of your settlement offer",
}


def _why(step: Step) -> str:
    if step.kind != "outreach":
        return _BESIDE[step.kind]
    again = f", attempt {step.attempt}" if step.attempt > 1 else ""
    return f"step {step.index + 1} of the playbook {step.campaign.playbook} {step.version}{again}"


def _holds(steps: list[Step]) -> list[Hold]:
    about = Q(case_id__in={step.case_id for step in steps}) | Q(debtor_id__in={step.debtor_id for step in steps})
    about |= Q(campaign_id__in={step.campaign_id for step in steps})
    return list(Hold.objects.filter(about, released_at=None)) if steps else []


def _waits(step: Step, holds: list[Hold]) -> str:
    if step.campaign.organisation.paused_since(step.livemode):
        return "everything is paused"
    if step.campaign.status != Campaign.Status.ACTIVE:
        return "the campaign is paused"
    kinds = sorted({hold.kind for hold in holds if _covers(hold, step)})
    return f"on hold: {', '.join(kinds)}".replace("_", " ") if kinds else step.reason


def _covers(hold: Hold, step: Step) -> bool:
    if hold.ends_at and hold.ends_at <= step.due_at:
        return False
    return step.case_id == hold.case_id or step.debtor_id == hold.debtor_id or step.campaign_id == hold.campaign_id
