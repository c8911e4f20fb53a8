"""How the room's bodies and answers are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import MAYBE_TEXT, METADATA, NUMBER, TEXT, TIME, choice, record
from payments.models import Payment, Refund

_PARTS = ("principal", "interest", "fees", "unapplied", "returned", "processor_fee", "success_fee", "net")
_BREAKDOWN = record(list(_PARTS), **dict.fromkeys(_PARTS, NUMBER)) | {
    "type": ["object", "null"],
    "description": "principal + interest + fees + unapplied + returned = amount; net = amount − returned − "
    "processor_fee − success_fee. Null until the money came.",
}
_ALLOCATION = record(["case_id", "component", "amount"], case_id=TEXT, component=TEXT, amount=NUMBER)
_FIELDS: dict[str, Any] = {
    "id": TEXT,
    "case_id": TEXT,
    "campaign_id": TEXT,
    "debtor": TEXT,
    "debtor_id": TEXT,
    "invoice_number": MAYBE_TEXT,
    "amount": NUMBER,
    "amount_collected": NUMBER
    | {"description": "The part that lowers what is owed; the rest is unapplied, or was returned."},
    "amount_refunded": NUMBER,
    "currency": TEXT,
    "method": choice(Payment.Method.values),
    "status": choice(Payment.Status.values),
    "source": choice(Payment.Source.values),
    "reference": MAYBE_TEXT,
    "failure": MAYBE_TEXT,
    "breakdown": _BREAKDOWN,
    "allocations": {
        "type": "array",
        "items": _ALLOCATION,
        "description": "Of every case that it pays, as they stand now; `returned` is what has gone back.",
    },
    "received_at": {"type": ["string", "null"], "format": "date-time"},
    "created_at": TIME,
    "livemode": {"type": "boolean"},
    "metadata": METADATA,
}
PAYMENT = record(list(_FIELDS), **_FIELDS)
_CASE_NAMES = {
    "case_id": TEXT,
    "campaign_id": TEXT | {"description": "With `invoice_number`, instead of `case_id`."},
    "invoice_number": TEXT,
}
REPORT = record(
    ["amount", "method"],
    **_CASE_NAMES,
    amount=NUMBER | {"exclusiveMinimum": 0},
    currency=TEXT | {"description": "Checked against the case's, when given."},
    method=choice(Payment.Method.values),
    received_at=MAYBE_TEXT | {"description": "ISO 8601 with a zone, or a date where you are; now when left out."},
    reference=MAYBE_TEXT | {"maxLength": 120},
    metadata=METADATA,
)
SANDBOX_REPORT = record(
    [],
    **_CASE_NAMES,
    amount=NUMBER | {"description": "The case's balance when left out.", "exclusiveMinimum": 0},
    method=choice(Payment.Method.values) | {"default": "bank_transfer"},
    outcome=choice(["succeeded", "card_declined", "insufficient_funds", "ach_settles", "ach_fails", "ach_returned"])
    | {"default": "succeeded"},
    after=TEXT | {"pattern": "^[0-9]{1,3}[mhd]$", "default": "4d", "description": "How long a bank debit takes."},
)

EXAMPLE = {
    "id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "debtor": "Acme Corp",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "invoice_number": "INV-2025-0847",
    "amount": 15000,
    "amount_collected": 15000,
    "amount_refunded": 0,
    "currency": "USD",
    "method": "bank_transfer",
    "status": "succeeded",
    "source": "reported",
    "reference": "WIRE-88213",
    "failure": None,
    "breakdown": {
        "principal": 15000,
        "interest": 0,
        "fees": 0,
        "unapplied": 0,
        "returned": 0,
        "processor_fee": 0,
        "success_fee": 0,
        "net": 15000,
    },
    "allocations": [{"case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF", "component": "principal", "amount": 15000}],
    "received_at": "2026-03-17T14:22:00Z",
    "created_at": "2026-03-17T14:22:00Z",
    "livemode": False,
    "metadata": {},
}
REPORT_EXAMPLE = {
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "amount": 15000,
    "method": "bank_transfer",
    "received_at": "2026-03-17T14:22:00Z",
    "reference": "WIRE-88213",
}
_REFUND_FIELDS: dict[str, Any] = {
    "id": TEXT,
    "payment_id": TEXT,
    "amount": NUMBER,
    "currency": TEXT,
    "status": choice(Refund.Status.values),
    "credited": {"type": "boolean", "description": "The invoice is credited with it: nothing of it is owed again."},
    "reason": MAYBE_TEXT,
    "reference": MAYBE_TEXT,
    "failure": MAYBE_TEXT,
    "settled_at": {"type": ["string", "null"], "format": "date-time"},
    "created_at": TIME,
    "livemode": {"type": "boolean"},
}
REFUND = record(list(_REFUND_FIELDS), **_REFUND_FIELDS)
REFUND_GIVEN = record(
    ["reason"],
    amount=NUMBER | {"exclusiveMinimum": 0, "description": "All that is left of the payment when left out."},
    reason=TEXT | {"maxLength": 300},
    credited={"type": "boolean", "default": False},
)
REFUND_EXAMPLE = {
    "id": "rfd_0UZ8pq1K9xQk4Fw2aBcDeF",
    "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
    "amount": 2500,
    "currency": "USD",
    "status": "succeeded",
    "credited": False,
    "reason": "Two of ten chairs came back",
    "reference": None,
    "failure": None,
    "settled_at": "2026-03-20T09:00:00Z",
    "created_at": "2026-03-20T09:00:00Z",
    "livemode": False,
}
REFUND_GIVEN_EXAMPLE = {"amount": 2500, "reason": "Two of ten chairs came back", "credited": False}
CREDIT_GIVEN = record(
    ["case_id"],
    case_id=TEXT | {"description": "An open invoice of the same debtor, in the same currency."},
    amount=NUMBER
    | {"exclusiveMinimum": 0, "description": "All of the credit, as far as the invoice owes it, when left out."},
)
CREDIT_GIVEN_EXAMPLE = {"case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF", "amount": 250}
