"""Test mode's transport: the debtor's side is a mailbox that the dashboard shows. Nothing leaves the house."""

from agentcollect.kit import clock
from outreach.models import MailboxItem, Message
from outreach.providers.email import BeforeData, Parcel


class MailboxTransport:
    """Writes what a debtor's mail server would have taken."""

    def deliver(self, parcel: Parcel, before_data: BeforeData) -> None:
        """Same promise as SMTP: `before_data()`, then the bytes, in two commits of their own."""
        raw = parcel.mime.as_bytes().decode("utf-8", "surrogateescape")
        before_data()
        message = Message.objects.only("organisation_id", "livemode", "created_at").get(id=parcel.message_id)
        MailboxItem.objects.create(
            organisation_id=message.organisation_id,
            livemode=message.livemode,
            created_at=message.created_at,
            recorded_at=clock.now(),
            message_id=parcel.message_id,
            recipient=parcel.recipient,
            raw=raw,
        )
