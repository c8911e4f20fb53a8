"""Making an event happen in test mode: by its real cause, so that everything around it happens too."""

import secrets
from collections.abc import Callable
from typing import Any

import click

from agentcollect import Client

Facts = dict[str, Any]


def run(client: Client, event: str, *, case_id: str | None) -> Facts:
    """Do what causes `event`; what was done."""
    return {"event": event} | _TRIGGERS[event](client, case_id)


def _campaign(client: Client) -> str:
    """A campaign about one made-up invoice."""
    number = f"INV-{secrets.randbelow(900_000) + 100_000}"
    debtor = {
        "company_name": f"Trigger {number}",
        "contact_email": f"silent@{number.lower()}.sandbox.agentcollect.com",
        "invoice_amount": 1500,
        "invoice_number": number,
    }
    company = client.organisation.get()["name"]
    return client.campaigns.create(company=company, debtors=[debtor])["id"]  # type: ignore[list-item]


def _campaign_of(client: Client, case_id: str | None) -> str:
    return client.cases.get(case_id)["campaign_id"] if case_id else _campaign(client)


def _started(client: Client, case_id: str | None) -> Facts:
    if case_id:
        raise click.UsageError("campaign.started needs a new campaign: leave --case out.")
    return {"campaign_id": _campaign(client)}


def _paid(client: Client, case_id: str | None) -> Facts:
    if case_id is None:
        case_id = next(iter(client.campaigns.cases(_campaign(client))))["id"]
    paid = client.sandbox.pay(case_id=case_id)
    return {"payment_id": paid["id"], "case_id": case_id, "amount": paid["amount"], "currency": paid["currency"]}


def _paused(client: Client, case_id: str | None) -> Facts:
    return {"campaign_id": client.campaigns.pause(_campaign_of(client, case_id))["id"]}


def _resumed(client: Client, case_id: str | None) -> Facts:
    campaign_id = _paused(client, case_id)["campaign_id"]
    return {"campaign_id": client.campaigns.resume(campaign_id)["id"]}


def _cancelled(client: Client, case_id: str | None) -> Facts:
    return {"campaign_id": client.campaigns.cancel(_campaign_of(client, case_id))["id"]}


def _test(client: Client, case_id: str | None) -> Facts:
    told = [hook["id"] for hook in client.webhooks.list() if hook["status"] == "active"]
    if not told:
        raise click.ClickException("No active webhook endpoint: register one first.")
    for webhook_id in told:
        client.webhooks.test(webhook_id)
    return {"endpoints": told}


_TRIGGERS: dict[str, Callable[[Client, str | None], Facts]] = {
    "campaign.started": _started,
    "campaign.paused": _paused,
    "campaign.resumed": _resumed,
    "campaign.cancelled": _cancelled,
    "payment.received": _paid,
    "webhook.test": _test,
}
NAMES = sorted(_TRIGGERS)
