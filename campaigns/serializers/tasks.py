"""The public shape of a task, and the body that completes one."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from agentcollect.kit import clock
from campaigns.models import Task
from campaigns.rules.tasks import OUTCOMES
from campaigns.serializers import bodies, intake
from campaigns.serializers.reading import text


def task(row: Task) -> dict[str, Any]:
    """What a person is asked; `outcomes` are the answers it takes."""
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "reason": row.reason,
        "campaign_id": row.campaign_id,
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "debtor": row.debtor.name,
        "invoice_number": (row.case.invoice_number or None) if row.case else None,
        "cause": row.cause or None,
        "facts": row.facts,
        "outcomes": list(OUTCOMES[row.kind]),
        "due_at": clock.iso(row.due_at),
        "expires_at": clock.iso(row.expires_at) if row.expires_at else None,
        "claimed_by": row.claimed_by or None,
        "outcome": row.outcome or None,
        "note": row.note or None,
        "ended_at": clock.iso(row.ended_at) if row.ended_at else None,
        "ended_by": row.ended_by or None,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


class CompleteIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/tasks/{id}/complete`."""

    outcome: str
    note: Annotated[str, Meta(max_length=1000)] | UnsetType | None = UNSET


def complete(raw: bytes) -> dict[str, str]:
    """`outcome` and `note`, as `operations.complete_task` takes them."""
    body, faults = bodies.read(CompleteIn, raw)
    known = frozenset(name for outcomes in OUTCOMES.values() for name in outcomes)
    outcome = body.outcome if body.outcome == intake.STAND_IN else faults.choice("outcome", known, body.outcome, "")
    faults.done()
    return {"outcome": outcome, "note": text(body.note)}


class ClaimIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/tasks/{id}/claim`."""

    claimed: bool = True


def claim(raw: bytes) -> bool:
    """False: give it back."""
    body, faults = bodies.read(ClaimIn, raw)
    faults.done()
    return body.claimed
