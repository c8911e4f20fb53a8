"""Whom a message is for."""

from collections.abc import Iterable

from campaigns.models import Contact, Debtor, Suppression
from campaigns.queries import usable_contacts
from campaigns.queries.people import PERSONAL_HOLDS
from outreach.queries.desk import File
from outreach.queries.tenant import tenant


def contact_for(debtor: Debtor, level: int) -> Contact | None:
    """Whom a step of `level` writes to: that level's person, else the nearest level's; given ones before found ones.

    An address that opted out, that no mail reaches, or that the creditor closed, is taken only when there is no other:
    the gate then says why.
    """
    people = list(Contact.objects.filter(debtor_id=debtor.id).exclude(email=""))
    return _nearest(people, set(usable_contacts(debtor.id).values_list("id", flat=True)), level)


def writes_to(file: File, level: int) -> Contact | None:
    """The same, from a debtor's file."""
    return _nearest([person for person in file.people if person.email], usable(file), level)


def usable(file: File) -> set[str]:
    """The people of a file whose address works and is closed to nobody (campaigns.queries.usable_contacts), by id."""
    stopped = {hold.contact_id for hold in file.holds if hold.kind in PERSONAL_HOLDS}
    gone = {row.address for row in file.suppressions if row.channel in ("email", "all")} - {""}
    return {
        person.id
        for person in file.people
        if person.email and person.email_status != "invalid" and person.id not in stopped
        if not {person.email, person.email.lower()} & gone
    }


def _nearest(people: list[Contact], usable: set[str], level: int) -> Contact | None:
    def order(person: Contact) -> tuple[bool, int, int, bool, int, str]:
        unusable = person.id not in usable
        found = person.source == Contact.Source.ENRICHMENT
        distance = abs(person.level - level)
        return unusable, distance, person.level, found, -person.confidence, person.id

    return min(people, key=order, default=None)


def contact_to_call(debtor: Debtor, level: int) -> Contact | None:
    """Whom a call of `level` is for: who has a number of their own, that level's or the nearest one's; else whom a
    message would go to, at the company's number. A number that somebody closed is taken only when there is no other:
    the gate then says why."""
    people = list(Contact.objects.filter(debtor_id=debtor.id).exclude(phone=""))
    if not people:
        return contact_for(debtor, level)
    closed = suppressions_among(debtor.organisation_id, debtor.livemode, [person.phone for person in people])
    return _nearest_phone(people, closed, level)


def calls_to(file: File, level: int) -> Contact | None:
    """The same, from a debtor's file."""
    people = [person for person in file.people if person.phone]
    return _nearest_phone(people, file.suppressions, level) if people else writes_to(file, level)


def _nearest_phone(people: list[Contact], closed: Iterable[Suppression], level: int) -> Contact:
    shut = {row.address for row in closed if row.channel in ("call", "all")}

    def order(person: Contact) -> tuple[bool, int, int, str]:
        return person.phone in shut, abs(person.level - level), person.level, person.id

    return min(people, key=order)


def reachable(debtor: Debtor) -> bool:
    """Whether any address of this debtor is left to write to."""
    return usable_contacts(debtor.id).exists()


def suppressions_among(organisation_id: str, livemode: bool, addresses: Iterable[str]) -> list[Suppression]:
    """The opt-outs of any of these addresses."""
    spelt = {form for address in addresses for form in (address, address.lower())}
    return list(tenant(Suppression.objects.all(), organisation_id, livemode).filter(address__in=spelt))
