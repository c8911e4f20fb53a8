"""Reads of the campaigns room that have a name."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, LedgerEntry, Step, Suppression
from campaigns.rules.identity import invoice_key
from events.models import Event


class Tenant(NamedTuple):
    """Whose rows, in which mode: every read starts here."""

    organisation_id: str
    livemode: bool


def campaigns(tenant: Tenant) -> QuerySet[Campaign]:
    mine = Campaign.objects.select_related("organisation")
    return mine.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)


def campaign(tenant: Tenant, campaign_id: str) -> Campaign:
    """One campaign. Raises ApiError(not_found): another organisation's or mode's does not exist for this caller."""
    found = campaigns(tenant).filter(id=campaign_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no campaign {campaign_id}.")
    return found


def cases(tenant: Tenant) -> QuerySet[Case]:
    return Case.objects.select_related("debtor").filter(
        organisation_id=tenant.organisation_id, livemode=tenant.livemode
    )


def case(tenant: Tenant, case_id: str) -> Case:
    """One case. Raises ApiError(not_found)."""
    found = cases(tenant).filter(id=case_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no case {case_id}.")
    return found


def case_by_invoice(tenant: Tenant, campaign_id: str, invoice_number: str) -> Case:
    """The case of an invoice in a campaign. Raises ApiError(not_found)."""
    campaign(tenant, campaign_id)
    found = cases(tenant).filter(campaign_id=campaign_id, invoice_key=invoice_key(invoice_number)).first()
    if found is None:
        raise ApiError("not_found", f"There is no invoice {invoice_number} in campaign {campaign_id}.")
    return found


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


def planned_steps(*, campaign_id: str = "", case_id: str = "", limit: int = 20) -> list[Step]:
    """What is still to come, soonest first."""
    about = {"case_id": case_id} if case_id else {"campaign_id": campaign_id}
    steps = Step.objects.filter(**about, status=Step.Status.PLANNED).select_related("case__debtor")
    return list(steps.order_by("due_at", "id")[:limit])


def contacts_of_campaign(tenant: Tenant, campaign_id: str) -> QuerySet[Contact]:
    """The people of a campaign's debtors; `suppressed` says whether their address is closed to e-mail."""
    debtors = Case.objects.filter(campaign_id=campaign_id).values("debtor_id")
    closed = Suppression.objects.filter(
        organisation_id=tenant.organisation_id,
        livemode=tenant.livemode,
        channel="email",
        address=OuterRef("email"),
    )
    mine = Contact.objects.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)
    return mine.select_related("debtor").filter(debtor_id__in=debtors).annotate(suppressed=Exists(closed))


def holds_on(case: Case) -> QuerySet[Hold]:
    """Every open hold that covers this case: its own, its debtor's, its campaign's, its debtor's contacts'."""
    contacts = Contact.objects.filter(debtor_id=case.debtor_id).values("id")
    covers = (
        Q(case_id=case.id) | Q(debtor_id=case.debtor_id) | Q(campaign_id=case.campaign_id) | Q(contact_id__in=contacts)
    )
    return Hold.objects.filter(covers, released_at=None)


def ledger(case_id: str) -> list[LedgerEntry]:
    """The account of a case, oldest line first."""
    return list(LedgerEntry.objects.filter(case_id=case_id).order_by("created_at", "id"))


def debtors_to_enrich(limit: int) -> list[Debtor]:
    """Debtors nobody has searched for yet, whose campaign runs and whose case is open."""
    waiting = Debtor.objects.filter(enriched_at=None)
    opened = Case.objects.filter(
        closed_at=None, opened_at__isnull=False, campaign__status="active", debtor_id__in=waiting.values("id")
    )
    ready = opened.order_by("debtor_id").values_list("debtor_id", flat=True).distinct()[:limit]
    return list(Debtor.objects.filter(id__in=list(ready)).order_by("id"))
