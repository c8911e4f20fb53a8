"""What the API answers about payouts."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, NUMBER, TEXT, TIME, choice, whole
from payments.models import Payout, ProcessorEntry

_FIELDS = {
    "id": TEXT,
    "amount": NUMBER | {"description": "What arrives at your bank."},
    "currency": TEXT,
    "status": choice(Payout.Status.values),
    "arrival_on": {"type": ["string", "null"], "format": "date"},
    "destination": MAYBE_TEXT | {"description": "Bank and last figures of the account, where the processor says."},
    "failure": MAYBE_TEXT,
    "processor": TEXT,
    "reference": TEXT | {"description": "The processor's own."},
    "livemode": BOOL,
    "created_at": TIME,
    "updated_at": TIME,
}
PAYOUT = whole(_FIELDS)
_TOTALS = whole(
    {
        "charges": NUMBER,
        "refunds": NUMBER,
        "disputes": NUMBER,
        "fees": NUMBER | {"description": "What the processor kept; negative."},
        "other": NUMBER,
        "net": NUMBER | {"description": "The sum of the others. It is the amount, once every line is known."},
    }
)
PAYOUT_WITH = whole(_FIELDS | {"totals": _TOTALS})
ENTRY = whole(
    {
        "id": TEXT,
        "kind": choice(ProcessorEntry.Kind.values),
        "amount": NUMBER | {"description": "Gross, with its sign."},
        "fee": NUMBER,
        "net": NUMBER,
        "currency": TEXT,
        "payment_id": MAYBE_TEXT | {"description": "Null for business of yours that did not come through here."},
        "reference": TEXT,
        "charge_reference": MAYBE_TEXT,
        "booked_at": TIME,
        "livemode": BOOL,
        "created_at": TIME,
    }
)
PAYOUT_EXAMPLE: dict[str, Any] = {
    "id": "pyo_0UZ8pq1K9xQk4Fw2aBcDeF",
    "amount": 14534.7,
    "currency": "USD",
    "status": "paid",
    "arrival_on": "2026-03-19",
    "destination": "STRIPE TEST BANK ••6789",
    "failure": None,
    "processor": "stripe",
    "reference": "po_1QZ8pq1K9xQk4Fw2",
    "livemode": True,
    "created_at": "2026-03-18T00:10:00Z",
    "updated_at": "2026-03-19T09:00:00Z",
}
_TOTALS_EXAMPLE = {"charges": 15000, "refunds": 0, "disputes": 0, "fees": -465.3, "other": 0, "net": 14534.7}
PAYOUT_WITH_EXAMPLE = PAYOUT_EXAMPLE | {"totals": _TOTALS_EXAMPLE}
ENTRY_EXAMPLE: dict[str, Any] = {
    "id": "ptx_0UZ8pq1K9xQk4Fw2aBcDeF",
    "kind": "charge",
    "amount": 15000,
    "fee": 465.3,
    "net": 14534.7,
    "currency": "USD",
    "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
    "reference": "txn_1QZ8pq1K9xQk4Fw2",
    "charge_reference": "pi_1QZ8pq1K9xQk4Fw2",
    "booked_at": "2026-03-17T14:22:00Z",
    "livemode": True,
    "created_at": "2026-03-17T14:30:00Z",
}
one_payout = extend_schema_view(
    get=extend_schema(
        operation_id="get_payout",
        summary="Get a payout with what it is made of",
        tags=["Payouts"],
        responses={200: PAYOUT_WITH},
        examples=[OpenApiExample("Answer", value=PAYOUT_WITH_EXAMPLE, response_only=True, status_codes=["200"])],
    )
)
