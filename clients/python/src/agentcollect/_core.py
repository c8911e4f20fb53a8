"""What the sync and the async client share: everything but the waiting."""

import json
import os
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from agentcollect import errors

VERSION = "0.1.0"
DEFAULT_BASE_URL = "https://api.agentcollect.com"
TIMEOUT_SECONDS = 30.0
MAX_RETRIES = 3
# Nobody waits longer than this between two tries, whatever the server asks.
LONGEST_WAIT = 60.0
# Answers after which the same request may succeed. 409 only while its own first try is still running.
_WORTH_RETRYING = frozenset({429, 502, 503, 504})
_IDEMPOTENT = frozenset({"GET", "HEAD", "DELETE"})


@dataclass(frozen=True)
class Settings:
    """How a client calls: whose key, where, how patiently."""

    api_key: str = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    timeout: float = TIMEOUT_SECONDS
    max_retries: int = MAX_RETRIES
    account: str = ""
    version: str = ""

    @classmethod
    def read(cls, api_key: str | None, base_url: str | None, **more: Any) -> "Settings":
        """From arguments, else AGENTCOLLECT_API_KEY and AGENTCOLLECT_BASE_URL."""
        key = api_key or os.environ.get("AGENTCOLLECT_API_KEY", "")
        if not key:
            raise errors.AgentCollectError("Name an API key: Client(api_key=…) or AGENTCOLLECT_API_KEY.")
        url = (base_url or os.environ.get("AGENTCOLLECT_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
        return cls(key, url, **more)


@dataclass(frozen=True)
class Call:
    """One request, the same at every try: a POST keeps its idempotency key."""

    method: str
    path: str
    params: dict[str, str]
    content: bytes | None
    headers: dict[str, str]

    @property
    def repeatable(self) -> bool:
        """May it be sent again when nobody knows whether it arrived?"""
        return self.method in _IDEMPOTENT or "Idempotency-Key" in self.headers


def call(
    settings: Settings,
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    body: Any = None,
    idempotency_key: str | None = None,
) -> Call:
    """The request for one operation. Every POST gets an idempotency key, a random one if none is given."""
    headers = {
        "Authorization": f"Bearer {settings.api_key}",
        "User-Agent": f"agentcollect-python/{VERSION}",
        "Accept": "application/json",
    }
    if settings.account:
        headers["AgentCollect-Account"] = settings.account
    if settings.version:
        headers["AgentCollect-Version"] = settings.version
    content = None
    if body is not None:
        content = encode(body)
        headers["Content-Type"] = "application/json"
    if method == "POST":
        headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
    return Call(method, path, query(params or {}), content, headers)


def query(params: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters as text; None is left out, `metadata={"a": "b"}` becomes `metadata[a]=b`."""
    said: dict[str, str] = {}
    for name, value in params.items():
        if value is None:
            continue
        if name == "metadata" and isinstance(value, Mapping):
            said |= {f"metadata[{key}]": str(text) for key, text in value.items()}
        else:
            said[name] = _text(value)
    return said


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return str(value)


def encode(body: Any) -> bytes:
    """JSON, with Decimal as a number, and dates and times as the API writes them."""
    return json.dumps(body, default=_plain, allow_nan=False, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        number = float(value)
        # Sixteen digits hold every amount the API takes; one they cannot hold is refused rather than rounded.
        if Decimal(repr(number)) != value:
            raise ValueError(f"{value} has more digits than an amount may have.")
        return int(value) if value == value.to_integral_value() else number
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON.")


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("A time needs a zone: datetime.now(UTC), not datetime.now().")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decode(content: bytes) -> Any:
    """The body; amounts come as int or Decimal, never as float."""
    try:
        return json.loads(content, parse_float=Decimal) if content else None
    except ValueError:
        return None


def result(status: int, content: bytes, headers: Mapping[str, str]) -> Any:
    """The decoded body of a success. Raises ApiError otherwise, and where a success is not JSON."""
    body = decode(content)
    if 200 <= status < 300 and body is not None:
        return body
    raise errors.from_answer(status, body, {name.lower(): value for name, value in headers.items()})


def wait_after(attempt: int, asked: float | None) -> float:
    """Seconds before the next try: what the server asked, else half to all of 0.5, 1, 2, … (full jitter's half)."""
    if asked is not None:
        return min(asked, LONGEST_WAIT)
    return min(float(2**attempt) * 0.5, 8.0) * random.uniform(0.5, 1.0)


def worth_retrying(this: Call, error: errors.AgentCollectError) -> bool:
    """May `this` be sent again after `error`, without doing anything twice?

    429 was refused before anything happened. A lost connection or a 5xx may have done the work: only what is
    idempotent by its method or by its key is repeated.
    """
    if isinstance(error, errors.ApiError):
        if error.code == "idempotency_in_progress":
            return True
        return error.status in _WORTH_RETRYING and (this.repeatable or error.status == 429)
    return this.repeatable
