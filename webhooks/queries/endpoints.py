"""Reads of endpoints; another organisation's or mode's row is not found."""

from django.db.models import QuerySet

from agentcollect.kit.errors import ApiError
from webhooks.models import Endpoint


def endpoints(organisation_id: str, livemode: bool) -> QuerySet[Endpoint]:
    """Those that were not deleted."""
    own = Endpoint.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return own.exclude(status=Endpoint.Status.DELETED)


def endpoint(organisation_id: str, livemode: bool, endpoint_id: str) -> Endpoint:
    """Raises ApiError(not_found)."""
    found = endpoints(organisation_id, livemode).filter(id=endpoint_id).first()
    if found is None:
        raise ApiError("not_found")
    return found
