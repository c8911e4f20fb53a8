"""Whose account at Stripe is whose: the creditor's own one, as their remit-to details say and Stripe confirms."""

from django.db.models import QuerySet

from payments.models import RemitTo
from payments.providers.base import ProcessorError
from payments.providers.stripe import account_state

_NAMED = (RemitTo.Status.ACTIVE, RemitTo.Status.REPLACED)


def _namings() -> QuerySet[RemitTo]:
    return RemitTo.objects.filter(livemode=True, kind=RemitTo.Kind.STRIPE, status__in=_NAMED)


def is_known(account: str) -> bool:
    """Whether anybody here names it, or did."""
    return bool(account) and _namings().filter(details__account=account).exists()


def accounts() -> list[str]:
    """Every account that is in force, or was: money of it may still come back."""
    return sorted({row.details["account"] for row in _namings() if row.details.get("account")})


def naming(account: str) -> RemitTo:
    """Where the organisation that connected `account` named it first. Whoever else names it is shown nothing of it.

    Raises ProcessorError: `permanent` where nobody here did.
    """
    owner = account_state(account).organisation_id
    rows = _namings().filter(details__account=account, organisation_id=owner) if owner else _namings().none()
    found = rows.order_by("created_at").first()
    if found is None:
        raise ProcessorError(f"{account} was not connected by anybody who names it.", permanent=True)
    return found
