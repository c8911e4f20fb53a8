"""What an organisation grants debtors who ask for time, as the API takes and shows it."""

from typing import Any

from accounts.models import Organisation
from campaigns.rules import offers as rules
from campaigns.serializers.bodies import read
from campaigns.serializers.offer_body import OfferPolicyIn
from campaigns.serializers.offers import policy, shown


def organisation_policy(raw: bytes, currency: str) -> dict[str, Any]:
    """The body of `PUT /v1/organisation/offer_policy` as the row has it. Raises ApiError with every fault."""
    body, faults = read(OfferPolicyIn, raw)
    found = policy(body, currency, faults, under="")
    faults.done()
    return found


def organisation(row: Organisation) -> dict[str, Any]:
    """What an organisation said, and what holds for a campaign that says nothing."""
    in_force = rules.policy({}, row.offer_policy)._asdict()
    return {
        "offer_policy": shown(row.offer_policy, row.currency),
        "in_force": shown(in_force, row.currency),
        "currency": row.currency,
    }
