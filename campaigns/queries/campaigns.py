"""Reads about campaigns."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared
from campaigns.models import Campaign, Case, Step
from campaigns.queries.tenant import Tenant
from events.models import Event


def campaigns(tenant: Tenant) -> QuerySet[Campaign]:
    mine = Campaign.objects.select_related("organisation")
    return mine.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)


def campaign(tenant: Tenant, campaign_id: str) -> Campaign:
    """One campaign. Raises ApiError(not_found): another organisation's or mode's does not exist for this caller."""
    found = _campaign(organisation_id=tenant.organisation_id, livemode=tenant.livemode, campaign_id=campaign_id)
    if not found:
        raise ApiError("not_found", f"There is no campaign {campaign_id}.")
    return found[0]


@Prepared
def _campaign(organisation_id: str, livemode: bool, campaign_id: str) -> QuerySet[Campaign]:
    return campaigns(Tenant(organisation_id, livemode)).filter(id=campaign_id)


def figures(campaign_id: str) -> dict[str, Any]:
    """What a campaign's cases add up to, in minor units: two statements over at most 500 rows."""
    by_status = {
        row["status"]: row
        for row in Case.objects.filter(campaign_id=campaign_id)
        .values("status")
        .annotate(
            n=Count("id"),
            placed=Sum("placed_minor"),
            collected=Sum("collected_minor"),
            owed=Sum("balance_minor", filter=Q(closed_at=None), default=0),
        )
        .order_by("status")
    }
    return {
        "placed": sum(row["placed"] for row in by_status.values()),
        "collected": sum(row["collected"] for row in by_status.values()),
        "outstanding": sum(row["owed"] for row in by_status.values()),
        "by_status": {status: row["n"] for status, row in by_status.items()},
        "next_contact_at": next_contact_at(campaign_id),
    }


def next_contact_at(campaign_id: str) -> datetime | None:
    planned = Step.objects.filter(campaign_id=campaign_id, status=Step.Status.PLANNED).exclude(channel="attorney")
    return planned.aggregate(at=Min("due_at"))["at"]


def timeline(*, campaign_id: str = "", case_id: str = "") -> QuerySet[Event]:
    """Every fact about a campaign or a case, internal ones too, newest first."""
    about = {"case_id": case_id} if case_id else {"campaign_id": campaign_id}
    return Event.objects.filter(**about).order_by("-created_at", "-id")


def newest_facts(case_id: str) -> list[Event]:
    """The end of a case's timeline: its twenty newest facts, newest first."""
    return _newest_facts(case_id=case_id)


@Prepared
def _newest_facts(case_id: str) -> QuerySet[Event]:
    return timeline(case_id=case_id)[:20]


def planned_steps(*, campaign_id: str = "", case_id: str = "", limit: int = 20) -> list[Step]:
    """What is still to come, soonest first."""
    about = {"case_id": case_id} if case_id else {"campaign_id": campaign_id}
    steps = Step.objects.filter(**about, status=Step.Status.PLANNED).select_related("case__debtor")
    return list(steps.order_by("due_at", "id")[:limit])
