"""Who sits at the dashboard: the member, their organisation and the mode they look at; and what a role may do.

Every page reads rows through `Seat.rows`, which fixes organisation and mode: there is no other way to a row here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Member, Organisation
from agentcollect.kit.errors import ApiError

Row = TypeVar("Row", bound=models.Model)
Handler = Callable[..., HttpResponse]
Role = Member.Role

ACT = frozenset({Role.OWNER, Role.ADMIN, Role.OPERATOR})
# Who may give part of a claim up: finance sends nothing else.
SETTLE = frozenset({Role.OWNER, Role.ADMIN, Role.FINANCE})
# A key can do whatever the API can, so handing one out is not a daily act.
KEYS = frozenset({Role.OWNER, Role.ADMIN})
# What the organisation is charged; an auditor reads everything.
STATEMENTS = frozenset({Role.OWNER, Role.ADMIN, Role.FINANCE, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Seat:
    """One member's view: `organisation` and `livemode` bound every row they see and everything they do."""

    member: Member
    organisation: Organisation
    livemode: bool
    others: tuple[Organisation, ...] = ()

    @property
    def by(self) -> str:
        """The actor string of what this member does."""
        return f"member:{self.member.id}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organisation.timezone)

    @property
    def paused_since(self) -> datetime | None:
        """When everything was paused in the mode that is looked at."""
        return self.organisation.paused_since(self.livemode)

    @property
    def may_act(self) -> bool:
        return self.member.role in ACT

    @property
    def may_settle(self) -> bool:
        return self.member.role in SETTLE

    @property
    def may_manage_keys(self) -> bool:
        return self.member.role in KEYS

    @property
    def may_read_statements(self) -> bool:
        return self.member.role in STATEMENTS

    def rows(self, model: type[Row]) -> "models.QuerySet[Row]":
        """The rows of `model` that this seat may see."""
        return model._default_manager.filter(organisation_id=self.organisation.id, livemode=self.livemode)


def seat_of(request: HttpRequest) -> Seat | None:
    """The signed-in user's seat, by the session's organisation and mode; None for a user of no organisation."""
    places = list(
        Member.objects.filter(user_id=str(request.user.pk)).select_related("organisation").order_by("created_at", "id")
    )
    if not places:
        return None
    chosen = request.session.get("organisation")
    member = next((place for place in places if place.organisation_id == chosen), places[0])
    member.user = request.user  # type: ignore[assignment]  # signed in: never anonymous
    return Seat(
        member=member,
        organisation=member.organisation,
        livemode=bool(request.session.get("livemode", False)),
        others=tuple(place.organisation for place in places if place is not member),
    )


def page(view: Handler) -> Handler:
    """A page for members: the anonymous are sent to sign in, people of no organisation are told so."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        seat = seat_of(request)
        if seat is None:
            return render(request, "dashboard/no_organisation.html", status=403)
        request.seat = seat  # type: ignore[attr-defined]
        return view(request, seat, *args, **kwargs)

    return guarded


def action(roles: frozenset[Member.Role] = ACT) -> Callable[[Handler], Handler]:
    """A POST that changes something; a role outside `roles` gets 403 and nothing happens.

    What is refused before the operation itself (a test clock that is being deleted) is said on the page it came from.
    """

    def decorate(view: Handler) -> Handler:
        @wraps(view)
        def guarded(request: HttpRequest, seat: Seat, *args: Any, **kwargs: Any) -> HttpResponse:
            if seat.member.role not in roles:
                return render(request, "dashboard/forbidden.html", {"roles": sorted(roles)}, status=403)
            try:
                return view(request, seat, *args, **kwargs)
            except ApiError as refused:
                messages.error(request, refused.message)
                return redirect(_came_from(request))

        return require_POST(page(guarded))

    return decorate


def _came_from(request: HttpRequest) -> str:
    """The page of ours whose form was sent, else the start page."""
    asked = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return asked if asked and ours else reverse("dashboard:home")


def sure_when_live(view: Handler) -> Handler:
    """In live mode the person proves again who it is, unless just done: an open laptop makes no live key."""
    asked = reauthentication_required(view)

    @wraps(view)
    def guarded(request: HttpRequest, seat: Seat, *args: Any, **kwargs: Any) -> HttpResponse:
        return (asked if seat.livemode else view)(request, seat, *args, **kwargs)

    return guarded
