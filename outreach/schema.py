"""How the room's answers are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, TEXT, TEXTS, TIME, named, page, whole
from outreach.models import Message

_MESSAGE: dict[str, Any] = {
    "id": TEXT,
    "campaign_id": TEXT,
    "case_id": TEXT,
    "debtor_id": TEXT,
    "contact_id": TEXT,
    "channel": TEXT,
    "kind": TEXT,
    "intent": TEXT,
    "status": {"type": "string", "enum": Message.Status.values},
    "from": TEXT,
    "to": TEXT,
    "subject": TEXT,
    "sent_at": MAYBE_TIME,
    "error": MAYBE_TEXT,
    "created_at": TIME,
    "livemode": {"type": "boolean"},
}
_VERDICT = named(
    "Verdict",
    whole(
        {
            "rule": TEXT,
            "version": TEXT,
            "outcome": TEXT,
            "reason": TEXT,
            "evidence": {"type": "object", "additionalProperties": True},
            "until": MAYBE_TIME,
        }
    ),
)
_DECISION: dict[str, Any] = {
    "id": TEXT,
    "case_id": TEXT,
    "debtor_id": TEXT,
    "contact_id": MAYBE_TEXT,
    "step_id": MAYBE_TEXT,
    "channel": TEXT,
    "kind": TEXT,
    "outcome": {"type": "string", "enum": ["allow", "deny", "defer", "require"]},
    "rule": MAYBE_TEXT | {"description": "The deciding rule; null when every rule allows."},
    "reason": TEXT,
    "explanation": TEXT | {"description": "The same for people: why, what else is in the way, and when next."},
    "until": MAYBE_TIME | {"description": "For a defer: the earliest moment at which no rule defers any more."},
    "verdicts": {"type": "array", "items": _VERDICT},
    "created_at": TIME,
    "livemode": {"type": "boolean"},
}
_DETAIL = {
    "text": TEXT,
    "html": TEXT,
    "message_id_header": TEXT,
    "references": TEXTS,
    "drafter": TEXT,
    "variant": MAYBE_TEXT,
    "language": TEXT,
    "paragraphs": TEXTS | {"description": "The words between greeting and statement."},
    "approved_by": MAYBE_TEXT | {"description": "Who let it go, where a person had to."},
    "approved_at": MAYBE_TIME,
    "guards": TEXTS,
    "decision_id": MAYBE_TEXT,
    "step_id": MAYBE_TEXT,
}
MESSAGE = whole(_MESSAGE | _DETAIL)
MESSAGE_ITEM = named("MessageSummary", whole(_MESSAGE))
DECISION = named("Decision", whole(_DECISION))
MESSAGES = page(MESSAGE_ITEM)
DECISIONS = page(DECISION)

EXAMPLE: dict[str, Any] = {
    "id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "kind": "outreach",
    "intent": "first_reminder",
    "status": "sent",
    "from": "ar@yourcompany.com",
    "to": "ap@acmecorp.com",
    "subject": "Invoice #2025-0847 — Your Company",
    "sent_at": "2026-03-17T15:00:00Z",
    "error": None,
    "created_at": "2026-03-17T15:00:00Z",
    "livemode": False,
}
DETAIL_EXAMPLE = EXAMPLE | {
    "text": "Hello,\n\nThe records of Your Company show that invoice #2025-0847 is still open. …",
    "html": "<!DOCTYPE html>…",
    "message_id_header": "<stp_0UZ8pq1K9xQk4Fw2aBcDeF@yourcompany.com>",
    "references": [],
    "drafter": "template",
    "variant": "first_reminder/a",
    "language": "en",
    "paragraphs": ["The records of Your Company show that invoice #2025-0847 is still open."],
    "approved_by": None,
    "approved_at": None,
    "guards": ["amounts", "dates", "identifiers", "links", "opt_out"],
    "decision_id": "dec_0UZ8pq1K9xQk4Fw2aBcDeF",
    "step_id": "stp_0UZ8pq1K9xQk4Fw2aBcDeF",
}
_RULE: dict[str, Any] = {
    "rule": "R-01",
    "version": "1",
    "outcome": "allow",
    "reason": "inside permitted hours",
    "evidence": {},
    "until": None,
}
DECISION_EXAMPLE: dict[str, Any] = {
    "id": "dec_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "step_id": "stp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "kind": "outreach",
    "outcome": "allow",
    "rule": None,
    "reason": "every rule allows",
    "explanation": "Allowed: an email. None of the 39 rules objects.",
    "until": None,
    "verdicts": [_RULE],
    "created_at": "2026-03-17T15:00:00Z",
    "livemode": False,
}


_INVOICE = {"debtor": TEXT, "invoice_number": MAYBE_TEXT, "amount": {"type": "number"}}
PREVIEW = whole(
    {
        "creditor": TEXT,
        "debtors_enrolled": {"type": "integer"},
        "debtors_unique": {"type": "integer"},
        "debtors_held": {"type": "integer"},
        "total_amount": {"type": "number"},
        "currency": TEXT,
        "first_contact_at": MAYBE_TIME,
        "warnings": {"type": "array", "items": {}},
        "planned": {"type": "array", "items": whole(_INVOICE | {"to": MAYBE_TEXT, "at": TIME})},
        "blocked": {
            "type": "array",
            "items": whole(_INVOICE | {"outcome": TEXT, "rule": MAYBE_TEXT, "reason": TEXT}),
        },
        "first_message": {
            "oneOf": [whole({"subject": TEXT, "text": TEXT, "html": TEXT}), {"type": "null"}],
        },
        "livemode": {"type": "boolean"},
    }
)
PREVIEW_EXAMPLE: dict[str, Any] = {
    "creditor": "Your Company Inc.",
    "debtors_enrolled": 2,
    "debtors_unique": 2,
    "debtors_held": 1,
    "total_amount": 15250,
    "currency": "USD",
    "first_contact_at": "2026-03-17T15:00:00Z",
    "warnings": [],
    "planned": [
        {
            "debtor": "Acme Corp",
            "invoice_number": "INV-2025-0847",
            "amount": 15000,
            "to": "ap@acmecorp.com",
            "at": "2026-03-17T15:00:00Z",
        }
    ],
    "blocked": [
        {
            "debtor": "Jane Doe",
            "invoice_number": None,
            "amount": 250,
            "outcome": "deny",
            "rule": "H-01",
            "reason": "hold identity_doubt: a person decides first",
        }
    ],
    "first_message": {
        "subject": "Invoice #2025-0847 — Your Company",
        "text": "Hello, …",
        "html": "<!doctype html>…",
    },
    "livemode": False,
}
