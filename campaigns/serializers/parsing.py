"""What is written in one field, as a value: amounts, days, addresses, colours. Each raises ValueError in plain words.

Amounts are parsed as decimals: no float, no exponent, no string that looks like a number.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from msgspec import Raw

from agentcollect.kit import errors, money

errors.define("invalid_email", 400, "This is not an e-mail address.")
errors.define(
    "invalid_date",
    400,
    "A date is written YYYY-MM-DD, between 1990 and 2100, and an invoice is not of the future.",
)
errors.define("invalid_color", 400, "A colour is written #RGB or #RRGGBB.")
errors.define("invalid_domain", 400, "This is not a domain name.")

_AMOUNT = re.compile(rb"-?(0|[1-9]\d*)(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COLOR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)
# Addresses of this plain form need no library; a test shows that the library accepts whatever this accepts.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9](?:[a-z0-9_+-]|\.(?!\.)){0,62}(?<!\.)@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)


def parse_amount(raw: Raw | bytes, currency: str, *, zero: bool = False) -> int:
    """Minor units of a JSON number. Raises ValueError in plain words."""
    text = bytes(raw)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("must be a JSON number without exponent, such as 15000 or 99.50")
    minor = money.to_minor(Decimal(text.decode()), currency)
    if minor < 0 or (minor == 0 and not zero):
        raise ValueError("must be more than zero" if not zero else "must not be negative")
    return minor


def parse_date(text: str) -> date:
    """A calendar date between 1990 and 2100. Raises ValueError in plain words."""
    if not _DATE.fullmatch(text):
        raise ValueError("must be written YYYY-MM-DD")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    if not 1990 <= found.year <= 2100:
        raise ValueError("must lie between 1990 and 2100")
    return found


@lru_cache(maxsize=10_000)
def parse_email(text: str) -> str:
    """The address, its domain folded. Raises ValueError in plain words. No DNS: that is a worker's job."""
    plain = text.strip()
    if len(plain) <= 200 and _PLAIN_EMAIL.fullmatch(plain):
        return plain
    try:
        return validate_email(plain, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error)[:160]) from error


def parse_color(text: str) -> str:
    if not _COLOR.fullmatch(text):
        raise ValueError("must be #RGB or #RRGGBB")
    return text.upper()


def parse_domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text.strip()):
        raise ValueError("must be a domain name such as yourcompany.com")
    return text.strip().lower()
