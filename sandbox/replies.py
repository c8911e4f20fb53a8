"""Mails that debtors could have written, as RFC 5322 texts: they go through the same door as real ones."""

import json
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.conf import settings

from agentcollect.kit import crypto, errors, ids, money
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns import queries as people
from campaigns.models import Case, Contact
from outreach import operations as outreach
from outreach import queries
from outreach.models import Inbound
from outreach.models import Message as Sent
from outreach.operations.inbound import TRACKING
from outreach.operations.matching import PURPOSE
from sandbox import words

errors.define("nothing_sent", 409, "No message of this case has left yet, so none can come back.")
errors.define("no_sender", 409, "This debtor has no contact with an e-mail address: name one in `from`.")

HOST = "inbound.sandbox.agentcollect.com"
# What can be asked for by name.
TEMPLATES = tuple(words.TEXTS)


def reply(
    *,
    case: Case,
    text: str,
    template: str,
    sender: str,
    at: datetime,
    to: Sent | None = None,
    seed: str = "",
    dedupe: str = "",
) -> Inbound:
    """The debtor answers `to`, or the last message about `case`: `text`, or a template's, in their language.

    `seed`: which of its variants (sandbox.words). Raises ApiError(no_sender).
    """
    to = to or _last(case)
    contact = _writer(case, to)
    address = sender or (contact.email if contact else "")
    if not address:
        raise ApiError("no_sender")
    name = contact.name if contact and contact.email == address else ""
    mail = _answer(case, to, address=address, name=name, at=at)
    mail.set_content((text or _filled(template, case, address, seed, at)) + _history(to))
    if template == "out_of_office":
        mail["Auto-Submitted"] = "auto-replied"
    return _through_the_door(case, mail, at=at, dedupe=dedupe)


def bounce(*, message: Sent, kind: str, at: datetime) -> Inbound:
    """The mail server says that `message` could not be delivered: `hard` (no such address) or `soft` (mailbox full)."""
    status, words = ("5.1.1", "550 5.1.1 user unknown") if kind == "hard" else ("4.2.2", "452 4.2.2 mailbox full")
    case = Case.objects.get(id=message.case_id)
    report = EmailMessage(policy=SMTP if f"{message.sender}{message.recipient}".isascii() else SMTPUTF8)
    report["Message-ID"], report["Date"] = f"<{ids.random62(20)}@mx.sandbox.agentcollect.com>", format_datetime(at)
    report["From"], report["To"] = "MAILER-DAEMON@mx.sandbox.agentcollect.com", message.sender
    report["Subject"], report["Auto-Submitted"] = "Undelivered Mail Returned to Sender", "auto-replied"
    report.set_content(f"Your message to {message.recipient} could not be delivered: {words}\n")
    report.make_mixed()
    report.get_payload().extend(  # type: ignore[union-attr]
        [_status(message.recipient, status, words), _headers(message)]
    )
    report.replace_header("Content-Type", 'multipart/report; report-type="delivery-status"')
    report.set_boundary(f"=={ids.random62(20)}==")
    return _through_the_door(case, report, at=at)


def complain(*, message: Sent, clock_id: str, at: datetime, dedupe: str = "") -> Inbound:
    """The reader marks `message`, of a case on that clock, as spam: their mail program tells ours."""
    facts = {"type": "complained", "hard": False, "words": "reported as spam"}
    return told(message=message, facts=facts, clock_id=clock_id, dedupe=dedupe, at=at)


def told(*, message: Sent, facts: dict[str, Any], clock_id: str, at: datetime, dedupe: str = "") -> Inbound:
    """A mail provider's event `{type, hard, words}` about our message (outreach.providers.inbound has the shape)."""
    event = facts | {"ids": [message.rfc_message_id], "recipient": message.recipient.lower()}
    return outreach.receive(
        provider=f"sandbox{TRACKING}",
        raw=json.dumps(event, sort_keys=True),
        dedupe=dedupe,
        organisation_id=message.organisation_id,
        livemode=False,
        clock_id=clock_id,
        at=at,
    )


