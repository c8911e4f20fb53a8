"""Whose an incoming mail is: the case it is about, and whether its sender is known there."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import QuerySet

from agentcollect.kit import crypto, db
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Contact, Debtor
from campaigns.queries import speaking_case
from campaigns.rules.identity import domain_of
from outreach import queries
from outreach.models import Message, Reply
from outreach.rules.incoming import Incoming

PURPOSE, PREFIX = "reply", "cas"
_TOKEN = re.compile(r"r\+([0-9A-Za-z]{20,60})@")
_OUR_ID = re.compile(r"<(stp_[0-9A-Za-z]{10,40})@")


class Owner(NamedTuple):
    """`contact`: the sender, where their address is on file. `message`: ours, which they answer. See Reply.Identity."""

    case: Case
    contact: Contact | None
    message: Message | None
    identity: str


def find(mail: Incoming, *, organisation_id: str, livemode: bool | None, clock_id: str = "") -> Owner | None:
    """The case a mail is about: by the address it was sent to, else by what it answers, else by who wrote.

    Who wrote is enough only in a mailbox of one organisation (`organisation_id`), which is then the only one asked, and
    there only on the timeline that the mail came in on.
    """
    message = answered(mail.references, organisation_id=organisation_id, livemode=livemode)
    case = _addressed(mail.recipients, organisation_id, livemode)
    if case is None and message is not None:
        case = Case.objects.select_related("debtor").get(id=message.case_id)
    if case is None and organisation_id and livemode is not None:
        case = _written_by(mail.sender, organisation_id, livemode, clock_id)
    if case is None:
        return None
    if message is not None and message.debtor_id != case.debtor_id:
        message = None
    contact, identity = identify(mail.sender, case.debtor, trusted=not mail.disowned)
    return Owner(case, contact, message, identity)


def identify(sender: str, debtor: Debtor, *, trusted: bool = True) -> tuple[Contact | None, str]:
    """(contact, identity) of an address at this debtor. `trusted` False: the mail is not from whom it says."""
    people = people_of(debtor_id=debtor.id)
    person = next((one for one in people if one.email.lower() == sender.lower()), None) if trusted else None
    if person is not None:
        return person, Reply.Identity.KNOWN
    domain = domain_of(sender)
    if trusted and domain and domain in company_domains(debtor, people):
        return None, Reply.Identity.COMPANY
    return None, Reply.Identity.UNKNOWN


@Prepared
def people_of(debtor_id: str) -> QuerySet[Contact]:
    """Those of the debtor who have an address, whom to ask first first."""
    return Contact.objects.filter(debtor_id=debtor_id).exclude(email="").order_by("level", "id")


def company_domains(debtor: Debtor, people: Iterable[Contact]) -> frozenset[str]:
    """Domains that are the company's own: its own, and those the creditor wrote to it at; never a free mailbox."""
    given = (domain_of(one.email) for one in people if one.source == Contact.Source.CREDITOR)
    return frozenset(domain.lower() for domain in (debtor.email_domain, *given) if domain and domain_of(f"x@{domain}"))


def answered(references: Iterable[str], *, organisation_id: str = "", livemode: bool | None = None) -> Message | None:
    """Our newest message among these Message-IDs. They hold a step's id, which nobody can guess."""
    steps = {found[1]: reference for reference in references if (found := _OUR_ID.match(reference))}
    rows = _left(step_ids=list(steps)) if steps else []
    if organisation_id and livemode is not None:
        rows = [row for row in rows if (row.organisation_id, row.livemode) == (organisation_id, livemode)]
    ours = [row for row in rows if row.rfc_message_id == steps[row.step_id]]
    return ours[-1] if ours else None


@Prepared
def _left(step_ids: Any) -> QuerySet[Message]:
    rows = Message.objects.filter(db.among("step_id", step_ids), status__in=queries.LEFT)
    return rows.order_by("created_at", "id")


def _addressed(recipients: Iterable[str], organisation_id: str, livemode: bool | None) -> Case | None:
    """The case of an address that we gave out; its signature is the proof, whatever the host."""
    for address in recipients:
        found = _TOKEN.match(address)
        case_id = crypto.read_signed_id(PURPOSE, PREFIX, found[1]) if found else None
        if case_id is None:
            continue
        case = _case.first(id=case_id)
        everywhere = not organisation_id or livemode is None
        if case and (everywhere or (case.organisation_id, case.livemode) == (organisation_id, livemode)):
            return case
    return None


_case = Prepared(lambda id: Case.objects.select_related("debtor").filter(id=id))


def _written_by(sender: str, organisation_id: str, livemode: bool, clock_id: str) -> Case | None:
    """The case of the last message to this address, else the debtor's oldest open one."""
    tenant = {"organisation_id": organisation_id, "livemode": livemode, "clock_id": clock_id}
    people = list(Contact.objects.filter(**tenant, email__iexact=sender).order_by("-created_at", "-id")[:20])
    if not people:
        return None
    last = Message.objects.filter(contact__in=people, status__in=queries.LEFT).order_by("-created_at", "-id").first()
    if last is not None:
        return Case.objects.select_related("debtor").get(id=last.case_id)
    case = speaking_case(people[0].debtor_id)
    return Case.objects.select_related("debtor").get(id=case.id) if case else None
