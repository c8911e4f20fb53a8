"""Who is in an organisation: invited, given another role, removed. There is always an owner."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.models import Invitation, Member, Organisation, User
from accounts.operations.organisations import note
from agentcollect.kit import db
from agentcollect.kit.errors import ApiError

INVITATION_LASTS = timedelta(days=7)
MOST_PENDING = 50
Role = Member.Role
# Owners do everything; admins everything but to owners.
_MANAGERS = {Role.OWNER: frozenset(Role), Role.ADMIN: frozenset(Role) - {Role.OWNER}}


def may_manage(manager: Member, role: str) -> bool:
    """May `manager` invite, change or remove somebody with `role`?"""
    return role in _MANAGERS.get(Role(manager.role), frozenset())


def invite(*, manager: Member, email: str, role: str, at: datetime) -> Invitation:
    """Offer `email` a place for seven days; an offer that stands for it is replaced. The caller mails the link.

    Raises ApiError: forbidden, illegal_transition (a member already, or too many offers stand).
    """
    address, organisation_id = email.strip().lower(), manager.organisation_id
    with db.atomic():
        _hold(manager, role)
        if Member.objects.filter(organisation_id=organisation_id, user__email=address).exists():
            raise ApiError("illegal_transition", f"{address} is a member already.")
        pending = Invitation.objects.filter(organisation_id=organisation_id, accepted_at=None, revoked_at=None)
        pending.filter(email=address).update(revoked_at=at)
        if pending.filter(expires_at__gt=at).count() >= MOST_PENDING:
            raise ApiError("illegal_transition", f"{MOST_PENDING} invitations are open. Withdraw some first.")
        invitation = Invitation.objects.create(
            organisation_id=organisation_id,
            email=address,
            role=role,
            invited_by=_by(manager),
            created_at=at,
            expires_at=at + INVITATION_LASTS,
        )
        _note("member.invited", manager, {"invitation_id": invitation.id, "email": address, "role": role}, at)
    return invitation


def revoke_invitation(*, manager: Member, invitation_id: str, at: datetime) -> None:
    """Withdraw an offer. Doing it twice records nothing. Raises ApiError: forbidden, not_found."""
    with db.atomic():
        mine = Invitation.objects.filter(id=invitation_id, organisation_id=manager.organisation_id)
        invitation = mine.first()
        if invitation is None:
            raise ApiError("not_found")
        _hold(manager, invitation.role)
        if mine.filter(accepted_at=None, revoked_at=None).update(revoked_at=at):
            found = {"invitation_id": invitation.id, "email": invitation.email}
            _note("member.invitation_revoked", manager, found, at)


def accept_invitation(*, invitation_id: str, user: User, at: datetime) -> Member:
    """`user` takes the place. Only with the invited address, verified; twice is once. Raises ApiError."""
    with db.atomic():
        invitation = db.locked(Invitation.objects.filter(id=invitation_id)).first()
        if invitation is None or invitation.revoked_at or (invitation.expires_at <= at and not invitation.accepted_at):
            raise ApiError("not_found", "This invitation is no longer open. Ask for a new one.")
        if not EmailAddress.objects.filter(user=user, email=invitation.email, verified=True).exists():
            raise ApiError("forbidden", f"This invitation is for {invitation.email}. Sign in with that address.")
        if invitation.accepted_at:
            place = Member.objects.filter(user=user, organisation_id=invitation.organisation_id).first()
            if place is None:
                raise ApiError("not_found", "This invitation was used. Ask for a new one.")
            return place
        member, new = Member.objects.get_or_create(
            user=user,
            organisation_id=invitation.organisation_id,
            defaults={"role": invitation.role, "created_at": at},
        )
        invitation.accepted_at = at
        invitation.save(update_fields=["accepted_at"])
        if new:
            data = {"member_id": member.id, "role": member.role, "email": user.email, "invitation_id": invitation.id}
            note("member.added", member.organisation_id, data, f"member:{member.id}", at)
    return member


def change_role(*, manager: Member, member_id: str, role: str, at: datetime) -> Member:
    """Give a member another role. Raises ApiError: forbidden, not_found, illegal_transition (the last owner)."""
    with db.atomic():
        _hold(manager, role)
        member = _member(manager, member_id)
        if member.role == role:
            return member
        if member.role == Role.OWNER:
            _not_the_last_owner(member)
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        data = {"member_id": member.id, "email": member.user.email, "before": before, "role": role}
        _note("member.role_changed", manager, data, at)
    return member


def remove_member(*, manager: Member, member_id: str, at: datetime) -> None:
    """End a membership; one's own too. The audit keeps who it was. Raises ApiError as `change_role` does."""
    with db.atomic():
        own = manager.id == member_id
        _hold(manager, manager.role, own=own)
        member = _member(manager, member_id, own=own)
        if member.role == Role.OWNER:
            _not_the_last_owner(member)
        data = {"member_id": member.id, "email": member.user.email, "role": member.role}
        _note("member.removed", manager, data, at)
        member.delete()


def remove_second_factors(*, user: User, by: str, at: datetime) -> int:
    """For somebody who lost every device: only the password is asked for again. Returns how many factors there were.

    `by` is operations, who made sure of the person another way. Every organisation of theirs is told by its audit.
    """
    with db.atomic():
        count = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).count()
        Authenticator.objects.filter(user=user).delete()
        if count:
            for member in Member.objects.filter(user=user):
                data = {"member_id": member.id, "email": user.email}
                note("member.second_factors_removed", member.organisation_id, data, by, at)
    return count


def _hold(manager: Member, role: str, *, own: bool = False) -> None:
    """Lock the organisation, so that two managers cannot take away the last two owners at once; and look who asks.

    The manager's row is read again: a seat that was taken away a moment ago manages nothing.
    """
    db.locked(Organisation.objects.filter(id=manager.organisation_id)).get()
    present = Member.objects.filter(id=manager.id).first()
    if present is None or not (own or may_manage(present, role)):
        raise ApiError("forbidden", "Your role may not do this.")
    manager.role = present.role


def _member(manager: Member, member_id: str, *, own: bool = False) -> Member:
    found = Member.objects.select_related("user").filter(id=member_id, organisation_id=manager.organisation_id).first()
    if found is None:
        raise ApiError("not_found")
    if not (own or may_manage(manager, found.role)):
        raise ApiError("forbidden", "Only an owner may change an owner.")
    return found


def _not_the_last_owner(member: Member) -> None:
    owners = Member.objects.filter(organisation_id=member.organisation_id, role=Role.OWNER)
    if not owners.exclude(id=member.id).exists():
        raise ApiError(
            "illegal_transition", "An organisation keeps at least one owner. Make somebody else owner first."
        )


def _by(member: Member) -> str:
    return f"member:{member.id}"


def _note(type: str, manager: Member, data: dict[str, str], at: datetime) -> None:
    note(type, manager.organisation_id, data, _by(manager), at)
