"""Payments, and what was agreed or objected to."""

from typing import Any

from events.catalogue.shape import CASE, amount, count, define, method


def _received(data: dict[str, Any]) -> str:
    much, how = amount(data, "amount_collected"), method(data)
    if data.get("from_credit"):
        return f"Credit used: {much}"
    return f"Payment came again: {much}" if data.get("reinstated") else f"Payment received: {much} by {how}"


define(
    "payment.received",
    "The debtor made a payment. Includes amount, method, and invoice number. One for each invoice that it paid; "
    "`reinstated`: money that had gone back came again; `from_credit`: credit of theirs was used, no new money came.",
    _received,
    "payment",
    channel="payment",
    example=CASE
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
define(
    "payment.processing",
    "A bank debit has begun: it takes days until the money comes, or does not. `amount` is meant for this invoice.",
    lambda d: f"Payment on its way: {amount(d, 'amount')}",
    "payment",
    channel="payment",
    example=CASE
    | {
        "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
        "amount": 15000,
        "method": "ach_debit",
    },
)
define(
    "payment.failed",
    "A payment did not go through.",
    "Payment failed: {failure}",
    "payment",
    channel="payment",
    example=CASE
    | {
        "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
        "amount": 15000,
        "method": "card",
        "failure": "card declined",
    },
)
define(
    "payment.reversed",
    "A payment that had come went back: a returned debit, a chargeback. `amount_returned` of it is owed again.",
    lambda d: f"Payment reversed: {amount(d, 'amount_returned')} is owed again",
    "payment",
    channel="payment",
    example=CASE
    | {
        "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
        "amount": 15000,
        "amount_returned": 15000,
        "method": "ach_debit",
        "reason": "The customer says it was not authorised (R10).",
        "balance": 15000,
    },
)
define(
    "payment.refunded",
    "You gave money of a payment back, wholly or in part. `amount_refunded` was taken from this invoice; "
    "`amount_returned` of that had paid it, and is owed again except where it was `credited`.",
    lambda d: f"Payment refunded: {amount(d, 'amount_refunded')}{' (credited)' if d.get('credited') else ''}",
    "payment",
    channel="payment",
    example=CASE
    | {
        "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
        "refund_id": "rfd_0UZ8pq1K9xQk4Fw2aBcDeF",
        "amount": 15000,
        "amount_refunded": 2500,
        "amount_returned": 2500,
        "credited": False,
        "method": "bank_transfer",
        "reason": "Two of ten chairs came back",
        "balance": 2500,
    },
)
_PROMISE = CASE | {
    "case_status": "promised",
    "promise_id": "prm_0UZ8pq1K9xQk4Fw2aBcDeF",
    "promise": "open",
    "amount": 5000,
    "due_on": "2026-03-27",
    "received": 0,
    "balance": 15000,
    "source": "page",
}
define(
    "promise.made",
    "The debtor promised to pay `amount` by the end of `due_on`; nothing is sent until then.",
    lambda d: f"Promised: {amount(d, 'amount')} by {d.get('due_on', '—')}",
    "promise",
    example=_PROMISE,
)
define(
    "promise.kept",
    "What was promised came in time, or is not owed any more.",
    lambda d: f"Promise kept: {amount(d, 'received')} came",
    "promise",
    example=_PROMISE | {"case_status": "active", "promise": "kept", "received": 5000, "balance": 10000},
)
define(
    "promise.broken",
    "The day of a promise ended without the money. `promise` is broken, or partially_kept where some of it came.",
    lambda d: f"Promise not kept: {amount(d, 'received')} of {amount(d, 'amount')} came",
    "promise",
    example=_PROMISE | {"promise": "partially_kept", "received": 2000, "balance": 13000},
)
_PLAN = CASE | {
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
define(
    "plan.started",
    "The balance is paid in instalments from now on; nothing is sent while they come.",
    lambda d: f"Payment plan: {amount(d, 'total')} in {count({'n': len(d.get('instalments', []))}, 'n', 'instalment')}",
    "plan",
    example=_PLAN,
)
define(
    "plan.finished",
    "Every instalment came, or the balance was paid or credited sooner.",
    lambda d: f"Payment plan finished: {amount(d, 'paid')}",
    "plan",
    example=_PLAN | {"case_status": "closed", "plan": "finished", "paid": 15000, "balance": 0},
)
define(
    "plan.defaulted",
    "An instalment did not come within the days of grace; outreach goes on.",
    lambda d: f"Payment plan in default: {amount(d, 'paid')} of {amount(d, 'total')} came",
    "plan",
    example=_PLAN | {"plan": "defaulted", "paid": 5000, "balance": 10000},
)
_OFFER = CASE | {
    "case_status": "active",
    "offer_id": "off_0UZ8pq1K9xQk4Fw2aBcDeF",
    "offer": "sent",
    "amount": 12000,
    "valid_until": "2026-03-31",
    "balance": 15000,
    "source": "creditor",
}
define(
    "offer.sent",
    "A settlement was offered: paying `amount` by the end of `valid_until` ends the invoice for less than `balance`.",
    lambda d: f"Settlement offered: {amount(d, 'amount')} by {d.get('valid_until', '—')}",
    "offer",
    example=_OFFER,
)
define(
    "offer.accepted",
    "The debtor accepted a settlement, or paid it. Nothing is asked until `valid_until`; its payment closes the case.",
    lambda d: f"Settlement accepted: {amount(d, 'amount')} by {d.get('valid_until', '—')}",
    "offer",
    example=_OFFER | {"offer": "accepted"},
)
define(
    "offer.declined",
    "The debtor does not want the settlement; the whole balance is asked for as before.",
    lambda d: f"Settlement declined: {amount(d, 'amount')}",
    "offer",
    example=_OFFER | {"offer": "declined"},
)
define(
    "offer.expired",
    "The day of a settlement passed without its money; the whole balance is asked for as before.",
    lambda d: f"Settlement ended unpaid: {amount(d, 'amount')} by {d.get('valid_until', '—')}",
    "offer",
    example=_OFFER | {"offer": "expired"},
)
_DISPUTE = CASE | {
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
define(
    "dispute.opened",
    "The debtor objects to an invoice, or to `amount` of it (null: all of it). Nothing is sent about it meanwhile.",
    lambda d: f"Disputed: {str(d.get('reason', '—')).replace('_', ' ')}",
    "dispute",
    example=_DISPUTE,
)
define(
    "dispute.resolved",
    "A dispute ended: `dispute` is upheld, partially_upheld, rejected or withdrawn; `reduced` went off the principal.",
    lambda d: f"Dispute {str(d.get('dispute', '—')).replace('_', ' ')}",
    "dispute",
    example=_DISPUTE
    | {"case_status": "disputed", "dispute": "upheld", "reduced": 3000, "balance": 12000, "note": "Two units short."},
)
define(
    "statement.ready",
    "A month is over: what was collected in it, and what is charged for it in one currency. The files are at the API.",
    lambda d: f"Statement of {d.get('month', '—')}: {amount(d, 'net_fee')}",
    "statement",
    example={
        "statement_id": "stm_0UZ8pq1K9xQk4Fw2aBcDeF",
        "month": "2026-03",
        "currency": "USD",
        "from": "2026-03-01T05:00:00Z",
        "until": "2026-04-01T04:00:00Z",
        "collected_by_us": 15000,
        "reported_by_you": 2000,
        "credited": 500,
        "returned": 0,
        "fees": {"success": 2550, "card": 30, "discovery": 4, "given_back": 0},
        "net_fee": 2584,
        "lines": 5,
    },
)
