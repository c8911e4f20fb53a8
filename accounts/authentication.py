"""Who asks, what they may, and how often: the first three questions of every `/v1` request."""

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import operations, queries, rules, tokens
from accounts.models import ApiKey, Organisation
from agentcollect.kit import clock, context, errors, ratelimit
from agentcollect.kit.errors import ApiError
from agentcollect.kit.ratelimit import Verdict

errors.define("missing_scope", 403, "The credential lacks the scope this needs.")
errors.define("rate_limit_exceeded", 429, "Too many requests. Wait `retry_after` seconds.", retryable=True)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: whose rows (`organisation_id`), in which mode, with which scopes, and by whose key.

    `acting_organisation_id` is the platform's id when its key acts for a child, else empty. `organisation` is the row
    of `organisation_id`, read with the key, so that nobody has to read it again.
    """

    organisation_id: str
    acting_organisation_id: str
    livemode: bool
    key_id: str
    scopes: frozenset[str]
    by: str
    organisation: Organisation = field(repr=False, compare=False)

    is_authenticated = True

    def has(self, scope: str) -> bool:
        """May this principal do what `scope` allows?"""
        return scope in self.scopes


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an API key or an access token. The key's row is read on every request.

    So a revoked key and its tokens stop at once, at the price of one indexed read.
    """

    def authenticate(self, request: Request) -> tuple[Principal, ApiKey]:
        at = clock.now()
        key, scopes = _identify(request, at)
        count(request, f"key:{key.id}", key.organisation.rate_limit or settings.RATE_LIMIT_PER_MINUTE)
        served = _served(key, request.headers.get("AgentCollect-Account", ""))
        operations.touch_key(key=key, at=at)
        context.act_for(key.organisation_id if served.id != key.organisation_id else "")
        principal = Principal(
            organisation_id=served.id,
            acting_organisation_id=key.organisation_id if served.id != key.organisation_id else "",
            livemode=key.livemode,
            key_id=key.id,
            scopes=scopes,
            by=f"key:{key.id}",
            organisation=served,
        )
        return principal, key

    def authenticate_header(self, request: Request) -> str:
        return errors.CHALLENGE["WWW-Authenticate"]


def _identify(request: Request, at: datetime) -> tuple[ApiKey, frozenset[str]]:
    """The key behind the credential and what it allows; what is refused counts against the address it came from."""
    credential = _credential(request)
    try:
        if credential.startswith("sk_"):
            return _by_key(credential, at)
        return _by_token(credential, at)
    except ApiError:
        count(request, f"auth:unknown:{address(request)}", settings.AUTH_RATE_LIMIT_PER_MINUTE)
        raise


def _credential(request: Request) -> str:
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise ApiError("missing_credentials", headers=errors.CHALLENGE)
    return credential.strip()


def _by_key(text: str, at: datetime) -> tuple[ApiKey, frozenset[str]]:
    key = queries.key_by_text(text)
    if key is None or not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        raise tokens.refused("invalid_api_key")
    return key, rules.expand(key.scopes)


def _by_token(text: str, at: datetime) -> tuple[ApiKey, frozenset[str]]:
    said = tokens.read(text, at)
    key = queries.key_by_id(said.key_id)
    if key is None or not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        raise tokens.refused("invalid_token")
    if (key.livemode, key.acting_for_id or key.organisation_id) != (said.livemode, said.organisation_id):
        raise tokens.refused("invalid_token")
    return key, rules.expand(said.scopes) & rules.expand(key.scopes)


def _served(key: ApiKey, named: str) -> Organisation:
    """Whose rows this request may touch. Raises ApiError: not_found (not linked), live_not_approved (the child)."""
    own = key.organisation
    if key.acting_for is None and named in {"", own.id}:
        return own
    if key.acting_for is None:
        served = queries.child(parent_id=own.id, child_id=named)
    elif key.acting_for.parent_id == own.id and named in {"", key.acting_for.id}:
        served = key.acting_for
    else:
        raise ApiError("not_found", "There is no such organisation, or it is not linked to yours.")
    if key.livemode and not served.live_approved:
        raise ApiError("live_not_approved")
    return served


# --- how often


def count(request: Request, bucket: str, limit: int) -> Verdict:
    """Count this request against `bucket`; its answer carries the verdict, of two buckets the one with less left.

    Raises ApiError(rate_limit_exceeded).
    """
    verdict = ratelimit.hit(bucket, limit)
    shown: Verdict | None = getattr(request._request, "rate_limit", None)
    if shown is None or verdict.remaining <= shown.remaining:
        request._request.rate_limit = verdict  # type: ignore[attr-defined]
    if not verdict.allowed:
        wait = verdict.retry_after
        raise ApiError("rate_limit_exceeded", headers={"Retry-After": str(wait)}, retry_after=wait)
    return verdict


def address(request: Request) -> str:
    """The caller's address as a bucket: behind a proxy what the proxy saw, and of IPv6 the /64 that one host owns."""
    raw: HttpRequest = request._request
    text = raw.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        text = raw.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


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
