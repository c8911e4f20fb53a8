"""What a delivery looks like on the wire and what becomes of it: pure functions."""

import base64
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

SECRET_PREFIX = "whsec_"  # noqa: S105  (a prefix, no secret)
SECRET_BYTES = 33  # a multiple of three: base64 without padding
MAX_SECRETS = 3  # live at a time: each signs every POST
OVERLAP_HOURS = 24  # so long the secret before a rotation goes on signing, unless another number is asked for
MAX_OVERLAP_HOURS = 168
EVERYTHING = "*"
TEST_EVENT = "webhook.test"  # goes to the one endpoint that it names
VERIFICATION = "endpoint.verification"  # so does this: its answer must hold the challenge
DIRECTED = frozenset({TEST_EVENT, VERIFICATION})

# Seconds after each failure (the product page). After the last one the delivery has failed.
RETRY_AFTER = (1.0, 5.0, 30.0)
# Opt-in, after those: 2 min, 10 min, 30 min, then hours; the last attempt comes 3 days after the first, less 20 min.
LONG_TAIL = (120.0, 600.0, 1800.0, *(hours * 3600.0 for hours in (1, 2, 4, 6, 10, 12, 16, 20)))
LONGEST_ASKED = 3600.0  # so much of a Retry-After is honoured
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


def live_secrets(stored: Sequence[Any], at: datetime) -> tuple[str, ...]:
    """The secrets that sign at `at`, newest first. Pure: whoever caches what it decrypted asks this each time anew.

    `stored`: as decrypted, newest first; each a plain text (for ever), or [text, end in Unix seconds | None].
    """
    pairs = [(entry, None) if isinstance(entry, str) else entry for entry in stored]
    return tuple(text for text, ends in pairs if ends is None or ends > at.timestamp())


MASK = "••••"
_SHOWN_END = 4  # characters of a masked value, when at least three times as many stay hidden
_SENSITIVE = re.compile(r"auth|cookie|token|key|secret|passw|pwd|signature|credential|session|bearer", re.IGNORECASE)
_CREDENTIAL = re.compile(r"(bearer|basic|digest|negotiate)\s", re.IGNORECASE)  # RFC 9110, 11.6.2, whatever carries it


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """`headers` as they may be shown: what carries a secret, by its name or its value, as `••••` and its last four.

    A short value shows nothing of itself. Masking what is masked changes nothing.
    """
    return {name: _masked(value) if _is_sensitive(name, value) else value for name, value in headers.items()}


def _is_sensitive(name: str, value: str) -> bool:
    return bool(_SENSITIVE.search(name) or _CREDENTIAL.match(value))


def _masked(value: str) -> str:
    if value.startswith(MASK):
        return value
    return MASK + (value[-_SHOWN_END:] if len(value) >= 4 * _SHOWN_END else "")


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


def backoff(
    failures_in_row: int, spread: float, *, long_tail: bool = False, asked: float | None = None
) -> timedelta | None:
    """The wait after the n-th failure in a row, None when there is no further attempt.

    `spread` is a random number in [-1, 1]: the wait moves by up to ±10 %, so that a receiver which comes back is not
    met by everything it missed in one instant. `asked` is what the receiver asked for (`asked_wait`): it makes the
    wait longer, never shorter, counts for at most 1 h, and is moved later only: nobody comes before he was asked to.
    """
    waits = RETRY_AFTER + LONG_TAIL if long_tail else RETRY_AFTER
    if failures_in_row > len(waits):
        return None
    planned = waits[failures_in_row - 1] * (1 + JITTER * spread)
    bidden = min(asked or 0.0, LONGEST_ASKED) * (1 + JITTER * abs(spread))
    return timedelta(seconds=max(planned, bidden))


_SECONDS = re.compile(r"[0-9]{1,10}")


