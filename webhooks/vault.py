"""What an endpoint's row holds encrypted: its secrets (`webhooks.rules.live_secrets`) and its custom headers."""

from typing import Any

import orjson

from agentcollect.kit import crypto


def seal(value: Any) -> str:
    """`value` as a column keeps it; what is empty needs no key."""
    return crypto.encrypt(orjson.dumps(value).decode()) if value else ""


def secrets(sealed: str) -> list[Any]:
    """As `live_secrets` takes them, newest first. Raises ValueError when no key of ours opens them."""
    return orjson.loads(crypto.decrypt(sealed)) if sealed else []


def headers(sealed: str) -> dict[str, str]:
    """Name → value. Raises ValueError when no key of ours opens them."""
    return orjson.loads(crypto.decrypt(sealed)) if sealed else {}
