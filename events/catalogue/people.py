"""Who is reached at a debtor, what they are sent, and what they answer."""

from events.catalogue.shape import CASE, define, filled

define(
    "contact.enriched",
    "A new decision-maker contact was found and verified for a debtor.",
    lambda d: filled("Found {name}, {title}", d.get("contact", {})),
    "contact",
    example=CASE
    | {
        "contact": {
            "id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
            "name": "Morgan Reyes",
            "title": "Controller",
            "seniority": "manager",
            "email": "morgan.reyes@acmecorp.com",
            "email_status": "valid",
            "level": 2,
            "confidence": 92,
            "sources": ["sandbox-directory", "sandbox-site"],
            "verified_at": "2026-03-17T14:00:00Z",
        }
    },
)
define(
    "contact.suppressed",
    "A debtor closed a medium for one address, or you did (`reason`: `creditor`).",
    "{channel} closed: {reason}",
    "contact",
    example=CASE | {"contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF", "channel": "email", "reason": "opt_out"},
)
_MESSAGE = CASE | {
    "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "intent": "first_reminder",
    "subject": "Invoice #2025-0847 — Your Company",
}
define(
    "message.sent",
    "A message was handed to the mail provider.",
    "Email sent: “{subject}”",
    "message",
    channel="email",
    example=_MESSAGE,
)
define(
    "message.failed",
    "A message could not be sent.",
    "Email not sent: {error}",
    "message",
    channel="email",
    example=_MESSAGE | {"error": "mailbox does not exist"},
)
_CALL = CASE | {
    "call_id": "cal_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "call",
    "mode": "ai",
}
_CALLED = {
    "conversation": "Called: they were spoken to",
    "voicemail": "Called: a message was left",
    "no_answer": "Called: nobody answered",
    "busy": "Called: the line was busy",
    "refused_recording": "Called: they did not want to be recorded; the call ended",
    "wrong_number": "Called: the number is not theirs",
}
define(
    "call.completed",
    "A call took place (`outcome`), by a machine (`mode`: `ai`) or by a person (`human`).",
    lambda d: _CALLED.get(str(d.get("outcome")), "Called"),
    "message",
    channel="phone",
    example=_CALL | {"outcome": "conversation", "note": None},
)
define(
    "call.failed",
    "A call could not be made.",
    "Call not made: {error}",
    "message",
    channel="phone",
    example=_CALL | {"error": "no line is free"},
)
define(
    "message.bounced",
    "A message came back: the mail server of the address refused it.",
    "Email came back: {error}",
    "message",
    channel="email",
    example=_MESSAGE | {"error": "550 5.1.1 user unknown"},
)
define(
    "contact.bounced",
    "An address is none: nothing more is sent to it. The other people of that debtor are still written to.",
    "Address does not exist: {email}",
    "contact",
    example=CASE
    | {
        "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
        "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
        "channel": "email",
        "email": "ap@acmecorp.com",
        "reason": "550 5.1.1 user unknown",
    },
)
_REPLY = CASE | {
    "reply_id": "rpy_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "from": "ap@acmecorp.com",
    "subject": "Re: Invoice #2025-0847 — Your Company",
}
define(
    "reply.received",
    "The debtor wrote. Nothing is sent to them until the reply has been read (`GET /v1/replies/{id}` says what it is).",
    "They wrote: “{subject}”",
    "reply",
    channel="email",
    example=_REPLY | {"attachments": [{"name": "remittance.pdf", "type": "application/pdf", "size": 48213}]},
)
define(
    "document.needed",
    "The debtor asks for a document that is not shared with them: add it with `share_with_debtor`.",
    "Document asked for: {reason}",
    "document",
    example=CASE
    | {
        "reply_id": "rpy_0UZ8pq1K9xQk4Fw2aBcDeF",
        "reason": "They ask for a copy of the invoice, and none is shared with them.",
    },
)
_PATH = {"kind": "mailbox", "address": "ar@yourcompany.com"}
define(
    "reply_path.proven",
    "A test message came back: answers of your debtors reach us, and live email may leave.",
    "Answers reach us: the test message came back",
    "audit",
    example=_PATH,
)
define(
    "reply_path.broken",
    "A test message did not come back: live email waits until one does.",
    "Answers do not reach us: {reason}",
    "audit",
    example=_PATH | {"reason": "the probe did not come back within 10 minutes"},
)
