"""The catalogue of events: what each type means, what it looks like in a timeline, and an example of its data.

Webhooks, the timeline, the OpenAPI document's `webhooks` section and the docs are all read from here. A type that is
not here cannot be recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(frozen=True, slots=True)
class EventType:
    """`public` types get a sequence number and reach webhooks; `says` writes the timeline's one line from the data."""

    name: str
    description: str
    says: Callable[[dict[str, Any]], str]
    kind: str
    public: bool = True
    channel: str = ""
    example: dict[str, Any] = field(default_factory=dict)


TYPES: dict[str, EventType] = {}


def _type(name: str, description: str, says: str | Callable[[dict[str, Any]], str], kind: str, **more: Any) -> None:
    writer = says if callable(says) else partial(_fill, says)
    TYPES[name] = EventType(name, description, writer, kind, **more)


def _fill(template: str, data: dict[str, Any]) -> str:
    return template.format_map(_Forgiving(data))


class _Forgiving(dict[str, Any]):
    """A timeline line is still worth reading when a fact is missing."""

    def __missing__(self, key: str) -> str:
        return "—"


def _count(data: dict[str, Any], name: str, noun: str) -> str:
    number = data.get(name)
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _money(data: dict[str, Any], name: str) -> str:
    amount = data.get(name)
    return f"{amount:,.2f} {data.get('currency', '')}".strip() if isinstance(amount, int | float) else "an amount"


_CASE = {
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "currency": "USD",
    "metadata": {},
}
_CAMPAIGN = {"campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF", "currency": "USD", "metadata": {}}

_type(
    "campaign.started",
    "The collection sequence has begun. Expect first contact within 1–4 business hours where your debtor is.",
    lambda d: f"Campaign started: {_count(d, 'debtors_enrolled', 'invoice')}, {_money(d, 'total_amount')}",
    "campaign",
    example=_CAMPAIGN
    | {
        "company": "Your Company Inc.",
        "debtors_enrolled": 1,
        "total_amount": 15000,
        "first_contact_at": "2026-03-17T15:00:00Z",
    },
)
for _state, _text in (
    ("paused", "Campaign paused: nothing is sent until it is resumed"),
    ("resumed", "Campaign resumed"),
    ("cancelled", "Campaign cancelled: nothing more is sent"),
):
    _type(f"campaign.{_state}", f"The campaign was {_state}.", _text, "campaign", example=_CAMPAIGN)
