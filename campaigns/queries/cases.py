"""Reads about cases, their holds and their accounts."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Contact, Hold, LedgerEntry, Step
from campaigns.queries.campaigns import campaign
from campaigns.queries.people import PERSONAL_HOLDS
from campaigns.queries.standings import with_standing
from campaigns.queries.tenant import Tenant
from campaigns.rules import search
from campaigns.rules.identity import invoice_key


def cases(tenant: Tenant) -> QuerySet[Case]:
    return Case.objects.select_related("debtor").filter(
        organisation_id=tenant.organisation_id, livemode=tenant.livemode
    )


def case_with_standing(tenant: Tenant, case_id: str, *, at: datetime) -> Case:
    """One case, ready to be asked why it stands as it does (queries.standings). Raises ApiError(not_found)."""
    found = _case_with_standing(
        organisation_id=tenant.organisation_id, livemode=tenant.livemode, case_id=case_id, at=at
    )
    if not found:
        raise ApiError("not_found", f"There is no case {case_id}.")
    return found[0]


@Prepared
def _case_with_standing(organisation_id: str, livemode: bool, case_id: str, at: datetime) -> QuerySet[Case]:
    return with_standing(cases(Tenant(organisation_id, livemode)).filter(id=case_id), at=at)


def case(tenant: Tenant, case_id: str) -> Case:
    """One case, with its campaign and whose it is. Raises ApiError(not_found)."""
    found = _case(organisation_id=tenant.organisation_id, livemode=tenant.livemode, case_id=case_id)
    if not found:
        raise ApiError("not_found", f"There is no case {case_id}.")
    return found[0]


@Prepared
def _case(organisation_id: str, livemode: bool, case_id: str) -> QuerySet[Case]:
    return cases(Tenant(organisation_id, livemode)).select_related("campaign__organisation").filter(id=case_id)


def case_by_invoice(tenant: Tenant, campaign_id: str, invoice_number: str) -> Case:
    """The case of an invoice in a campaign. Raises ApiError(not_found)."""
    campaign(tenant, campaign_id)
    found = cases(tenant).filter(campaign_id=campaign_id, invoice_key=invoice_key(invoice_number)).first()
    if found is None:
        raise ApiError("not_found", f"There is no invoice {invoice_number} in campaign {campaign_id}.")
    return found


def searched(rows: QuerySet[Case], words: str) -> QuerySet[Case]:
    """Cases whose company name or invoice number has `words` somewhere in it, in any case and without accents; two
    letters alone are the beginning of a word, since an index of trigrams knows nothing shorter inside one.

    The excluded rows are those no worker has opened yet; saying so lets PostgreSQL use the index of the others.
    """
    asked = search.text(words)
    found = Q(search__contains=asked)
    if len(asked) < 3:
        found = Q(search__startswith=asked) | Q(search__contains=f" {asked}")
    return rows.exclude(search="").filter(found)


def held_by(rows: QuerySet[Case], tenant: Tenant, kind: str, *, at: datetime) -> QuerySet[Case]:
    """Open cases among the tenant's `rows` that a hold of `kind` covers: their own, their debtor's, their campaign's.

    Few holds are read first, and their cases found by what they name. Where there are many, the list is walked from
    its newest case on, and each is asked: a page is soon full.
    """
    in_force = Hold.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=at),
        organisation_id=tenant.organisation_id,
        livemode=tenant.livemode,
        kind=kind,
        released_at=None,
    )
    named = list(in_force.values_list("case_id", "debtor_id", "campaign_id")[: _FEW + 1])
    covered = Q(pk__in=[])
    for column, ids in zip(("id", "debtor_id", "campaign_id"), zip(*named, strict=True), strict=False):
        if len(named) > _FEW:
            covered |= Q(Exists(in_force.filter(**{"case_id" if column == "id" else column: OuterRef(column)})))
        else:
            covered |= Q(**{f"{column}__in": [one for one in ids if one]})
    return rows.filter(covered, closed_at=None)


_FEW = 500


def latest_step(case_id: str) -> Step | None:
    """The planned step, or else the one that was last."""
    return next(iter(_latest_step(case_id=case_id)), None)


@Prepared
def _latest_step(case_id: str) -> QuerySet[Step]:
    return Step.objects.filter(case_id=case_id).order_by("-version", "-index", "-attempt")[:1]


def holds_on(case: Case, *, at: datetime) -> list[Hold]:
    """Every hold in force that covers this case: its own, its debtor's, its campaign's, its debtor's contacts'."""
    return _holds_on(case_id=case.id, debtor_id=case.debtor_id, campaign_id=case.campaign_id, at=at)


@Prepared
def _holds_on(case_id: str, debtor_id: str, campaign_id: str, at: datetime) -> QuerySet[Hold]:
    contacts = Contact.objects.filter(debtor_id=debtor_id).values("id")
    covers = (
        Q(case_id=case_id) | Q(debtor_id=debtor_id) | Q(campaign_id=campaign_id) | Q(db.among("contact_id", contacts))
    )
    in_force = Q(ends_at=None) | Q(ends_at__gt=at)
    return Hold.objects.filter(covers, in_force, released_at=None).order_by("created_at", "id")


def blocking(holds: list[Hold]) -> list[Hold]:
    """Those of `holds` that the whole case waits for. Not for what closes one person of several; and test mode proves
    no domain: nothing sent there leaves the house (compliance, H-01)."""
    unproven = Hold.Kind.DOMAIN_UNVERIFIED
    return [
        hold
        for hold in holds
        if not (hold.contact_id and hold.kind in PERSONAL_HOLDS) and (hold.livemode or hold.kind != unproven)
    ]


def ledger(case_id: str) -> list[LedgerEntry]:
    """The account of a case, oldest line first."""
    return _ledger(case_id=case_id)


@Prepared
def _ledger(case_id: str) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(case_id=case_id).order_by("created_at", "recorded_at", "id")
