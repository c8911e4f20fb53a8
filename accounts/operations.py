"""Every write of the accounts room."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.models import Q

from accounts import queries, rules, tokens
from accounts.models import ApiKey, Member, Organisation, User
from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from events.operations import record

errors.define("invalid_api_key", 401, "The API key is not valid.")
errors.define("invalid_scope", 400, "A scope is unknown, or more than the key holds.")
errors.define("live_not_approved", 422, "The organisation is not approved for live mode.")

_USED_EVERY = timedelta(minutes=1)


def create_organisation(*, name: str, by: str, at: datetime, **facts: Any) -> Organisation:
    """A new creditor. `facts` are fields of Organisation: legal name, postal address, brand, `parent_id`, …"""
    organisation = Organisation(name=name, created_at=at, recorded_at=clock.now(), **facts)
    with db.atomic():
        organisation.save(force_insert=True)
        _note("organisation.created", organisation.id, {"name": name}, by, at)
    return organisation


def approve_live(*, organisation_id: str, by: str, at: datetime) -> bool:
    """Let the organisation have live keys. False when it already may."""
    with db.atomic():
        changed = Organisation.objects.filter(id=organisation_id, live_approved=False).update(live_approved=True)
        if changed:
            _note("organisation.live_approved", organisation_id, {}, by, at)
    return bool(changed)


def add_member(*, organisation_id: str, email: str, password: str | None, role: str, by: str, at: datetime) -> Member:
    """A person's place in an organisation. A login that exists keeps its password; a membership, its role."""
    with db.atomic():
        user = User.objects.filter(email=email.strip().lower()).first()
        user = user or User.objects.create_user(email, password)
        member, new = Member.objects.get_or_create(
            user=user, organisation_id=organisation_id, defaults={"role": role, "created_at": at}
        )
        if new:
            _note("member.added", organisation_id, {"member_id": member.id, "role": role}, by, at)
    return member


def set_password(*, member_id: str, password: str, by: str, at: datetime) -> None:
    """Give the member's login a new password."""
    with db.atomic():
        member = Member.objects.select_related("user").get(id=member_id)
        member.user.set_password(password)
        member.user.save(update_fields=["password"])
        _note("member.password_set", member.organisation_id, {"member_id": member_id}, by, at)


def _note(type: str, organisation_id: str, data: dict[str, Any], by: str, at: datetime) -> None:
    """Audit of what belongs to both modes stands with live mode, whose rows no sandbox reset may remove."""
    record(type=type, organisation_id=organisation_id, livemode=True, data=data, by=by, at=at)


# --- keys


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
        raise _bad_scope(unknown[0])
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
            raise _bad_scope(asked)
    return {
        "access_token": tokens.issue(key, granted, at),
        "token_type": "Bearer",
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "scope": " ".join(granted),
    }


def _bad_scope(scope: str) -> ApiError:
    reason = "is more than this key holds" if scope in rules.SCOPES else "is not a scope we know"
    return ApiError("invalid_scope", f"{scope[:60]!r} {reason}.", param="scope")
