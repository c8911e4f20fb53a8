"""Reads about disputes."""

from django.db.models import QuerySet

from agentcollect.kit.errors import ApiError
from campaigns.models import Dispute
from campaigns.queries.tenant import Tenant


def disputes(tenant: Tenant) -> QuerySet[Dispute]:
    """The tenant's disputes, with their case and debtor."""
    rows = Dispute.objects.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)
    return rows.select_related("case__debtor")


def dispute(tenant: Tenant, dispute_id: str) -> Dispute:
    """One dispute. Raises ApiError(not_found)."""
    found = disputes(tenant).filter(id=dispute_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no dispute {dispute_id}.")
    return found
