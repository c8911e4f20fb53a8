"""How replies and the reply path are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, TEXT, TEXTS, TIME, named, whole
from outreach.models import Reply, ReplyPath
from outreach.rules.replies import LABELS

_MAYBE_NUMBER = {"type": ["number", "null"]}
_ATTACHMENT = named("ReplyAttachment", whole({"name": TEXT, "type": TEXT, "size": {"type": "integer"}}))
_REPLY: dict[str, Any] = {
    "id": TEXT,
    "campaign_id": TEXT,
    "case_id": TEXT,
    "debtor_id": TEXT,
    "contact_id": MAYBE_TEXT | {"description": "The sender, where their address is on file."},
    "message_id": MAYBE_TEXT | {"description": "The message of ours that they answer."},
    "channel": TEXT,
    "from": TEXT,
    "subject": TEXT,
    "text": TEXT | {"description": "Their own words, without what they quote and without what no reader sees."},
    "attachments": {"type": "array", "items": _ATTACHMENT},
    "identity": {
        "type": "string",
        "enum": Reply.Identity.values,
        "description": "known: an address on file; company: another one at the company's domain; unknown: neither, and "
        "then nothing is told to them.",
    },
    "status": {"type": "string", "enum": Reply.Status.values},
    "label": MAYBE_TEXT | {"description": f"What it was read as: {', '.join(LABELS)}."},
    "confidence": _MAYBE_NUMBER,
    "outcome": MAYBE_TEXT | {"description": "What came of it, in plain words."},
    "handled_at": MAYBE_TIME,
    "handled_by": MAYBE_TEXT,
    "created_at": TIME,
    "livemode": {"type": "boolean"},
}
_AMOUNT = whole({"amount": {"type": "number"}, "currency": TEXT, "quote": TEXT})
_DETAIL: dict[str, Any] = {
    "quoted": TEXT,
    "message_id_header": MAYBE_TEXT,
    "lexicon": MAYBE_TEXT | {"description": "What the deterministic word list found; it wins over the model."},
    "automatic": {"type": "boolean", "description": "A machine wrote it; it is never answered."},
    "hidden_text": {"type": "boolean", "description": "It holds words that no reader sees; a person looks at it."},
    "amounts": {"type": "array", "items": _AMOUNT},
    "dates": {"type": "array", "items": whole({"on": TEXT, "quote": TEXT})},
    "quotes": TEXTS,
    "agent_run_id": MAYBE_TEXT,
}
REPLY = named("Reply", whole(_REPLY))
REPLY_DETAIL = named("ReplyDetail", whole(_REPLY | _DETAIL))
RESOLVE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["label"],
    "properties": {
        "label": {"type": "string", "enum": LABELS, "description": "What it is; `other`: nothing follows from it."},
        "note": {"type": "string", "maxLength": 200},
    },
}
EXAMPLE: dict[str, Any] = {
    "id": "rpy_0UZ8pq1K9xQk4Fw2aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "from": "ap@acmecorp.com",
    "subject": "Re: Invoice #2025-0847 — Your Company",
    "text": "We will pay $5,000.00 on March 27, 2026.",
    "attachments": [],
    "identity": "known",
    "status": "handled",
    "label": "promise_to_pay",
    "confidence": 0.94,
    "outcome": "promise for 2026-03-27; answered",
    "handled_at": "2026-03-18T15:00:05Z",
    "handled_by": "engine",
    "created_at": "2026-03-18T15:00:00Z",
    "livemode": False,
}
DETAIL_EXAMPLE = EXAMPLE | {
    "quoted": "On Tue, Mar 17, 2026, Your Company wrote:\n> …",
    "message_id_header": "<CAF9a@mail.acmecorp.com>",
    "lexicon": None,
    "automatic": False,
    "hidden_text": False,
    "amounts": [{"amount": 5000, "currency": "USD", "quote": "$5,000.00"}],
    "dates": [{"on": "2026-03-27", "quote": "March 27, 2026"}],
    "quotes": ["We will pay $5,000.00 on March 27, 2026."],
    "agent_run_id": "run_0UZ8pq1K9xQk4Fw2aBcDeF",
}

_FIELDS: dict[str, Any] = {
    "kind": {"type": "string", "enum": ReplyPath.Kind.values},
    "address": MAYBE_TEXT,
    "host": MAYBE_TEXT,
    "port": {"type": ["integer", "null"]},
    "user": MAYBE_TEXT,
    "folder": MAYBE_TEXT,
}
PATH = named(
    "ReplyPath",
    whole(
        _FIELDS
        | {
            "has_secret": {"type": "boolean"},
            "status": {"type": "string", "enum": ReplyPath.Status.values},
            "proven_at": MAYBE_TIME,
            "probe_sent_at": MAYBE_TIME,
            "error": MAYBE_TEXT,
            "livemode": {"type": "boolean"},
        }
    ),
)
PATH_BODY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": _FIELDS["kind"],
        "address": {"type": "string", "format": "email"},
        "host": {"type": "string", "description": "Of an IMAP server reached by TLS."},
        "port": {"type": "integer", "default": 993},
        "user": {"type": "string"},
        "secret": {"type": "string", "writeOnly": True, "description": "The password; left out, it stays as it is."},
        "folder": {"type": "string", "default": "INBOX"},
    },
}
PATH_BODY_EXAMPLE = {
    "kind": "mailbox",
    "address": "ar@yourcompany.com",
    "host": "imap.yourcompany.com",
    "user": "ar@yourcompany.com",
    "secret": "an-app-password",
}
PATH_EXAMPLE: dict[str, Any] = {
    "kind": "mailbox",
    "address": "ar@yourcompany.com",
    "host": "imap.yourcompany.com",
    "port": 993,
    "user": "ar@yourcompany.com",
    "folder": "INBOX",
    "has_secret": True,
    "status": "proven",
    "proven_at": "2026-03-17T14:02:11Z",
    "probe_sent_at": "2026-03-17T14:01:30Z",
    "error": None,
    "livemode": True,
}
