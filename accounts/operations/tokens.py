"""Access tokens, issued in one place."""

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts import queries, rules, tokens
from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError

errors.define("invalid_api_key", 401, "The API key is not valid.")
errors.define("invalid_scope", 400, "A scope is unknown, or more than the key holds.")


def issue_token(*, api_key: str, scope: str | None, at: datetime) -> dict[str, Any]:
    """An access token for `api_key` with `scope` (space separated; None = all that the key holds).

    Raises ApiError: invalid_api_key (unknown, revoked and expired alike), invalid_scope.
    """
    key = queries.key_by_text(api_key)
    if key is None or not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        raise tokens.refused("invalid_api_key")
    granted = list(key.scopes) if scope is None else list(dict.fromkeys(scope.split()))
    if not granted:
        raise ApiError("invalid_scope", "Name at least one scope, or leave it out for all.", param="scope")
    allowed = rules.expand(key.scopes)
    for asked in granted:
        if asked not in allowed:
            raise bad_scope(asked)
    return {
        "access_token": tokens.issue(key, granted, at),
        "token_type": "Bearer",
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "scope": " ".join(granted),
    }


def bad_scope(scope: str) -> ApiError:
    reason = "is more than this key holds" if scope in rules.SCOPES else "is not a scope we know"
    return ApiError("invalid_scope", f"{scope[:60]!r} {reason}.", param="scope")
