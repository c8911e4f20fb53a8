"""Disputes."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    NUMBER,
    TEXT,
    TIME,
    choice,
    record,
    whole,
)
from campaigns.models import Dispute
from campaigns.schema.words import AMOUNT, answer, maybe, read, sent

DISPUTE = whole(
    {
        "id": TEXT,
        "case_id": TEXT,
        "campaign_id": TEXT,
        "debtor_id": TEXT,
        "debtor": TEXT,
        "invoice_number": MAYBE_TEXT,
        "status": choice(Dispute.Status.values),
        "reason": choice(Dispute.Reason.values),
        "text": MAYBE_TEXT,
        "source": choice(Dispute.Source.values),
        "amount": maybe(NUMBER) | {"description": "The disputed part; null: the whole invoice."},
        "amount_reduced": NUMBER | {"description": "What its outcome took off the principal."},
        "currency": TEXT,
        "questions": {"type": "array", "items": whole({"at": TIME, "text": TEXT})},
        "answer": MAYBE_TEXT,
        "answer_due_at": MAYBE_TIME,
        "answered_at": MAYBE_TIME,
        "resolved_at": MAYBE_TIME,
        "livemode": BOOL,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
DISPUTE_EXAMPLE: dict[str, Any] = {
    "id": "dsp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "status": "opened",
    "reason": "wrong_amount",
    "text": "Ten units were billed, eight came.",
    "source": "page",
    "amount": 3000,
    "amount_reduced": 0,
    "currency": "USD",
    "questions": [],
    "answer": None,
    "answer_due_at": "2026-03-25T04:00:00Z",
    "answered_at": None,
    "resolved_at": None,
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "updated_at": "2026-03-17T14:22:00Z",
}
_OPEN: dict[str, Any] = {
    "reason": choice(Dispute.Reason.values),
    "text": MAYBE_TEXT | {"maxLength": 2000},
    "amount": maybe(AMOUNT) | {"description": "The disputed part; the whole invoice when left out."},
}
OPEN_IN = record(["reason"], **_OPEN)
SANDBOX_IN = record(["case_id", "reason"], case_id=TEXT, **_OPEN)
_TEXT_IN = record(["text"], text=TEXT | {"minLength": 1, "maxLength": 2000})
_NOTE = MAYBE_TEXT | {"maxLength": 300}
_RESOLVE_IN = record(
    ["outcome"],
    outcome=choice(["upheld", "partially_upheld", "rejected"]),
    amount=AMOUNT | {"description": "For partially_upheld: what goes off the invoice."},
    note=_NOTE,
)
OPEN_EXAMPLE = {"reason": "wrong_amount", "text": "Ten units were billed, eight came.", "amount": 3000}


def posted(
    name: str,
    summary: str,
    description: str,
    body: dict[str, Any],
    example: tuple[str, Any],
    shown: dict[str, Any],
    status: int = 200,
    tag: str = "Disputes",
) -> Any:
    """An action that answers with the dispute after it."""
    return extend_schema_view(
        post=extend_schema(
            operation_id=name,
            summary=summary,
            description=description,
            tags=[tag],
            request={"application/json": body},
            responses={status: DISPUTE},
            examples=[sent(*example), answer(DISPUTE_EXAMPLE | shown, str(status))],
        )
    )


disputes = document("list_disputes", "List disputes", DISPUTE, DISPUTE_EXAMPLE, tag="Disputes")
dispute = read("get_dispute", "Get one dispute", DISPUTE, answer(DISPUTE_EXAMPLE), "Disputes")
open_dispute = posted(
    "open_dispute",
    "Record a debtor's dispute",
    "What you heard of an objection, to the whole invoice or a part of it. Nothing is sent about the invoice while it "
    "is open, and a task asks for the answer within the working days of your offer policy.",
    OPEN_IN,
    ("A part of it", OPEN_EXAMPLE),
    {"source": "creditor"},
    201,
)
request_information = posted(
    "request_dispute_information",
    "Ask the debtor what is meant",
    "The dispute stays open.",
    _TEXT_IN,
    ("A question", {"text": "Which delivery note do you mean?"}),
    {
        "status": "information_requested",
        "questions": [{"at": "2026-03-18T09:00:00Z", "text": "Which delivery note do you mean?"}],
    },
)
answer_dispute = posted(
    "answer_dispute",
    "Answer a dispute",
    "The invoice still waits: say how the dispute ended with `resolve`.",
    _TEXT_IN,
    ("An answer", {"text": "Delivery note 4711 shows all ten units, signed by your warehouse."}),
    {
        "status": "answered",
        "answer": "Delivery note 4711 shows all ten units, signed by your warehouse.",
        "answered_at": "2026-03-18T09:00:00Z",
    },
)
_RESOLVED = {"answer_due_at": None, "resolved_at": "2026-03-18T09:00:00Z"}
resolve_dispute = posted(
    "resolve_dispute",
    "Say how a dispute ended",
    "upheld: what is disputed goes off the invoice; partially_upheld: `amount` of it does; rejected: nothing does. "
    "With nothing left to collect the case closes as `dispute_upheld`; else its playbook goes on.",
    _RESOLVE_IN,
    ("Half of it", {"outcome": "partially_upheld", "amount": 1500, "note": "One unit was short."}),
    _RESOLVED | {"status": "partially_upheld", "amount_reduced": 1500},
)
withdraw_dispute = posted(
    "withdraw_dispute",
    "Record that the debtor withdrew a dispute",
    "Its playbook goes on.",
    record([], note=_NOTE),
    ("They found it", {"note": "They found the missing units."}),
    _RESOLVED | {"status": "withdrawn"},
)
sandbox_dispute = posted(
    "create_sandbox_dispute",
    "Simulate a dispute by a debtor",
    "Test mode only.",
    SANDBOX_IN,
    ("A part of it", {"case_id": DISPUTE_EXAMPLE["case_id"]} | OPEN_EXAMPLE),
    {"source": "sandbox"},
    201,
    "Sandbox",
)
