"""How the facts of a mail are written, and when a refused one is tried again."""

import re
import unicodedata
from datetime import timedelta
from functools import lru_cache

# After a temporary refusal of the mail server: greylisting ends within minutes, an outage within a day.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
_PREFIX = re.compile(r"^(?:#\s*|inv-\s*)+", re.IGNORECASE)


def retry_after(tries: int) -> timedelta | None:
    """How long to wait after the `tries`-th temporary refusal (1 is the first); None: it is over."""
    return RETRIES[tries - 1] if tries <= len(RETRIES) else None


@lru_cache(maxsize=8192)  # a brand, a company and a number stand in many places of many mails
def one_line(text: str, limit: int = 200) -> str:
    """`text` fit for a header or one line of a mail: no control, line-break or invisible formatting characters."""
    # Line and paragraph separators (Zl, Zp) break lines too; Cf holds bidi overrides and zero-width letters.
    cleaned = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text)
    visible = "".join(c for c in cleaned if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())[:limit].strip()


def shown_number(number: str) -> str:
    """An invoice number as the debtor reads it: without a leading `INV-` or `#`."""
    plain = one_line(number, 60)
    return _PREFIX.sub("", plain) or plain


def subject(number: str, brand_name: str) -> str:
    """`Invoice #2025-0847 — Your Company`, as the product page promises; without a number the balance is named."""
    shown = shown_number(number)
    what = f"Invoice #{shown}" if shown else "Outstanding balance"
    return f"{what} — {one_line(brand_name, 120)}"


def message_id(step_id: str, domain: str) -> str:
    """The RFC 5322 Message-ID of a step's mail: the same however often a worker prepares it."""
    return f"<{step_id}@{domain}>"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
