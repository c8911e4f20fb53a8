"""The bodies of what a person says about a draft, and a draft with what it was written from."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from agentcollect.kit import clock, money
from agentcollect.kit.errors import FieldError
from campaigns.serializers import bodies, intake
from campaigns.serializers.reading import text
from outreach import serializers
from outreach.models import Message

nothing = bodies.nothing


class RejectIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/messages/{id}/reject`."""

    reason: Annotated[str, Meta(max_length=300)]


class EditIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/messages/{id}/edit`."""

    paragraphs: Annotated[list[Annotated[str, Meta(max_length=2000)]], Meta(min_length=1, max_length=12)]


def reject(raw: bytes) -> str:
    """Why it may not go; there is no rejecting without a reason."""
    body, faults = bodies.read(RejectIn, raw)
    reason = text(body.reason)
    if not reason and not faults.found:
        faults.found.append(FieldError("reason", "missing_field", "reason is required."))
    faults.done()
    return reason


def edit(raw: bytes) -> list[str]:
    """The paragraphs as they are to stand."""
    body, faults = bodies.read(EditIn, raw)
    faults.done()
    return body.paragraphs if body.paragraphs != intake.STAND_IN else []


def approval(row: Message) -> dict[str, Any]:
    """A waiting draft, and beside it what it was written from. `row` carries its case, debtor and contact."""
    case, contact = row.case, row.contact
    return serializers.message(row) | {
        "text": row.text,
        "paragraphs": row.paragraphs,
        "language": row.language,
        "drafter": row.drafter,
        "facts": {
            "debtor": row.debtor.name,
            "contact": {"name": contact.name or None, "title": contact.title or None, "email": contact.email},
            "invoice_number": case.invoice_number or None,
            "invoice_date": case.invoice_date.isoformat() if case.invoice_date else None,
            "due_date": case.due_date.isoformat() if case.due_date else None,
            "balance": money.to_json(case.balance_minor, case.currency),
            "currency": case.currency,
        },
        "waiting_since": clock.iso(row.created_at),
    }
