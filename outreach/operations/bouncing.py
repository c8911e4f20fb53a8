"""What mail servers and readers' programs tell about mail of ours: it did not arrive, it did, it is called spam.

What is told is about one address. The others of that debtor go on.
"""

from datetime import datetime, timedelta
from typing import Any

from agentcollect.kit import clock, db, ids
from campaigns import operations as campaigns
from campaigns import queries as people
from campaigns.models import Case, Contact, Debtor, Step
from campaigns.operations.cases import cancel_steps
from campaigns.operations.facts import about, case_data
from campaigns.operations.people import stop_waiting
from events.operations import record
from outreach import queries
from outreach.models import Message
from outreach.operations import matching
from outreach.rules.incoming import Incoming

# A provider that names no message of ours but an address means the last mail there, if it is not too old.
_RECENT = timedelta(days=7)
_ARRIVED = (Message.Status.HANDED_OVER, Message.Status.SENT, Message.Status.UNCONFIRMED)


def reported(mail: Incoming, *, organisation_id: str, livemode: bool | None, at: datetime) -> bool:
    """Act on a delivery report (RFC 3464). True when it was about a message of ours."""
    known = False
    for bounce in mail.bounces:
        references = [bounce.original] if bounce.original else mail.references
        message = matching.answered(references, organisation_id=organisation_id, livemode=livemode)
        # Anybody may write such a report: it counts for the address we wrote to under that Message-ID and no other.
        if message is not None and bounce.recipient in ("", message.recipient.lower()):
            bounced(message_id=message.id, hard=bounce.hard, words=bounce.words, at=at)
            known = True
    return known


def told(facts: dict[str, Any], *, at: datetime) -> bool:
    """Act on a provider's event: `{type, ids, recipient, hard, words}` (outreach.providers.inbound)."""
    message = _meant(facts)
    if message is None:
        return False
    if facts["type"] == "bounced":
        bounced(message_id=message.id, hard=bool(facts["hard"]), words=facts["words"], at=at)
    elif facts["type"] == "complained":
        complained(message_id=message.id, at=at)
    elif facts["type"] == "delivered":
        Message.objects.filter(id=message.id, status=Message.Status.SENT).update(status=Message.Status.DELIVERED)
    return True


def _meant(facts: dict[str, Any]) -> Message | None:
    """The message by any of the ids the provider gives, else the last one to that address."""
    named = [f"<{text.strip('<> ')}>" for text in facts["ids"] if text]
    if message := matching.answered(named):
        return message if facts["recipient"] in ("", message.recipient.lower()) else None
    if not facts["recipient"]:
        return None
    sent = Message.objects.filter(
        livemode=True, recipient__iexact=facts["recipient"], created_at__gte=clock.now() - _RECENT
    )
    return sent.filter(status__in=queries.LEFT).order_by("-created_at", "-id").first()


def bounced(*, message_id: str, hard: bool, words: str, at: datetime) -> None:
    """A message came back. `hard`: that address is none; the act is done again for whoever is next at that debtor.

    A soft one (mailbox full, greylisting that gave up) says nothing about the address: the playbook goes on.
    """
    found = Message.objects.only("debtor_id", "case_id", "contact_id").get(id=message_id)
    with db.atomic():
        debtor = db.locked(Debtor.objects.filter(id=found.debtor_id)).get()
        case = db.locked(Case.objects.filter(id=found.case_id)).get()
        message = Message.objects.select_related("contact").get(id=message_id)
        if message.status == Message.Status.BOUNCED:
            return
        case.debtor = debtor
        Message.objects.filter(id=message.id).update(status=Message.Status.BOUNCED, error=words[:300])
        Step.objects.filter(id=message.step_id, status=Step.Status.UNCONFIRMED).update(
            status=Step.Status.SENT, resolved_at=at, reason=""
        )
        contact = message.contact
        still = contact.email.lower() == message.recipient.lower()
        if hard and still:
            Contact.objects.filter(id=contact.id).update(email_status="invalid", updated_at=at)
        named = {"message_id": message.id, "contact_id": contact.id, "channel": message.channel}
        _record("message.bounced", case, named | {"subject": message.subject, "error": words}, at=at)
        if hard and still:
            _record("contact.bounced", case, named | {"email": contact.email, "reason": words}, at=at)
            _next_one(case, debtor, message, at=at)


def _next_one(case: Case, debtor: Debtor, message: Message, *, at: datetime) -> None:
    """The same act for the next person, or the case says that it needs one."""
    if not people.usable_contacts(debtor.id).exists():
        stop_waiting(debtor, at=at)
        return
    step = Step.objects.filter(id=message.step_id, kind="outreach").first()
    if step is None or case.status != Case.Status.ACTIVE:
        return
    later = Step.objects.filter(case_id=case.id, version=step.version, index__gt=step.index)
    if later.exclude(status__in=[Step.Status.PLANNED, Step.Status.CANCELLED]).exists():
        return  # the playbook is past it
    cancel_steps(case_id=case.id, reason="the message before it came back", at=at)
    again = Step.objects.filter(case_id=case.id, version=step.version, index=step.index, channel=step.channel)
    same = ("organisation_id", "livemode", "clock_id", "campaign_id", "debtor_id", "case_id", "version", "index")
    Step.objects.create(
        id=ids.new("stp"),
        created_at=at,
        recorded_at=clock.now(),
        attempt=max(again.values_list("attempt", flat=True)) + 1,
        due_at=at,
        **{name: getattr(step, name) for name in (*same, "channel", "kind", "intent", "level")},
    )
    Case.objects.filter(id=case.id).update(next_contact_at=at, updated_at=at)


def complained(*, message_id: str, at: datetime) -> None:
    """The reader called it spam: the strongest way to say no, so that address is closed at once (R-10)."""
    message = Message.objects.select_related("contact__debtor").get(id=message_id)
    evidence = {"how": "complaint", "message_id": message.id}
    campaigns.suppress(
        contact=message.contact, channel="email", reason="complaint", by="debtor", at=at, evidence=evidence
    )


def _record(type: str, case: Case, facts: dict[str, Any], *, at: datetime) -> None:
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, **facts),
        by="provider",
        at=at,
        about=about(case),
        cause=facts["message_id"],
    )
