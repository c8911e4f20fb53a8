"""The attorney's steps of a playbook: the offer passed, and in the end the judgement whether a case is ready for an
attorney, or for a person."""

from datetime import datetime

from django.db.models import QuerySet

from agentcollect.kit import db
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Step, Task
from campaigns.operations.cases import record_case
from campaigns.operations.facts import about, amount, case_data
from campaigns.operations.planning import hand_on, resume
from campaigns.operations.tasks import end_tasks, open_task
from campaigns.queries import conversations
from campaigns.rules import transitions
from campaigns.rules.playbook import may_escalate
from events.operations import record


def judge_exhausted(*, at: datetime, limit: int = 200, clock_id: str = "") -> int:
    """Judge the cases whose playbook has come to its attorney step: ready for a referral, or for a person."""
    last = {"channel": "attorney", "intent": "escalate", "clock_id": clock_id}
    due = Step.objects.filter(status=Step.Status.PLANNED, due_at__lte=at, campaign__status="active", **last)
    found = due.order_by("due_at").values_list("id", flat=True)[:limit]
    return sum(judge_step(step_id=step_id, at=at) for step_id in found)


def judge_step(*, step_id: str, at: datetime) -> int:
    """Judge the case of one planned `escalate` step; 0 where nothing is left to judge."""
    with db.atomic():
        [case_id] = _case_of.one(id=step_id)
        case = _judged.one(id=case_id)
        step = _planned.first(id=step_id)
        if step is None or case.status != Case.Status.ACTIVE:
            return 0
        why_not = _why_not(case, at=at)
        step.status = Step.Status.DENIED if why_not else Step.Status.SENT
        step.reason, step.resolved_at = why_not[:300], at
        step.save(update_fields=["status", "reason", "resolved_at"])
        if not why_not:
            transitions.check(transitions.CASE, case.status, Case.Status.ESCALATION_PENDING)
            case.status = Case.Status.ESCALATION_PENDING
        case.next_contact_at, case.updated_at = None, at
        case.save(update_fields=["status", "next_contact_at", "updated_at"])
        _record_judged(case, why_not, step, at=at)
        if why_not and not case.attorney_vetoed_at:
            ask_a_person(case=case, reason=why_not, at=at)
        hand_on(debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)
        return 1


_case_of = PreparedValues(lambda id: Step.objects.filter(id=id).values_list("case_id"))
_planned = Prepared(lambda id: db.claimable(Step.objects.filter(id=id, status=Step.Status.PLANNED)))


@Prepared
def _judged(id: str) -> QuerySet[Case]:
    return db.locked(Case.objects.select_related("debtor", "campaign").filter(id=id))


def ask_a_person(*, case: Case, reason: str, at: datetime) -> None:
    """The creditor decides what comes of the locked case, its debtor loaded; asked already: nothing happens."""
    open_task(
        kind=Task.Kind.DECIDE_ESCALATION,
        debtor=case.debtor,
        case=case,
        cause=case.id,
        reason=reason[:300],
        facts={"balance": amount(case, case.balance_minor)},
        due_at=at,
        by="engine",
        at=at,
    )


def decided(*, case_id: str, outcome: str, by: str, at: datetime) -> None:
    """What `ask_a_person` asked has been said, by whatever way."""
    end_tasks(cause=case_id, kind=Task.Kind.DECIDE_ESCALATION, status="done", outcome=outcome, by=by, at=at)


def keep_from_attorneys(*, case: Case, words: str, vetoed: bool, by: str, at: datetime) -> None:
    """No attorney takes the locked case: one that waited for one goes on with our own statements.

    `vetoed`: by the creditor's word, which stands until they escalate the case themselves.
    """
    if vetoed:
        case.attorney_vetoed_at = at
    if case.status == Case.Status.ESCALATION_PENDING:
        transitions.check(transitions.CASE, case.status, Case.Status.ACTIVE)
        case.status = Case.Status.ACTIVE
        record_case("case.updated", case, by=by, at=at, change=words, status=case.status, changes={}, reason=None)
    case.updated_at = at
    case.save(update_fields=["attorney_vetoed_at", "status", "updated_at"])
    resume(case=case, at=at)


def pass_offer(*, case: Case, why_not: str, at: datetime) -> None:
    """The playbook's offer of the locked case is over, made or not (`why_not`): the next step is planned."""
    step = _offer.first(case_id=case.id)
    if step is None:
        return
    # Days are counted from the playbook's day, also where it was known before that none would be asked.
    step.status, step.resolved_at = Step.Status.SKIPPED if why_not else Step.Status.SENT, max(step.due_at, at)
    step.reason = why_not[:300]
    step.save(update_fields=["status", "reason", "resolved_at"])
    resume(case=case, at=at)


@Prepared
def _offer(case_id: str) -> QuerySet[Step]:
    offers = Step.objects.filter(case_id=case_id, status=Step.Status.PLANNED, channel="attorney", intent="offer")
    return offers.order_by("id")[:1]


def hurry_past_offer(*, case_id: str, at: datetime) -> None:
    """A story in test mode goes on past the playbook's offer; nobody is asked."""
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
        pass_offer(case=case, why_not="the story was hurried past it", at=at)


def move_offer(*, case: Case, due_at: datetime) -> None:
    """The playbook's offer of the locked case waits until `due_at`."""
    Step.objects.filter(case=case, status=Step.Status.PLANNED, channel="attorney", intent="offer").update(due_at=due_at)


def _why_not(case: Case, *, at: datetime) -> str:
    campaign = case.campaign
    if campaign.escalation == Campaign.Escalation.NEVER:
        return "this campaign never goes to an attorney; it needs you"
    if "no_attorney" in queries.effects_on(case.debtor):
        return "you excluded this debtor from attorneys; it needs you"
    if case.attorney_vetoed_at:
        return "you kept it from attorneys; it needs you"
    if case.balance_minor <= 0:
        return "nothing is owed any more; it needs you"
    steps = conversations.about(case, conversations.said(case))
    sent = [step for step in steps if step.status == Step.Status.SENT and step.channel == "email"]
    facts = sorted((step.resolved_at or at, step.contact_id) for step in sent)
    if not facts:
        return "no message was delivered; it needs you"
    known = Contact.objects.filter(debtor_id=case.debtor_id).exclude(email="").count()
    why_not = may_escalate(
        delivered=len(facts),
        contacts_reached=len({contact for _, contact in facts}),
        contacts_known=known,
        first_at=facts[0][0],
        at=at,
    )
    return f"{why_not}; it needs you" if why_not else ""


def _record_judged(case: Case, why_not: str, step: Step, *, at: datetime) -> None:
    record(
        type="case.updated",
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, change=why_not or "ready for an attorney", status=case.status),
        by="engine",
        at=at,
        about=about(case),
        cause=step.id,
    )
