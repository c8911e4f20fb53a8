"""How the room's bodies and answers are described in the OpenAPI document."""

from typing import Any

from payments.models import Payment

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_NUMBER = {"type": "number"}
_TIME = {"type": "string", "format": "date-time"}
_METADATA = {"type": "object", "additionalProperties": _TEXT, "maxProperties": 50}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _choice(values: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": values}


_PARTS = ("principal", "interest", "fees", "unapplied", "processor_fee", "success_fee", "net")
_BREAKDOWN = _object(list(_PARTS), **dict.fromkeys(_PARTS, _NUMBER)) | {
    "type": ["object", "null"],
    "description": "principal + interest + fees + unapplied = amount; net = amount − processor_fee − success_fee. "
    "Null until the money came.",
}
_ALLOCATION = _object(["case_id", "component", "amount"], case_id=_TEXT, component=_TEXT, amount=_NUMBER)
_FIELDS: dict[str, Any] = {
    "id": _TEXT,
    "case_id": _TEXT,
    "campaign_id": _TEXT,
    "debtor": _TEXT,
    "debtor_id": _TEXT,
    "invoice_number": _MAYBE_TEXT,
    "amount": _NUMBER,
    "amount_collected": _NUMBER | {"description": "The part that lowered what was owed; the rest is unapplied."},
    "amount_refunded": _NUMBER,
    "currency": _TEXT,
    "method": _choice(Payment.Method.values),
    "status": _choice(Payment.Status.values),
    "source": _choice(Payment.Source.values),
    "reference": _MAYBE_TEXT,
    "failure": _MAYBE_TEXT,
    "breakdown": _BREAKDOWN,
    "allocations": {"type": "array", "items": _ALLOCATION},
    "received_at": {"type": ["string", "null"], "format": "date-time"},
    "created_at": _TIME,
    "livemode": {"type": "boolean"},
    "metadata": _METADATA,
}
PAYMENT = _object(list(_FIELDS), **_FIELDS)
PAGE = _object(
    ["data", "has_more", "next_cursor"],
    data={"type": "array", "items": PAYMENT},
    has_more={"type": "boolean"},
    next_cursor=_MAYBE_TEXT,
)
_CASE_NAMES = {
    "case_id": _TEXT,
    "campaign_id": _TEXT | {"description": "With `invoice_number`, instead of `case_id`."},
    "invoice_number": _TEXT,
}
REPORT = _object(
    ["amount", "method"],
    **_CASE_NAMES,
    amount=_NUMBER | {"exclusiveMinimum": 0},
    currency=_TEXT | {"description": "Checked against the case's, when given."},
    method=_choice(Payment.Method.values),
    received_at=_MAYBE_TEXT | {"description": "ISO 8601 with a zone, or a date where you are; now when left out."},
    reference=_MAYBE_TEXT | {"maxLength": 120},
    metadata=_METADATA,
)
SANDBOX_REPORT = _object(
    [],
    **_CASE_NAMES,
    amount=_NUMBER | {"description": "The case's balance when left out.", "exclusiveMinimum": 0},
    method=_choice(Payment.Method.values) | {"default": "bank_transfer"},
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
