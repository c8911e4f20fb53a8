"""What a message is made of, and what came before it."""

from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Organisation
from agentcollect.kit import crypto
from campaigns.models import Campaign, Case, Contact, Debtor, LedgerEntry
from outreach.models import Message, Reply
from outreach.queries.desk import File, Seen

_PURPOSE, _PREFIX = "optout", "con"
# States in which the debtor was certainly, or possibly, reached.
LEFT = (
    Message.Status.HANDED_OVER,
    Message.Status.SENT,
    Message.Status.DELIVERED,
    Message.Status.BOUNCED,
    Message.Status.UNCONFIRMED,
)


def ledger(case: Case) -> list[LedgerEntry]:
    """The case's account in order."""
    return list(LedgerEntry.objects.filter(case_id=case.id).order_by("created_at", "id"))


def zone_of(organisation: Organisation) -> ZoneInfo:
    """Where the creditor's days begin and end."""
    return ZoneInfo(organisation.timezone)


def thread(case: Case) -> list[str]:
    """Message-IDs of this case's messages that left or may have left, oldest first."""
    rows = Message.objects.filter(case_id=case.id, channel="email", status__in=LEFT)
    return list(rows.order_by("created_at", "id").values_list("rfc_message_id", flat=True))


def last_variant(debtor_id: str) -> str:
    """The wording of the last message to this debtor that left or may have left: the next is another."""
    rows = Message.objects.filter(debtor_id=debtor_id, channel="email", status__in=LEFT).order_by("-created_at", "-id")
    return rows.values_list("variant", flat=True).first() or ""


def thread_of(file: File, case: Case) -> list[str]:
    """The same, from a debtor's file."""
    return [row.rfc_message_id for row in _left(file) if row.case_id == case.id]


def last_variant_of(file: File) -> str:
    """The same, from a debtor's file."""
    return next((row.variant for row in reversed(_left(file))), "")


def _left(file: File) -> list[Seen]:
    mails = (row for row in file.seen if row.channel == "email" and row.direction == "out" and row.state in LEFT)
    return sorted(mails, key=lambda row: (row.created_at, row.id))


def unread_in(file: File) -> bool:
    """Whether something of theirs has not been read yet."""
    return any(row.direction == "in" and row.state == Reply.Status.RECEIVED for row in file.seen)


def unread(debtor: Debtor) -> bool:
    """Whether something this debtor wrote has not been read yet."""
    return Reply.objects.filter(debtor_id=debtor.id, status=Reply.Status.RECEIVED).exists()


def opt_out_url(contact_id: str) -> str:
    """The address at which this contact opts out, with no login."""
    return f"{settings.PUBLIC_URL}/optout/{crypto.sign_id(_PURPOSE, contact_id)}"


def contact_of_token(token: str) -> Contact | None:
    """The contact an opt-out link was made for; None for every other text, without a word to the database."""
    contact_id = crypto.read_signed_id(_PURPOSE, _PREFIX, token)
    if contact_id is None:
        return None
    return Contact.objects.select_related("debtor", "organisation").filter(id=contact_id).first()


def creditor_seen_by(contact: Contact) -> tuple[str, object]:
    """(name, colours) of the creditor as this contact knows it: from the last message, else the organisation's own."""
    last = Message.objects.filter(contact_id=contact.id).order_by("-created_at", "-id").first()
    if last is None:
        return contact.organisation.name, contact.organisation.brand.get("colors")
    campaign = Campaign.objects.only("brand", "creditor").get(id=last.campaign_id)
    return campaign.brand.get("name") or campaign.creditor, campaign.brand.get("colors")
