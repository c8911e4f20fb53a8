"""Reads of the accounts room."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts import rules
from accounts.models import AccessToken, ApiKey, Organisation
from agentcollect.kit.errors import ApiError


def organisation(organisation_id: str) -> Organisation:
    """The organisation. Raises ApiError(not_found)."""
    found = Organisation.objects.filter(id=organisation_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


def key_by_text(text: str) -> ApiKey | None:
    """The key's row, revoked and expired ones too, with its organisations; None for anything that is no key.

    One indexed read (by the digest under each pepper still in use); none at all for a typo.
    """
    if rules.key_mode(text) is None:
        return None
    digests = [rules.digest(text, pepper) for pepper in settings.API_KEY_PEPPERS.values()]
    return ApiKey.objects.select_related("organisation", "acting_for").filter(digest__in=digests).first()


def key_by_id(key_id: str) -> ApiKey | None:
    """The key's row with its organisations, for a token that names it."""
    return ApiKey.objects.select_related("organisation", "acting_for").filter(id=key_id).first()


def child(*, parent_id: str, child_id: str) -> Organisation:
    """The organisation that `parent_id` may act for. Raises ApiError(not_found) when the two are not linked."""
    found = Organisation.objects.filter(id=child_id, parent_id=parent_id).first()
    if found is None:
        raise ApiError("not_found", "There is no such organisation, or it is not linked to yours.")
    return found


# --- what accounts.credentials keeps

_KEY_FACTS = (
    "organisation_id",
    "acting_for_id",
    "livemode",
    "scopes",
    "expires_at",
    "revoked_at",
    "allowed_addresses",
    "api_version",
    "last_used_at",
    "organisation__rate_limit",
    "organisation__live_approved",
    "acting_for__parent_id",
    "acting_for__live_approved",
)


def key_id_by_digest(digests: Iterable[str]) -> str | None:
    """The id of the key with one of these digests, revoked and expired ones too."""
    return ApiKey.objects.filter(digest__in=digests).values_list("id", flat=True).first()


def key_facts(key_id: str) -> Mapping[str, Any] | None:
    """What a request must know of its key (`_KEY_FACTS`), in one read."""
    return ApiKey.objects.filter(id=key_id).values(*_KEY_FACTS).first()


def token_is_revoked(token_id: str) -> bool | None:
    """Was this access token revoked by itself? None: it is not on record (it ran out, or was never issued)."""
    found = AccessToken.objects.filter(id=token_id).values_list("revoked_at").first()
    return None if found is None else found[0] is not None


def child_facts(organisation_id: str) -> Mapping[str, Any] | None:
    """What a platform's request must know of the organisation that it names."""
    return Organisation.objects.filter(id=organisation_id).values("parent_id", "live_approved").first()


def key_ids_of(organisation_id: str) -> list[str]:
    """The keys that may still be used and whose facts this organisation is part of: its own, and those bound to it."""
    concerned = Q(organisation_id=organisation_id) | Q(acting_for_id=organisation_id)
    return list(ApiKey.objects.filter(concerned, revoked_at=None).values_list("id", flat=True))


def stopped_ids(*, since: datetime, at: datetime) -> list[str]:
    """Keys revoked or run out, and tokens revoked, from `since` on."""
    lately = Q(revoked_at__gte=since) | Q(expires_at__gte=since, expires_at__lte=at)
    keys = ApiKey.objects.filter(lately).values_list("id", flat=True)
    tokens = AccessToken.objects.revoked(at).filter(revoked_at__gte=since).values_list("id", flat=True)
    return [*keys, *tokens]
