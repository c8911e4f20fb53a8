"""Cases."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import (
    MAYBE_DATE,
    MAYBE_TEXT,
    MAYBE_TIME,
    MAYBE_WHOLE,
    NUMBER,
    TEXT,
    TIME,
    choice,
    named,
    record,
    whole,
)
from campaigns import examples
from campaigns.models import Case, Hold, LedgerEntry
from campaigns.rules.holds import SETTABLE
from campaigns.schema.campaigns import CAMPAIGN, TIMELINE
from campaigns.schema.intake import CHANGED_METADATA
from campaigns.schema.people import CONTACT, CONTACT_EXAMPLE, DEBTOR, HOLD, HOLD_EXAMPLE
from campaigns.schema.rows import CASE, CASE_FIELDS
from campaigns.schema.words import AMOUNT, answer, maybe, sent

_NEXT_STEP = whole(
    {
        "id": TEXT,
        "channel": TEXT,
        "intent": TEXT,
        "level": MAYBE_WHOLE | {"description": "1 first contact, 2 controller, 3 decision maker."},
        "due_at": TIME,
        "status": choice(["planned", "sending"]),
    }
)
WHY = whole(
    {
        "code": TEXT
        | {
            "description": "planned, waiting, sending, held, enriching, opening, needs_contact, needs_you, in_doubt, "
            "promised, in_plan, disputed, escalation_pending, with_attorney, campaign_paused, campaign_completing, "
            "importing, organisation_paused, finished or closed."
        },
        "message": TEXT,
    }
)
_LEDGER: dict[str, Any] = {
    "id": TEXT,
    "kind": choice(LedgerEntry.Kind.values),
    "amount": NUMBER | {"description": "What is owed more (+) or less (−)."},
    "currency": TEXT,
    "reason": MAYBE_TEXT,
    "reference": MAYBE_TEXT,
    "payment_id": MAYBE_TEXT,
    "actor": TEXT,
    "created_at": TIME,
}
CREDITED = named(
    "Credit", whole(_LEDGER | {"case_id": TEXT, "balance": NUMBER, "case_status": choice(Case.Status.values)})
)
_SHOWN = whole(
    CASE_FIELDS
    | {
        "amount_paid": NUMBER | {"description": "Paid before the invoice was placed."},
        "invoice_pdf_url": MAYBE_TEXT,
        "notes": MAYBE_TEXT,
        "next_step": {"oneOf": [_NEXT_STEP, {"type": "null"}]},
        "why": WHY | {"description": "Why it stands as it does; a case with no next step always says why."},
        "holds": {"type": "array", "items": HOLD},
        "ledger": {"type": "array", "items": whole(_LEDGER), "description": "Oldest first; adds up to `balance`."},
        "contacts": {"type": "array", "items": CONTACT, "maxItems": 50},
        "timeline": TIMELINE,
    }
)
# What `expand=` of the read shows whole.
_EXPANDED = {"campaign": {"oneOf": [{"type": "null"}, CAMPAIGN]}, "debtor": {"oneOf": [TEXT, DEBTOR]}}
CASE_DETAIL = _SHOWN | {"properties": _SHOWN["properties"] | _EXPANDED}
_EXAMPLE = examples.CASE_DETAIL | {
    "holds": [HOLD_EXAMPLE | examples.HOLD],
    "contacts": [CONTACT_EXAMPLE],
}
_REASON = TEXT | {"minLength": 1, "maxLength": 300}
CORRECTION = record(
    [],
    invoice_amount=AMOUNT,
    amount_paid=maybe(NUMBER) | {"minimum": 0, "description": "Paid before it was placed."},
    invoice_number=MAYBE_TEXT | {"maxLength": 60},
    invoice_date=MAYBE_DATE,
    due_date=MAYBE_DATE | {"description": "null: the invoice date and your payment terms."},
    po_number=MAYBE_TEXT | {"maxLength": 60},
    invoice_pdf_url=MAYBE_TEXT | {"maxLength": 2000},
    notes=MAYBE_TEXT | {"maxLength": 2000},
    external_id=MAYBE_TEXT | {"maxLength": 100},
    metadata=CHANGED_METADATA,
    reason=MAYBE_TEXT | {"maxLength": 300, "description": "Required when an amount or a date changes."},
)
_SETTABLE = sorted(SETTABLE)
_HOLD_IN = record(
    ["kind", "reason"],
    kind=choice(_SETTABLE),
    reason=_REASON,
    until=MAYBE_TIME | {"description": "It ends then by itself. Not for what only the debtor or the law can end."},
)
_RELEASE_IN = record([], hold_id=MAYBE_TEXT, kind={"enum": [*Hold.Kind.values, None]})
_CLOSE_IN = record(
    ["reason"],
    reason=choice(["recalled", "written_off", "uncollectible", "duplicate"]),
    note=MAYBE_TEXT | {"maxLength": 300},
)
_CREDIT_IN = record(
    ["amount", "reason"],
    amount=AMOUNT | {"description": "At most the balance."},
    reason=_REASON,
    reference=MAYBE_TEXT | {"maxLength": 120, "description": "Your number of it. Sent again: the same note."},
)


def detail_after(
    operation_id: str,
    summary: str,
    description: str,
    request: dict[str, Any] | None = None,
    example: tuple[str, Any] | None = None,
    statuses: tuple[int, ...] = (200,),
) -> Any:
    """An action on a case that answers with the case."""
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=description,
            tags=["Cases"],
            request={"application/json": request} if request else None,
            responses=dict.fromkeys(statuses, CASE_DETAIL),
            examples=[
                *([sent(*example)] if example else []),
                *(answer(_EXAMPLE, str(status)) for status in statuses),
            ],
        )
    )


campaign_cases = document("list_campaign_cases", "List the invoices of a campaign", CASE, examples.CASE, tag="Cases")
cases = document("list_cases", "Search invoices across campaigns", CASE, examples.CASE, tag="Cases")
_EXPAND = OpenApiParameter(
    "expand",
    {"type": "array", "items": {"type": "string", "enum": ["campaign", "debtor"]}, "uniqueItems": True},
    description="Shown whole, separated by commas.",
    style="form",
    explode=False,
)
case = extend_schema_view(
    get=extend_schema(
        operation_id="get_case",
        summary="Get one invoice with its account, holds, contacts, and what comes next",
        tags=["Cases"],
        parameters=[_EXPAND],
        responses={200: CASE_DETAIL},
        examples=[answer(_EXAMPLE)],
    ),
    patch=extend_schema(
        operation_id="update_case",
        summary="Correct an invoice while it is in collection",
        description="Left out: stays; `null` clears. The next message says it as corrected; nothing pauses. An amount "
        "never falls below what was collected; with nothing left to collect the case closes. Closed: only notes, "
        "external_id, po_number, invoice_pdf_url and metadata.",
        tags=["Cases"],
        request={"application/json": CORRECTION},
        responses={200: CASE_DETAIL},
        examples=[sent("A smaller amount", examples.CORRECTION), answer(_EXAMPLE)],
    ),
)
hold_case = detail_after(
    "hold_case",
    "Put a case on hold",
    "Nothing is sent while it lasts. Holds of several kinds stack; the same kind again sets its end and reason anew. "
    "attorney_represented, bankruptcy, cease, deceased and hardship tell us what you heard: from then on they are not "
    "yours to release.",
    _HOLD_IN,
    ("Two weeks", examples.HOLD_IN),
)
release_case = detail_after(
    "release_case",
    "Release a hold of a case",
    "By `hold_id` or by `kind`. What waited is judged again at once. A hold that a debtor or the law set is "
    "`hold_not_yours`.",
    _RELEASE_IN,
    ("By kind", {"kind": "creditor_pause"}),
)
close_case = detail_after(
    "close_case",
    "Close a case",
    "Nothing more is sent. `recalled` can be taken up again for 7 days.",
    _CLOSE_IN,
    ("Take it back", {"reason": "recalled", "note": "They found our credit note."}),
)
unrecall_case = detail_after(
    "unrecall_case",
    "Take up a recalled case again",
    "Within 7 days of its recall. The playbook goes on at its step, and the holds it had stand again.",
)
enrich_case = detail_after(
    "enrich_case",
    "Search for people at the debtor again",
    "202 when a search was begun; 200 when one is under way, or was made within a day.",
    statuses=(200, 202),
)
credit_case = extend_schema_view(
    post=extend_schema(
        operation_id="create_case_credit",
        summary="Book a credit note on a case",
        description="The debtor is asked for less from the next message on; at nothing the case closes. 200 when this "
        "`reference` was booked before.",
        tags=["Cases"],
        request={"application/json": _CREDIT_IN},
        responses={200: CREDITED, 201: CREDITED},
        examples=[
            sent("Credit note", examples.CREDIT_IN),
            answer(examples.CREDITED, "200"),
            answer(examples.CREDITED, "201"),
        ],
    )
)
