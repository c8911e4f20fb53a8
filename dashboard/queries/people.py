"""Members and keys."""

from datetime import datetime

from accounts.models import ApiKey, Member
from dashboard.access import Seat


def members(seat: Seat) -> dict[str, str]:
    """Member id → e-mail address, for the names on a timeline."""
    rows = Member.objects.filter(organisation_id=seat.organisation.id)
    return dict(rows.values_list("id", "user__email"))


def keys(seat: Seat) -> list[ApiKey]:
    """The mode's keys, usable ones first, newest first."""
    return sorted(seat.rows(ApiKey).order_by("-created_at", "-id")[:200], key=lambda key: key.revoked_at is not None)


def key_state(key: ApiKey, at: datetime) -> str:
    """active, revoked or expired."""
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= at else "active"
