"""Money: integer minor units and an ISO 4217 code inside, a JSON number of major units outside; never a float."""

from decimal import Decimal
from functools import cache, lru_cache

from babel.numbers import format_currency, get_currency_precision, list_currencies

from agentcollect.kit import errors

CEILING = Decimal("999999999.99")

errors.define("invalid_amount", 400, "The amount is not a positive JSON number the currency can hold.")
errors.define("invalid_currency", 400, "The currency is not an ISO 4217 code in use.")

# ISO 4217 codes that are no money one could owe an invoice in (metals, test and accounting units).
_NO_MONEY = frozenset(["XAU", "XAG", "XPT", "XPD", "XTS", "XXX", "XDR", "XBA", "XBB", "XBC", "XBD", "XSU", "XUA"])
CURRENCIES = frozenset(code for code in list_currencies() if len(code) == 3) - _NO_MONEY


@cache
def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """Minor units of a major amount. Raises ValueError (plain words) when the currency cannot hold it exactly."""
    if not amount.is_finite():
        raise ValueError("must be a finite number")
    if abs(amount) > CEILING:
        raise ValueError(f"must not exceed {CEILING:,}")
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"has more decimals than {currency} has ({exponent(currency)})")
    return int(scaled)


def to_major(minor: int, currency: str) -> Decimal:
    """The exact major amount of `minor` units."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_json(minor: int, currency: str) -> int | float:
    """The JSON number of an amount: 15000 for 15,000.00 USD, 0.1 for 10 cents.

    A double holds every amount up to the ceiling exactly enough to print its own decimals back: at most 12 digits of
    the 15 that survive the journey, so nothing is computed with it and nothing is lost by it.
    """
    major = to_major(minor, currency)
    return int(major) if major == major.to_integral_value() else float(major)


@lru_cache(maxsize=4096)  # a message writes each of its sums several times
def display(minor: int, currency: str, language: str = "en") -> str:
    """The amount as a reader of `language` expects it: `$15,000.00`, `15 000,00 €`."""
    locale = {"en": "en_US", "fr": "fr_FR", "es": "es_ES", "de": "de_DE"}.get(language, "en_US")
    return format_currency(to_major(minor, currency), currency, locale=locale)
