"""How calls are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, TEXT, TIME, choice, whole
from outreach.models import Call

_CALL: dict[str, Any] = {
    "id": TEXT,
    "campaign_id": TEXT,
    "case_id": TEXT,
    "debtor_id": TEXT,
    "contact_id": MAYBE_TEXT,
    "mode": choice(Call.Mode.values) | {"description": "human: a person dials, by a task; ai: the machine."},
    "status": choice(Call.Status.values),
    "outcome": {"enum": [*Call.Outcome.values, None]},
    "phone": TEXT,
    "note": MAYBE_TEXT,
    "error": MAYBE_TEXT,
    "called_at": MAYBE_TIME,
    "ended_at": MAYBE_TIME,
    "created_at": TIME,
    "livemode": {"type": "boolean"},
}
_SAID = {"type": "array", "items": whole({"who": choice(["us", "them"]), "text": TEXT})}
CALL_ITEM = whole(_CALL)
CALL = whole(
    _CALL
    | {
        "script": TEXT,
        "transcript": _SAID | {"description": "Empty where a person dialled: their calls are not recorded."},
        "decision_id": MAYBE_TEXT,
        "step_id": MAYBE_TEXT,
    }
)
EXAMPLE: dict[str, Any] = {
    "id": "cal_0UZ8pq1K9xQk4Fw2aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "mode": "ai",
    "status": "completed",
    "outcome": "conversation",
    "phone": "+1 212 555 0100",
    "note": None,
    "error": None,
    "called_at": "2026-03-20T15:00:00Z",
    "ended_at": "2026-03-20T15:00:00Z",
    "created_at": "2026-03-20T15:00:00Z",
    "livemode": False,
}
DETAIL_EXAMPLE = EXAMPLE | {
    "script": "Hello, this is an artificial voice calling on behalf of Your Company. …",
    "transcript": [{"who": "us", "text": "Hello, this is an artificial voice calling on behalf of Your Company. …"}],
    "decision_id": "dec_0UZ8pq1K9xQk4Fw2aBcDeF",
    "step_id": "stp_0UZ8pq1K9xQk4Fw2aBcDeF",
}
