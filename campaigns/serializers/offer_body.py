"""`offer_policy` as a body has it."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from campaigns.rules.offers import BOUNDS, MAX_RUNGS, MOST_PERCENT, OLDEST_DAYS


def _count(name: str) -> Any:
    low, high = BOUNDS[name]
    return Annotated[int, Meta(ge=low, le=high)] | UnsetType


class RungIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """One step of `settlement`."""

    min_age_days: Annotated[int, Meta(ge=0, le=OLDEST_DAYS)]
    max_discount_percent: Annotated[int, Meta(ge=1, le=MOST_PERCENT)]


class OfferPolicyIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`offer_policy`: what is left out is the organisation's, else the default."""

    plans: bool | UnsetType = UNSET
    min_instalment: Raw | UnsetType = UNSET
    max_instalments: _count("max_instalments") = UNSET  # type: ignore[valid-type]
    max_months: _count("max_months") = UNSET  # type: ignore[valid-type]
    max_promise_days: _count("max_promise_days") = UNSET  # type: ignore[valid-type]
    grace_days: _count("grace_days") = UNSET  # type: ignore[valid-type]
    answer_days: _count("answer_days") = UNSET  # type: ignore[valid-type]
    settlement: Annotated[list[RungIn], Meta(max_length=MAX_RUNGS)] | UnsetType = UNSET
    settlement_days: _count("settlement_days") = UNSET  # type: ignore[valid-type]
    settlement_approval: Literal["person", "second_person", "auto"] | UnsetType = UNSET