def asked_wait(header: str | None, at: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, from `at` on; None where there is none that can be read.

    RFC 9110, 10.2.3: whole seconds or an HTTP date. A date that has passed asks for nothing.
    """
    text = (header or "")[:100].strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - at).total_seconds())
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a delivery becomes after one attempt. `next_attempt_at` is None when it is over."""

    status: str
    failures_in_row: int
    next_attempt_at: datetime | None
    error: str
    disables_endpoint: bool = False


def settle_outcome(
    *,
    status_code: int | None,
    error: str | None,
    failures_before: int,
    finished_at: datetime,
    spread: float,
    retry_after: str | None = None,
    long_tail: bool = False,
) -> Settlement:
    """2xx is success; everything else, redirects too, is a failure; 410 means the receiver wants nothing more."""
    if error is None and status_code is not None and 200 <= status_code < 300:
        return Settlement("succeeded", 0, None, "")
    failures = failures_before + 1
    words = (error or f"The receiver answered {status_code}.")[:MAX_ERROR]
    if status_code == GONE:
        return Settlement("failed", failures, None, words, disables_endpoint=True)
    wait = backoff(failures, spread, long_tail=long_tail, asked=asked_wait(retry_after, finished_at))
    if wait is None:
        return Settlement("failed", failures, None, words)
    return Settlement("pending", failures, finished_at + wait, words)


# --- an endpoint's circuit breaker and pace, shared by all senders (models.Health)

BREAKS_AT = 20  # failures in a row, of whatever deliveries
_FIRST_OPEN, _LONGEST_OPEN = 30.0, 900.0  # seconds
PACE_BURST = 0.1  # seconds' worth of POSTs that may go at once: senders look every 50 ms


def open_for(times_opened: int, spread: float) -> timedelta:
    """How long the breaker stays open when it opens for the n-th time without a success (0: the first): 30 s, doubled
    each time up to 15 min, ±10 %."""
    seconds = min(_FIRST_OPEN * 2 ** min(times_opened, 10), _LONGEST_OPEN)
    return timedelta(seconds=seconds * (1 + JITTER * spread))


def paced(paced_until: datetime | None, rate: int, wanted: int, at: datetime) -> tuple[int, datetime | None]:
    """How many of `wanted` POSTs fit `rate` a second at `at`, and from when on the next one does (GCRA, ITU-T I.371).

    In any one second at most rate × 1.1 + 1 are let through, whoever asks and however often.
    """
    gap, burst = timedelta(microseconds=max(1_000_000 // rate, 1)), timedelta(seconds=PACE_BURST)
    latest = at + gap  # nothing sets it further ahead, unless the wall clock was put back
    planned = max(at, paced_until + burst) if paced_until and paced_until <= latest else at
    taken = max(0, min(wanted, (at + burst - planned) // gap + 1))
    return (taken, planned + taken * gap - burst) if taken else (0, paced_until)


# --- mail to members (endpoints of kind `email`)

INSTANT, DAILY = "instant", "daily"
GATHERED = timedelta(minutes=1)  # what happens within it becomes one mail
_DIGEST_AT = time(8)

# What a new member is told, and how; a type that is missing is off. Nothing in test mode, where a simulated year may
# pass in a minute. That an endpoint was switched off its owners hear in any case, by a letter of its own.
_TOLD_LIVE = {
    "case.held": INSTANT,
    "case.escalated": INSTANT,
    "message.failed": DAILY,
}

# Waits after a mail that surely was not handed over: a mail server may be away for a day.
_MAIL_AGAIN_MINUTES = (1, 5, 30, 120, 480, 960)


def default_cadence(livemode: bool) -> dict[str, str]:
    """What a member is told of before he chose: event type → instant or daily."""
    return dict(_TOLD_LIVE) if livemode else {}


def mail_due(cadence: Mapping[str, str], event_type: str, at: datetime, timezone: str) -> datetime | None:
    """When a member's mail about an event at `at` is due; None when he is not to be told.

    `instant`: a minute later, so that what follows within that minute travels in the same mail. `daily`: the next 8:00
    in `timezone` (an IANA name).
    """
    chosen = cadence.get(event_type)
    if chosen == INSTANT:
        return at + GATHERED
    if chosen != DAILY:
        return None
    local = at.astimezone(ZoneInfo(timezone))
    day = local.date() + timedelta(days=local.time() >= _DIGEST_AT)
    return datetime.combine(day, _DIGEST_AT, local.tzinfo).astimezone(UTC)


def mail_again(failures_in_row: int, at: datetime) -> datetime | None:
    """When a mail that was not handed over is tried again after its n-th failure; None when it has failed."""
    if failures_in_row > len(_MAIL_AGAIN_MINUTES):
        return None
    return at + timedelta(minutes=_MAIL_AGAIN_MINUTES[failures_in_row - 1])
