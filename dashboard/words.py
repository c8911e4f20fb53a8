"""Plain words for what rows hold: each state has a label, a tone and an icon, so that colour never speaks alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from compliance.rules import RULES
from dashboard.phrases import AGREED_SOURCE as AGREED_SOURCE
from dashboard.phrases import BANK_DIFFERS as BANK_DIFFERS
from dashboard.phrases import CHANNEL as CHANNEL
from dashboard.phrases import COMPONENT as COMPONENT
from dashboard.phrases import CONSENT as CONSENT
from dashboard.phrases import DAYS as DAYS
from dashboard.phrases import DISPUTE_REASON as DISPUTE_REASON
from dashboard.phrases import DUE as DUE
from dashboard.phrases import ENTRY_KIND as ENTRY_KIND
from dashboard.phrases import GUARD as GUARD
from dashboard.phrases import INTENT as INTENT
from dashboard.phrases import PAYMENT_METHOD as PAYMENT_METHOD
from dashboard.phrases import PAYMENT_SOURCE as PAYMENT_SOURCE
from dashboard.phrases import RECONCILED as RECONCILED
from dashboard.phrases import REPLY_LABEL as REPLY_LABEL
from dashboard.phrases import REPLY_MEANS as REPLY_MEANS
from dashboard.phrases import SUPPRESSION as SUPPRESSION
from dashboard.phrases import TASK as TASK
from dashboard.phrases import TASK_OUTCOME as TASK_OUTCOME


class Said(NamedTuple):
    """How a value is shown. `tone`: good, warn, bad, info or empty."""

    label: str
    tone: str = ""
    icon: str = "clock"


CAMPAIGN = {
    "importing": Said("Importing", "info", "refresh"),
    "active": Said("Active", "info", "play"),
    "paused": Said("Paused", "warn", "pause"),
    "completing": Said("Finishing", "info", "clock"),
    "completed": Said("Completed", "good", "check"),
    "cancelled": Said("Cancelled", "", "ban"),
}
CASE = {
    "enriching": Said("Finding contacts", "info", "search"),
    "needs_contact": Said("Needs a contact", "warn", "alert"),
    "active": Said("In collection", "info", "play"),
    "promised": Said("Promised", "info", "clock"),
    "in_plan": Said("In instalments", "info", "clock"),
    "disputed": Said("Disputed", "warn", "alert"),
    "escalation_pending": Said("Ready for attorney", "warn", "scales"),
    "escalated": Said("With attorney", "info", "scales"),
    "closed": Said("Closed", "", "check"),
}
CLOSED = {
    "paid": Said("Paid", "good", "check"),
    "settled": Said("Settled", "good", "check"),
    "dispute_upheld": Said("Dispute upheld", "", "ban"),
    "recalled": Said("Recalled", "", "ban"),
    "written_off": Said("Written off", "", "ban"),
    "uncollectible": Said("Uncollectible", "bad", "x"),
    "duplicate": Said("Duplicate", "", "ban"),
    "bankrupt": Said("Bankrupt", "bad", "x"),
    "cease": Said("Contact ceased", "", "ban"),
}
PAYOUT = {
    "pending": Said("Announced", "", "clock"),
    "in_transit": Said("On its way", "info", "send"),
    "paid": Said("Paid", "good", "check"),
    "failed": Said("Failed", "bad", "x"),
    "canceled": Said("Cancelled", "", "x"),
}
PAYMENT = {
    "created": Said("Started", "", "clock"),
    "processing": Said("Processing", "info", "refresh"),
    "succeeded": Said("Received", "good", "check"),
    "failed": Said("Failed", "bad", "x"),
    "partially_refunded": Said("Partly refunded", "warn", "refresh"),
    "refunded": Said("Refunded", "", "refresh"),
    "reversed": Said("Reversed", "bad", "x"),
}
REFUND = {
    "created": Said("About to go back", "info", "clock"),
    "processing": Said("On its way back", "info", "refresh"),
    "succeeded": Said("Given back", "good", "check"),
    "failed": Said("Failed", "bad", "x"),
}
BANK_LINE = {
    "new": Said("Being looked at", "info", "refresh"),
    "matched": Said("Booked", "good", "check"),
    "suggested": Said("Suggested", "info", "search"),
    "unmatched": Said("Unmatched", "warn", "alert"),
    "ignored": Said("Not ours", "", "ban"),
}
DELIVERY = {
    "pending": Said("Pending", "info", "clock"),
    "succeeded": Said("Delivered", "good", "check"),
    "failed": Said("Failed", "bad", "x"),
    "not_sent": Said("Not sent", "warn", "ban"),
}
DOMAIN = {
    "pending": Said("Waits for its records", "info", "clock"),
    "verified": Said("Proven", "good", "check"),
    "broken": Said("Broken", "bad", "alert"),
}
ENDPOINT = {
    "active": Said("Active", "good", "check"),
    "unverified": Said("Not verified", "warn", "shield"),
    "paused": Said("Paused", "warn", "pause"),
    "disabled": Said("Disabled", "bad", "ban"),
    "deleted": Said("Deleted", "", "ban"),
}
BREAKER = {
    "closed": Said("Answering", "good", "check"),
    "failing": Said("Failing", "bad", "alert"),
    "unasked": Said("Not asked lately", "", "clock"),
    "open": Said("Resting", "bad", "pause"),
    "half_open": Said("Being tried", "warn", "refresh"),
}
REPLAY = {
    "pending": Said("About to start", "info", "clock"),
    "running": Said("Running", "info", "refresh"),
    "succeeded": Said("Finished", "good", "check"),
    "cancelled": Said("Cancelled", "", "ban"),
}
OUTCOME = {
    "allow": Said("Allowed", "good", "check"),
    "deny": Said("Denied", "bad", "ban"),
    "defer": Said("Waits", "warn", "clock"),
    "require": Said("Missing", "warn", "alert"),
}
KEY = {
    "active": Said("Active", "good", "check"),
    "revoked": Said("Revoked", "", "ban"),
    "leaving": Said("Active", "good", "clock"),
    "expired": Said("Expired", "warn", "clock"),
    "leaked": Said("Leaked, revoked", "bad", "alert"),
}
EMAIL = {
    "valid": Said("Verified", "good", "check"),
    "unknown": Said("Not checked", "", "clock"),
    "invalid": Said("Invalid", "bad", "x"),
    "bounced": Said("Bounced", "bad", "x"),
}
STEP = {
    "planned": Said("Planned", "info", "calendar"),
    "sending": Said("On its way", "info", "refresh"),
    "handed_over": Said("On its way", "info", "refresh"),
    "sent": Said("Done", "good", "check"),
    "denied": Said("Not allowed", "bad", "ban"),
    "cancelled": Said("Cancelled", "", "ban"),
    "failed": Said("Failed", "bad", "x"),
    "unconfirmed": Said("In doubt", "warn", "alert"),
    "needs_human": Said("Waits for you", "warn", "user"),
    "skipped": Said("Passed over", "", "arrow"),
}
PROMISE = {
    "proposed": Said("Read from their words", "warn", "alert"),
    "open": Said("Promised", "info", "clock"),
    "kept": Said("Kept", "good", "check"),
    "partially_kept": Said("Partly kept", "warn", "alert"),
    "broken": Said("Broken", "bad", "x"),
    "cancelled": Said("Cancelled", "", "ban"),
}
PLAN = {
    "offered": Said("Offered", "info", "clock"),
    "active": Said("Running", "info", "play"),
    "finished": Said("Paid in full", "good", "check"),
    "defaulted": Said("Broken", "bad", "x"),
    "cancelled": Said("Cancelled", "", "ban"),
}
INSTALMENT = {
    "due": Said("To come", "info", "clock"),
    "paid": Said("Paid", "good", "check"),
    "missed": Said("Missed", "bad", "x"),
    "cancelled": Said("Cancelled", "", "ban"),
}
OFFER = {
    "draft": Said("Waits for approval", "warn", "clock"),
    "approved": Said("Approved, not sent", "info", "check"),
    "sent": Said("Offered", "info", "mail"),
    "accepted": Said("Accepted", "good", "check"),
    "declined": Said("Declined", "", "ban"),
    "expired": Said("Ended unpaid", "warn", "clock"),
    "void": Said("Void", "", "ban"),
}
DISPUTE = {
    "opened": Said("Waits for your answer", "warn", "alert"),
    "information_requested": Said("You asked for more", "info", "clock"),
    "answered": Said("Answered, not ended", "info", "clock"),
    "upheld": Said("They were right", "", "check"),
    "partially_upheld": Said("Partly right", "", "check"),
    "rejected": Said("Not upheld", "", "ban"),
    "withdrawn": Said("Withdrawn", "good", "check"),
}
REPLY = {
    "received": Said("Being read", "info", "refresh"),
    "handled": Said("Handled", "good", "check"),
    "needs_human": Said("Waits for you", "warn", "user"),
    "ignored": Said("Nothing to do", "", "ban"),
}
IDENTITY = {
    "known": Said("Known address", "good", "check"),
    "company": Said("New address of the company", "info", "building"),
    "unknown": Said("Unknown sender", "warn", "alert"),
}
TEST_CLOCK = {
    "ready": Said("Stands still", "good", "pause"),
    "advancing": Said("On its way", "info", "play"),
    "failed": Said("Stopped", "bad", "alert"),
    "deleting": Said("Being deleted", "warn", "refresh"),
}
CALL = {
    "reserved": Said("About to be made", "info", "clock"),
    "handed_over": Said("Under way", "info", "phone"),
    "completed": Said("Made", "good", "check"),
    "failed": Said("Not placed", "bad", "x"),
    "unconfirmed": Said("In doubt", "warn", "alert"),
    "cancelled": Said("Cancelled", "", "ban"),
}
CALL_OUTCOME = {
    "conversation": Said("They spoke", "good", "check"),
    "voicemail": Said("Message left", "info", "inbox"),
    "no_answer": Said("Nobody answered", "", "clock"),
    "busy": Said("Busy", "", "clock"),
    "refused_recording": Said("Refused recording", "warn", "ban"),
    "wrong_number": Said("Wrong number", "bad", "x"),
}
FAMILIES = {
    "test_clock": TEST_CLOCK,
    "call": CALL,
    "call_outcome": CALL_OUTCOME,
    "step": STEP,
    "promise": PROMISE,
    "plan": PLAN,
    "offer": OFFER,
    "instalment": INSTALMENT,
    "dispute": DISPUTE,
    "reply": REPLY,
    "identity": IDENTITY,
    "campaign": CAMPAIGN,
    "case": CASE,
    "closed": CLOSED,
    "payment": PAYMENT,
    "refund": REFUND,
    "bank_line": BANK_LINE,
    "payout": PAYOUT,
    "delivery": DELIVERY,
    "domain": DOMAIN,
    "endpoint": ENDPOINT,
    "breaker": BREAKER,
    "replay": REPLAY,
    "outcome": OUTCOME,
    "key": KEY,
    "email": EMAIL,
}

# What a timeline entry looks like, by the event's channel, else its kind.
ENTRY = {
    "email": Said("Email", "info", "mail"),
    "phone": Said("Call", "info", "phone"),
    "attorney": Said("Attorney", "warn", "scales"),
    "payment": Said("Payment", "good", "card"),
    "campaign": Said("Campaign", "", "list"),
    "case": Said("Invoice", "", "file"),
    "contact": Said("Contact", "", "user"),
    "document": Said("Document", "", "file"),
    "message": Said("Message", "info", "mail"),
    "wait": Said("Waiting", "warn", "clock"),
    "developer": Said("Developer", "", "code"),
    "audit": Said("Audit", "", "shield"),
    "task": Said("For you", "warn", "clock"),
}
# Events that read as trouble whatever their channel.
TROUBLE = frozenset(
    {"message.failed", "payment.failed", "payment.reversed", "import.failed", "contact.denied", "message.unconfirmed"}
)

HOLD = {
    "creditor_pause": "Paused by you",
    "approval": "Waits for approval",
    "excluded": "On your exclusion list",
    "do_not_contact": "Marked do not contact",
    "dispute": "Invoice disputed",
    "promise": "Promised to pay",
    "plan": "On a payment plan",
    "offer": "Settlement accepted",
    "paid_claim": "Says it is paid",
    "payment_processing": "Payment under way",
    "balance_unconfirmed": "Balance to be confirmed",
    "domain_unverified": "Sending domain not verified",
    "cease": "Asked that contact cease",
    "attorney_represented": "Represented by an attorney",
    "bankruptcy": "Bankruptcy",
    "deceased": "Deceased",
    "hardship": "Hardship",
    "identity_doubt": "Identity in doubt",
    "compliance_review": "Under compliance review",
    "legal_hold": "Legal hold",
}
SOURCE = {
    "creditor": "Given by you",
    "enrichment": "Found by enrichment",
    "debtor": "Given by the debtor",
}
BASIS = {
    "debtor_used": "the debtor wrote from it",
    "creditor_supplied": "you supplied it",
    "published": "published by the company",
}
LEVEL = {1: "First contact", 2: "Controller", 3: "Decision maker"}
LEDGER = {
    "principal": "Invoice placed",
    "interest": "Interest",
    "fee": "Fee",
    "payment": "Payment",
    "refund": "Refund",
    "reversal": "Reversal",
    "credit_note": "Credit note",
    "adjustment": "Adjustment",
    "write_off": "Write-off",
}
CASE_NAMES = {state: said.label for state, said in CASE.items()}
PAYOUT_NAMES = {state: said.label for state, said in PAYOUT.items()}
PAYMENT_NAMES = {state: said.label for state, said in PAYMENT.items()}
BANK_LINE_NAMES = {state: said.label for state, said in BANK_LINE.items()}
DELIVERY_NAMES = {state: said.label for state, said in DELIVERY.items()}
NOT_SENT = {
    "paused": "The endpoint was paused",
    "disabled": "The endpoint was disabled",
    "unverified": "The endpoint was not verified",
}
ESCALATION = {"auto": "When the playbook ends, as you authorised", "ask": "Only when you say so", "never": "Never"}
_RULES = {rule.id: rule for rule in RULES}


def said(family: str, value: str) -> Said:
    """How `value` of `family` is shown; a value nobody has words for is shown as it is."""
    return FAMILIES[family].get(value) or Said(value.replace("_", " ").capitalize())


def rule_title(rule_id: str) -> str:
    """The rule's own title: "Hours of contact" for R-01."""
    rule = _RULES.get(rule_id)
    return rule.title if rule else rule_id