_type(
    "campaign.completed",
    "The mandate ended. The final summary carries recovery rate and timeline.",
    lambda d: f"Mandate ended: {_money(d, 'collected')} of {_money(d, 'placed')} collected",
    "campaign",
    example=_CAMPAIGN
    | {
        "reason": "mandate_ended",
        "placed": 15000,
        "collected": 15000,
        "recovery_rate": 1.0,
        "adjusted_recovery_rate": 1.0,
        "median_days_to_collect": 12,
        "cases": 1,
        "escalated": 0,
        "timeline": [],
    },
)
_type(
    "case.opened",
    "An invoice is in collection.",
    "Invoice in collection: {invoice_number}, {debtor}",
    "case",
    example=_CASE | {"balance": 15000},
)
_type(
    "case.updated",
    "A case changed.",
    "Case updated: {change}",
    "case",
    example=_CASE | {"change": "needs_contact"},
)
_type("case.held", "Outreach for a case waits.", "On hold: {hold}", "case", example=_CASE | {"hold": "dispute"})
_type(
    "case.released",
    "A hold was released.",
    "Hold released: {hold}",
    "case",
    example=_CASE | {"hold": "dispute"},
)
_type(
    "case.closed",
    "A case ended.",
    "Case closed: {reason}",
    "case",
    example=_CASE | {"reason": "paid", "balance": 0},
)
_type(
    "case.escalated",
    "An independent attorney, engaged by you and licensed in the debtor's state, has accepted the case.",
    lambda d: f"Handed to an attorney after {_count(d, 'contacts_made', 'contact')}",
    "case",
    channel="attorney",
    example=_CASE
    | {
        "balance": 15000,
        "reason": "non_responsive",
        "contacts_made": 4,
        "attorney": {"name": "Dana Whitfield", "bar_state": "NY", "bar_number": "5512345"},
        "referral_id": "rfl_0UZ8pq1K9xQk4Fw2aBcDeF",
    },
)
_type(
    "contact.enriched",
    "A new decision-maker contact was found and verified for a debtor.",
    lambda d: "Found {name}, {title}".format_map(_Forgiving(d.get("contact", {}))),
    "contact",
    example=_CASE
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
_type(
    "contact.suppressed",
    "A debtor closed a medium for one address.",
    "{channel} opted out",
    "contact",
    example=_CASE | {"contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF", "channel": "email", "reason": "opt_out"},
)
_MESSAGE = _CASE | {
    "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "intent": "first_reminder",
    "subject": "Invoice #2025-0847 — Your Company",
}
_type(
    "message.sent",
    "A message was handed to the mail provider.",
    "Email sent: “{subject}”",
    "message",
    channel="email",
    example=_MESSAGE,
)
_type(
    "message.failed",
    "A message could not be sent.",
    "Email not sent: {error}",
    "message",
    channel="email",
    example=_MESSAGE | {"error": "mailbox does not exist"},
)
_type(
    "payment.received",
    "The debtor made a payment. Includes amount, method, and invoice number.",
    lambda d: f"Payment received: {_money(d, 'amount_collected')} by {str(d.get('method', '')).replace('_', ' ')}",
    "payment",
    channel="payment",
    example=_CASE
    | {
        "amount_collected": 15000,
        "method": "bank_transfer",
        "days_to_collect": 12,
        "timestamp": "2026-03-17T14:22:00Z",
        "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
        "balance": 0,
        "source": "page",
        "breakdown": {
            "principal": 15000,
            "interest": 0,
            "fees": 0,
            "unapplied": 0,
            "processor_fee": 0,
            "success_fee": 0,
            "net": 15000,
        },
    },
)
_type(
    "payment.failed",
    "A payment did not go through.",
    "Payment failed: {failure}",
    "payment",
    channel="payment",
    example=_CASE
    | {
        "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
        "amount": 15000,
        "method": "card",
        "failure": "card declined",
    },
)
_type(
    "import.completed",
    "A CSV was read into its campaign.",
    "Import finished: {rows_enrolled} of {rows_read} rows",
    "campaign",
    example=_CAMPAIGN
    | {"import_id": "imp_0UZ8pq1K9xQk4Fw2aBcDeF", "rows_read": 10, "rows_enrolled": 10, "problems": []},
)
_type(
    "import.failed",
    "A CSV could not be read.",
    "Import failed: {error}",
    "campaign",
    example=_CAMPAIGN | {"import_id": "imp_0UZ8pq1K9xQk4Fw2aBcDeF", "error": "the file is not CSV"},
)
_type(
    "webhook.test",
    "A test you asked for; sent to the endpoint it names only.",
    "Webhook test",
    "developer",
    example={"webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "message": "It works."},
)
_type(
    "endpoint.disabled",
    "A webhook endpoint takes no more deliveries.",
    "Webhook endpoint disabled: {reason}",
    "developer",
    example={
        "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
        "url": "https://yourapp.com/webhooks/ac",
        "reason": "It answered 410 Gone.",
    },
)

# Internal: timeline and audit only.
_type("contact.waited", "", "Waiting: {reason}", "wait", public=False)
_type("contact.denied", "", "Not contacted: {reason}", "wait", public=False)
_type(
    "message.unconfirmed",
    "",
    "Email in doubt: it may have left; it is not repeated",
    "wait",
    public=False,
    channel="email",
)
_type("referral.proposed", "", "Ready for an attorney; waiting for your decision", "case", public=False)
_type("organisation.created", "", "Organisation {name} created", "audit", public=False)
_type("organisation.live_approved", "", "Approved for live mode", "audit", public=False)
_type("member.added", "", "Member added as {role}", "audit", public=False)
_type("member.password_set", "", "A member's password was set", "audit", public=False)
_type("key.created", "", "API key {prefix}… created", "audit", public=False)
_type("key.revoked", "", "API key {prefix}… revoked", "audit", public=False)
_type("endpoint.created", "", "Webhook endpoint registered", "audit", public=False)
_type("endpoint.updated", "", "Webhook endpoint changed", "audit", public=False)
_type("endpoint.deleted", "", "Webhook endpoint deleted", "audit", public=False)
_type("delivery.replayed", "", "Webhook {event_id} replayed", "audit", public=False)

PUBLIC = frozenset(name for name, definition in TYPES.items() if definition.public)