def opt_out(*, contact: Contact, channel: str, at: datetime) -> None:
    """That person closes `channel`: by a mail of theirs, or (call, sms) by saying so."""
    case = people.speaking_case(contact.debtor_id)
    if channel != "email" or case is None or not contact.email:
        campaigns.suppress(
            contact=contact, channel=channel, reason="opt_out", by="debtor", at=at, evidence={"how": "sandbox"}
        )
        return
    reply(case=Case.objects.get(id=case.id), text="", template="opt_out", sender=contact.email, at=at)


def last_sent(case: Case) -> Sent:
    """The last message about `case` that left. Raises ApiError(nothing_sent)."""
    rows = Sent.objects.filter(case_id=case.id, channel="email", status__in=queries.LEFT)
    found = rows.order_by("-created_at", "-id").first()
    if found is None:
        raise ApiError("nothing_sent")
    return found


def _last(case: Case) -> Sent | None:
    left = Sent.objects.filter(case_id=case.id, status__in=queries.LEFT)
    return left.order_by("-created_at", "-id").first()


def _writer(case: Case, to: Sent | None) -> Contact | None:
    """Who was written to, else the first contact."""
    if to is not None:
        return Contact.objects.get(id=to.contact_id)
    return Contact.objects.filter(debtor_id=case.debtor_id).exclude(email="").order_by("level", "id").first()


def _answer(case: Case, to: Sent | None, *, address: str, name: str, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP if address.isascii() else SMTPUTF8)
    mail["Message-ID"], mail["Date"] = f"<{ids.random62(20)}@sandbox.agentcollect.com>", format_datetime(at)
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = f"r+{crypto.sign_id(PURPOSE, case.id)}@{settings.INBOUND_HOST or HOST}"
    mail["Subject"] = f"Re: {to.subject if to else case.invoice_number or 'Your message'}"
    if to is not None:
        mail["In-Reply-To"] = to.rfc_message_id
        mail["References"] = f"{to.references} {to.rfc_message_id}".strip()
    return mail


def _history(to: Sent | None) -> str:
    """The message they answer, quoted as mail programs quote it."""
    if to is None:
        return ""
    quoted = "\n".join(f"> {line}".rstrip() for line in to.text.splitlines()[:40])
    return f"\n\nOn {to.created_at:%a, %b %d, %Y at %H:%M}, {to.sender} wrote:\n{quoted}\n"


def _filled(template: str, case: Case, address: str, seed: str, at: datetime) -> str:
    language = case.debtor.language[:2].lower()
    language = language if language in words.LANGUAGES else "en"
    day = (at + timedelta(days=7)).astimezone(ZoneInfo(case.campaign.organisation.timezone)).date()
    return words.text(template, language, seed=seed).format(
        amount=money.display(case.balance_minor, case.currency, language),
        half=money.display(max(case.balance_minor // 2, 1), case.currency, language),
        day=format_date(day, "long", locale=language),
        domain=case.debtor.email_domain or address.rpartition("@")[2],
    )


def _status(recipient: str, status: str, words: str) -> Message:
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    server, one = Message(), Message()
    server["Reporting-MTA"] = "dns; mx.sandbox.agentcollect.com"
    one["Final-Recipient"], one["Action"] = f"rfc822; {recipient}", "failed"
    one["Status"], one["Diagnostic-Code"] = status, f"smtp; {words}"
    part.set_payload([server, one])
    return part


def _headers(message: Sent) -> Message:
    part = Message()
    part["Content-Type"] = "text/rfc822-headers"
    part.set_payload(f"Message-ID: {message.rfc_message_id}\nTo: {message.recipient}\n")
    return part


def _through_the_door(case: Case, mail: EmailMessage, *, at: datetime, dedupe: str = "") -> Inbound:
    return outreach.receive(
        provider="sandbox",
        raw=mail.as_string(),
        dedupe=dedupe,
        organisation_id=case.organisation_id,
        livemode=False,
        clock_id=case.clock_id,
        at=at,
    )
