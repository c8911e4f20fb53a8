"""Members and keys."""

from datetime import datetime

from accounts import rules
from accounts.models import AccessToken, ApiKey, Member
from dashboard.access import Seat


def members(seat: Seat) -> dict[str, str]:
    """Member id → e-mail address, for the names on a timeline."""
    rows = Member.objects.filter(organisation_id=seat.organisation.id)
    return dict(rows.values_list("id", "user__email"))


def keys(seat: Seat) -> list[ApiKey]:
    """The mode's keys, usable ones first, newest first."""
    return sorted(seat.rows(ApiKey).order_by("-created_at", "-id")[:200], key=lambda key: key.revoked_at is not None)


TOKENS_SHOWN = 100


def key_state(key: ApiKey, at: datetime) -> str:
    """active, leaving (works, but a day to stop is set), expired, revoked or leaked."""
    if key.leaked_at:
        return "leaked"
    if key.revoked_at:
        return "revoked"
    if key.expires_at is None:
        return "active"
    return "expired" if key.expires_at <= at else "leaving"


def live_tokens(key: ApiKey, at: datetime) -> list[AccessToken]:
    """The key's tokens that still work, newest first, at most TOKENS_SHOWN; none of a key that has stopped."""
    if not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        return []
    rows = AccessToken.objects.unexpired(at).filter(key=key, revoked_at=None)
    return list(rows.order_by("-created", "-id")[:TOKENS_SHOWN])
