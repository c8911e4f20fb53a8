"""What a reader of the payment page says about who is written to: a colleague who pays such invoices, or nobody."""

from datetime import datetime, timedelta

from agentcollect.kit import clock, db, ids
from campaigns.models import Case, Contact, Debtor, Task
from campaigns.operations import exclusions
from campaigns.operations.contacts import suppress
from campaigns.operations.facts import whereabouts
from campaigns.operations.people import record_debtor, resume_waiting, stop_waiting
from campaigns.operations.tasks import open_task
from campaigns.rules.identity import domain_of

_SOON = timedelta(days=1)
# Whoever stood first comes second from then on, as when a reply names somebody else.
_SECOND = 60


def name_colleague(*, case_id: str, name: str, email: str, by: str, at: datetime) -> Contact | None:
    """`email` is who pays such invoices: written to from the next step on, before those of the same level.

    Only at an address of the company's own: anybody else would be a third party (R-06), and so is everybody where the
    debtor is a consumer. Then None, and a person is asked to look. Nothing is sent by this. Known already: that row.
    """
    with db.atomic():
        case = Case.objects.get(id=case_id)
        debtor = db.locked(Debtor.objects.filter(id=case.debtor_id)).get()
        people = list(Contact.objects.filter(debtor=debtor))
        if whereabouts(debtor).consumer or domain_of(email) not in _domains(debtor, people):
            _ask(case, debtor, name, email, by=by, at=at)
            return None
        known = next((one for one in people if one.email.lower() == email.lower()), None)
        named = known or _added(debtor, name, email, by=by, at=at)
        first = Contact.objects.filter(debtor=debtor, level=named.level, confidence__gt=_SECOND).exclude(id=named.id)
        first.update(confidence=_SECOND, updated_at=at)
        Contact.objects.filter(id=named.id).update(confidence=100, updated_at=at)
        resume_waiting(debtor, at=at)
        return named


def _domains(debtor: Debtor, people: list[Contact]) -> set[str]:
    """The company's own: its own one, and those the creditor wrote to it at; never a free mailbox."""
    given = (domain_of(one.email) for one in people if one.source == Contact.Source.CREDITOR)
    own = domain_of(f"x@{debtor.email_domain}") if debtor.email_domain else ""
    return {own, *given} - {""}


def _added(debtor: Debtor, name: str, email: str, *, by: str, at: datetime) -> Contact:
    added = Contact.objects.create(
        id=ids.new("con"),
        organisation_id=debtor.organisation_id,
        livemode=debtor.livemode,
        clock_id=debtor.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        debtor=debtor,
        name=name,
        email=email,
        level=1,
        source=Contact.Source.DEBTOR,
        basis="debtor_used",
        sources=["debtor"],
        confidence=100,
    )
    tenant = {"organisation_id": debtor.organisation_id, "livemode": debtor.livemode}
    exclusions.enforce(**tenant, debtor_ids=[debtor.id], at=at)
    record_debtor("contact.added", debtor, by=by, at=at, contact_id=added.id, name=added.name or added.email)
    return added


def _ask(case: Case, debtor: Debtor, name: str, email: str, *, by: str, at: datetime) -> None:
    open_task(
        kind=Task.Kind.CONTACT_NEEDED,
        debtor=debtor,
        case=case,
        # Of the debtor, not of the case: "this is not for me" asks about that one.
        cause=debtor.id,
        reason="On the payment page somebody else was named to write to, outside the company: check who that is.",
        facts={"name": name, "address": email},
        due_at=at + _SOON,
        by=by,
        at=at,
    )


def stop_mail(*, case_id: str, address: str, by: str, at: datetime) -> bool:
    """No more e-mail to `address`; True when it is one that this debtor is written to at. Twice is once.

    Nothing happens for any other: a stranger's word closes nobody's address. The answer to them is the same.
    """
    with db.atomic():
        found = Case.objects.values_list("debtor_id", flat=True).get(id=case_id)
        debtor = db.locked(Debtor.objects.filter(id=found)).get()
        contact = Contact.objects.select_related("debtor").filter(debtor=debtor, email__iexact=address).first()
        if contact is None:
            return False
        evidence = {"how": "page", "case_id": case_id}
        suppress(contact=contact, channel="email", reason="opt_out", by=by, at=at, evidence=evidence)
        stop_waiting(debtor, at=at)
        return True
