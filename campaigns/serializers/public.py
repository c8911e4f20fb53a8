"""What the API answers about campaigns, cases, debtors and contacts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agentcollect.kit import clock, money
from campaigns.models import Campaign, Case
from campaigns.serializers import offers
from campaigns.serializers.intake import Row
from events.catalogue import TYPES
from events.models import Event

# The page's own sentence; the parenthesis is what its "1–4 hours" means where debtors sleep.
STARTED = "Collection started. Webhook fires on payment."
IMPORTING = "Import started. Collection starts when the file is read."


def created(campaign: Campaign, *, debtor: str, import_id: str) -> dict[str, Any]:
    """The answer to a create: one superset for every request shape (API.md, Response)."""
    return {
        "id": campaign.id,
        "campaign_id": campaign.id,
        "status": campaign.status,
        "creditor": campaign.creditor,
        **({"debtor": debtor} if debtor else {}),
        "debtors_enrolled": campaign.debtors_enrolled,
        "debtors_unique": campaign.debtors_unique,
        "debtors_held": campaign.debtors_held,
        "total_amount": money.to_json(campaign.total_minor, campaign.currency),
        "currency": campaign.currency,
        "first_contact_at": _time(campaign.first_contact_at),
        "message": IMPORTING if import_id else STARTED,
        **({"import_id": import_id} if import_id else {}),
        **({"test_clock": campaign.clock_id} if campaign.clock_id else {}),
        "warnings": campaign.warnings,
        "livemode": campaign.livemode,
        "created_at": clock.iso(campaign.created_at),
    }


def listed(campaign: Campaign) -> dict[str, Any]:
    """A campaign in a list: what stands in its own row."""
    return {
        "id": campaign.id,
        "campaign_id": campaign.id,
        "name": campaign.name,
        "status": campaign.status,
        "creditor": campaign.creditor,
        "debtors_enrolled": campaign.debtors_enrolled,
        "debtors_unique": campaign.debtors_unique,
        "debtors_held": campaign.debtors_held,
        "total_amount": money.to_json(campaign.total_minor, campaign.currency),
        "currency": campaign.currency,
        "first_contact_at": _time(campaign.first_contact_at),
        "start_at": _time(campaign.start_at),
        "mandate_ends_on": _last_day(campaign),
        "escalation": campaign.escalation,
        "offer_policy": offers.shown(campaign.offer_policy, campaign.currency),
        "approval": campaign.approval or None,
        "playbook": campaign.playbook,
        "playbook_version": campaign.playbook_version,
        "posture": campaign.posture,
        "test_clock": campaign.clock_id or None,
        "brand": campaign.brand,
        "metadata": campaign.metadata,
        "warnings": campaign.warnings,
        "livemode": campaign.livemode,
        "created_at": clock.iso(campaign.created_at),
        "completed_at": _time(campaign.completed_at),
        "updated_at": clock.iso(campaign.updated_at),
    }


def detail(campaign: Campaign, figures: dict[str, Any], timeline: list[Event]) -> dict[str, Any]:
    """One campaign with its figures (minor units in, numbers out) and the latest of its timeline."""
    placed, collected = figures["placed"], figures["collected"]
    return listed(campaign) | {
        "amount_collected": money.to_json(collected, campaign.currency),
        "amount_outstanding": money.to_json(figures["outstanding"], campaign.currency),
        "recovery_rate": round(collected / placed, 4) if placed else 0,
        "cases": figures["by_status"],
        "next_contact_at": _time(figures["next_contact_at"]),
        "timeline": [entry(event) for event in timeline],
    }


def added(campaign: Campaign, rows: Sequence[Row], case_ids: Sequence[str]) -> dict[str, Any]:
    """The answer to an addition: the campaign's new totals, and the case of each row in the order of the body."""
    amount = sum(row.placed_minor for row in rows)
    return {
        "id": campaign.id,
        "campaign_id": campaign.id,
        "status": campaign.status,
        "debtors_added": len(rows),
        "amount_added": money.to_json(amount, campaign.currency),
        "debtors_enrolled": campaign.debtors_enrolled,
        "debtors_unique": campaign.debtors_unique,
        "debtors_held": campaign.debtors_held,
        "total_amount": money.to_json(campaign.total_minor, campaign.currency),
        "currency": campaign.currency,
        "first_contact_at": _time(campaign.first_contact_at),
        "cases": [
            {
                "id": case_id,
                "debtor": row.company_name,
                "invoice_number": row.invoice_number or None,
                "amount": money.to_json(row.placed_minor, campaign.currency),
            }
            for row, case_id in zip(rows, case_ids, strict=True)
        ],
        "warnings": campaign.warnings,
        "livemode": campaign.livemode,
    }


def entry(event: Event) -> dict[str, Any]:
    """One line of a timeline."""
    kind = TYPES[event.type]
    return {
        "id": event.id,
        "at": clock.iso(event.created_at),
        "kind": kind.kind,
        "channel": kind.channel or None,
        "actor": event.actor,
        "text": kind.says(event.data),
        "case_id": event.case_id or None,
        "event_id": event.id,
        "event": event.type,
    }


def case(row: Case) -> dict[str, Any]:
    """One case: the debtor's name, the invoice's facts, what is owed."""
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "debtor_id": row.debtor_id,
        "debtor": row.debtor.name,
        "status": row.status,
        "close_reason": row.close_reason or None,
        "invoice_number": row.invoice_number or None,
        "invoice_date": row.invoice_date.isoformat() if row.invoice_date else None,
        "due_date": row.due_date.isoformat() if row.due_date else None,
        "invoice_amount": money.to_json(row.invoice_minor, row.currency),
        "amount_placed": money.to_json(row.placed_minor, row.currency),
        "amount_collected": money.to_json(row.collected_minor, row.currency),
        "balance": money.to_json(row.balance_minor, row.currency),
        "currency": row.currency,
        "external_id": row.external_id or None,
        "po_number": row.po_number or None,
        "next_contact_at": _time(row.next_contact_at),
        "metadata": row.metadata,
        "test_clock": row.clock_id or None,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "closed_at": _time(row.closed_at),
        "updated_at": clock.iso(row.updated_at),
    }


def _last_day(campaign: Campaign) -> str:
    """The mandate's last whole day where the creditor is; it ends at the midnight after."""
    ends = campaign.mandate_ends_at.astimezone(ZoneInfo(campaign.organisation.timezone))
    return (ends - timedelta(seconds=1)).date().isoformat()


def _time(moment: Any) -> str | None:
    return clock.iso(moment) if moment else None
