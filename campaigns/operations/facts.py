"""The public facts of a case or campaign that every event about it carries (API.md, Events)."""

from typing import Any

from agentcollect.kit import money
from campaigns.models import Campaign, Case, Debtor, Dispute
from campaigns.rules.playbook import Whereabouts
from events.operations import About


def case_data(case: Case, debtor_name: str, **more: Any) -> dict[str, Any]:
    """The seven fields of a case's event, and `more`."""
    return {
        "campaign_id": case.campaign_id,
        "case_id": case.id,
        "debtor_id": case.debtor_id,
        "debtor": debtor_name,
        "invoice_number": case.invoice_number or None,
        "currency": case.currency,
        "metadata": case.metadata,
        **more,
    }


def campaign_data(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {"campaign_id": campaign.id, "currency": campaign.currency, "metadata": campaign.metadata, **more}


def about(case: Case) -> About:
    return About(campaign_id=case.campaign_id, case_id=case.id, debtor_id=case.debtor_id)


def amount(case: Case, minor: int) -> int | float:
    return money.to_json(minor, case.currency)


def dispute_data(dispute: Dispute, case: Case) -> dict[str, Any]:
    """What an event about a dispute says beside the facts of its case."""
    return {
        "dispute_id": dispute.id,
        "dispute": dispute.status,
        "reason": dispute.reason,
        "text": dispute.text or None,
        "source": dispute.source,
        "amount": amount(case, dispute.amount_minor) if dispute.amount_minor else None,
        "reduced": amount(case, dispute.reduced_minor),
        "balance": amount(case, case.balance_minor),
        "case_status": case.status,
    }


def whereabouts(debtor: Debtor) -> Whereabouts:
    """What decides this debtor's permitted hours."""
    consumer = debtor.debt_class == "consumer" or debtor.debtor_type in {"sole_proprietor", "individual"}
    return Whereabouts(debtor.country, debtor.region, debtor.timezone, debtor.phone, consumer)
