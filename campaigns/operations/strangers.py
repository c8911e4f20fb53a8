"""Somebody who was written to says that it is not for them."""

from datetime import datetime, timedelta

from agentcollect.kit import clock, db
from campaigns.models import Case, Contact, Debtor, Suppression, Task
from campaigns.operations.contacts import suppress
from campaigns.operations.people import stop_waiting
from campaigns.operations.tasks import open_task

# How soon a person should look at it.
_SOON = timedelta(days=1)


def wrong_person(*, case_id: str, address: str, note: str, by: str, at: datetime) -> bool:
    """Write to `address` no more; True when it is one that this debtor is written to at.

    Where it is not, nothing is closed on a stranger's word: a person is asked to look. The answer to them is the same.
    """
    with db.atomic():
        found = Case.objects.values_list("debtor_id", flat=True).get(id=case_id)
        debtor = db.locked(Debtor.objects.filter(id=found)).get()
        contact = Contact.objects.select_related("debtor").filter(debtor=debtor, email__iexact=address).first()
        if contact is not None:
            evidence = {"how": "page", "case_id": case_id, "note": note}
            suppress(contact=contact, channel="email", reason="wrong_person", by=by, at=at, evidence=evidence)
            stop_waiting(debtor, at=at)
            return True
        open_task(
            kind=Task.Kind.CONTACT_NEEDED,
            debtor=debtor,
            case=Case.objects.get(id=case_id),
            cause=case_id,
            reason="Somebody who has the link to this invoice says that it is not for them: check whom we write to.",
            facts={"address": address, "note": note},
            due_at=at + _SOON,
            by=by,
            at=at,
        )
        return False


def wrong_number(*, case: Case, contact_id: str, number: str, by: str, at: datetime) -> None:
    """Whoever answered at `number` is not the debtor (R-39): it is not called again, nobody else is tried before a
    person has looked, and nothing more is said there. Call with the debtor and the case locked."""
    contact = Contact.objects.select_related("debtor").get(id=contact_id)
    evidence = {"how": "call", "case_id": case.id}
    if contact.phone == number:
        suppress(contact=contact, channel="call", reason="wrong_person", by=by, at=at, evidence=evidence)
    else:
        _close_number(case, number, evidence, at=at)
    open_task(
        kind=Task.Kind.CONTACT_NEEDED,
        debtor=case.debtor,
        case=case,
        cause=case.id,
        reason=f"{number} is not theirs: check whom we write to, and confirm it.",
        facts={"phone": number, "contact_id": contact_id},
        due_at=at + _SOON,
        by=by,
        at=at,
    )


def _close_number(case: Case, number: str, evidence: dict[str, str], *, at: datetime) -> None:
    """The company's own number, which is no contact's."""
    Suppression.objects.get_or_create(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
        address=number,
        channel="call",
        defaults={"created_at": at, "recorded_at": clock.now(), "reason": "wrong_person", "evidence": evidence},
    )
