"""How referrals are described in the OpenAPI document."""

from typing import Any

from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, TEXT, TIME, choice, whole
from outreach.models import Referral

_ATTORNEY = whole({"name": TEXT, "firm": TEXT, "bar_state": TEXT, "bar_number": TEXT})
REFERRAL = whole(
    {
        "id": TEXT,
        "campaign_id": TEXT,
        "case_id": TEXT,
        "debtor_id": TEXT,
        "status": choice(Referral.Status.values)
        | {
            "description": "proposed: you may veto it; authorised: asked as soon as an attorney is free; offered: an "
            "attorney is asked; accepted, packet_delivered, letter_reviewed, letter_sent: it is with one; recovered, "
            "settled, returned, declined: it is over."
        },
        "attorney": {"oneOf": [_ATTORNEY, {"type": "null"}], "description": "Who is asked, or has it; null before."},
        "offer_at": MAYBE_TIME | {"description": "From when on it is offered unless you veto it; null: by your word."},
        "offered_at": MAYBE_TIME,
        "accepted_at": MAYBE_TIME,
        "reason": MAYBE_TEXT | {"description": "Why it came to nothing."},
        "created_at": TIME,
        "updated_at": TIME,
        "livemode": {"type": "boolean"},
    }
)
EXAMPLE: dict[str, Any] = {
    "id": "rfl_0UZ8pq1K9xQk4Fw2aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "status": "accepted",
    "attorney": {"name": "Jane Doe", "firm": "Doe & Partners LLP", "bar_state": "NY", "bar_number": "1234567"},
    "offer_at": "2026-03-19T15:00:00Z",
    "offered_at": "2026-03-19T15:00:00Z",
    "accepted_at": "2026-03-20T15:00:00Z",
    "reason": None,
    "created_at": "2026-03-17T15:00:00Z",
    "updated_at": "2026-03-20T15:00:00Z",
    "livemode": False,
}
