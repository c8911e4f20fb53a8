"""What a debtor writes on a transfer so that it finds its case."""

import secrets

from django.db import IntegrityError

from agentcollect.kit import clock, db
from campaigns.models import Case
from payments import queries
from payments.models import BankReference
from payments.rules import banking

_TRIES = 5


def bank_reference(*, case: Case) -> str:
    """The case's creditor reference (ISO 11649), drawn on first need and the same for ever after.

    Shown in groups of four (`rules.banking.spaced`). Two readers at once get the same one.
    """
    if known := queries.bank_reference(case.id):
        return known
    for _ in range(_TRIES):
        drawn = banking.draw(secrets.choice)
        try:
            with db.atomic():
                _write(case, drawn)
            return drawn
        except IntegrityError:  # somebody else drew one for this case, or this one for another
            if known := queries.bank_reference(case.id):
                return known
    raise RuntimeError("no free bank reference was drawn")


def _write(case: Case, reference: str) -> None:
    now = clock.now()
    BankReference.objects.create(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case=case,
        reference=reference,
        created_at=now,
        recorded_at=now,
    )
