"""Test mode's transport: the debtor's side is a mailbox that the dashboard shows. Nothing leaves the house."""

from collections.abc import Sequence

from agentcollect.kit import clock, db
from outreach.models import MailboxItem, Message
from outreach.providers.email import BeforeData, Parcel
from outreach.providers.sandbox import debtors


class MailboxTransport:
    """Writes what a debtor's mail server would have taken."""

    in_database = True

    def deliver(self, parcel: Parcel, before_data: BeforeData) -> None:
        """Same promise as SMTP: `before_data()`, then the bytes, in two commits of their own."""
        before_data()
        message = Message.objects.defer("text", "html").get(id=parcel.message_id)
        with db.atomic():
            take([(message, parcel.mime.as_bytes())])


def take(arrived: Sequence[tuple[Message, bytes]]) -> None:
    """Write down what arrived, as MIME, and tell the debtors. Inside the caller's transaction, the rows written."""
    recorded_at = clock.now()
    items = [
        {
            "organisation_id": message.organisation_id,
            "livemode": message.livemode,
            "created_at": message.created_at,
            "recorded_at": recorded_at,
            "message_id": message.id,
            "recipient": message.recipient,
            "raw": raw.decode("utf-8", "surrogateescape"),
        }
        for message, raw in arrived
    ]
    db.insert_rows(MailboxItem, items)
    debtors().arrived([message for message, _ in arrived])
