"""Reads about debtors, the people there, and what is closed to us."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Lower, Upper

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Case, Contact, Debtor, Hold, Step, Suppression
from campaigns.queries.tenant import Tenant

Row = TypeVar("Row", bound=Model)
# Holds on a contact that keep us from writing to that person; another one may still be written to.
PERSONAL_HOLDS = ("do_not_contact", "excluded", "compliance_review")


def debtors(tenant: Tenant) -> QuerySet[Debtor]:
    """Debtors; `do_not_contact` says whether the creditor closed this one."""
    closed = Hold.objects.filter(debtor_id=OuterRef("id"), kind="do_not_contact", released_at=None)
    return _mine(Debtor.objects.all(), tenant).annotate(do_not_contact=Exists(closed))


def debtor(tenant: Tenant, debtor_id: str) -> Debtor:
    """One debtor. Raises ApiError(not_found)."""
    return _one(
        _debtor(organisation_id=tenant.organisation_id, livemode=tenant.livemode, id=debtor_id), "debtor", debtor_id
    )


@Prepared
def _debtor(organisation_id: str, livemode: bool, id: str) -> QuerySet[Debtor]:
    return debtors(Tenant(organisation_id, livemode)).filter(id=id)


def cases_in(campaign_id: str) -> QuerySet[Case]:
    """The invoices of a campaign, to narrow other rows by."""
    return Case.objects.filter(campaign_id=campaign_id)


def cases_of(debtor: Debtor, limit: int = 100) -> list[Case]:
    """The debtor's invoices, newest first."""
    rows = Case.objects.filter(debtor_id=debtor.id).select_related("debtor")
    return list(rows.order_by("-created_at", "-id")[:limit])


def speaking_case(debtor_id: str) -> Case | None:
    """The invoice whose timeline tells what concerns the debtor: the oldest open one, else the one closed first."""
    rows = Case.objects.filter(debtor_id=debtor_id)
    return rows.order_by(F("closed_at").asc(nulls_first=True), "id").first()


def holds_about(debtor: Debtor) -> list[Hold]:
    """Every open hold on the debtor, its people and its open invoices, oldest first."""
    people = Contact.objects.filter(debtor_id=debtor.id).values("id")
    invoices = Case.objects.filter(debtor_id=debtor.id, closed_at=None).values("id")
    covers = Q(debtor_id=debtor.id) | Q(db.among("contact_id", people)) | Q(db.among("case_id", invoices))
    return list(Hold.objects.filter(covers, released_at=None).order_by("created_at", "id")[:100])


def contacts(tenant: Tenant) -> QuerySet[Contact]:
    """People at debtors, each with the name of the company and with what closed them to us.

    `opted_out_at`: they closed their address; `stopped_at`: the creditor, or the law, closed this contact.
    """
    stopped = Hold.objects.filter(contact_id=OuterRef("id"), kind__in=PERSONAL_HOLDS, released_at=None)
    return (
        _mine(Contact.objects.select_related("debtor"), tenant)
        .annotate(folded=Lower("email"))
        .annotate(opted_out_at=_gone().order_by("created_at").values("created_at")[:1])
        .annotate(stopped_at=stopped.order_by("created_at").values("created_at")[:1])
        .annotate(stopped_by=stopped.order_by("created_at").values("kind")[:1])
    )


def _gone() -> QuerySet[Suppression]:
    """The opt-outs of the outer query's contact (which carries its address `folded`)."""
    return Suppression.objects.filter(
        Q(address=OuterRef("email")) | Q(address=OuterRef("folded")),
        organisation_id=OuterRef("organisation_id"),
        livemode=OuterRef("livemode"),
        clock_id=OuterRef("clock_id"),
        channel__in=["email", "all"],
    ).exclude(address="")


def contact(tenant: Tenant, contact_id: str) -> Contact:
    """One contact. Raises ApiError(not_found)."""
    return _one(
        _contact(organisation_id=tenant.organisation_id, livemode=tenant.livemode, id=contact_id), "contact", contact_id
    )


@Prepared
def _contact(organisation_id: str, livemode: bool, id: str) -> QuerySet[Contact]:
    return contacts(Tenant(organisation_id, livemode)).filter(id=id)


def contacts_at(tenant: Tenant, debtor_id: str) -> list[Contact]:
    """The people of one debtor, whom to ask first first; at most 100."""
    return _contacts_at(organisation_id=tenant.organisation_id, livemode=tenant.livemode, debtor_id=debtor_id)


