"""The public shapes of payouts and of the lines they are made of."""

from typing import Any

from agentcollect.kit import money
from agentcollect.kit.clock import iso
from payments.models import Payout, ProcessorEntry
from payments.queries.payouts import Totals


def payout(row: Payout) -> dict[str, Any]:
    """A payout as the API lists it."""
    return {
        "id": row.id,
        "amount": money.to_json(row.amount_minor, row.currency),
        "currency": row.currency,
        "status": row.status,
        "arrival_on": row.arrival_on.isoformat() if row.arrival_on else None,
        "destination": row.destination or None,
        "failure": row.failure or None,
        "processor": row.provider,
        "reference": row.reference,
        "livemode": row.livemode,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def payout_with(row: Payout, totals: Totals) -> dict[str, Any]:
    """One payout with what it is made of."""
    return payout(row) | {
        "totals": {name: money.to_json(minor, row.currency) for name, minor in totals._asdict().items()}
    }


def entry(row: ProcessorEntry) -> dict[str, Any]:
    """A line of the processor's books."""
    return {
        "id": row.id,
        "kind": row.kind,
        "amount": money.to_json(row.amount_minor, row.currency),
        "fee": money.to_json(row.fee_minor, row.currency),
        "net": money.to_json(row.amount_minor - row.fee_minor, row.currency),
        "currency": row.currency,
        "payment_id": row.payment_id or None,
        "reference": row.reference,
        "charge_reference": row.charge_reference or None,
        "booked_at": iso(row.booked_at),
        "livemode": row.livemode,
        "created_at": iso(row.created_at),
    }
