"""Access tokens: short-lived, signed statements of what a key may do (JWT, RFC 7519; HS256, RFC 7518).

A token is only as good as the key behind it: whoever reads one must look at the key's row too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from accounts.models import ApiKey
from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError

_MAX_LENGTH = 4096

errors.define("invalid_token", 401, "The access token is not valid, or the key behind it is no longer.")
errors.define("token_expired", 401, "The access token has expired: ask POST /v1/auth for a new one.")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says. `organisation_id` is whose rows; `scopes` as granted, not expanded."""

    token_id: str
    key_id: str
    organisation_id: str
    livemode: bool
    scopes: tuple[str, ...]


def issue(key: ApiKey, scopes: Iterable[str], *, token_id: str, at: datetime, expires: datetime) -> str:
    """The signed text of the token `token_id` for `key` with `scopes`. Nothing is stored: `issue_token` does that."""
    kid = next(iter(settings.JWT_KEYS))
    claims = {
        "sub": key.id,
        "org": key.acting_for_id or key.organisation_id,
        "mode": "live" if key.livemode else "test",
        "scope": " ".join(scopes),
        "jti": token_id,
        "iat": int(at.timestamp()),
        "exp": int(expires.timestamp()),
    }
    if key.acting_for_id:
        claims["acting_org"] = key.organisation_id
    return jwt.encode({"alg": "HS256", "kid": kid}, claims, _key(kid, settings.JWT_KEYS[kid]))


def read(text: str, at: datetime) -> Claims:
    """What the token says. Raises ApiError: invalid_token when we did not sign it, token_expired when it is too old."""
    claims = _verified(text)
    try:
        expires, mode = int(claims["exp"]), {"live": True, "test": False}[claims["mode"]]
        named = str(claims["jti"]), str(claims["sub"]), str(claims["org"])
        said = Claims(*named, mode, tuple(str(claims["scope"]).split()))
    except (KeyError, TypeError, ValueError) as error:
        raise refused("invalid_token") from error
    if at.timestamp() >= expires:
        raise refused("token_expired")
    return said


def refused(code: str, message: str = "") -> ApiError:
    """A 401 with the challenge of RFC 6750."""
    headers = {"WWW-Authenticate": 'Bearer realm="AgentCollect", error="invalid_token"'}
    return ApiError(code, message, headers=headers)


def _verified(text: str) -> dict[str, Any]:
    if len(text) > _MAX_LENGTH or not text.isascii():
        raise refused("invalid_token")
    try:
        return dict(jwt.decode(text, _named_key, algorithms=["HS256"]).claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise refused("invalid_token") from error


def _named_key(signed: Any) -> OctKey:
    kid = signed.headers().get("kid")
    if not isinstance(kid, str) or kid not in settings.JWT_KEYS:
        raise ValueError("signed by no key of ours")
    return _key(kid, settings.JWT_KEYS[kid])


@lru_cache(maxsize=8)
def _key(kid: str, secret: str) -> OctKey:
    return OctKey.import_key(secret, {"kid": kid})
