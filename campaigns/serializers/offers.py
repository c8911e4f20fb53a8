"""What a creditor grants debtors, time or a settlement, as the API takes and shows it (campaigns.rules.offers)."""

from typing import Any

from msgspec import UNSET, to_builtins

from agentcollect.kit import errors, money
from campaigns.rules import offers as rules
from campaigns.serializers.offer_body import OfferPolicyIn
from campaigns.serializers.parsing import parse_amount
from campaigns.serializers.reading import Faults

errors.define("invalid_settlement", 400, "`settlement` names each age once, the youngest first.")

_COUNTS = ("max_instalments", "max_months", "max_promise_days", "grace_days", "answer_days", "settlement_days")
_PLAIN = ("plans", *_COUNTS, "settlement_approval")


def policy(given: OfferPolicyIn, currency: str, faults: Faults, *, under: str = "offer_policy.") -> dict[str, Any]:
    """The row's form of it: only what was said, money in minor units of `currency`. `under`: where it stands."""
    found = {name: value for name in _PLAIN if (value := getattr(given, name)) is not UNSET}
    if given.settlement is not UNSET:
        found["settlement"] = rows = to_builtins(given.settlement)
        if words := rules.fault(rows):
            faults.add(f"{under}settlement", "invalid_settlement", words)
    if given.min_instalment is not UNSET:
        name = f"{under}min_instalment"
        minor = faults.read(name, "invalid_amount", lambda v: parse_amount(v, currency), given.min_instalment, 1)
        found["min_instalment_minor"] = minor
    return found


def shown(policy: dict[str, Any], currency: str) -> dict[str, Any]:
    """What the campaign says itself; empty where it is the organisation's."""
    found = {name: value for name, value in policy.items() if name in _PLAIN}
    if (rungs := policy.get("settlement")) is not None:
        found["settlement"] = [rung._asdict() for rung in rules.ladder(rungs)]
    if (minor := policy.get("min_instalment_minor")) is not None:
        found["min_instalment"] = money.to_json(minor, currency)
    return found
