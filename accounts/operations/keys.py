"""Keys: made, used, renamed, restricted, rolled, revoked. A key never makes one: people do, and commands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import OperationalError
from django.db.models import Q

from accounts import credentials, queries, rules
from accounts.models import ApiKey, Organisation
from accounts.operations.tokens import bad_scope
from agentcollect.kit import clock, db, ids
from agentcollect.kit.errors import ApiError
from events.operations import record

_USED_EVERY = timedelta(minutes=1)


class Rolled(NamedTuple):
    """The new key, its clear text (kept nowhere), the key it replaces, and the seconds until every process knows."""

    key: ApiKey
    text: str
    replaced: ApiKey
    effective_within: int


class Stopped(NamedTuple):
    """A key that was revoked. `effective_within`: 0 when every process refuses it already, else seconds (60)."""

    key: ApiKey
    effective_within: int


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
    allowed_addresses: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """A new key and its clear text, which is returned here and kept nowhere. `scopes` left out = all.

    Raises ApiError: live_not_approved, invalid_scope, not_found (no such organisation, or a child that is not linked),
    invalid_request (an expiry that has passed, an address that is none).
    """
    held = list(rules.ALL_SCOPES if scopes is None else dict.fromkeys(scopes))
    if unknown := rules.unknown_scopes(held):
        raise bad_scope(unknown[0])
    if not held:
        raise ApiError("invalid_scope", "A key needs at least one scope.", param="scopes")
    if expires_at is not None and expires_at <= at:
        raise ApiError("invalid_request", "The key would have expired already.", param="expires_at")
    owner = queries.organisation(organisation_id)
    served = queries.child(parent_id=owner.id, child_id=acting_for_id) if acting_for_id else owner
    key, text = _spell(
        owner,
        served,
        livemode=livemode,
        name=name,
        scopes=held,
        allowed_addresses=_networks(allowed_addresses),
        api_version=settings.API_VERSION,
        created_by=by,
        created_at=at,
        expires_at=expires_at,
    )
    with db.atomic():
        key.save(force_insert=True)
        _note("key.created", key, by, at)
    return key, text


def _spell(owner: Organisation, served: Organisation, **facts: Any) -> tuple[ApiKey, str]:
    """A key's row, not yet saved, and the text that it keeps only the digest of. Raises ApiError(live_not_approved)."""
    livemode: bool = facts["livemode"]
    if livemode and not (owner.live_approved and served.live_approved):
        raise ApiError("live_not_approved")
    text = rules.spell_key(livemode=livemode, body=ids.random62(rules.BODY_LENGTH))
    version, pepper = next(iter(settings.API_KEY_PEPPERS.items()))
    key = ApiKey(
        organisation=owner,
        acting_for=None if served.id == owner.id else served,
        prefix=text[: rules.PREFIX_LENGTH],
        last_four=text[-4:],
        digest=rules.digest(text, pepper),
        pepper_version=version,
        **facts,
    )
    return key, text


def _networks(texts: Sequence[str]) -> list[str]:
    """Addresses and networks, spelt canonically. Raises ApiError(invalid_request) for the first that is none."""
    found = {text: rules.network(text) for text in texts}
    for text, network in found.items():
        if network is None:
            message = f"{text[:60]!r} is neither an address nor a network such as 203.0.113.0/24."
            raise ApiError("invalid_request", message, param="allowed_addresses")
    if len(found) > rules.MOST_NETWORKS:
        message = f"A key takes at most {rules.MOST_NETWORKS} networks."
        raise ApiError("invalid_request", message, param="allowed_addresses")
    return list(dict.fromkeys(network for network in found.values() if network))


