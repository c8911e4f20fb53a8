"""Webhooks as a receiver sees them: is this really from AgentCollect, and what does it say?

    event = agentcollect.webhooks.verify(request.body, request.headers, secret)

Verify the raw bytes as they came, before any JSON parser has touched them.
"""

import hmac
import time
from collections.abc import Iterable, Mapping

from agentcollect import _core
from agentcollect.errors import AgentCollectError
from agentcollect.types import Event

HEADER = "X-AgentCollect-Signature"
TOLERANCE_SECONDS = 300


class InvalidSignature(AgentCollectError):
    """Not signed by us, not with this secret, altered on the way, or too old. Answer 400 and do nothing."""


def verify(
    payload: bytes | str,
    headers: Mapping[str, str] | str,
    secret: str | Iterable[str],
    *,
    tolerance: int = TOLERANCE_SECONDS,
    now: float | None = None,
) -> Event:
    """The event in `payload`, if its signature holds. Raises InvalidSignature.

    `headers`: those of the request, or the signature header alone. `secret`: `whsec_…`, or several while one is being
    rotated. `tolerance`: seconds that the timestamp may be off, against replayed requests; 0 = any age. Deliveries
    come at least once: keep the `id` of what you have handled.
    """
    body = payload.encode() if isinstance(payload, str) else payload
    stamp, given = _read(headers if isinstance(headers, str) else _named(headers))
    secrets = [secret] if isinstance(secret, str) else list(secret)
    signed = stamp.encode() + b"." + body
    right = [hmac.new(text.encode(), signed, "sha256").hexdigest() for text in secrets]
    if not any(hmac.compare_digest(mine, theirs) for mine in right for theirs in given):
        raise InvalidSignature("No signature in the header fits this body and secret.")
    if tolerance and abs((time.time() if now is None else now) - int(stamp)) > tolerance:
        raise InvalidSignature(f"The signature is more than {tolerance} seconds off.")
    event = _core.decode(body)
    if not isinstance(event, dict) or "event" not in event:
        raise InvalidSignature("The body is signed, but it is no event.")
    return event  # type: ignore[return-value]


def sign(payload: bytes, secret: str, *, at: int | None = None) -> str:
    """The signature header for `payload`, for tests of your own receiver. `at`: epoch seconds, default now."""
    stamp = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), b"%d.%b" % (stamp, payload), "sha256").hexdigest()
    return f"t={stamp},v1={mac}"


def _named(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        # WSGI spells it HTTP_X_AGENTCOLLECT_SIGNATURE.
        if name.replace("_", "-").lower().removeprefix("http-") == HEADER.lower():
            return value
    raise InvalidSignature(f"There is no {HEADER} header.")


def _read(header: str) -> tuple[str, list[str]]:
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1" and value.isascii()]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit()) or not given:
        raise InvalidSignature(f"{HEADER} reads t=<seconds>,v1=<hex>.")
    return stamps[0], given
