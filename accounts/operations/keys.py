"""Keys: made, used, revoked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError
from django.db.models import Q

from accounts import queries, rules
from accounts.models import ApiKey
from accounts.operations.tokens import bad_scope
from agentcollect.kit import db, ids
from agentcollect.kit.errors import ApiError
from events.operations import record

_USED_EVERY = timedelta(minutes=1)


def create_key(
    *,
    organisation_id: str,
    livemode: bool,
    name: str,
    scopes: Sequence[str] | None = None,
    by: str,
    at: datetime,
    acting_for_id: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its clear text, which is returned here and kept nowhere. `scopes` left out = all.

    Raises ApiError: live_not_approved, invalid_scope, not_found (no such organisation, or a child that is not linked).
    """
    held = list(rules.ALL_SCOPES if scopes is None else dict.fromkeys(scopes))
    if unknown := rules.unknown_scopes(held):
        raise bad_scope(unknown[0])
    owner = queries.organisation(organisation_id)
    served = queries.child(parent_id=owner.id, child_id=acting_for_id) if acting_for_id else owner
    if livemode and not (owner.live_approved and served.live_approved):
        raise ApiError("live_not_approved")
    text = rules.spell_key(livemode=livemode, body=ids.random62(rules.BODY_LENGTH))
    version, pepper = next(iter(settings.API_KEY_PEPPERS.items()))
    key = ApiKey(
        organisation=owner,
        acting_for=served if acting_for_id else None,
        livemode=livemode,
        name=name,
        prefix=text[: rules.PREFIX_LENGTH],
        last_four=text[-4:],
        digest=rules.digest(text, pepper),
        pepper_version=version,
        scopes=held,
        created_by=by,
        created_at=at,
        expires_at=expires_at,
    )
    with db.atomic():
        key.save(force_insert=True)
        _note_key("key.created", key, by, at)
    return key, text


def revoke_key(*, key_id: str, organisation_id: str, by: str, at: datetime) -> ApiKey:
    """Stop the key and its tokens at once. Revoking twice records nothing. Raises ApiError(not_found)."""
    with db.atomic():
        mine = ApiKey.objects.filter(id=key_id, organisation_id=organisation_id)
        changed = mine.filter(revoked_at=None).update(revoked_at=at)
        key = mine.first()
        if key is None:
            raise ApiError("not_found")
        if changed:
            _note_key("key.revoked", key, by, at)
    return key


def _note_key(type: str, key: ApiKey, by: str, at: datetime) -> None:
    record(
        type=type,
        organisation_id=key.organisation_id,
        livemode=key.livemode,
        data={"key_id": key.id, "prefix": key.prefix, "last_four": key.last_four, "name": key.name},
        by=by,
        at=at,
    )


def touch_key(*, key: ApiKey, at: datetime) -> None:
    """Remember that the key was used, at most once a minute. A busy database never fails the request for it."""
    since = at - _USED_EVERY
    if key.last_used_at and key.last_used_at > since:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=since)
    try:
        ApiKey.objects.filter(stale, id=key.id).update(last_used_at=at)
    except OperationalError:
        if db.in_transaction():
            raise
