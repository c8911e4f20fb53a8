"""How drafts that wait, and what is said about them, are described in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import MAYBE_DATE, MAYBE_TEXT, NUMBER, TEXT, TEXTS, TIME, record, whole
from campaigns.schema.words import answer, sent
from outreach import schema

_FACTS = whole(
    {
        "debtor": TEXT,
        "contact": whole({"name": MAYBE_TEXT, "title": MAYBE_TEXT, "email": TEXT}),
        "invoice_number": MAYBE_TEXT,
        "invoice_date": MAYBE_DATE,
        "due_date": MAYBE_DATE,
        "balance": NUMBER,
        "currency": TEXT,
    }
)
_OWN: dict[str, Any] = {
    "text": TEXT | {"description": "As it would be sent."},
    "paragraphs": TEXTS | {"description": "The words between greeting and statement: these can be edited."},
    "language": TEXT,
    "drafter": TEXT,
    "facts": _FACTS | {"description": "What it was written from, as it stands now."},
    "waiting_since": TIME,
}
APPROVAL = schema.MESSAGE_ITEM | {
    "properties": schema.MESSAGE_ITEM["properties"] | _OWN,
    "required": [*schema.MESSAGE_ITEM["required"], *_OWN],
    "x-name": "Approval",
}
_DRAFT = schema.EXAMPLE | {"status": "draft", "sent_at": None}
_PARAGRAPHS = ["The records of Your Company show that invoice #2025-0847 is still open.", "Could you let us know when?"]
EXAMPLE: dict[str, Any] = _DRAFT | {
    "text": "Hello,\n\nThe records of Your Company show that invoice #2025-0847 is still open. …",
    "paragraphs": _PARAGRAPHS,
    "language": "en",
    "drafter": "template",
    "facts": {
        "debtor": "Acme Corp",
        "contact": {"name": "Jordan Lee", "title": "Accounts payable", "email": "ap@acmecorp.com"},
        "invoice_number": "2025-0847",
        "invoice_date": "2025-10-01",
        "due_date": "2025-10-31",
        "balance": 15000,
        "currency": "USD",
    },
    "waiting_since": "2026-03-17T15:00:00Z",
}
_WAITS = schema.DETAIL_EXAMPLE | {"status": "draft", "sent_at": None}
_BY = "key:key_0UZ8pq1K9xQk4Fw2aBcDeF"

approvals = document(
    "list_approvals",
    "List the messages that wait for your approval",
    APPROVAL,
    EXAMPLE,
    tag="Approvals",
    description="Which messages wait: `approval` of the campaign, else of your organisation. Silence never sends one.",
)


def _act(operation_id: str, summary: str, words: str, request: Any, example: Any, after: dict[str, Any]) -> Any:
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=words,
            tags=["Approvals"],
            request={"application/json": request} if request else None,
            responses={200: schema.MESSAGE},
            examples=[*([sent("Request", example)] if example else []), answer(_WAITS | after)],
        )
    )


approve_message = _act(
    "approve_message",
    "Approve a message that waits",
    "It is judged once more and leaves at the next permitted moment, if what it was written from still stands; else "
    "another is written, and waits again. Approved already: 200, and nothing happens.",
    None,
    None,
    {"approved_by": _BY, "approved_at": "2026-03-17T15:10:00Z"},
)
reject_message = _act(
    "reject_message",
    "Reject a message that waits",
    "It is never sent; the playbook goes on with its next step.",
    record(["reason"], reason=TEXT | {"minLength": 1, "maxLength": 300}),
    {"reason": "We agreed on another date by phone."},
    {"status": "rejected", "error": "We agreed on another date by phone."},
)
edit_message = _act(
    "edit_message",
    "Edit a message that waits",
    "Replaces the words between greeting and statement. The guards read the whole message again: `guards_object` says "
    "what they refuse. `{amount}` and the other placeholders are filled from the ledger. It still waits for approval.",
    record(["paragraphs"], paragraphs=TEXTS | {"minItems": 1, "maxItems": 12}),
    {"paragraphs": _PARAGRAPHS},
    {"paragraphs": _PARAGRAPHS, "drafter": "person"},
)
