"""The sandbox mailbox: what test mode's debtors received, read from the raw message as a mail program would."""

import email
import email.policy
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage

from django.db.models import QuerySet

from agentcollect.kit import db
from dashboard.access import Seat
from outreach.models import MailboxItem, Message


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it."""

    item: MailboxItem
    sender: str
    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str


def narrowed(seat: Seat, rows: QuerySet[MailboxItem], filters: dict[str, str]) -> QuerySet[MailboxItem]:
    """Mails `to` an address (any case), to a `debtor`, of those on a `clock`."""
    if "to" in filters:
        rows = rows.filter(recipient__iexact=filters["to"])
    named = {"debtor": "debtor_id", "clock": "case__clock_id"}
    about = {column: filters[name] for name, column in named.items() if name in filters}
    return rows.filter(message_id__in=seat.rows(Message).filter(**about).values("id")) if about else rows


def messages(seat: Seat, items: Iterable[MailboxItem]) -> dict[str, Message]:
    """What each of these mails was when it left, with its case and debtor: by message id, in one read."""
    ids = {item.message_id for item in items}
    rows = (
        seat.rows(Message).filter(db.among("id", ids)).select_related("case__campaign", "case__organisation", "debtor")
    )
    return {row.id: row for row in rows.defer("text", "html")} if ids else {}


def read(item: MailboxItem) -> Mail:
    """The parsed mail; a part that is missing is an empty text."""
    parsed = email.message_from_string(item.raw, policy=email.policy.default)
    return Mail(
        item=item,
        sender=str(parsed["From"] or ""),
        subject=str(parsed["Subject"] or "(no subject)"),
        headers=[(name, str(value)) for name, value in parsed.items()],
        text=_part(parsed, "plain"),
        html=_part(parsed, "html"),
    )


def _part(parsed: EmailMessage, kind: str) -> str:
    body = parsed.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""
