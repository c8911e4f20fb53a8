"""Access tokens, issued in one place, and revoked one by one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from oauth2_provider.models import set_token_value

from accounts import credentials, queries, rules, tokens
from accounts.models import AccessToken, ApiKey
from agentcollect.kit import db, errors, ids
from agentcollect.kit.errors import ApiError
from events.operations import record

errors.define("invalid_api_key", 401, "The API key is not valid.")
errors.define("invalid_scope", 400, "A scope is unknown, or more than the key holds.")
errors.define("address_not_allowed", 403, "The key may not be used from this address.")
errors.define("unauthorized_client", 400, "The token was issued to another client.")

_SLICE = 1000


def issue_token(*, api_key: str, scope: str | None, at: datetime, address: str = "") -> dict[str, Any]:
    """An access token for `api_key` with `scope` (space separated; None = all that the key holds).

    `address` is the caller's. Raises ApiError: invalid_api_key (unknown, revoked and expired alike),
    address_not_allowed, invalid_scope.
    """
    key = usable_key(api_key=api_key, address=address, at=at)
    return grant(key=key, scopes=granted_scopes(key, None if scope is None else scope.split()), at=at)


def usable_key(*, api_key: str, address: str, at: datetime) -> ApiKey:
    """The key that `api_key` spells, if it may be used at `at` from `address`.

    Raises ApiError: invalid_api_key (unknown, revoked and expired alike), address_not_allowed.
    """
    key = queries.key_by_text(api_key)
    if key is None or not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        raise tokens.refused("invalid_api_key")
    if not rules.may_come_from(tuple(key.allowed_addresses), address):
        raise ApiError("address_not_allowed")
    return key


def granted_scopes(key: ApiKey, asked: Iterable[str] | None) -> list[str]:
    """What a token that asks for `asked` gets; None = all that the key holds. Raises ApiError(invalid_scope)."""
    granted = list(key.scopes) if asked is None else list(dict.fromkeys(asked))
    if not granted:
        raise ApiError("invalid_scope", "Name at least one scope, or leave it out for all.", param="scope")
    allowed = rules.expand(key.scopes)
    for scope in granted:
        if scope not in allowed:
            raise bad_scope(scope)
    return granted


def grant(*, key: ApiKey, scopes: list[str], at: datetime) -> dict[str, Any]:
    """Issue a token: the one place where that happens, whatever door was knocked at (RFC 6749, 5.1, is the shape).

    Its row is written before anybody sees it, so every token that exists can be listed and revoked. `key` is usable
    and `scopes` are within it: `usable_key` and `granted_scopes` say so.
    """
    expires = rules.token_expires(key_expires_at=key.expires_at, at=at, seconds=settings.ACCESS_TOKEN_SECONDS)
    token_id = ids.new("tok")
    text = tokens.issue(key, scopes, token_id=token_id, at=at, expires=expires)
    row = AccessToken(
        id=token_id,
        organisation_id=key.organisation_id,
        livemode=key.livemode,
        key=key,
        scope=" ".join(scopes),
        last_four=text[-4:],
        created=at,
        expires=expires,
    )
    set_token_value(row, text)
    row.save(force_insert=True)
    return {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": int(expires.timestamp()) - int(at.timestamp()),
        "scope": row.scope,
    }


def revoke_token(*, token_id: str, organisation_id: str, by: str, at: datetime) -> int:
    """Stop one token at once; its key and its other tokens go on. Returns the seconds until every process knows.

    Revoking twice records nothing. Raises ApiError(not_found).
    """
    with db.atomic():
        mine = AccessToken.objects.filter(id=token_id, organisation_id=organisation_id)
        changed = mine.filter(revoked_at=None).update(revoked_at=at)
        token = mine.first()
        if token is None:
            raise ApiError("not_found")
        if changed:
            record(
                type="token.revoked",
                organisation_id=token.organisation_id,
                livemode=token.livemode,
                data={"token_id": token.id, "last_four": token.last_four, "key_id": token.key_id},
                by=by,
                at=at,
            )
    return credentials.forget_token(token_id)


def revoke_presented_token(*, text: str, key: ApiKey, at: datetime) -> int:
    """Stop the token that a client shows us (RFC 7009); a text that is no token of ours has nothing left to stop.

    Returns the seconds until every process knows. Raises ApiError(unauthorized_client): another key's token.
    """
    token = AccessToken.objects.spelt(text).first()
    if token is None:
        return 0
    if token.key_id != key.id:
        raise ApiError("unauthorized_client")
    return revoke_token(token_id=token.id, organisation_id=token.organisation_id, by=f"key:{key.id}", at=at)


def clear_tokens(*, at: datetime) -> int:
    """Delete the rows of tokens that ran out, in slices that leave room for other writers; returns how many.

    The toolkit's own `cleartokens` also looks for ID tokens that refer to access tokens, and ours have none.
    """
    cleared = 0
    while slice_ := list(AccessToken.objects.filter(expires__lte=at).values_list("id", flat=True)[:_SLICE]):
        cleared += AccessToken.objects.filter(id__in=slice_).delete()[0]
    return cleared


def bad_scope(scope: str) -> ApiError:
    reason = "is more than this key holds" if scope in rules.SCOPES else "is not a scope we know"
    return ApiError("invalid_scope", f"{scope[:60]!r} {reason}.", param="scope")
