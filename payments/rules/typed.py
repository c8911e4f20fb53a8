"""What a debtor types."""

import re
from datetime import date
from decimal import Decimal

# How each language parts thousands and decimals (CLDR): (what may part thousands, the decimal sign).
_SIGNS = {"en": (",", "."), "fr": (" ", ","), "es": (".", ","), "de": (".", ",")}
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_PLAIN = re.compile(r"[0-9]+\.[0-9]{1,2}")


def read_amount(text: str, language: str = "en") -> Decimal:
    """A typed amount as `language` writes it: `1,234.50`, `1.234,50`, `1 234,50`, `$200`; `1234.50` in all of them.

    Raises ValueError in words for the person who typed it: it is none, or could be read in two ways.
    """
    plain = _SPACES.sub(" ", text.strip().strip("$€£").strip())
    thousands, decimal = _SIGNS[language]
    if len(plain) <= 20 and plain.isascii():
        if _PLAIN.fullmatch(plain):
            return Decimal(plain)
        if _written(thousands, decimal).fullmatch(plain):
            return Decimal(plain.replace(thousands, "").replace(decimal, "."))
    raise ValueError("Enter an amount in figures, like 250.00.")


def _written(thousands: str, decimal: str) -> re.Pattern[str]:
    part, point = re.escape(thousands), re.escape(decimal)
    return re.compile(rf"[0-9]{{1,3}}({part}[0-9]{{3}})+({point}[0-9]+)?|[0-9]+({point}[0-9]+)?|{point}[0-9]+")


def passes_luhn(number: str) -> bool:
    """The check digit of a card number (ISO/IEC 7812-1, annex B): catches a typo before anybody is asked."""
    if not (12 <= len(number) <= 19 and number.isascii() and number.isdigit()):
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def read_expiry(text: str) -> tuple[int, int] | None:
    """(year, month) of `MM/YY` or `MM/YYYY`; None for anything else."""
    match = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/ -]\s*(?:20)?([0-9]{2})\s*", text, re.ASCII)
    return (2000 + int(match[2]), int(match[1])) if match else None


def has_expired(expiry: tuple[int, int], today: date) -> bool:
    """A card is good to the end of its month."""
    return expiry < (today.year, today.month)
