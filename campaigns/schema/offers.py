"""What an organisation grants debtors: time, or a settlement."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.shapes import TEXT, named, whole
from campaigns.schema.intake import OFFER_POLICY
from campaigns.schema.words import answer, read, sent

_SAID: dict[str, Any] = {
    "max_instalments": 6,
    "max_months": 6,
    "settlement": [
        {"min_age_days": 90, "max_discount_percent": 10},
        {"min_age_days": 180, "max_discount_percent": 25},
    ],
}
_IN_FORCE: dict[str, Any] = {
    "plans": True,
    "max_instalments": 6,
    "max_months": 6,
    "max_promise_days": 30,
    "grace_days": 3,
    "answer_days": 5,
    "min_instalment": 100.0,
    "settlement": _SAID["settlement"],
    "settlement_days": 14,
    "settlement_approval": "person",
}
SHOWN = named(
    "OrganisationOfferPolicy",
    whole(
        {
            "offer_policy": OFFER_POLICY | {"description": "What you said; the rest is the default."},
            "in_force": OFFER_POLICY | {"description": "What holds in a campaign that says nothing itself."},
            "currency": TEXT | {"description": "Of `min_instalment`."},
        }
    ),
)
_EXAMPLE = {"offer_policy": _SAID, "in_force": _IN_FORCE, "currency": "USD"}
offer_policy = read(
    "get_organisation_offer_policy",
    "What your organisation grants debtors who ask for time",
    SHOWN,
    answer(_EXAMPLE),
    "Organisation",
)
set_offer_policy = extend_schema_view(
    put=extend_schema(
        operation_id="set_organisation_offer_policy",
        summary="Set what your organisation grants debtors who ask for time",
        description=(
            "The whole of it: what is left out is the default again. It holds in both modes, for campaigns that do not "
            "say otherwise in their own `offer_policy`, from the next promise, plan or dispute on; what was agreed "
            "stands. `min_instalment` is in the organisation's currency. Once live mode is open, a live key sets it."
        ),
        tags=["Organisation"],
        request={"application/json": OFFER_POLICY},
        responses={200: SHOWN},
        examples=[sent("Six months", _SAID), answer(_EXAMPLE)],
    )
)
