"""Who asks, what they may, and how often: the first three questions of every `/v1` request."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import credentials, operations, queries, rules, tokens
from accounts.credentials import Found, Key
from accounts.models import Organisation
from agentcollect.kit import clock, context, errors, ratelimit
from agentcollect.kit.errors import ApiError
from agentcollect.kit.ratelimit import Verdict

errors.define("missing_scope", 403, "The credential lacks the scope this needs.")
errors.define("rate_limit_exceeded", 429, "Too many requests. Wait `retry_after` seconds.", retryable=True)

_ORGANISATION_ID = re.compile(r"org_[0-9A-Za-z]{14,40}")


@dataclass(frozen=True)
class Principal:
    """Who asks: whose rows (`organisation_id`), in which mode, with which scopes, and by whose key.

    `acting_organisation_id` is the platform's id when its key acts for a child, else empty. `api_version` is the one
    pinned when the key was made.
    """

    organisation_id: str
    acting_organisation_id: str
    livemode: bool
    key_id: str
    scopes: frozenset[str]
    by: str
    requests_per_minute: int
    api_version: str

    is_authenticated = True

    def has(self, scope: str) -> bool:
        """May this principal do what `scope` allows?"""
        return scope in self.scopes

    @cached_property
    def organisation(self) -> Organisation:
        """The row of `organisation_id`: read when first asked for, since most requests never do."""
        return queries.organisation(self.organisation_id)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an API key or an access token: one round trip to Redis, and as a rule no SQL.

    A revoked key and its tokens stop at once all the same: see accounts.credentials.
    """

    def authenticate(self, request: Request) -> tuple[Principal, Key]:
        at = clock.now()
        named = request.headers.get("AgentCollect-Account", "")
        found, scopes = _identify(request, named, at)
        key = found.key
        admit(request, found.verdict)
        if not rules.may_come_from(key.allowed_addresses, caller(request)):
            raise ApiError("address_not_allowed")
        serves = _serves(found, named)
        if found.read:
            operations.touch_key(key_id=key.id, last_used_at=key.last_used_at, at=at)
        acting = key.organisation_id if serves != key.organisation_id else ""
        context.act_for(acting)
        principal = Principal(
            organisation_id=serves,
            acting_organisation_id=acting,
            livemode=key.livemode,
            key_id=key.id,
            scopes=scopes,
            by=f"key:{key.id}",
            requests_per_minute=key.requests_per_minute,
            api_version=key.api_version,
        )
        return principal, key

    def authenticate_header(self, request: Request) -> str:
        return errors.CHALLENGE["WWW-Authenticate"]


def _identify(request: Request, named: str, at: datetime) -> tuple[Found, frozenset[str]]:
    """The key behind the credential and what it allows; what is refused counts against the address it came from."""
    credential = _credential(request)
    child_id = named if _ORGANISATION_ID.fullmatch(named) else ""
    try:
        if credential.startswith("sk_"):
            return _by_key(credential, child_id, at)
        return _by_token(credential, child_id, at)
    except ApiError:
        count(request, f"auth:unknown:{address(request)}", settings.AUTH_RATE_LIMIT_PER_MINUTE)
        raise


def _credential(request: Request) -> str:
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise ApiError("missing_credentials", headers=errors.CHALLENGE)
    return credential.strip()


def _by_key(text: str, child_id: str, at: datetime) -> tuple[Found, frozenset[str]]:
    key_id = credentials.key_id(text)
    found = credentials.look_up(key_id, child_id=child_id) if key_id else None
    if found is None or not found.key.usable(at):
        raise tokens.refused("invalid_api_key")
    return found, _allowed(found.key.scopes)


def _by_token(text: str, child_id: str, at: datetime) -> tuple[Found, frozenset[str]]:
    said = tokens.read(text, at)
    found = credentials.look_up(said.key_id, token_id=said.token_id, child_id=child_id)
    if found is None or not found.key.usable(at) or found.token is None or found.token.revoked:
        raise tokens.refused("invalid_token")
    if (found.key.livemode, found.key.serves) != (said.livemode, said.organisation_id):
        raise tokens.refused("invalid_token")
    return found, _allowed(said.scopes) & _allowed(found.key.scopes)


@lru_cache(maxsize=1000)
def _allowed(scopes: tuple[str, ...]) -> frozenset[str]:
    return rules.expand(scopes)


def _serves(found: Found, named: str) -> str:
    """Whose rows this request may touch. Raises ApiError: not_found (not linked), live_not_approved (who is served)."""
    key, child = found.key, found.child
    if named in {"", key.serves} and key.linked:
        serves, approved = key.serves, key.approved
    elif child and not key.bound and child.parent_id == key.organisation_id:
        serves, approved = child.id, child.approved
    else:
        raise ApiError("not_found", "There is no such organisation, or it is not linked to yours.")
    if key.livemode and not approved:
        raise ApiError("live_not_approved")
    return serves


# --- from where


def caller(request: Request) -> str:
    """The address of who asks: behind a proxy the one that the proxy saw. Not checked to be one."""
    raw: HttpRequest = request._request
    direct = raw.META.get("REMOTE_ADDR", "")
    if not settings.SECURE_PROXY_SSL_HEADER:
        return direct
    return raw.headers.get("X-Forwarded-For", direct).rpartition(",")[2].strip()


def address(request: Request) -> str:
    """The caller's address as a bucket: of IPv6 the /64 that one host owns."""
    found = rules.parsed_address(caller(request))
    if found is None:
        return "unknown"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


# --- how often


def count(request: Request, bucket: str, limit: int) -> Verdict:
    """Count this request against `bucket`. Raises ApiError(rate_limit_exceeded)."""
    return admit(request, ratelimit.hit(bucket, limit))


def admit(request: Request, verdict: Verdict) -> Verdict:
    """Let the answer carry `verdict`, of two the one with less left. Raises ApiError(rate_limit_exceeded)."""
    shown: Verdict | None = getattr(request._request, "rate_limit", None)
    if shown is None or verdict.remaining <= shown.remaining:
        request._request.rate_limit = verdict  # type: ignore[attr-defined]
    if not verdict.allowed:
        wait = verdict.retry_after
        raise ApiError("rate_limit_exceeded", headers={"Retry-After": str(wait)}, retry_after=wait)
    return verdict


class HasScope(BasePermission):
    """The view's table names the scope of each method; an empty one asks for any valid credential."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method == "HEAD" else request.method or ""
        principal: Any = request.user
        if principal is None:
            raise ApiError("missing_credentials", headers=errors.CHALLENGE)
        if method.lower() not in view.http_method_names or not hasattr(view, method.lower()):
            return True  # the view answers 405 by itself
        if method not in view.scopes:
            raise ImproperlyConfigured(f"{type(view).__name__} names no scope for {method}")
        needed = view.scopes[method]
        if needed and not principal.has(needed):
            challenge = f'Bearer realm="AgentCollect", error="insufficient_scope", scope="{needed}"'
            headers = {"WWW-Authenticate": challenge}
            raise ApiError("missing_scope", f"This needs the scope {needed}.", headers=headers)
        return True