def rule_citation(rule_id: str) -> str:
    """Where the rule comes from; empty for a rule we no longer have."""
    rule = _RULES.get(rule_id)
    return rule.citation if rule else ""


def inconvenient(row: Mapping[str, Any]) -> str:
    """What they told us does not suit (campaigns.models.Debtor.inconvenient); days and hours are those where they are:
    "Calls to +1 555 0100: not Monday, Friday, 12:00 to 13:00"."""
    days = [DAYS[day] for day in sorted(row.get("days") or ()) if 0 <= day < len(DAYS)]
    hours = [f"{row.get('from') or '00:00'} to {row.get('to') or '24:00'}"] if row.get("from") or row.get("to") else []
    subject = CHANNEL.get(row.get("channel") or "", "any contact").capitalize()
    place = f" to {row['address']}" if row.get("address") else ""
    return f"{subject}{place}: {'not ' + ', '.join([*days, *hours]) if days or hours else 'never'}"


def readable(name: str) -> str:
    """`first_reminder` → "First reminder", `ach_debit` → "ACH debit"."""
    said = name.replace("_", " ").replace(".", " ").strip().capitalize()
    return said.replace("Ach ", "ACH ", 1)


def objection(finding: dict[str, str]) -> str:
    """What a guard objects to, as a sentence with the guard's own words behind it."""
    watched = GUARD.get(finding.get("guard", ""))
    return f"{watched} ({finding['reason']})." if watched else f"{finding['reason'].rstrip('.')}."


def actor(by: str, members: dict[str, str]) -> tuple[str, str]:
    """(icon, words) for an actor string; members maps member ids to their e-mail address."""
    kind, _, rest = by.partition(":")
    match kind:
        case "key":
            return "key", "API key"
        case "member":
            return "user", members.get(rest, "A member")
        case "debtor":
            return "building", "Debtor"
        case "ops":
            return "shield", "AgentCollect staff"
        case _:
            return "bolt", "Engine" if kind in {"engine", ""} else readable(kind)
