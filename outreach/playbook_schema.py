"""How a dry run of a playbook is described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, TEXT, choice, record, whole
from campaigns.rules.playbook import POSTURES
from campaigns.schema.playbooks import STEP, STEPS

_POSTURE = choice(POSTURES)
DRY_RUN_IN = record(
    [],
    steps=STEPS,
    name=TEXT,
    campaign_id=TEXT,
    posture=_POSTURE | {"description": "Else the campaign's own."},
)
_COUNTED = STEP["properties"] | {
    "first_at": MAYBE_TIME | {"description": "When it comes first."},
    "planned": {"type": "integer", "description": "Debtors for whom the rule engine would let it happen."},
    "blocked": {"type": "integer"},
}
_ACT = {
    "step": {"type": "integer", "description": "Its place in `steps`, from 0."},
    "at": MAYBE_TIME,
    "to": MAYBE_TEXT,
    "outcome": choice(["allow", "deny", "require", "wait", "skip"]),
    "rule": MAYBE_TEXT,
    "reason": MAYBE_TEXT,
}
DRY_RUN = whole(
    {
        "steps": {"type": "array", "items": whole(_COUNTED)},
        "debtors": {
            "type": "array",
            "items": whole(
                {
                    "debtor_id": TEXT,
                    "debtor": TEXT,
                    "case_id": TEXT | {"description": "The invoice that carries the conversation."},
                    "invoice_number": MAYBE_TEXT,
                    "steps": {"type": "array", "items": whole(_ACT)},
                }
            ),
        },
        "has_more": {"type": "boolean", "description": "Further invoices were not looked at."},
    }
)
EXAMPLE: dict[str, Any] = {
    "steps": [
        {
            "day": 0,
            "channel": "email",
            "intent": "first_reminder",
            "level": 1,
            "first_at": "2026-03-17T15:00:00Z",
            "planned": 1,
            "blocked": 0,
        }
    ],
    "debtors": [
        {
            "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
            "debtor": "Acme Corp",
            "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
            "invoice_number": "INV-2025-0847",
            "steps": [
                {
                    "step": 0,
                    "at": "2026-03-17T15:00:00Z",
                    "to": "ap@acmecorp.com",
                    "outcome": "allow",
                    "rule": None,
                    "reason": None,
                }
            ],
        }
    ],
    "has_more": False,
}
