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
    "campaign.updated",
    "A campaign was changed by you: its terms, its brand, or invoices added to it.",
    "Campaign changed: {change}",
    "campaign",
    example=_CAMPAIGN
    | {
        "change": "2 invoices added, $500.00",
        "changes": {
            "debtors_enrolled": {"before": 1, "after": 3},
            "total_amount": {"before": 15000, "after": 15500},
        },
    },
)
_type(
    "campaign.completed",
    "The mandate ended, or you ended it (`reason`). The final summary carries recovery rate and timeline.",
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
        "timeline": [{"at": "2026-03-17T14:22:00Z", "event": "payment.received", "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF"}],
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
    example=_CASE
    | {
        "change": "invoice amount 15000 → 12000",
        "status": "active",
        "changes": {"invoice_amount": {"before": 15000, "after": 12000}},
        "reason": "Three units were returned.",
    },
)
_HOLD = _CASE | {
    "hold": "creditor_pause",
    "hold_id": "hld_0UZ8pq1K9xQk4Fw2aBcDeF",
    "reason": "They asked for two weeks.",
    "until": "2026-04-01T00:00:00Z",
}
_type(
    "case.held",
    "Outreach for a case waits, until `until` or until it is released.",
    "On hold: {hold}",
    "case",
    example=_HOLD,
)
_type(
    "case.released",
    "A hold ended: it was released, or its time had come.",
    "Hold released: {hold}",
    "case",
    example=_HOLD,
)
_type(
    "case.closed",
    "A case ended. `reason`: paid, settled, recalled, written_off, uncollectible, duplicate, dispute_upheld, …",
    "Case closed: {reason}",
    "case",
    example=_CASE | {"reason": "paid", "balance": 0, "note": None},
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
    "A debtor closed a medium for one address, or you did (`reason`: `creditor`).",
    "{channel} closed: {reason}",
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
    "document.added",
    "A document was added to a case, a debtor or a campaign.",
    lambda d: "Document added: {name}".format_map(_Forgiving(d.get("document", {}))),
    "document",
    example=_CASE
    | {
        "document_id": "doc_0UZ8pq1K9xQk4Fw2aBcDeF",
        "document": {
            "id": "doc_0UZ8pq1K9xQk4Fw2aBcDeF",
            "name": "INV-2025-0847.pdf",
            "kind": "invoice",
            "media_type": "application/pdf",
            "size": 48213,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "share_with_debtor": False,
        },
    },
)
_type(
    "import.completed",
    "A CSV was read into its campaign.",
    "Import finished: {rows_enrolled} of {rows_read} rows",
    "campaign",
    example=_CAMPAIGN
    | {
        "import_id": "imp_0UZ8pq1K9xQk4Fw2aBcDeF",
        "rows_read": 10,
        "rows_enrolled": 9,
        "problems": [
            {"line": 7, "param": "invoice_amount", "code": "invalid_amount", "message": "invoice_amount is no number."}
        ],
    },
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
    "A test you asked for; sent to the endpoint it names only. With `event_type`, what arrives is that type's example.",
    lambda d: f"Webhook test: {d['event_type']}" if d.get("event_type") else "Webhook test",
    "developer",
    example={"webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "message": "It works."},
)
_type(
    "endpoint.verification",
    "Is this address yours? Answer 2xx with the challenge in the body; sent to the endpoint it names only.",
    "Webhook endpoint asked for its challenge",
    "developer",
    example={"webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "challenge": "q7Zk2m0Xb9TtVw4RjH1cLp5S8uYdEo3A"},
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
for _state, _text in (
    ("paused", "Everything paused: nothing is sent until the organisation is resumed"),
    ("resumed", "Everything goes on"),
):
    _type(
        f"organisation.{_state}",
        f"The organisation was {_state}, in the mode of this event.",
        _text,
        "audit",
        example={
            "organisation_id": "org_0UZ8pq1K9xQk4Fw2aBcDeF",
            "paused_at": "2026-03-17T14:22:00Z" if _state == "paused" else None,
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
_type("debtor.updated", "", "Debtor corrected: {fields}", "audit", public=False)
_type("contact.added", "", "Contact added: {name}", "contact", public=False)
_type("contact.changed", "", "Contact corrected: {fields}", "contact", public=False)
_type("contact.check_requested", "", "Address is being checked", "contact", public=False)
_type("contact.checked", "", "Address checked: {status}, {detail}", "contact", public=False)
_type("exclusion.created", "", "Excluded: {match} {value} ({effect})", "audit", public=False)
_type("exclusion.removed", "", "No longer excluded: {match} {value} ({effect})", "audit", public=False)
_type("document.changed", "", "Document changed: {fields}", "document", public=False)
_type("export.created", "", "Export of {kind} asked for", "audit", public=False)
_type("referral.proposed", "", "Ready for an attorney; waiting for your decision", "case", public=False)
_type("organisation.created", "", "Organisation {name} created", "audit", public=False)
_type("organisation.live_approved", "", "Approved for live mode", "audit", public=False)
_type("organisation.attested", "", "Attested: {statement}", "audit", public=False)
_type("organisation.terms_accepted", "", "Terms accepted: {url}", "audit", public=False)
_type("organisation.updated", "", "Organisation changed: {fields}", "audit", public=False)
_type("organisation.live_requested", "", "Live access requested", "audit", public=False)
_type("member.added", "", lambda d: f"{d.get('email', 'Member')} added as {d.get('role')}", "audit", public=False)
_type("member.invited", "", "{email} invited as {role}", "audit", public=False)
_type("member.invitation_revoked", "", "Invitation of {email} withdrawn", "audit", public=False)
_type("member.role_changed", "", "{email}: {before} is now {role}", "audit", public=False)
_type("member.second_factors_removed", "", "Second factors of {email} removed by operations", "audit", public=False)
_type("member.removed", "", "{email} removed", "audit", public=False)
_type("member.password_set", "", "A member's password was set", "audit", public=False)
_type("key.created", "", "API key {prefix}… created", "audit", public=False)
_type("key.revoked", "", "API key {prefix}… revoked", "audit", public=False)
_type(
    "key.rolled",
    "",
    "API key {prefix}… replaces an older one, which works until {replaced_until}",
    "audit",
    public=False,
)
_type("key.renamed", "", "API key {prefix}… is now called {name}", "audit", public=False)
_type("key.restricted", "", "API key {prefix}…: addresses it may be used from changed", "audit", public=False)
_type("key.leaked", "", "API key {prefix}… was found in public and revoked", "audit", public=False)
_type("token.revoked", "", "Access token …{last_four} revoked", "audit", public=False)
_type("organisation.rate_limit_set", "", "Rate limit set to {requests_per_minute} a minute", "audit", public=False)
_type("endpoint.created", "", "Webhook endpoint registered", "audit", public=False)
_type("endpoint.updated", "", "Webhook endpoint changed", "audit", public=False)
_type("endpoint.deleted", "", "Webhook endpoint deleted", "audit", public=False)
_type("endpoint.verified", "", "Webhook endpoint answered its challenge", "audit", public=False)
_type("endpoint.secret_rotated", "", "Webhook secret rotated", "audit", public=False)
_type(
    "organisation.webhook_verification_set",
    "",
    lambda d: f"New webhook addresses {'must answer a challenge' if d.get('on') else 'need not prove themselves'}",
    "audit",
    public=False,
)
_type("delivery.replayed", "", "Webhook {event_id} replayed", "audit", public=False)
_type("replay.started", "", "Replay of {matched} webhook deliveries started", "audit", public=False)
_type("replay.finished", "", "Webhook replay finished: {replayed} of {matched} sent again", "audit", public=False)
_type("replay.cancelled", "", "Webhook replay cancelled: {replayed} of {matched} sent again", "audit", public=False)

PUBLIC = frozenset(name for name, definition in TYPES.items() if definition.public)
