"""Campaigns and their cases."""

from events.catalogue.shape import CAMPAIGN, CASE, amount, count, define

_REFERRAL = "rfl_0UZ8pq1K9xQk4Fw2aBcDeF"

define(
    "campaign.started",
    "The collection sequence has begun. Expect first contact within 1–4 business hours where your debtor is.",
    lambda d: f"Campaign started: {count(d, 'debtors_enrolled', 'invoice')}, {amount(d, 'total_amount')}",
    "campaign",
    example=CAMPAIGN
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
    define(f"campaign.{_state}", f"The campaign was {_state}.", _text, "campaign", example=CAMPAIGN)
define(
    "campaign.updated",
    "A campaign was changed by you: its terms, its brand, or invoices added to it.",
    "Campaign changed: {change}",
    "campaign",
    example=CAMPAIGN
    | {
        "change": "2 invoices added, $500.00",
        "changes": {
            "debtors_enrolled": {"before": 1, "after": 3},
            "total_amount": {"before": 15000, "after": 15500},
        },
    },
)
define(
    "campaign.completed",
    "The mandate ended, or you ended it (`reason`). The final summary carries recovery rate and timeline.",
    lambda d: f"Mandate ended: {amount(d, 'collected')} of {amount(d, 'placed')} collected",
    "campaign",
    example=CAMPAIGN
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
define(
    "case.opened",
    "An invoice is in collection.",
    "Invoice in collection: {invoice_number}, {debtor}",
    "case",
    example=CASE | {"balance": 15000},
)
define(
    "case.updated",
    "A case changed.",
    "Case updated: {change}",
    "case",
    example=CASE
    | {
        "change": "invoice amount 15000 → 12000",
        "status": "active",
        "changes": {"invoice_amount": {"before": 15000, "after": 12000}},
        "reason": "Three units were returned.",
    },
)
_HOLD = CASE | {
    "hold": "creditor_pause",
    "hold_id": "hld_0UZ8pq1K9xQk4Fw2aBcDeF",
    "reason": "They asked for two weeks.",
    "until": "2026-04-01T00:00:00Z",
}
define(
    "case.held",
    "Outreach for a case waits, until `until` or until it is released.",
    "On hold: {hold}",
    "case",
    example=_HOLD,
)
define(
    "case.released",
    "A hold ended: it was released, or its time had come.",
    "Hold released: {hold}",
    "case",
    example=_HOLD,
)
define(
    "case.closed",
    "A case ended. `reason`: paid, settled, recalled, written_off, uncollectible, duplicate, dispute_upheld, …",
    "Case closed: {reason}",
    "case",
    example=CASE | {"reason": "paid", "balance": 0, "note": None},
)
define(
    "case.escalation_proposed",
    "The case is to be offered to an attorney at `offer_at`, unless you veto it before "
    "(`POST /v1/cases/{id}/veto_escalation`). `offer_at` null: it waits for your word (`escalate`).",
    lambda d: "To be offered to an attorney" + ("" if d.get("offer_at") else "; waiting for your word"),
    "case",
    channel="attorney",
    example=CASE | {"balance": 15000, "offer_at": "2026-03-29T15:00:00Z", "referral_id": _REFERRAL},
)
define(
    "case.escalation_vetoed",
    "You keep the case from attorneys. It goes on without one; `POST /v1/cases/{id}/escalate` ends the veto.",
    "Kept from attorneys: {reason}",
    "case",
    channel="attorney",
    example=CASE | {"balance": 15000, "reason": "We settle this one ourselves.", "referral_id": _REFERRAL},
)
define(
    "referral.offered",
    "An independent attorney was asked to take the case.",
    "Offered to an attorney: {name}",
    "case",
    channel="attorney",
    example=CASE | {"balance": 15000, "name": "Dana Whitfield", "referral_id": _REFERRAL},
)
define(
    "referral.declined",
    "An attorney did not take the case, or nothing is left to take.",
    "Not with an attorney: {reason}",
    "case",
    channel="attorney",
    example=CASE | {"balance": 15000, "reason": "the attorney declined", "referral_id": _REFERRAL},
)
define(
    "case.escalated",
    "An independent attorney, engaged by you and licensed in the debtor's state, has accepted the case.",
    lambda d: f"Handed to an attorney after {count(d, 'contacts_made', 'contact')}",
    "case",
    channel="attorney",
    example=CASE
    | {
        "balance": 15000,
        "reason": "non_responsive",
        "contacts_made": 4,
        "attorney": {"name": "Dana Whitfield", "bar_state": "NY", "bar_number": "5512345"},
        "referral_id": _REFERRAL,
    },
)
