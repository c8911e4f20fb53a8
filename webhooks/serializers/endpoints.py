"""The public shape of an endpoint, and how its fields are read."""

from typing import Any

from agentcollect.kit import clock, errors
from agentcollect.kit.errors import FieldError
from agentcollect.kit.http import EgressRefused, check_url, policy_from_settings
from events.catalogue import PUBLIC
from webhooks.models import Endpoint
from webhooks.rules import EVERYTHING

errors.define("unknown_event_type", 400, "There is no event of this type; the catalogue is in the reference.")

ENDPOINT_FIELDS = frozenset({"url", "events", "description", "metadata"})
PATCHABLE = ENDPOINT_FIELDS | {"status"}
MAX_DESCRIPTION = 200
MAX_URL = 2_048
SETTABLE_STATUS = (Endpoint.Status.ACTIVE.value, Endpoint.Status.DISABLED.value)


def endpoint_json(endpoint: Endpoint, *, secret: str = "") -> dict[str, Any]:
    """An endpoint as the API shows it; `secret` appears only where it is passed: in the answer to its creation."""
    shape: dict[str, Any] = {"webhook_id": endpoint.id, "id": endpoint.id}
    if secret:
        shape["secret"] = secret
    return shape | {
        "status": endpoint.status,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "disabled_reason": endpoint.disabled_reason or None,
        "api_version": endpoint.api_version,
        "livemode": endpoint.livemode,
        "metadata": endpoint.metadata,
        "created_at": clock.iso(endpoint.created_at),
        "updated_at": clock.iso(endpoint.updated_at),
    }


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


def _read_status(value: Any, faults: list[FieldError]) -> str:
    if value in SETTABLE_STATUS and isinstance(value, str):
        return value
    faults.append(FieldError("status", "invalid_request", "status must be active or disabled."))
    return ""