def roll_key(
    *, key_id: str, organisation_id: str, by: str, at: datetime, overlap: timedelta = rules.USUAL_OVERLAP
) -> Rolled:
    """A new key in place of this one, which goes on for `overlap` (0 to 7 days) and then stops with its tokens.

    Scopes, addresses, name, version and length of life are the old one's. Raises ApiError: not_found,
    illegal_transition (revoked, expired, or rolled before), live_not_approved, invalid_request (the overlap).
    """
    if not timedelta(0) <= overlap <= rules.LONGEST_OVERLAP:
        raise ApiError("invalid_request", "The overlap is between none and seven days.", param="overlap")
    with db.atomic():
        old = _own(key_id, organisation_id)
        _check_rollable(old, at)
        key, text = _successor(old, by, at)
        key.save(force_insert=True)
        old.expires_at = rules.runs_out(expires_at=old.expires_at, at=at, overlap=overlap)
        old.save(update_fields=["expires_at"])
        _note("key.rolled", key, by, at, replaces=old.id, replaced_until=clock.iso(old.expires_at))
    return Rolled(key, text, old, credentials.forget(old.id))


def _successor(old: ApiKey, by: str, at: datetime) -> tuple[ApiKey, str]:
    kept = {name: getattr(old, name) for name in ("livemode", "name", "scopes", "allowed_addresses", "api_version")}
    expires_at = rules.same_life(created_at=old.created_at, expires_at=old.expires_at, at=at)
    facts = kept | {"replaces": old, "created_by": by, "created_at": at, "expires_at": expires_at}
    return _spell(old.organisation, old.acting_for or old.organisation, **facts)


def _check_rollable(key: ApiKey, at: datetime) -> None:
    if not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        raise ApiError("illegal_transition", "This key has stopped already: make a new one.")
    if ApiKey.objects.filter(replaces=key).exists():
        raise ApiError("illegal_transition", "This key was rolled before: roll the one that replaced it.")


def revoke_key(*, key_id: str, organisation_id: str, by: str, at: datetime) -> Stopped:
    """Stop the key and all its tokens at once. Revoking twice records nothing. Raises ApiError(not_found)."""
    with db.atomic():
        mine = ApiKey.objects.filter(id=key_id, organisation_id=organisation_id)
        changed = mine.filter(revoked_at=None).update(revoked_at=at)
        key = mine.first()
        if key is None:
            raise ApiError("not_found")
        if changed:
            _note("key.revoked", key, by, at)
    return Stopped(key, credentials.forget(key.id))


def rename_key(*, key_id: str, organisation_id: str, name: str, by: str, at: datetime) -> ApiKey:
    """Call the key something else. Raises ApiError(not_found)."""
    with db.atomic():
        key = _own(key_id, organisation_id)
        before, key.name = key.name, name
        if before != name:
            key.save(update_fields=["name"])
            _note("key.renamed", key, by, at, before=before)
    return key


def restrict_key(
    *, key_id: str, organisation_id: str, allowed_addresses: Sequence[str], by: str, at: datetime
) -> Stopped:
    """Let the key be used from these addresses only; from none named = from anywhere.

    Raises ApiError: not_found, invalid_request.
    """
    networks = _networks(allowed_addresses)
    with db.atomic():
        key = _own(key_id, organisation_id)
        before, key.allowed_addresses = key.allowed_addresses, networks
        if before != networks:
            key.save(update_fields=["allowed_addresses"])
            _note("key.restricted", key, by, at, before=before, allowed_addresses=networks)
    return Stopped(key, credentials.forget(key.id))


def _own(key_id: str, organisation_id: str) -> ApiKey:
    """The key's row, locked. Raises ApiError(not_found)."""
    key = db.locked(ApiKey.objects.filter(id=key_id, organisation_id=organisation_id)).first()
    if key is None:
        raise ApiError("not_found")
    return key


def _note(type: str, key: ApiKey, by: str, at: datetime, **more: Any) -> None:
    about = {"key_id": key.id, "prefix": key.prefix, "last_four": key.last_four, "name": key.name}
    record(type=type, organisation_id=key.organisation_id, livemode=key.livemode, data=about | more, by=by, at=at)


def touch_key(*, key_id: str, last_used_at: float | None, at: datetime) -> None:
    """Remember that the key was used, at most once a minute. A busy database never fails the request for it.

    `last_used_at`, in epoch seconds, is what the caller last read of it.
    """
    since = at - _USED_EVERY
    if last_used_at is not None and last_used_at > since.timestamp():
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=since)
    try:
        ApiKey.objects.filter(stale, id=key_id).update(last_used_at=at)
    except OperationalError:
        if db.in_transaction():
            raise
