"""Finding the people at a debtor who can pay."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from agentcollect.kit import db
from agentcollect.kit.prepared import PreparedValues
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Debtor, Hold
from campaigns.operations import FoundContact
from outreach.providers.enrichment import Person, SearchError, provider
from payments.operations import fees

log = structlog.get_logger()

# LAW.md: two independent sources before a first contact by a found address.
_SOURCES_NEEDED = 2
_DEPARTMENTS = frozenset({"finance", "accounts_payable", "executive"})


def enrich_due(*, at: datetime, limit: int = 100, clock_id: str = "") -> int:
    """Search people for the debtors that wait for it, longest first; returns how many were searched.

    The search may wait for the network, so it runs outside any transaction; asked twice, it answers the same.
    """
    opened = Case.objects.filter(debtor_id=OuterRef("id"), opened_at__isnull=False, closed_at=None)
    waiting = Debtor.objects.filter(Exists(opened), enriched_at=None, clock_id=clock_id).order_by("recorded_at")
    return sum(_enrich(debtor, at=at) for debtor in waiting[:limit])


def _enrich(debtor: Debtor, *, at: datetime) -> int:
    try:
        found = (
            provider(livemode=debtor.livemode).search(company=debtor.name, domain=debtor.email_domain)
            if _may_search(debtor)
            else []
        )
    except SearchError as error:
        log.warning("enrichment_failed", debtor=debtor.id, error=str(error), permanent=error.permanent)
        if not error.permanent:
            return 0
        found = []
    known = {email for (email,) in _emails(debtor_id=debtor.id)} if found else set()
    good = [_found(person) for person in found if _trusted(person, debtor, known)]
    if good:
        with db.atomic():  # who was found is charged for with the finding, or not at all
            fresh = campaigns.add_contacts(debtor=debtor, found=good, by="engine", at=at)
            fees.discovered(contacts=fresh, by="engine", at=at)
    campaigns.enrichment_done(debtor_id=debtor.id, at=at)
    return 1


def _may_search(debtor: Debtor) -> bool:
    """Business contacts of companies only (R-06, R-19), and of nobody a person has still to look at."""
    if debtor.debt_class == "consumer" or debtor.debtor_type in {"sole_proprietor", "individual"}:
        return False
    return not _doubts(debtor_id=debtor.id)


@PreparedValues
def _doubts(debtor_id: str) -> QuerySet[Hold, Any]:
    cases = Case.objects.filter(debtor_id=debtor_id).values("id")
    about = Q(debtor_id=debtor_id) | Q(db.among("case_id", cases))
    return Hold.objects.filter(about, released_at=None, kind="identity_doubt").values_list("id")[:1]


_emails = PreparedValues(lambda debtor_id: Contact.objects.filter(debtor_id=debtor_id).values_list("email"))


def _trusted(person: Person, debtor: Debtor, known: Collection[str]) -> bool:
    """Verified, role-based, at the company's own domain, seen by two independent sources, and not known yet."""
    at_home = not debtor.email_domain or person.email.endswith(f"@{debtor.email_domain}")
    verified = person.email_status == "valid" and len(set(person.sources)) >= _SOURCES_NEEDED
    fresh = person.email not in known
    return verified and at_home and fresh and person.department in _DEPARTMENTS


def _found(person: Person) -> FoundContact:
    return FoundContact(
        name=person.name,
        title=person.title,
        seniority=person.seniority,
        email=person.email,
        email_status=person.email_status,
        level=person.level,
        confidence=person.confidence,
        sources=list(person.sources),
    )
