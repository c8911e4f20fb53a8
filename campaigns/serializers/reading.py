"""One field after the other, checked: the value, or a fault in plain words with the field's own name."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel.core import get_global
from msgspec import UNSET

from agentcollect.kit import errors
from agentcollect.kit.errors import FieldError
from agentcollect.kit.http import EgressRefused, check_url, policy_from_settings

MAX_METADATA = 50


class Faults:
    """Collects what is wrong, in the order of the body."""

    def __init__(self, found: list[FieldError]) -> None:
        self.found = found

    def add(self, param: str, code: str, words: str, **extra: Any) -> None:
        self.found.append(FieldError(param, code, f"{param} {words}.", extra))

    def read(self, param: str, code: str, parse: Callable[[Any], Any], value: Any, default: Any) -> Any:
        """`parse(value)`, or `default` with a fault when it refuses; absent values are `default`."""
        if value is UNSET or value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.add(param, code, str(error))
            return default

    def choice(self, param: str, allowed: frozenset[str], value: Any, default: str) -> str:
        return self.read(param, "invalid_choice", lambda v: _among(v, allowed), value, default)

    def done(self) -> None:
        if self.found:
            raise errors.invalid(self.found)


def _among(value: str, allowed: frozenset[str]) -> str:
    if value not in allowed:
        raise ValueError(f"must be one of {', '.join(sorted(allowed))}")
    return value


def text(value: Any) -> str:
    """A text without space around it; empty for absent and null."""
    return value.strip() if isinstance(value, str) else ""


def country_code(value: str) -> str:
    """ISO 3166-1, two letters."""
    if value not in _countries():
        raise ValueError("must be an ISO 3166-1 code of two capital letters, such as US")
    return value


def zone_name(value: str) -> str:
    """An IANA zone."""
    if value not in _zones():
        raise ValueError("must be an IANA name, such as America/Chicago")
    return value


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in get_global("territory_zones") if len(code) == 2 and code.isalpha())


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def fetchable(value: Any, param: str, faults: Faults) -> str:
    """An address we may fetch later, judged by its spelling alone: no request waits for a name server."""
    if not isinstance(value, str):
        return ""
    try:
        check_url(value, policy_from_settings())
    except EgressRefused as refused:
        faults.found.append(FieldError(param, "invalid_url", f"{param}: {refused}"))
        return ""
    return value


def metadata(value: Any, param: str, faults: Faults) -> dict[str, str]:
    """The customer's own keys, at most 50; empty with a fault where they do not fit."""
    if not isinstance(value, dict):
        return {}
    fits = len(value) <= MAX_METADATA and all(
        0 < len(key) <= 40 and isinstance(said, str) and len(said) <= 500 for key, said in value.items()
    )
    if not fits:
        faults.add(param, "invalid_metadata", "takes 50 keys of 40 characters with texts of 500")
    return value if fits else {}


def moment(written: str) -> datetime:
    """A moment with its zone. Raises ValueError in plain words."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError("must be ISO 8601, such as 2026-03-17T15:00:00Z") from None
    if found.tzinfo is None:
        raise ValueError("must carry a zone, such as Z")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None
