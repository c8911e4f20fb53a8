"""The sandbox mailbox: what test mode's debtors received, read from the raw message as a mail program would."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

from outreach.models import MailboxItem


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it."""

    item: MailboxItem
    sender: str
    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str


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
