"""What events look like as lines of a file."""

import json
from typing import Any

from agentcollect.kit.exporting import Source
from agentcollect.kit.listing import Filter, Listing
from events import queries
from events.models import Event

LISTING = Listing(
    filters={"event": Filter("A type.", column="type"), "campaign_id": Filter(), "case_id": Filter()},
    updated="recorded_at",
    metadata="",
)


def shown(row: Event) -> dict[str, Any]:
    """The envelope, with whom and what it is about beside it."""
    about = {name: getattr(row, name) or None for name in ("campaign_id", "case_id", "debtor_id", "actor")}
    return json.loads(row.payload) | about


EVENTS = Source(
    scope="events:read",
    listing=LISTING,
    rows=queries.public,
    shown=shown,
    columns=("sequence", "id", "event", "created_at", "campaign_id", "case_id", "debtor_id", "actor", "data"),
)
