"""What may be asked of this room's lists."""

from agentcollect.kit.listing import Filter, Listing, one_of
from campaigns.listings import WHOLE_CASE, WHOLE_DEBTOR
from outreach.models import Message

_EXPANDS = {"case": WHOLE_CASE, "debtor": WHOLE_DEBTOR}
# When a message was reserved, handed over, and when it was known to have left.
_CHANGED = ("recorded_at", "handed_over_at", "sent_at")
CAMPAIGN_MESSAGES = Listing(
    filters={
        "status": one_of(Message.Status.values),
        "channel": Filter(),
        "case_id": Filter(),
        "debtor_id": Filter(),
        "contact_id": Filter(),
        "intent": Filter(),
    },
    expands=_EXPANDS,
    updated=_CHANGED,
    metadata="",
)
MESSAGES = Listing(
    filters={**CAMPAIGN_MESSAGES.filters, "campaign_id": Filter()}, expands=_EXPANDS, updated=_CHANGED, metadata=""
)
CASE_DECISIONS = Listing(
    filters={
        "outcome": one_of(["allow", "deny", "defer", "require"]),
        "rule": Filter("The deciding rule, such as R-01."),
        "channel": Filter(),
    },
    updated="recorded_at",
    metadata="",
)
DECISIONS = Listing(
    filters={**CASE_DECISIONS.filters, "case_id": Filter(), "debtor_id": Filter()}, updated="recorded_at", metadata=""
)
