"""The public shapes of outreach."""

from typing import Any

from agentcollect.kit import clock, money
from outreach.models import Decision, Message
from outreach.plans import Planned, Preview


def message(row: Message) -> dict[str, Any]:
    """A message as a list shows it."""
    return {
        "id": row.id,
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


def preview(shown: Preview) -> dict[str, Any]:
    """What a campaign would do: the create's figures without its ids, planned contacts, blocked rows, first message."""
    campaign, message = shown.campaign, shown.message
    planned = [row for row in shown.rows if row.at is not None]
    return {
        "creditor": campaign.creditor,
        "debtors_enrolled": campaign.debtors_enrolled,
        "debtors_unique": campaign.debtors_unique,
        "debtors_held": campaign.debtors_held,
        "total_amount": money.to_json(campaign.total_minor, campaign.currency),
        "currency": campaign.currency,
        "first_contact_at": clock.iso(campaign.first_contact_at) if campaign.first_contact_at else None,
        "warnings": campaign.warnings,
        "planned": [
            _invoice(row) | {"to": row.contact.email if row.contact else None, "at": clock.iso(row.at)}
            for row in planned
            if row.at
        ],
        "blocked": [
            _invoice(row) | {"outcome": row.outcome, "rule": row.rule or None, "reason": row.reason}
            for row in shown.rows
            if row.at is None
        ],
        "first_message": {"subject": message.subject, "text": message.text, "html": message.html} if message else None,
        "livemode": campaign.livemode,
    }


def _invoice(row: Planned) -> dict[str, Any]:
    return {
        "debtor": row.case.debtor.name,
        "invoice_number": row.case.invoice_number or None,
        "amount": money.to_json(row.case.balance_minor, row.case.currency),
    }
