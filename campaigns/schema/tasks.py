"""What waits for a person."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, MAYBE_TIME, TEXT, TEXTS, TIME, choice, record, whole
from campaigns.models import Task
from campaigns.rules.tasks import OUTCOMES
from campaigns.schema.words import OPEN, answer, sent

_SAID = "; ".join(f"{kind}: {', '.join(outcomes)}" for kind, outcomes in OUTCOMES.items())
TASK = whole(
    {
        "id": TEXT,
        "kind": choice(Task.Kind.values),
        "status": choice(Task.Status.values),
        "reason": TEXT | {"description": "What is asked of you, in plain words."},
        "campaign_id": MAYBE_TEXT,
        "case_id": MAYBE_TEXT | {"description": "null: it is about the debtor as a whole."},
        "debtor_id": TEXT,
        "debtor": TEXT,
        "invoice_number": MAYBE_TEXT,
        "cause": MAYBE_TEXT
        | {"description": "What it is about: a step, a reply, a dispute, a hold, a case, a debtor."},
        "facts": OPEN | {"description": "What you need at hand: of a draft its `message_id`, of a call its number."},
        "outcomes": TEXTS | {"description": "The answers it takes."},
        "due_at": TIME,
        "expires_at": MAYBE_TIME
        | {"description": "Passed over then; null: it waits until it is done or its cause is gone."},
        "claimed_by": MAYBE_TEXT,
        "outcome": MAYBE_TEXT,
        "note": MAYBE_TEXT,
        "ended_at": MAYBE_TIME,
        "ended_by": MAYBE_TEXT,
        "livemode": BOOL,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
EXAMPLE: dict[str, Any] = {
    "id": "tsk_0UZ8pq1K9xQk4Fw2aBcDeF",
    "kind": "contact_needed",
    "status": "open",
    "reason": "Nobody is left to write to at this debtor: add a contact, or close the invoice.",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "cause": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "facts": {},
    "outcomes": ["added", "nobody"],
    "due_at": "2026-03-18T14:22:00Z",
    "expires_at": None,
    "claimed_by": None,
    "outcome": None,
    "note": None,
    "ended_at": None,
    "ended_by": None,
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "updated_at": "2026-03-17T14:22:00Z",
}
_CLAIMED = EXAMPLE | {"status": "claimed", "claimed_by": "key:key_0UZ8pq1K9xQk4Fw2aBcDeF"}
_DONE = EXAMPLE | {
    "status": "done",
    "outcome": "nobody",
    "note": "They have closed down.",
    "ended_at": "2026-03-17T15:00:00Z",
    "ended_by": "key:key_0UZ8pq1K9xQk4Fw2aBcDeF",
    "updated_at": "2026-03-17T15:00:00Z",
}
_COMPLETE_IN = record(
    ["outcome"],
    outcome=TEXT | {"description": f"By kind. {_SAID}."},
    note=MAYBE_TEXT | {"maxLength": 1000, "description": "For the audit; required to reject a draft."},
)

tasks = document(
    "list_tasks",
    "List what waits for you",
    TASK,
    EXAMPLE,
    tag="Tasks",
    description="Whatever the engine leaves to a person. A task closes itself when its cause is gone.",
)
task = extend_schema_view(
    get=extend_schema(
        operation_id="get_task",
        summary="Get a task",
        tags=["Tasks"],
        responses={200: TASK},
        examples=[answer(EXAMPLE)],
    )
)
claim_task = extend_schema_view(
    post=extend_schema(
        operation_id="claim_task",
        summary="Take a task on, or give it back",
        description="Nobody else can complete it meanwhile; `claimed: false` gives it back. A claim ends nothing.",
        tags=["Tasks"],
        request={"application/json": record([], claimed=BOOL | {"default": True})},
        responses={200: TASK},
        examples=[sent("I am on it", {}), answer(_CLAIMED)],
    )
)
complete_task = extend_schema_view(
    post=extend_schema(
        operation_id="complete_task",
        summary="Complete a task",
        description="What follows from the outcome happens in the same transaction: a draft goes or is dropped, a "
        "message in doubt is settled. The same outcome again: 200, and nothing happens.",
        tags=["Tasks"],
        request={"application/json": _COMPLETE_IN},
        responses={200: TASK},
        examples=[sent("Nobody is known", {"outcome": "nobody", "note": "They have closed down."}), answer(_DONE)],
    )
)
