"""Amounts as Stripe counts them (docs.stripe.com/currencies): its minor units are not always ours.

Ours follow CLDR (kit.money); Stripe's have no decimals in sixteen currencies, three in five, two in all others, also
where nobody has used coins for decades.
"""

from agentcollect.kit import money

_NO_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())
# "Special cases": two decimals in the API that must be zero, since the currency has none.
_WHOLE_ONLY = frozenset(["ISK", "UGX"])


def refusal(minor: int, currency: str) -> str:
    """Why Stripe cannot take this amount, in words for the debtor; empty: it can.

    "These API calls require the least-significant (last) digit to be 0" of three-decimal currencies: rounding would
    charge something else than what is owed.
    """
    shown = money.display(minor, currency)
    if currency in _THREE_DECIMALS and minor % 10:
        return f"{shown} cannot be paid here: the last decimal of an amount in {currency} must be 0."
    if currency in _WHOLE_ONLY and minor % 10 ** money.exponent(currency):
        return f"{shown} cannot be paid here: an amount in {currency} must have no decimals."
    try:
        to_stripe(minor, currency)
    except ValueError:
        return f"{shown} cannot be paid here: the amount has more decimals than the processor takes."
    return ""


def to_stripe(minor: int, currency: str) -> int:
    """Our minor units as Stripe's. Raises ValueError where Stripe has fewer decimals than the amount."""
    shift = _decimals(currency) - money.exponent(currency)
    if shift >= 0:
        return int(minor * 10**shift)
    whole, rest = divmod(minor, 10**-shift)
    if rest:
        raise ValueError("more decimals than Stripe has")
    return int(whole)


def from_stripe(minor: int, currency: str) -> int:
    """Stripe's minor units as ours. Raises ValueError where ours cannot hold it."""
    shift = money.exponent(currency) - _decimals(currency)
    if shift >= 0:
        return int(minor * 10**shift)
    whole, rest = divmod(minor, 10**-shift)
    if rest:
        raise ValueError("more decimals than the currency has")
    return int(whole)


def _decimals(currency: str) -> int:
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2
