"""Reads of the accounts room."""

from django.conf import settings

from accounts import rules
from accounts.models import ApiKey, Organisation
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
