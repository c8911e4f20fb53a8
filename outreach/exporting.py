"""What this room's rows look like as lines of a file."""

from agentcollect.kit.exporting import Source
from outreach import listings, queries, serializers

MESSAGES = Source(
    scope="messages:read",
    listing=listings.MESSAGES,
    rows=queries.messages,
    shown=serializers.message,
    columns=(
        *("id", "campaign_id", "case_id", "debtor_id", "contact_id", "channel", "kind", "intent", "status"),
        *("from", "to", "subject", "sent_at", "error", "created_at"),
    ),
)
DECISIONS = Source(
    scope="campaigns:read",
    listing=listings.DECISIONS,
    rows=queries.decisions,
    shown=serializers.decision,
    columns=(
        *("id", "case_id", "debtor_id", "contact_id", "step_id", "channel", "kind", "outcome", "rule", "reason"),
        *("until", "verdicts", "created_at"),
    ),
)
