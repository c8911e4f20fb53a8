"""One debtor with many open invoices is one conversation per campaign: the oldest carries it, its messages list all."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from agentcollect.kit import db
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Hold, Step

# Holds that keep no invoice out of its conversation: a draft about it waits for a person; test mode proves no domain.
_NO_SILENCE = (Hold.Kind.APPROVAL, Hold.Kind.DOMAIN_UNVERIFIED)
# A message of a step in one of these left, or may have left.
LEFT = (Step.Status.HANDED_OVER, Step.Status.SENT, Step.Status.UNCONFIRMED)
# What a case waits with: nothing new is planned beside it.
WAITING = (Step.Status.PLANNED, Step.Status.SENDING, Step.Status.HANDED_OVER, Step.Status.NEEDS_HUMAN)


def talking(*, debtor_id: str, campaign_id: str, at: datetime) -> list[Case]:
    """The invoices that the debtor is asked for at `at`, the one that carries the conversation first: the oldest by
    due date. Not among them: what is held, disputed, promised, in a plan, or has no one to write to."""
    return _talking(debtor_id=debtor_id, campaign_id=campaign_id, at=at)


@Prepared
def _talking(debtor_id: str, campaign_id: str, at: datetime) -> QuerySet[Case]:
    rows = unheld(Case.objects.filter(debtor_id=debtor_id, campaign_id=campaign_id), at=at)
    rows = rows.filter(closed_at=None, opened_at__isnull=False, status=Case.Status.ACTIVE)
    return rows.order_by(*OLDEST_FIRST)


def speaking(cases: Iterable[Case], holds: Iterable[Hold], *, at: datetime) -> list[Case]:
    """The same, of `cases` at hand (all open ones of the conversation) and every hold on them that is not released."""
    held = {
        hold.case_id for hold in holds if hold.kind not in _NO_SILENCE and (hold.ends_at is None or hold.ends_at > at)
    }
    asked = (one for one in cases if one.status == Case.Status.ACTIVE and one.opened_at and one.closed_at is None)
    return sorted((one for one in asked if one.id not in held), key=age)


OLDEST_FIRST = (F("due_date").asc(nulls_first=True), "id")


def age(case: Case) -> tuple[bool, date, str]:
    """The same order, for rows at hand."""
    return case.due_date is not None, case.due_date or date.min, case.id


def unheld(rows: QuerySet[Case], *, at: datetime) -> QuerySet[Case]:
    """Those of `rows` that no hold on the invoice itself keeps out of what is asked."""
    own = Hold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), case_id=OuterRef("id"), released_at=None)
    return rows.filter(~Exists(own.exclude(kind__in=_NO_SILENCE)))


def overdue(cases: list[Case], zone: str, *, at: datetime) -> list[Case]:
    """Those of `cases` that may be asked for: from the day after their due date on, where the creditor is."""
    today = at.astimezone(ZoneInfo(zone)).date()
    return [case for case in cases if case.due_date is None or case.due_date < today]


def carrier(case: Case, speaking: list[Case], steps: list[Step]) -> Case | None:
    """The older invoice of the conversation that speaks for `case`: it has something to come. None: `case` speaks."""
    coming = {step.case_id for step in steps if step.status in WAITING}
    older = [one for one in speaking if age(one) < age(case) and one.id in coming]
    return older[0] if older and case.id in {one.id for one in speaking} else None


def about(case: Case, steps: list[Step]) -> list[Step]:
    """Those of the conversation's `steps` that were about this invoice: its own, and the others' that listed it."""
    return [step for step in steps if step.case_id == case.id or case.id in step.facts.get("others", ())]


def spoken_for(campaign_id: str, debtor_ids: set[str], *, at: datetime) -> set[str]:
    """Those of the debtors whose conversation in this campaign an opened invoice carries."""
    mine = Case.objects.filter(db.among("debtor_id", debtor_ids), campaign_id=campaign_id, closed_at=None)
    coming = Step.objects.filter(case_id=OuterRef("id"), kind="outreach", status__in=WAITING)
    speaking = unheld(mine.filter(status=Case.Status.ACTIVE, opened_at__isnull=False), at=at)
    return set(speaking.filter(Exists(coming)).values_list("debtor_id", flat=True))


def said(case: Case) -> list[Step]:
    """The playbook's steps of this conversation, on all of its invoices."""
    return _said(debtor_id=case.debtor_id, campaign_id=case.campaign_id)


@Prepared
def _said(debtor_id: str, campaign_id: str) -> QuerySet[Step]:
    mine = Case.objects.filter(debtor_id=debtor_id, campaign_id=campaign_id).values("id")
    return Step.objects.filter(case_id__in=mine, kind="outreach").order_by("version", "index", "attempt")
