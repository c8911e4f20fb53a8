"""Who is in the organisation, who is invited, and what happened to either."""

from datetime import datetime

from allauth.mfa.models import Authenticator

from accounts.models import Invitation, Member
from agentcollect.kit import crypto
from dashboard.access import Seat
from events.models import Event

_PURPOSE = "invitation"
AUDIT = (
    "member.added",
    "member.invited",
    "member.invitation_revoked",
    "member.role_changed",
    "member.removed",
    "member.password_set",
    "member.second_factors_removed",
)


def members(seat: Seat) -> list[Member]:
    """Members, the first ones first."""
    rows = Member.objects.filter(organisation_id=seat.organisation.id).select_related("user")
    return list(rows.order_by("created_at", "id"))


def guarded(members: list[Member]) -> set[int]:
    """The user ids among `members` with a second factor or a passkey."""
    rows = Authenticator.objects.filter(user_id__in=[member.user_id for member in members])
    return set(rows.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list("user_id", flat=True))


def invitations(seat: Seat, at: datetime) -> list[Invitation]:
    """Offers that can still be taken, the newest first."""
    rows = Invitation.objects.filter(organisation_id=seat.organisation.id, accepted_at=None, revoked_at=None)
    return list(rows.filter(expires_at__gt=at).order_by("-created_at"))


def history(seat: Seat, limit: int = 20) -> list[Event]:
    """The latest changes to the team. Audit of both modes stands with live mode."""
    rows = Event.objects.filter(organisation_id=seat.organisation.id, livemode=True, type__in=AUDIT)
    return list(rows.order_by("-created_at", "-id")[:limit])


def invitation_token(invitation: Invitation) -> str:
    """The unguessable end of the link in the mail."""
    return crypto.sign_id(_PURPOSE, invitation.id)


def invitation_of(token: str) -> Invitation | None:
    """The invitation a link leads to, whatever became of it; None for a link we did not make."""
    public_id = crypto.read_signed_id(_PURPOSE, "inv", token)
    rows = Invitation.objects.select_related("organisation")
    return rows.filter(id=public_id).first() if public_id else None
