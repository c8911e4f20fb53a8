"""Mails of debtors, as bytes that a mail server would hand over."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from agentcollect.kit import crypto, ids
from campaigns.models import Case
from outreach import operations
from outreach.models import Inbound
from tests.outreach.world import AT


def mail(
    case: Case | None = None, text: str = "We will pay.", sender: str = "ap@acmecorp.com", **headers: str
) -> EmailMessage:
    """An answer about `case`, addressed as our mails ask for it; headers take `_` for `-`."""
    built = EmailMessage(policy=SMTP)
    token = f"r+{crypto.sign_id('reply', case.id)}@in.example.com" if case else "somebody@in.example.com"
    facts = {"Message_ID": f"<{ids.random62(12)}@acmecorp.com>", "From": sender, "To": token, "Subject": "Re: Invoice"}
    for name, value in (facts | headers).items():
        built[name.replace("_", "-")] = value
    built.set_content(text)
    return built


def html(case: Case, body: str, plain: str = "", **headers: str) -> EmailMessage:
    built = mail(case, plain or "see the other part", **headers)
    built.add_alternative(body, subtype="html")
    return built


def arrive(built: EmailMessage | str, **facts: Any) -> Inbound:
    """Through the door, as a provider's callback would."""
    raw = built if isinstance(built, str) else built.as_string()
    return operations.receive(**{"provider": "test", "raw": raw, "at": AT} | facts)


def report(recipient: str, original: str, status: str = "5.1.1") -> str:
    """A delivery report of RFC 3464."""
    return (
        "From: MAILER-DAEMON@mx.acmecorp.com\r\nTo: ar@yourcompany.com\r\nSubject: Undelivered\r\n"
        "Message-ID: <dsn1@mx.acmecorp.com>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acmecorp.com\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\n\r\n--b--\r\n"
    )
