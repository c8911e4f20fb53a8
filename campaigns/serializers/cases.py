"""One case in full: its account, what it waits for, what comes next and why."""

from typing import Any, NamedTuple

from agentcollect.kit import clock, money
from campaigns.models import Case, Contact, Hold, LedgerEntry, Step
from campaigns.queries import standings
from campaigns.rules.standing import Held
from campaigns.serializers import people, public
from events.models import Event


class Around(NamedTuple):
    """What a case is shown with; `blocking` are the holds that the whole case waits for."""

    ledger: list[LedgerEntry]
    holds: list[Hold]
    blocking: list[Hold]
    contacts: list[Contact]
    step: Step | None
    timeline: list[Event]


def detail(row: Case, around: Around) -> dict[str, Any]:
    """A case with everything about it (its campaign and organisation are loaded)."""
    return public.case(row) | {
        "amount_paid": money.to_json(row.invoice_minor - row.placed_minor, row.currency),
        "invoice_pdf_url": row.invoice_pdf_url or None,
        "notes": row.notes or None,
        "next_step": _next_step(row, around.step),
        "why": why(row, around),
        "holds": [people.hold(one) for one in around.holds],
        "ledger": [entry(one) for one in around.ledger],
        "contacts": [people.contact(one) for one in around.contacts],
        "timeline": [public.entry(event) for event in around.timeline],
    }


def why(row: Case, around: Around) -> dict[str, str]:
    """Why it stands as it does (campaigns.rules.standing); `row` was read with its standing."""
    held = [Held(one.kind, one.ends_at.date() if one.ends_at else None) for one in around.blocking]
    return standings.why(row, kinds=held)._asdict()


def _next_step(row: Case, step: Step | None) -> dict[str, Any] | None:
    if row.closed_at or step is None or step.status not in (Step.Status.PLANNED, Step.Status.SENDING):
        return None
    return {
        "id": step.id,
        "channel": step.channel,
        "intent": step.intent,
        "level": step.level or None,
        "due_at": clock.iso(step.due_at),
        "status": step.status,
    }


def entry(row: LedgerEntry) -> dict[str, Any]:
    """A line of the case's account: what is owed more (+) or less (−)."""
    return {
        "id": row.id,
        "kind": row.kind,
        "amount": money.to_json(row.amount_minor, row.currency),
        "currency": row.currency,
        "reason": row.reason or None,
        "reference": row.reference or None,
        "payment_id": row.payment_id or None,
        "actor": row.actor,
        "created_at": clock.iso(row.created_at),
    }


def credited(row: LedgerEntry, case: Case) -> dict[str, Any]:
    """A credit note's line, and the case after it."""
    return entry(row) | {
        "case_id": case.id,
        "balance": money.to_json(case.balance_minor, case.currency),
        "case_status": case.status,
    }
