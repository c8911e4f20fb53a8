"""Reads about what waits for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, DateTimeField, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import TestClock
from agentcollect.kit.due import not_empty
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Debtor, Task
from campaigns.queries.tenant import Tenant

STANDING = (Task.Status.OPEN, Task.Status.CLAIMED)


def tasks(tenant: Tenant) -> QuerySet[Task]:
    return Task.objects.select_related("debtor", "case").filter(
        organisation_id=tenant.organisation_id, livemode=tenant.livemode
    )


def task(tenant: Tenant, task_id: str) -> Task:
    """One task. Raises ApiError(not_found)."""
    found = tasks(tenant).filter(id=task_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no task {task_id}.")
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many tasks of one kind wait, how many of them are late, and since when the oldest one does."""

    kind: str
    count: int
    overdue: int
    oldest_at: datetime


def needs_you(tenant: Tenant, *, at: datetime) -> list[Waiting]:
    """What waits for a person of this organisation, the kind that waits longest first. One statement.

    Late is what was due before `at`; on a test clock, before the moment that it shows.
    """
    mine = Task.objects.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode, status__in=STANDING)
    late = Q(due_at__lt=at)
    if not tenant.livemode:
        shown = Subquery(TestClock.objects.filter(id=OuterRef("clock_id")).values("frozen_time"))
        late = Q(due_at__lt=Coalesce(shown, Value(at), output_field=DateTimeField()))
    rows = mine.values("kind").annotate(
        count=Count("id"), overdue=Count("id", filter=late), oldest_at=Min("created_at")
    )
    found = [Waiting(row["kind"], row["count"], row["overdue"], row["oldest_at"]) for row in rows]
    return sorted(found, key=lambda one: (one.oldest_at, one.kind))


def next_tasks(tenant: Tenant, kind: str = "", limit: int = 50) -> list[Task]:
    """Those tasks themselves, the one that is due first first."""
    rows = tasks(tenant).filter(status__in=STANDING)
    return list((rows.filter(kind=kind) if kind else rows).order_by("due_at", "id")[:limit])


@PreparedValues
def _alike(organisation_id: str, livemode: bool, name_key: str) -> QuerySet[Debtor, Any]:
    """(id, the creditor's own id) of those of that name."""
    # `livemode__in`: SQLite looks nothing up in an index by "NOT livemode", nor by what stands behind it there.
    tenant = {"organisation_id": organisation_id, "livemode__in": [livemode]}
    named = Debtor.objects.filter(not_empty("name_key"), **tenant, name_key=name_key)
    return named.order_by("id").values_list("id", "external_id")[:51]


def namesakes(debtor: Debtor) -> list[str]:
    """Ids of the debtors that count together with this one: those of its folded name under another identity, unless a
    person said that they are different companies, or both carry the creditor's own id. One statement where nobody is
    called the same."""
    if not debtor.name_key:
        return []
    named = {"organisation_id": debtor.organisation_id, "livemode": debtor.livemode, "name_key": debtor.name_key}
    alike = [one for one in _alike(**named) if one[0] != debtor.id][:50]
    others = [id for id, external_id in alike if not (external_id and debtor.external_id)]
    if not others:
        return []
    asked = [debtor.id, *others]
    answers = Task.objects.filter(kind="possible_duplicate", debtor_id__in=asked, outcome="different")
    apart = {frozenset((row.debtor_id, one["debtor_id"])) for row in answers for one in row.facts.get("others", [])}
    return [id for id in others if frozenset((debtor.id, id)) not in apart]
