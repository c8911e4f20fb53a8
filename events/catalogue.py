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


def _last_failed(data: dict[str, Any]) -> str:
    return f" Failed last: {data['last_event_id']}" if data.get("last_event_id") else ""


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
_CALL = _CASE | {
    "call_id": "cal_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "call",
    "mode": "ai",
}
_CALLED = {
    "conversation": "Called: they were spoken to",
    "voicemail": "Called: a message was left",
    "no_answer": "Called: nobody answered",
    "busy": "Called: the line was busy",
    "refused_recording": "Called: they did not want to be recorded; the call ended",
    "wrong_number": "Called: the number is not theirs",
}
_type(
    "call.completed",
    "A call took place (`outcome`), by a machine (`mode`: `ai`) or by a person (`human`).",
    lambda d: _CALLED.get(str(d.get("outcome")), "Called"),
    "message",
    channel="phone",
    example=_CALL | {"outcome": "conversation", "note": None},
)
_type(
    "call.failed",
    "A call could not be made.",
    "Call not made: {error}",
    "message",
    channel="phone",
    example=_CALL | {"error": "no line is free"},
)
_type(
    "message.bounced",
    "A message came back: the mail server of the address refused it.",
    "Email came back: {error}",
    "message",
    channel="email",
    example=_MESSAGE | {"error": "550 5.1.1 user unknown"},
)
_type(
    "contact.bounced",
    "An address is none: nothing more is sent to it. The other people of that debtor are still written to.",
    "Address does not exist: {email}",
    "contact",
    example=_CASE
    | {
        "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
        "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
        "channel": "email",
        "email": "ap@acmecorp.com",
        "reason": "550 5.1.1 user unknown",
    },
)
_REPLY = _CASE | {
    "reply_id": "rpy_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "from": "ap@acmecorp.com",
    "subject": "Re: Invoice #2025-0847 — Your Company",
}
_type(
    "reply.received",
    "The debtor wrote. Nothing is sent to them until the reply has been read (`GET /v1/replies/{id}` says what it is).",
    "They wrote: “{subject}”",
    "reply",
    channel="email",
    example=_REPLY | {"attachments": [{"name": "remittance.pdf", "type": "application/pdf", "size": 48213}]},
)
_type(
    "document.needed",
    "The debtor asks for a document that is not shared with them: add it with `share_with_debtor`.",
    "Document asked for: {reason}",
    "document",
    example=_CASE
    | {
        "reply_id": "rpy_0UZ8pq1K9xQk4Fw2aBcDeF",
        "reason": "They ask for a copy of the invoice, and none is shared with them.",
    },
)
_PATH = {"kind": "mailbox", "address": "ar@yourcompany.com"}
_type(
    "reply_path.proven",
    "A test message came back: answers of your debtors reach us, and live email may leave.",
    "Answers reach us: the test message came back",
    "audit",
    example=_PATH,
)
_type(
    "reply_path.broken",
    "A test message did not come back: live email waits until one does.",
    "Answers do not reach us: {reason}",
    "audit",
    example=_PATH | {"reason": "the probe did not come back within 10 minutes"},
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
_PROMISE = _CASE | {
    "case_status": "promised",
    "promise_id": "prm_0UZ8pq1K9xQk4Fw2aBcDeF",
    "promise": "open",
    "amount": 5000,
    "due_on": "2026-03-27",
    "received": 0,
    "balance": 15000,
    "source": "page",
}
_type(
    "promise.made",
    "The debtor promised to pay `amount` by the end of `due_on`; nothing is sent until then.",
    lambda d: f"Promised: {_money(d, 'amount')} by {d.get('due_on', '—')}",
    "promise",
    example=_PROMISE,
)
_type(
    "promise.kept",
    "What was promised came in time, or is not owed any more.",
    lambda d: f"Promise kept: {_money(d, 'received')} came",
    "promise",
    example=_PROMISE | {"case_status": "active", "promise": "kept", "received": 5000, "balance": 10000},
)
_type(
    "promise.broken",
    "The day of a promise ended without the money. `promise` is broken, or partially_kept where some of it came.",
    lambda d: f"Promise not kept: {_money(d, 'received')} of {_money(d, 'amount')} came",
    "promise",
    example=_PROMISE | {"promise": "partially_kept", "received": 2000, "balance": 13000},
)
_PLAN = _CASE | {
    "case_status": "in_plan",
    "plan_id": "pln_0UZ8pq1K9xQk4Fw2aBcDeF",
    "plan": "active",
    "total": 15000,
    "paid": 0,
    "balance": 15000,
    "source": "page",
    "instalments": [
        {"number": number, "due_on": due_on, "amount": 5000, "paid": 0, "status": "due"}
        for number, due_on in ((1, "2026-03-31"), (2, "2026-04-30"), (3, "2026-05-31"))
    ],
}
_type(
    "plan.started",
    "The balance is paid in instalments from now on; nothing is sent while they come.",
    lambda d: (
        f"Payment plan: {_money(d, 'total')} in {_count({'n': len(d.get('instalments', []))}, 'n', 'instalment')}"
    ),
    "plan",
    example=_PLAN,
)
_type(
    "plan.finished",
    "Every instalment came, or the balance was paid or credited sooner.",
    lambda d: f"Payment plan finished: {_money(d, 'paid')}",
    "plan",
    example=_PLAN | {"case_status": "closed", "plan": "finished", "paid": 15000, "balance": 0},
)
_type(
    "plan.defaulted",
    "An instalment did not come within the days of grace; outreach goes on.",
    lambda d: f"Payment plan in default: {_money(d, 'paid')} of {_money(d, 'total')} came",
    "plan",
    example=_PLAN | {"plan": "defaulted", "paid": 5000, "balance": 10000},
)
_DISPUTE = _CASE | {
    "case_status": "disputed",
    "dispute_id": "dsp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "dispute": "opened",
    "reason": "wrong_amount",
    "text": "Ten units were billed, eight came.",
    "source": "page",
    "amount": 3000,
    "reduced": 0,
    "balance": 15000,
}
_type(
    "dispute.opened",
    "The debtor objects to an invoice, or to `amount` of it (null: all of it). Nothing is sent about it meanwhile.",
    lambda d: f"Disputed: {str(d.get('reason', '—')).replace('_', ' ')}",
    "dispute",
    example=_DISPUTE,
)
_type(
    "dispute.resolved",
    "A dispute ended: `dispute` is upheld, partially_upheld, rejected or withdrawn; `reduced` went off the principal.",
    lambda d: f"Dispute {str(d.get('dispute', '—')).replace('_', ' ')}",
    "dispute",
    example=_DISPUTE
    | {"case_status": "disputed", "dispute": "upheld", "reduced": 3000, "balance": 12000, "note": "Two units short."},
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
_TASK = _CASE | {
    "task_id": "tsk_0UZ8pq1K9xQk4Fw2aBcDeF",
    "kind": "contact_needed",
    "status": "open",
    "reason": "Nobody is left to write to at this debtor: add a contact, or close the invoice.",
    "due_at": "2026-03-18T14:22:00Z",
    "outcome": None,
}
_type(
    "task.created",
    "Something waits for a person of yours. One about a debtor as a whole names no case.",
    "Waits for you: {reason}",
    "task",
    example=_TASK,
)
_type(
    "task.done",
    "A task is over (`status`): done with its `outcome`, expired, or cancelled because it is needed no more.",
    lambda d: f"No longer waits for you: {d.get('outcome') or d.get('status')} ({d.get('kind', 'task')})",
    "task",
    example=_TASK | {"status": "done", "outcome": "added"},
)
_DRAFT = _CASE | {
    "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "intent": "first_reminder",
    "subject": "Invoice #INV-2025-0847 — Your Company",
}
_type(
    "message.approval_requested",
    "A message is written and waits for your word; without it, it is never sent.",
    "Waits for your approval: {subject}",
    "wait",
    channel="email",
    example=_DRAFT | {"task_id": "tsk_0UZ8pq1K9xQk4Fw2aBcDeF", "balance": 15000},
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
    "A webhook endpoint takes no more deliveries. What failed last is null once it is pruned.",
    lambda d: f"Webhook endpoint disabled: {d.get('reason', '—')}{_last_failed(d)}",
    "developer",
    example={
        "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
        "url": "https://yourapp.com/webhooks/ac",
        "reason": "It answered 410 Gone.",
        "last_event_id": "evt_0UZ8pq1K9xQk4Fw2aBcDeF",
        "last_delivery_id": "whd_0UZ8pq1K7Lm3pRx1aBcDeF",
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
_type("message.approved", "", "Approved: {subject}", "audit", public=False, channel="email")
_type("message.rejected", "", "Not approved: {reason}", "audit", public=False, channel="email")
_type("message.edited", "", "Draft edited: {subject}", "audit", public=False, channel="email")
_type("playbook.saved", "", "Playbook {name} saved, version {version}", "audit", public=False)
_type("switch.set", "", "Stopped by operations: {reason}", "audit", public=False)
_type("switch.lifted", "", "Operations lifted the stop: {reason}", "audit", public=False)
_type("reply.understood", "", "Read as {label}: {outcome}", "reply", public=False, channel="email")
_type("reply_path.changed", "", "Way of answers changed: {kind}", "audit", public=False)
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
_type("organisation.mandate_signed", "", "Mandate signed by {signed_by}", "audit", public=False)
_type("organisation.collector_set", "", "Contacts are made by {collector}", "audit", public=False)
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
_type(
    "member.notifications_changed",
    "",
    lambda d: "Own notifications changed: " + ", ".join(f"{type} {how}" for type, how in d.get("changed", {}).items()),
    "audit",
    public=False,
)
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
