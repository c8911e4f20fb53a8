"""People at the debtor: found, verified, suppressed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Organisation
from agentcollect.kit import clock, db, ids
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Case, Contact, Debtor, Suppression
from campaigns.operations.exclusions import enforce
from campaigns.operations.facts import about, case_data
from campaigns.operations.planning import resume
from campaigns.operations.tasks import Wanted, due_in, end_debtor_tasks, open_tasks
from campaigns.queries.conversations import age
from campaigns.queries.people import reaches, speaking_case
from campaigns.rules import transitions
from campaigns.serializers.people import enriched_contact
from events.operations import record


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A verified person that enrichment found; `sources` are at least two and independent."""

    name: str
    title: str
    seniority: str
    email: str
    email_status: str
    level: int
    confidence: int
    sources: list[str] = field(default_factory=list)


def add_contacts(*, debtor: Debtor, found: Sequence[FoundContact], by: str, at: datetime) -> list[Contact]:
    """Insert who is new to this debtor, each with a `contact.enriched`. Never for an address given to us."""
    with db.atomic():
        _debtor.one(id=debtor.id)
        known = {email for (email,) in _emails(debtor_id=debtor.id)}
        case = _oldest_open.first(debtor_id=debtor.id)
        new = {person.email: person for person in found if person.email not in known}
        fresh = [_contact(debtor, person, at=at) for person in new.values()]
        db.bulk_insert(Contact, fresh)
        named = {"organisation_id": debtor.organisation_id, "livemode": debtor.livemode}
        enforce(**named, debtor_ids=[debtor.id], at=at)
        for contact in fresh:
            if case is None:
                break  # every case is closed: nobody is told about people nobody will write to
            record(
                type="contact.enriched",
                organisation_id=debtor.organisation_id,
                livemode=debtor.livemode,
                data=case_data(case, debtor.name, contact=enriched_contact(contact)),
                by=by,
                at=at,
                about=about(case),
            )
        return fresh


_debtor = Prepared(lambda id: db.locked(Debtor.objects.filter(id=id)))
_emails = PreparedValues(lambda debtor_id: Contact.objects.filter(debtor_id=debtor_id).values_list("email"))


@Prepared
def _oldest_open(debtor_id: str) -> QuerySet[Case]:
    return Case.objects.filter(debtor_id=debtor_id, closed_at=None).order_by("id")[:1]


def _contact(debtor: Debtor, person: FoundContact, *, at: datetime) -> Contact:
    return Contact(
        id=ids.new("con"),
        organisation_id=debtor.organisation_id,
        livemode=debtor.livemode,
        clock_id=debtor.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        debtor=debtor,
        name=person.name,
        title=person.title,
        seniority=person.seniority,
        email=person.email,
        email_status=person.email_status,
        level=person.level,
        source=Contact.Source.ENRICHMENT,
        basis="published",
        confidence=person.confidence,
        sources=person.sources,
        verified_at=at,
    )


def enrichment_done(*, debtor_id: str, at: datetime) -> None:
    """Nobody is searched for any more: cases that waited start, or say that they need a contact."""
    with db.atomic():
        debtor = _debtor.one(id=debtor_id)
        if debtor.enriched_at is None:
            debtor.enriched_at = at
            debtor.save(update_fields=["enriched_at"])
        reachable = reaches(debtor.id)
        lacking = []
        cases = _waiting(debtor_id=debtor.id)
        for case in cases:
            case.status = Case.Status.ACTIVE if reachable else Case.Status.NEEDS_CONTACT
            case.updated_at = at
            case.save(update_fields=["status", "updated_at"])
        # Only then: the oldest of them speaks for the others.
        for case in sorted(cases, key=age):
            if reachable:
                resume(case=case, at=at)
            else:
                record_needs_contact(case, debtor, at=at)
                lacking.append((case, debtor))
        ask_for_contacts(lacking, at=at)
        if reachable:
            end_debtor_tasks(debtor_id=debtor.id, kind="contact_needed", outcome="added", by="engine", at=at)


@Prepared
def _waiting(debtor_id: str) -> QuerySet[Case]:
    waiting = Case.objects.filter(debtor_id=debtor_id, status=Case.Status.ENRICHING).exclude(opened_at=None)
    return db.locked(waiting.order_by("id"))


def needs_contact(*, case: Case, at: datetime) -> None:
    """Nobody is left to write to (every address opted out or bounces): the locked case waits for a contact."""
    if case.status != Case.Status.ACTIVE:
        return
    transitions.check(transitions.CASE, case.status, Case.Status.NEEDS_CONTACT)
    case.status, case.next_contact_at, case.updated_at = Case.Status.NEEDS_CONTACT, None, at
    case.save(update_fields=["status", "next_contact_at", "updated_at"])
    record_needs_contact(case, case.debtor, at=at)
    ask_for_contacts([(case, case.debtor)], at=at)


def ask_for_contacts(lacking: Sequence[tuple[Case, Debtor]], *, at: datetime) -> None:
    """Leave it to a person to name somebody to write to, for each of these cases (of one organisation and mode)."""
    if not lacking:
        return
    due = due_in(Organisation.objects.get(id=lacking[0][0].organisation_id), 1, at=at)
    why = "Nobody is left to write to at this debtor: add a contact, or close the invoice."
    wanted = [
        Wanted(kind="contact_needed", debtor=debtor, case=case, cause=case.id, reason=why, due_at=due)
        for case, debtor in lacking
    ]
    open_tasks(wanted, by="engine", at=at)


def record_needs_contact(case: Case, debtor: Debtor, *, at: datetime) -> None:
    """Say that the case waits for a contact from the creditor."""
    record(
        type="case.updated",
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, debtor.name, change="no contact was found; it needs one from you", status=case.status),
        by="engine",
        at=at,
        about=about(case),
    )


def suppress(
    *,
    contact: Contact,
    channel: str,
    reason: str,
    by: str,
    at: datetime,
    evidence: dict[str, Any] | None = None,
) -> bool:
    """Close `channel` for this contact's address, for every debtor and campaign. True when it was open until now."""
    address = contact.phone if channel in {"call", "sms"} else contact.email
    with db.atomic():
        _, fresh = Suppression.objects.get_or_create(
            organisation_id=contact.organisation_id,
            livemode=contact.livemode,
            clock_id=contact.clock_id,
            address=address,
            channel=channel,
            defaults={
                "created_at": at,
                "recorded_at": clock.now(),
                "reason": reason,
                "contact": contact,
                "evidence": evidence or {},
            },
        )
        case = speaking_case(contact.debtor_id)
        if fresh and case:
            record(
                type="contact.suppressed",
                organisation_id=contact.organisation_id,
                livemode=contact.livemode,
                data=case_data(case, contact.debtor.name, contact_id=contact.id, channel=channel, reason=reason),
                by=by,
                at=at,
                about=about(case),
            )
        return fresh
