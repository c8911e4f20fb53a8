"""A case as lists show it."""

from typing import Any

from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_DATE,
    MAYBE_TEXT,
    MAYBE_TIME,
    METADATA,
    NUMBER,
    TEXT,
    TIME,
    choice,
    whole,
)
from campaigns.models import Case

CASE_FIELDS: dict[str, Any] = {
    "id": TEXT,
    "campaign_id": TEXT,
    "debtor_id": TEXT,
    "debtor": TEXT,
    "status": choice(Case.Status.values),
    "close_reason": {"enum": [*Case.CloseReason.values, None]},
    "invoice_number": MAYBE_TEXT,
    "invoice_date": MAYBE_DATE,
    "due_date": MAYBE_DATE,
    "invoice_amount": NUMBER,
    "amount_placed": NUMBER,
    "amount_collected": NUMBER,
    "balance": NUMBER,
    "currency": TEXT,
    "external_id": MAYBE_TEXT,
    "po_number": MAYBE_TEXT,
    "next_contact_at": MAYBE_TIME,
    "metadata": METADATA,
    "test_clock": MAYBE_TEXT | {"description": "The test clock it lives on; null: the wall."},
    "livemode": BOOL,
    "created_at": TIME,
    "closed_at": MAYBE_TIME,
    "updated_at": TIME,
}
CASE = whole(CASE_FIELDS)
