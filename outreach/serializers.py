"""The public shapes of outreach."""

from typing import Any

from agentcollect.kit import clock
from outreach.models import Decision, Message


def message(row: Message) -> dict[str, Any]:
    """A message as a list shows it."""
    return {
        "id": row.id,
        "object": "message",
        "campaign_id": row.campaign_id,
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "contact_id": row.contact_id,
        "channel": row.channel,
        "kind": row.kind,
        "intent": row.intent,
        "status": row.status,
        "from": row.sender,
        "to": row.recipient,
        "subject": row.subject,
        "sent_at": clock.iso(row.sent_at) if row.sent_at else None,
        "error": row.error or None,
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }


def message_detail(row: Message) -> dict[str, Any]:
    """The same with what was sent, who wrote it, and which guards it passed."""
    return message(row) | {
        "text": row.text,
        "html": row.html,
        "message_id_header": row.rfc_message_id,
        "references": row.references.split(),
        "drafter": row.drafter,
        "variant": row.variant or None,
        "guards": row.guards,
        "decision_id": row.decision_id or None,
        "step_id": row.step_id or None,
    }


def decision(row: Decision) -> dict[str, Any]:
    """One answer of the gate, with every rule's verdict and evidence."""
    return {
        "id": row.id,
        "object": "decision",
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "contact_id": row.contact_id or None,
        "step_id": row.step_id or None,
        "channel": row.channel,
        "kind": row.kind,
        "outcome": row.outcome,
        "rule": row.rule or None,
        "reason": row.reason,
        "until": clock.iso(row.until) if row.until else None,
        "verdicts": row.verdicts,
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }
