"""The public shape of an endpoint, and how its fields are read."""

from datetime import datetime
from typing import Any

from django.conf import settings

from agentcollect.kit import clock, errors
from agentcollect.kit.api import read_time
from agentcollect.kit.errors import ApiError, FieldError
from agentcollect.kit.http import EgressRefused, check_url, policy_from_settings
from events.catalogue import PUBLIC
from webhooks import vault
from webhooks.models import Endpoint
from webhooks.rules import EVERYTHING, MAX_OVERLAP_HOURS, OVERLAP_HOURS, TEST_EVENT, masked_headers
from webhooks.serializers.headers import read_headers

errors.define("unknown_event_type", 400, "There is no event of this type; the catalogue is in the reference.")

_FIELDS = frozenset({"url", "events", "description", "metadata", "headers", "rate_limit", "long_tail"})
ENDPOINT_FIELDS = _FIELDS | {"api_version"}
PATCHABLE = _FIELDS | {"status", "recover_since"}
MAX_DESCRIPTION = 200
MAX_URL = 2_048
MAX_RATE = 1_000
SETTABLE_STATUS = (Endpoint.Status.ACTIVE.value, Endpoint.Status.PAUSED.value, Endpoint.Status.DISABLED.value)


def endpoint_json(endpoint: Endpoint, *, secret: str = "") -> dict[str, Any]:
    """An endpoint as the API shows it: headers masked where they carry a secret. `secret` appears only where it is
    passed: in the answer to what made it."""
    shape: dict[str, Any] = {"webhook_id": endpoint.id, "id": endpoint.id}
    if secret:
        shape["secret"] = secret
    return shape | {
        "status": endpoint.status,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "disabled_reason": endpoint.disabled_reason or None,
        "headers": shown_headers(endpoint),
        "rate_limit": endpoint.rate_limit,
        "long_tail": endpoint.long_tail,
        "verified_at": clock.iso(endpoint.verified_at) if endpoint.verified_at else None,
        "api_version": endpoint.api_version,
        "livemode": endpoint.livemode,
        "metadata": endpoint.metadata,
        "created_at": clock.iso(endpoint.created_at),
        "updated_at": clock.iso(endpoint.updated_at),
    }


def shown_headers(endpoint: Endpoint) -> dict[str, str]:
    """The custom headers, masked; none when no key of ours opens them: the page is still worth reading."""
    try:
        return masked_headers(vault.headers(endpoint.headers))
    except ValueError:
        return {}


def health_json(health: Any) -> dict[str, Any] | None:
    """How an endpoint has done lately (`webhooks.health.HealthSummary`); null for None."""
    if health is None:
        return None
    failed = health.last_failure_at
    last = {
        "at": _time(failed),
        "error": health.last_error or None,
        "delivery_id": health.last_delivery_id or None,
    }
    return {
        "attempts": health.attempts,
        "success_rate": health.success_rate,
        "p50_ms": health.p50_ms,
        "p95_ms": health.p95_ms,
        "breaker": health.breaker,
        "open_until": _time(health.open_until),
        "failing_since": _time(health.failing_since),
        "last_success_at": _time(health.last_success_at),
        "last_failure": last if failed else None,
    }


def _time(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment else None


def rotated_json(endpoint: Endpoint, secret: str, ends: list[datetime]) -> dict[str, Any]:
    """The new secret, and until when each older one still signs beside it."""
    return endpoint_json(endpoint, secret=secret) | {"older_secrets_end_at": [clock.iso(moment) for moment in ends]}


def read_overlap(body: dict[str, Any]) -> int:
    """`overlap_hours`, checked; 24 where it is not named. Raises ApiError."""
    hours = body.get("overlap_hours")
    if hours is None:
        return OVERLAP_HOURS
    if _is_whole(hours) and 0 <= hours <= MAX_OVERLAP_HOURS:
        return hours
    words = f"overlap_hours is a whole number from 0 to {MAX_OVERLAP_HOURS}."
    raise errors.invalid([FieldError("overlap_hours", "invalid_request", words)])


def read_test(body: dict[str, Any]) -> str:
    """The type to try, `webhook.test` where none is named. Raises ApiError."""
    name = body.get("event")
    if name is None:
        return TEST_EVENT
    if isinstance(name, str) and name in PUBLIC:
        return name
    raise errors.invalid([FieldError("event", "unknown_event_type", f"There is no event type {str(name)[:60]!r}.")])


def read_change(body: dict[str, Any]) -> dict[str, Any]:
    """What a PATCH asks for, as `change_endpoint` takes it. Raises ApiError."""
    since = _read_since(body) if body.get("recover_since") is not None else None
    return {"changes": read_endpoint(body), "recover_since": since}


def _read_since(body: dict[str, Any]) -> datetime:
    if isinstance(body["recover_since"], str):
        try:
            if found := read_time({"recover_since": body["recover_since"]}, "recover_since"):
                return found
        except ApiError:
            pass  # said below, in the words of a body
    words = "recover_since must be a moment such as 2026-03-17T14:22:00Z."
    raise errors.invalid([FieldError("recover_since", "invalid_request", words)])


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_endpoint(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of an endpoint that `body` names, checked. Raises ApiError listing every fault.

    The address is checked for spelling, literal addresses and reserved names only; what its name resolves to is
    checked at every connection.
    """
    faults: list[FieldError] = []
    readers = {
        "url": _read_url,
        "events": _read_events,
        "description": _read_description,
        "metadata": _read_metadata,
        "headers": read_headers,
        "rate_limit": _read_rate,
        "long_tail": _read_long_tail,
        "api_version": _read_version,
        "status": _read_status,
    }
    found = {name: read(body[name], faults) for name, read in readers.items() if name in body}
    if faults:
        raise errors.invalid(faults)
    return found


def _read_url(value: Any, faults: list[FieldError]) -> str:
    if not isinstance(value, str):
        faults.append(FieldError("url", "invalid_url", "url must be a text such as https://example.com/hooks."))
        return ""
    try:
        url = check_url(value, policy_from_settings()).url
        if len(url) > MAX_URL:  # percent-encoding made it longer
            raise EgressRefused(f"The address is longer than {MAX_URL} characters.", "url_malformed")
        return url
    except EgressRefused as refused:
        faults.append(FieldError("url", "invalid_url", refused.reason, {"reason": refused.code}))
        return ""


def _read_events(value: Any, faults: list[FieldError]) -> list[str]:
    if value is None:
        return [EVERYTHING]
    if not isinstance(value, list) or not value:
        words = 'events must be a list of event types, or ["*"] for all.'
        faults.append(FieldError("events", "invalid_request", words))
        return []
    for place, name in enumerate(value[:500]):
        if not isinstance(name, str) or (name != EVERYTHING and name not in PUBLIC):
            words = f"There is no event type {str(name)[:60]!r}."
            faults.append(FieldError(f"events[{place}]", "unknown_event_type", words))
    return list(dict.fromkeys(value)) if not faults else []


def _read_description(value: Any, faults: list[FieldError]) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_DESCRIPTION or "\0" in value:
        words = f"description must be a text of at most {MAX_DESCRIPTION} characters."
        faults.append(FieldError("description", "invalid_request", words))
        return ""
    return value


def _read_metadata(value: Any, faults: list[FieldError]) -> dict[str, str]:
    if value is None:
        return {}
    plain = isinstance(value, dict) and len(value) <= 50
    if plain and all(
        len(key) <= 40 and isinstance(text, str) and len(text) <= 500 and "\0" not in key + text
        for key, text in value.items()
    ):
        return value
    words = "metadata takes 50 keys of 40 characters with texts of 500."
    faults.append(FieldError("metadata", "invalid_metadata", words))
    return {}


def _read_rate(value: Any, faults: list[FieldError]) -> int | None:
    if value is None or (_is_whole(value) and 1 <= value <= MAX_RATE):
        return value
    words = f"rate_limit is a whole number of POSTs a second, from 1 to {MAX_RATE:,}, or null for none."
    faults.append(FieldError("rate_limit", "invalid_request", words))
    return None


def _read_long_tail(value: Any, faults: list[FieldError]) -> bool:
    if isinstance(value, bool):
        return value
    faults.append(FieldError("long_tail", "invalid_type", "long_tail is true or false."))
    return False


def _read_version(value: Any, faults: list[FieldError]) -> str:
    if isinstance(value, str) and value in settings.API_VERSIONS:
        return value
    words = f"There is no version {str(value)[:40]!r}; there is {', '.join(settings.API_VERSIONS)}."
    faults.append(FieldError("api_version", "unknown_version", words))
    return ""


def _read_status(value: Any, faults: list[FieldError]) -> str:
    if value in SETTABLE_STATUS and isinstance(value, str):
        return value
    faults.append(FieldError("status", "invalid_request", "status must be active, paused or disabled."))
    return ""