@Prepared
def _contacts_at(organisation_id: str, livemode: bool, debtor_id: str) -> QuerySet[Contact]:
    of_debtor = contacts(Tenant(organisation_id, livemode)).filter(debtor_id=debtor_id)
    return of_debtor.order_by("level", "id")[:100]


def contacts_of_campaign(tenant: Tenant, campaign_id: str) -> QuerySet[Contact]:
    """The people of a campaign's debtors."""
    return contacts(tenant).filter(debtor_id__in=cases_in(campaign_id).values("debtor_id"))


def usable_contacts(debtor_id: str) -> QuerySet[Contact]:
    """Whom at this debtor a message may be planned for: an address that works and that nobody closed."""
    return _usable(Contact.objects.filter(debtor_id=debtor_id))


def people_on_file(debtor_id: str) -> QuerySet[Contact]:
    """Whom something about their invoices may be told that they did not wait for: a person the creditor named, or
    whose address is proven."""
    proven = Q(email_status="valid") | Q(verified_at__isnull=False) | Q(vouched_at__isnull=False)
    return usable_contacts(debtor_id).filter(proven | Q(source=Contact.Source.CREDITOR))


def debtors_at(email: str, organisation_ids: Iterable[str], modes: Iterable[bool]) -> list[str]:
    """The debtors of these organisations that have a contact with this very address (in whatever case); at most 100."""
    rows = Contact.objects.annotate(spelt=Upper("email")).filter(spelt=email.upper())
    theirs = rows.filter(organisation_id__in=list(organisation_ids), livemode__in=list(modes))
    return list(theirs.order_by("-created_at", "-id").values_list("debtor_id", flat=True)[:100])


def reaches(debtor_id: str) -> bool:
    """Whether there is anybody such at the debtor."""
    return bool(_reached(debtor_id=debtor_id))


@PreparedValues
def _reached(debtor_id: str) -> QuerySet[Contact, Any]:
    return usable_contacts(debtor_id).values_list("id")[:1]


def usable_among(debtor_ids: Iterable[str]) -> list[Contact]:
    """The same over several debtors, in one statement."""
    return list(_usable(Contact.objects.filter(db.among("debtor_id", debtor_ids))))


def _usable(people: QuerySet[Contact]) -> QuerySet[Contact]:
    people = people.exclude(email="").exclude(email_status="invalid").annotate(folded=Lower("email"))
    stopped = Hold.objects.filter(contact_id=OuterRef("id"), kind__in=PERSONAL_HOLDS, released_at=None)
    return people.filter(~Exists(stopped), ~Exists(_gone()))


def suppressions(tenant: Tenant) -> QuerySet[Suppression]:
    """What debtors closed to us."""
    return _mine(Suppression.objects.all(), tenant)


def held_among(cases: list[Case]) -> set[str]:
    """Those of `cases` that a hold of their own or of their debtor keeps waiting (ids)."""
    standing = Hold.objects.filter(released_at=None)
    closed = standing.filter(debtor_id__in={case.debtor_id for case in cases}).values_list("debtor_id", flat=True)
    held = standing.filter(case_id__in=[case.id for case in cases]).values_list("case_id", flat=True)
    debtors, own = set(closed), set(held)
    return {case.id for case in cases if case.id in own or case.debtor_id in debtors}


def outreach_since(debtor_id: str, since: datetime) -> int:
    """How many messages of ours left, or may have left, since then, over all of the debtor's invoices."""
    left = Step.objects.filter(case_id__in=Case.objects.filter(debtor_id=debtor_id).values("id"), kind="outreach")
    return left.filter(status__in=["handed_over", "sent", "unconfirmed"], handed_over_at__gt=since).count()


def debtors_to_enrich(limit: int) -> list[Debtor]:
    """Debtors nobody has searched for yet, whose campaign runs and whose case is open."""
    waiting = Debtor.objects.filter(enriched_at=None)
    opened = Case.objects.filter(
        closed_at=None, opened_at__isnull=False, campaign__status="active", debtor_id__in=waiting.values("id")
    )
    ready = opened.order_by("debtor_id").values_list("debtor_id", flat=True).distinct()[:limit]
    return list(Debtor.objects.filter(id__in=list(ready)).order_by("id"))


def _mine(rows: QuerySet[Row], tenant: Tenant) -> QuerySet[Row]:
    return rows.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)


def _one(found: list[Row], what: str, row_id: str) -> Row:
    if not found:
        raise ApiError("not_found", f"There is no {what} {row_id}.")
    return found[0]
