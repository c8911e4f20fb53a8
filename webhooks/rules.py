"""What a delivery looks like on the wire and what becomes of it: pure functions."""

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

SECRET_PREFIX = "whsec_"  # noqa: S105  (a prefix, no secret)
SECRET_BYTES = 33  # a multiple of three: base64 without padding
EVERYTHING = "*"
TEST_EVENT = "webhook.test"  # goes to the one endpoint that it names

# Seconds after each failure (the product page). After the last one the delivery has failed.
RETRY_AFTER = (1.0, 5.0, 30.0)
JITTER = 0.1
GONE = 410
MAX_ERROR = 300

_PLAIN = re.compile(r"[A-Za-z0-9]+")


def mint_secret() -> str:
    """`whsec_` + base64 of 33 random bytes, redrawn until it is letters and digits only.

    Svix's and Standard Webhooks' libraries decode it as base64; without `+` and `/` a double click selects all of it
    and no shell or environment file needs quotes.
    """
    while True:
        body = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        if _PLAIN.fullmatch(body):
            return SECRET_PREFIX + body


def sign(secret_texts: Sequence[str], event_id: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Both signature families over `body`, for every secret (newest first): the headers to send.

    `X-AgentCollect-Signature` is Stripe's scheme, HMAC-SHA256 over `<t>.<body>` keyed with the whole secret text;
    `webhook-*` is Standard Webhooks' (symmetric, v1), over `<id>.<t>.<body>` keyed with the decoded secret.
    """
    stamped = b"%d.%b" % (timestamp, body)
    named = event_id.encode() + b"." + stamped
    ours, standard = [f"t={timestamp}"], []
    for text in secret_texts:
        whole, decoded = _keyed(text)
        ours.append("v1=" + _mac(whole, stamped).hex())
        standard.append("v1," + base64.b64encode(_mac(decoded, named)).decode())
    return {
        "X-AgentCollect-Signature": ",".join(ours),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(standard),
    }


@lru_cache(maxsize=4096)
def _keyed(secret: str) -> tuple[hmac.HMAC, hmac.HMAC]:
    """Both keys, hashed in once: `hmac.digest` would do it again for each body, and give up the GIL each time."""
    decoded = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return hmac.new(secret.encode(), digestmod="sha256"), hmac.new(decoded, digestmod="sha256")


def _mac(keyed: hmac.HMAC, text: bytes) -> bytes:
    mac = keyed.copy()
    mac.update(text)
    return mac.digest()


def request_headers(
    secret_texts: Sequence[str],
    *,
    event_id: str,
    sequence: int | None,
    body: bytes,
    timestamp: int,
    attempt: int,
    replay: bool,
    request_id: str = "",
) -> dict[str, str]:
    """All headers of one attempt. A fresh `timestamp` each time, the same id for ever.

    `request_id` is the API call that caused the event, where one did: the receiver finds it in its request log.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "AgentCollect-Webhooks/1",
        **sign(secret_texts, event_id, body, timestamp),
        "X-AgentCollect-Attempt": str(attempt),
        "X-AgentCollect-Sequence": str(sequence or 0),
    }
    if replay:
        headers["X-AgentCollect-Replay"] = "true"
    if request_id:
        headers["X-AgentCollect-Request-Id"] = request_id
    return headers


def wants(subscribed: Sequence[str], event_type: str) -> bool:
    """Whether an endpoint that asked for `subscribed` is told of `event_type`."""
    return EVERYTHING in subscribed or event_type in subscribed


def backoff(failures_in_row: int, spread: float) -> timedelta | None:
    """The wait after the n-th failure in a row, None when there is no further attempt.

    `spread` is a random number in [-1, 1]: the wait moves by up to ±10 %, so that a receiver which comes back is not
    met by everything it missed in one instant.
    """
    if failures_in_row > len(RETRY_AFTER):
        return None
    return timedelta(seconds=RETRY_AFTER[failures_in_row - 1] * (1 + JITTER * spread))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a delivery becomes after one attempt. `next_attempt_at` is None when it is over."""

    status: str
    failures_in_row: int
    next_attempt_at: datetime | None
    error: str
    disables_endpoint: bool = False


def settle_outcome(
    *, status_code: int | None, error: str | None, failures_before: int, finished_at: datetime, spread: float
) -> Settlement:
    """2xx is success; everything else, redirects too, is a failure; 410 means the receiver wants nothing more."""
    if error is None and status_code is not None and 200 <= status_code < 300:
        return Settlement("succeeded", 0, None, "")
    failures = failures_before + 1
    words = (error or f"The receiver answered {status_code}.")[:MAX_ERROR]
    if status_code == GONE:
        return Settlement("failed", failures, None, words, disables_endpoint=True)
    wait = backoff(failures, spread)
    if wait is None:
        return Settlement("failed", failures, None, words)
    return Settlement("pending", failures, finished_at + wait, words)
