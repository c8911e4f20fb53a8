"""Payouts: what the processor sends to the creditor's own bank account, as it tells."""

from datetime import datetime

from agentcollect.kit import clock, db, ids
from payments.models import Payout
from payments.providers.stripe.state import PayoutState


def told(found: PayoutState, *, organisation_id: str, account: str, told_at: datetime, at: datetime) -> Payout:
    """A payout as it stood at the processor when we asked, at `told_at`; what was asked for earlier changes nothing."""
    says = {
        "amount_minor": found.amount_minor,
        "currency": found.currency,
        "status": found.status,
        "arrival_on": found.arrival_on,
        "destination": found.destination[:40],
        "failure": found.failure,
        "told_at": told_at,
        "updated_at": at,
    }
    key = {"organisation_id": organisation_id, "livemode": True, "provider": "stripe", "reference": found.reference}
    born = {"id": ids.new("pyo"), "account": account, "created_at": found.created_at, "recorded_at": clock.now()}
    with db.atomic():
        row, fresh = Payout.objects.get_or_create(**key, defaults=says | born)
        if not fresh:
            Payout.objects.filter(id=row.id, told_at__lt=told_at).update(**says)
            row.refresh_from_db()
        return row
