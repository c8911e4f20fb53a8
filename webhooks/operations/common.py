"""What the writes to an endpoint share: the lock on its row, and what is recorded about it."""

from datetime import datetime
from typing import Any

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from events.operations import record
from webhooks import queries
from webhooks.models import Endpoint


def locked(organisation_id: str, livemode: bool, endpoint_id: str) -> Endpoint:
    """The customer's own address; a member's mailbox is none. Raises ApiError(not_found)."""
    own = queries.endpoints(organisation_id, livemode).filter(id=endpoint_id, kind=Endpoint.Kind.WEBHOOK)
    found = db.locked(own).first()
    if found is None:
        raise ApiError("not_found")
    return found


def audit(type: str, endpoint: Endpoint, *, by: str, at: datetime, **more: Any) -> str:
    """Record a fact about the endpoint that only timeline and audit read."""
    return tell(type, endpoint, {"webhook_id": endpoint.id, "url": endpoint.url, **more}, by=by, at=at)


def tell(type: str, endpoint: Endpoint, data: dict[str, Any], *, by: str, at: datetime) -> str:
    """Record a fact of the endpoint's organisation and mode; its event id."""
    return record(
        type=type,
        organisation_id=endpoint.organisation_id,
        livemode=endpoint.livemode,
        data=data,
        by=by,
        at=at,
    )
