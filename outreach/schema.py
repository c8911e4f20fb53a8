"""How the room's answers are described in the OpenAPI document."""

from typing import Any

from outreach.models import Message

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_TIME = {"type": "string", "format": "date-time"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields, "additionalProperties": False}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return _object(
        {"data": {"type": "array", "items": item}, "has_more": {"type": "boolean"}, "next_cursor": _MAYBE_TEXT}
    )


_MESSAGE: dict[str, Any] = {
    "id": _TEXT,
    "campaign_id": _TEXT,
    "case_id": _TEXT,
    "debtor_id": _TEXT,
    "contact_id": _TEXT,
    "channel": _TEXT,
    "kind": _TEXT,
    "intent": _TEXT,
    "status": {"type": "string", "enum": Message.Status.values},
    "from": _TEXT,
    "to": _TEXT,
    "subject": _TEXT,
    "sent_at": _MAYBE_TIME,
    "error": _MAYBE_TEXT,
    "created_at": _TIME,
    "livemode": {"type": "boolean"},
}
_VERDICT = _object(
    {
        "rule": _TEXT,
        "version": _TEXT,
        "outcome": _TEXT,
        "reason": _TEXT,
        "evidence": {"type": "object", "additionalProperties": True},
        "until": _MAYBE_TIME,
    }
)
_DECISION: dict[str, Any] = {
    "id": _TEXT,
    "case_id": _TEXT,
    "debtor_id": _TEXT,
    "contact_id": _MAYBE_TEXT,
    "step_id": _MAYBE_TEXT,
    "channel": _TEXT,
    "kind": _TEXT,
    "outcome": {"type": "string", "enum": ["allow", "deny", "defer", "require"]},
    "rule": _MAYBE_TEXT | {"description": "The deciding rule; null when every rule allows."},
    "reason": _TEXT,
    "until": _MAYBE_TIME | {"description": "For a defer: the earliest moment at which no rule defers any more."},
    "verdicts": {"type": "array", "items": _VERDICT},
    "created_at": _TIME,
    "livemode": {"type": "boolean"},
}
_DETAIL = {
    "text": _TEXT,
    "html": _TEXT,
    "message_id_header": _TEXT,
    "references": _TEXTS,
    "drafter": _TEXT,
    "variant": _MAYBE_TEXT,
    "guards": _TEXTS,
    "decision_id": _MAYBE_TEXT,
    "step_id": _MAYBE_TEXT,
}
MESSAGE = _object(_MESSAGE | _DETAIL)
MESSAGES = _page(_object(_MESSAGE))
DECISIONS = _page(_object(_DECISION))

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
    "until": None,
    "verdicts": [_RULE],
    "created_at": "2026-03-17T15:00:00Z",
    "livemode": False,
}


def page_of(example: dict[str, Any]) -> dict[str, Any]:
    return {"data": [example], "has_more": False, "next_cursor": None}


_INVOICE = {"debtor": _TEXT, "invoice_number": _MAYBE_TEXT, "amount": {"type": "number"}}
PREVIEW = _object(
    {
        "creditor": _TEXT,
        "debtors_enrolled": {"type": "integer"},
        "debtors_unique": {"type": "integer"},
        "debtors_held": {"type": "integer"},
        "total_amount": {"type": "number"},
        "currency": _TEXT,
        "first_contact_at": _MAYBE_TIME,
        "warnings": {"type": "array", "items": {}},
        "planned": {"type": "array", "items": _object(_INVOICE | {"to": _MAYBE_TEXT, "at": _TIME})},
        "blocked": {
            "type": "array",
            "items": _object(_INVOICE | {"outcome": _TEXT, "rule": _MAYBE_TEXT, "reason": _TEXT}),
        },
        "first_message": {
            "oneOf": [_object({"subject": _TEXT, "text": _TEXT, "html": _TEXT}), {"type": "null"}],
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
