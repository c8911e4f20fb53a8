"""The SDK, and what can go wrong with it. Nothing here is called inside a transaction.

The SDK is loaded with its first use: a process that never asks Stripe need not know it.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from django.conf import settings

from agentcollect.kit.http import refuse_in_transaction
from payments.providers.base import ProcessorError

if TYPE_CHECKING:
    from stripe import StripeClient

log = structlog.get_logger()
T = TypeVar("T")

# A worker may wait longer than a debtor.
_WORK_TIMEOUT = 20.0
# More is the affair of the row that waits: callbacks, refunds and books are all looked at again.
_WORK_RETRIES = 1
# After so many calls in a row that reached nobody, nobody is called for a while: pages must not wait for a dead peer.
_BREAKS_AFTER, _PAUSE_SECONDS = 3, 15.0


class _Breaker:
    """Counts calls that reached nobody; open for a while, then the next call tries again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._failures, self._until = 0, 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self._until

    def heard(self, reached: bool) -> None:
        with self._lock:
            self._failures = 0 if reached else self._failures + 1
            if self._failures >= _BREAKS_AFTER:
                self._failures, self._until = 0, time.monotonic() + _PAUSE_SECONDS
                log.warning("stripe_unreachable", pause=_PAUSE_SECONDS)


breaker = _Breaker()


def configured() -> bool:
    return bool(settings.STRIPE["secret_key"])


def live_key() -> bool:
    """Whether the key is of Stripe's own live mode; a test key moves no money, whatever our mode is called."""
    return "_test_" not in settings.STRIPE["secret_key"]


def ask(call: "Callable[[StripeClient], T]", *, page: bool = False) -> T:
    """What Stripe answers. `page`: a debtor waits: one try, a short time. Raises ProcessorError."""
    import stripe

    refuse_in_transaction()
    if not configured():
        raise ProcessorError("Stripe is not set up: STRIPE_SECRET_KEY is missing.", permanent=True)
    if breaker.is_open():
        raise ProcessorError("Stripe could not be reached just now.", permanent=page)  # nothing was sent
    key, base, timeout = (settings.STRIPE[name] for name in ("secret_key", "api_base", "timeout"))
    client = _client(key, base, timeout if page else _WORK_TIMEOUT, 0 if page else _WORK_RETRIES)
    try:
        answer = call(client)
    except stripe.StripeError as error:
        breaker.heard(not isinstance(error, stripe.APIConnectionError))
        raise _explained(error) from error
    breaker.heard(True)
    return answer


@lru_cache(maxsize=8)
def _client(key: str, base: str, timeout: float, retries: int) -> "StripeClient":
    import stripe

    stripe.enable_telemetry = False
    logging.getLogger("stripe").setLevel(logging.WARNING)
    http = stripe.RequestsClient(timeout=timeout)
    return stripe.StripeClient(
        key, base_addresses={"api": base} if base else {}, max_network_retries=retries, http_client=http
    )


def _explained(error: Any) -> ProcessorError:
    """No answer, a busy or a broken Stripe: nobody knows. A refused request: nothing happened, and never will.

    docs.stripe.com/api/errors, docs.stripe.com/api/idempotent_requests: a key whose first request still runs answers
    409 `idempotency_key_in_use`; another request under the same key is an `idempotency_error`.
    """
    import stripe

    status, code = error.http_status or 0, error.code or ""
    refused = isinstance(error, stripe.InvalidRequestError | stripe.CardError)
    refused = refused or isinstance(error, stripe.AuthenticationError | stripe.PermissionError)
    unsure = status in (409, 429) or code in ("idempotency_key_in_use", "lock_timeout", "rate_limit")
    words = f"{type(error).__name__} {status} {code}: {error.user_message or ''}".strip(" :")
    log.warning("stripe_error", status=status, code=code, request=error.request_id, kind=type(error).__name__)
    return ProcessorError(words[:300], permanent=refused and not unsure)
