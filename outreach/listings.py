"""What may be asked of this room's lists."""

from agentcollect.kit.listing import Filter, Listing, one_of
from campaigns.listings import WHOLE_CASE, WHOLE_DEBTOR
from outreach.models import Call, Message, Referral, Reply

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
APPROVALS = Listing(
    filters={"campaign_id": Filter(), "case_id": Filter(), "debtor_id": Filter(), "contact_id": Filter()},
    expands=_EXPANDS,
    updated="recorded_at",
    metadata="",
)
REFERRALS = Listing(
    filters={
        "status": one_of(Referral.Status.values),
        "case_id": Filter(),
        "campaign_id": Filter(column="case__campaign_id"),
        "debtor_id": Filter(column="case__debtor_id"),
    },
    expands={"case": WHOLE_CASE},
    metadata="",
)
CALLS = Listing(
    filters={
        "status": one_of(Call.Status.values),
        "outcome": one_of(Call.Outcome.values),
        "mode": one_of(Call.Mode.values),
        "campaign_id": Filter(),
        "case_id": Filter(),
        "debtor_id": Filter(),
        "contact_id": Filter(),
    },
    expands=_EXPANDS,
    updated=("recorded_at", "handed_over_at", "ended_at"),
    metadata="",
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
CASE_REPLIES = Listing(
    filters={
        "status": one_of(Reply.Status.values),
        "label": Filter("What it was understood as, such as promise_to_pay."),
        "identity": one_of(Reply.Identity.values),
    },
    expands=_EXPANDS,
    updated=("recorded_at", "handled_at"),
    metadata="",
)
REPLIES = Listing(
    filters={**CASE_REPLIES.filters, "case_id": Filter(), "debtor_id": Filter(), "campaign_id": Filter()},
    expands=_EXPANDS,
    updated=("recorded_at", "handled_at"),
    metadata="",
)
