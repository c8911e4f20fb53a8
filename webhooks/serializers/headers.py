"""How the headers that a customer wants on every POST are read: RFC 9110, 5.1 (names) and 5.5 (values)."""

import re
from typing import Any

from agentcollect.kit.errors import FieldError
from webhooks.rules import MASK

MAX_HEADERS = 20
MAX_VALUE = 1_024
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")

# What frames the message, belongs to the connection, or is ours: a customer's value would break one of them.
_RESERVED = frozenset(
    {
        *("host", "content-length", "content-type", "content-encoding", "transfer-encoding", "user-agent", "expect"),
        *("connection", "keep-alive", "upgrade", "te", "trailer", "accept-encoding", "date", "via", "forwarded"),
    }
)
_OURS = ("webhook-", "x-agentcollect-", "proxy-", "x-forwarded-")


def read_headers(value: Any, faults: list[FieldError]) -> dict[str, str]:
    """At most 20, name → value, in the spelling given; {} for null. A value may be the mask that was shown for it."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_HEADERS:
        words = f"headers is an object of at most {MAX_HEADERS} names, each with a text."
        faults.append(FieldError("headers", "invalid_request", words))
        return {}
    seen: set[str] = set()
    for name, text in value.items():
        if words := _fault(name, text, seen):
            faults.append(FieldError(f"headers.{name[:64]}", "invalid_request", words))
        seen.add(name.lower())
    return value


def _fault(name: str, text: Any, seen: set[str]) -> str:
    """What is wrong with one header, empty for nothing."""
    if not _NAME.fullmatch(name):
        return f"{name[:60]!r} is no name of a header."
    if name.lower() in _RESERVED or name.lower().startswith(_OURS):
        return f"{name} is set by us."
    if name.lower() in seen:
        return f"{name} is given twice."
    masked = isinstance(text, str) and text.startswith(MASK)  # stands for a value that was read before
    plain = isinstance(text, str) and len(text) <= MAX_VALUE and _VALUE.fullmatch(text)
    if not masked and not plain:
        return f"{name} takes 1 to {MAX_VALUE:,} printable ASCII characters, without space at either end."
    return ""
