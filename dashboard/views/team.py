"""The team: members and their roles, invitations, and what happened to either."""

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import operations
from accounts.models import Invitation, Member
from accounts.operations.team import may_manage
from agentcollect.kit import clock, ratelimit
from dashboard.access import KEYS, Seat, action, page
from dashboard.queries import team as queries
from dashboard.queries.timeline import entry
from dashboard.views.common import one, plain, press

EVERYBODY = frozenset(Member.Role)
MAILS_PER_MINUTE = 10
# What a role may do, for the choice and for the list.
ROLES = {
    "owner": "Everything, and who else is an owner.",
    "admin": "Everything but owners: team, keys, webhooks, campaigns.",
    "operator": "Creates and runs campaigns, replays webhooks.",
    "finance": "Payments and statements. Sends nothing.",
    "viewer": "Looks, and changes nothing.",
    "auditor": "Looks at everything, decisions and evidence included.",
}


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    at, members = clock.now(), queries.members(seat)
    guarded = queries.guarded(members)
    roles = [(role, Member.Role(role).label, says) for role, says in ROLES.items()]
    shown = {
        "rows": [(row, row.user_id in guarded, may_manage(seat.member, row.role)) for row in members],
        "invitations": queries.invitations(seat, at),
        "roles": roles,
        "offered": [role for role in roles if may_manage(seat.member, role[0])],
        "lines": [entry(event) for event in queries.history(seat)],
    }
    return render(request, "dashboard/team.html", shown)


@action(KEYS)
@reauthentication_required
def invite(request: HttpRequest, seat: Seat) -> HttpResponse:
    email, role = plain(request.POST.get("email", "")), _role(request)
    try:
        validate_email(email)
    except ValidationError:
        messages.error(request, "That is no e-mail address.")
        return redirect("dashboard:team")
    if not ratelimit.hit(f"invite:{seat.organisation.id}", MAILS_PER_MINUTE).allowed:
        messages.error(request, "Too many invitations in a minute. Wait a little, then go on.")
        return redirect("dashboard:team")
    made: list[Invitation] = []
    said = f"{email} was invited. The link in the mail works for seven days."
    if press(
        request,
        said,
        lambda: made.append(operations.invite(manager=seat.member, email=email, role=role, at=clock.now())),
    ):
        _mail(made[0], seat)
    return redirect("dashboard:team")


def _mail(invitation: Invitation, seat: Seat) -> None:
    """After the commit: no transaction waits for a mail server."""
    path = reverse("dashboard:invitation", args=[queries.invitation_token(invitation)])
    context = {"invitation": invitation, "organisation": seat.organisation, "inviter": seat.member.user, "path": path}
    get_adapter().send_mail("dashboard/account/mail/invitation", invitation.email, context)


@action(KEYS)
@reauthentication_required
def revoke_invitation(request: HttpRequest, seat: Seat, invitation_id: str) -> HttpResponse:
    press(
        request,
        "Withdrawn. The link no longer works.",
        lambda: operations.revoke_invitation(manager=seat.member, invitation_id=plain(invitation_id), at=clock.now()),
    )
    return redirect("dashboard:team")


@action(KEYS)
@reauthentication_required
def change_role(request: HttpRequest, seat: Seat, member_id: str) -> HttpResponse:
    member, role = _member(seat, member_id), _role(request)
    press(
        request,
        f"{member.user.email} is {Member.Role(role).label.lower()} now.",
        lambda: operations.change_role(manager=seat.member, member_id=member.id, role=role, at=clock.now()),
    )
    return redirect("dashboard:team")


@action(EVERYBODY)
@reauthentication_required
def remove(request: HttpRequest, seat: Seat, member_id: str) -> HttpResponse:
    """Remove a member; everybody may leave."""
    member = _member(seat, member_id)
    own = member.id == seat.member.id
    said = f"You left {seat.organisation.name}." if own else f"{member.user.email} is no longer a member."
    done = press(
        request,
        said,
        lambda: operations.remove_member(manager=seat.member, member_id=member.id, at=clock.now()),
    )
    return redirect("dashboard:home" if own and done else "dashboard:team")


def _member(seat: Seat, member_id: str) -> Member:
    return one(Member.objects.select_related("user").filter(organisation_id=seat.organisation.id), member_id)


def _role(request: HttpRequest) -> str:
    role = request.POST.get("role", "")
    if role not in ROLES:
        raise Http404
    return role


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link in the mail opens. Whoever holds it has read the mail: the address counts as verified."""
    found, at = queries.invitation_of(token), clock.now()
    gone = found is None or found.revoked_at or found.accepted_at or found.expires_at <= at
    if found is None or gone:
        return render(request, "dashboard/account/invitation.html", {"gone": True}, status=404)
    if request.user.is_authenticated and request.method == "POST":
        if press(
            request,
            f"Welcome to {found.organisation.name}.",
            lambda: operations.accept_invitation(invitation_id=found.id, user=request.user, at=at),  # type: ignore[arg-type]
        ):
            request.session["organisation"] = found.organisation_id
            return redirect("dashboard:home")
        return redirect(request.path)
    if not request.user.is_authenticated:
        get_adapter().stash_verified_email(request, found.email)
    shown = {"invitation": found, "role": found.get_role_display(), "says": ROLES[found.role]}
    return render(request, "dashboard/account/invitation.html", shown)
