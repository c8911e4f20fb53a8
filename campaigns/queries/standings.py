"""Why cases stand as they do, for a page of them in one statement (campaigns.rules.standing has the words)."""

from datetime import datetime

from django.db.models import Case as When
from django.db.models import (
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Field,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models import When as Then
from django.db.models.functions import Coalesce, NullIf

from campaigns.models import Case, Hold, Step, Task
from campaigns.queries.conversations import OLDEST_FIRST, WAITING, unheld
from campaigns.rules import standing
from campaigns.rules.standing import Held, Why

_OPEN = (Task.Status.OPEN, Task.Status.CLAIMED)


def with_standing(rows: QuerySet[Case], *, at: datetime) -> QuerySet[Case]:
    """`rows`, each with what `why` reads of it. One statement, however many rows are taken."""
    steps = Step.objects.filter(case_id=OuterRef("id"), kind="outreach").order_by(*_TOLD_FIRST)
    holds = _blocking(at).order_by(F("ends_at").desc(nulls_first=True), "id")
    tasks = Task.objects.filter(case_id=OuterRef("id"), status__in=_OPEN).order_by("due_at", "id")
    return rows.select_related("campaign__organisation").annotate(
        step_status=Subquery(steps.values("status")[:1]),
        step_reason=Subquery(steps.values("reason")[:1]),
        hold_kind=Subquery(holds.values("kind")[:1]),
        hold_ends_at=Subquery(holds.values("ends_at")[:1]),
        task_kind=Subquery(tasks.values("kind")[:1]),
        carrier=Subquery(_carrier(at).values("shown")[:1]),  # type: ignore[misc]
    )


# What is planned or on its way tells more than what was; else the farthest step does.
_TOLD_FIRST = (
    When(Then(status__in=WAITING, then=Value(0)), default=Value(1)),
    "-version",
    "-index",
    "-attempt",
)


def why(case: Case, *, kinds: list[Held] | None = None) -> Why:
    """Why a row of `with_standing` stands as it does; `kinds`: its holds, where the caller has read all of them."""
    held = kinds
    if held is None:
        ends = case.hold_ends_at.date() if case.hold_ends_at else None  # type: ignore[attr-defined]
        held = [Held(case.hold_kind, ends)] if case.hold_kind else []  # type: ignore[attr-defined]
    return standing.why(
        status=case.status,
        close_reason=case.close_reason,
        opened=case.opened_at is not None,
        campaign_status=case.campaign.status,
        organisation_paused=case.campaign.organisation.paused_since(case.livemode) is not None,
        held_by=held,
        step=(case.step_status, case.step_reason) if case.step_status else None,  # type: ignore[attr-defined]
        carrier=case.carrier,  # type: ignore[attr-defined]
        tasks=[case.task_kind] if case.task_kind else [],  # type: ignore[attr-defined]
    )


def _blocking(at: datetime) -> QuerySet[Hold]:
    """Holds that the whole of the outer case waits for; test mode proves no domain."""
    covers = Q(case_id=OuterRef("id")) | Q(debtor_id=OuterRef("debtor_id")) | Q(campaign_id=OuterRef("campaign_id"))
    in_force = Q(ends_at=None) | Q(ends_at__gt=at)
    return Hold.objects.filter(covers, in_force, released_at=None).exclude(
        kind=Hold.Kind.DOMAIN_UNVERIFIED, livemode=False
    )


def _outer(name: str, kind: Field) -> ExpressionWrapper:
    return ExpressionWrapper(OuterRef(name), output_field=kind)


def _carrier(at: datetime) -> QuerySet[Case]:
    """The invoice that speaks for the outer one: older, asked for, with something to come (queries.conversations)."""
    coming = Step.objects.filter(case_id=OuterRef("id"), kind="outreach", status__in=WAITING)
    same = Case.objects.filter(debtor_id=OuterRef("debtor_id"), campaign_id=OuterRef("campaign_id"), closed_at=None)
    same = same.alias(outer_due=_outer("due_date", DateField()), outer_id=_outer("id", CharField()))
    older = Q(due_date__lt=F("outer_due")) | Q(due_date=F("outer_due"), id__lt=F("outer_id"))
    older |= Q(due_date=None, outer_due__isnull=False) | Q(due_date=None, outer_due=None, id__lt=F("outer_id"))
    speaking = unheld(same.filter(older, status=Case.Status.ACTIVE, opened_at__isnull=False), at=at)
    asked = speaking.filter(Exists(coming)).order_by(*OLDEST_FIRST)
    return asked.annotate(shown=Coalesce(NullIf("invoice_number", Value("")), "id", output_field=CharField()))
