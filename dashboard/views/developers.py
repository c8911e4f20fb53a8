"""API keys. The secret is shown once, in the answer to the request that made it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import operations, rules
from accounts.models import AccessToken, ApiKey
from accounts.operations.keys import Rolled, Stopped
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import KEYS, Seat, action, page, sure_when_live
from dashboard.queries import people
from dashboard.views.common import one, plain, press

# What the forms offer: value, words, meaning.
_LIVES = (("", "Never", None), ("30", "In 30 days", 30), ("90", "In 90 days", 90), ("365", "In a year", 365))
_OVERLAPS = (
    ("24", "For another 24 hours", timedelta(hours=24)),
    ("1", "For another hour", timedelta(hours=1)),
    ("168", "For another 7 days", timedelta(days=7)),
    ("0", "Not at all: it stops now", timedelta(0)),
)


@page
def keys(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/keys.html", _listed(seat))


@page
def key(request: HttpRequest, seat: Seat, key_id: str) -> HttpResponse:
    """One key: what it may do, its tokens that still work, and what can be done about it."""
    return render(request, "dashboard/key.html", _detail(seat, one(seat.rows(ApiKey), key_id)))


@action(KEYS)
@sure_when_live
def create_key(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make a key and show its secret on this very page: it is kept nowhere, so no redirect could show it."""
    at, said = clock.now(), request.POST
    try:
        made, secret = operations.create_key(
            organisation_id=seat.organisation.id,
            livemode=seat.livemode,
            name=_name(request),
            scopes=said.getlist("scopes") or None,
            allowed_addresses=_addresses(request),
            expires_at=_expiry(said.get("expires", ""), at),
            by=seat.by,
            at=at,
        )
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect("dashboard:keys")
    shown = _listed(seat) | {"created": made, "secret": secret}
    return render(request, "dashboard/keys.html", shown, status=201)


@action(KEYS)
@sure_when_live
def roll_key(request: HttpRequest, seat: Seat, key_id: str) -> HttpResponse:
    """A new key in place of this one, shown once as a new one is."""
    old = one(seat.rows(ApiKey), key_id)
    overlap = {value: meaning for value, _, meaning in _OVERLAPS}.get(request.POST.get("overlap", ""))
    try:
        rolled: Rolled = operations.roll_key(
            key_id=old.id,
            organisation_id=seat.organisation.id,
            overlap=rules.USUAL_OVERLAP if overlap is None else overlap,
            by=seat.by,
            at=clock.now(),
        )
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect("dashboard:keys-detail", old.id)
    shown = _detail(seat, rolled.key) | {"secret": rolled.text, "rolled": rolled}
    return render(request, "dashboard/key.html", shown, status=201)


@action(KEYS)
def revoke_key(request: HttpRequest, seat: Seat, key_id: str) -> HttpResponse:
    row = one(seat.rows(ApiKey), key_id)
    _stop(
        request,
        f"Key {row} is revoked, and its tokens with it.",
        lambda: operations.revoke_key(key_id=row.id, organisation_id=seat.organisation.id, by=seat.by, at=clock.now()),
    )
    return redirect("dashboard:keys")


@action(KEYS)
def change_key(request: HttpRequest, seat: Seat, key_id: str) -> HttpResponse:
    """Name and addresses; scopes stay what they were when the key was handed out."""
    row = one(seat.rows(ApiKey), key_id)
    about: dict[str, Any] = {
        "key_id": row.id,
        "organisation_id": seat.organisation.id,
        "by": seat.by,
        "at": clock.now(),
    }

    def change() -> None:
        operations.restrict_key(allowed_addresses=_addresses(request), **about)
        operations.rename_key(name=_name(request), **about)

    press(request, "Saved.", change)
    return redirect("dashboard:keys-detail", row.id)


@action(KEYS)
def revoke_token(request: HttpRequest, seat: Seat, key_id: str, token_id: str) -> HttpResponse:
    row = one(seat.rows(ApiKey), key_id)
    token = one(seat.rows(AccessToken).filter(key=row), token_id)
    _stop(
        request,
        f"Token …{token.last_four} is revoked. The key goes on.",
        lambda: operations.revoke_token(
            token_id=token.id, organisation_id=seat.organisation.id, by=seat.by, at=clock.now()
        ),
    )
    return redirect("dashboard:keys-detail", row.id)


def _stop(request: HttpRequest, done: str, operation: Callable[[], Stopped | int]) -> None:
    """Press, and say the truth about how soon it counts everywhere."""
    try:
        found = operation()
    except ApiError as refused:
        messages.error(request, refused.message)
        return
    within = found.effective_within if isinstance(found, Stopped) else found
    when = "It is refused from now on." if within == 0 else f"It is refused everywhere within {within} seconds."
    messages.success(request, f"{done} {when}")


def _name(request: HttpRequest) -> str:
    return plain(request.POST.get("name", ""))[:80]


def _addresses(request: HttpRequest) -> list[str]:
    """One address or network a line; commas do as well."""
    return request.POST.get("addresses", "").replace("\0", "").replace(",", " ").split()


def _expiry(chosen: str, at: datetime) -> datetime | None:
    days = {value: meaning for value, _, meaning in _LIVES}.get(chosen)
    return at + timedelta(days=days) if days else None


def _listed(seat: Seat) -> dict[str, Any]:
    at = clock.now()
    return {
        "keys": [(row, people.key_state(row, at)) for row in people.keys(seat)],
        "scopes": [(scope, rules.SCOPES[scope]) for scope in rules.ALL_SCOPES],
        "lives": [(value, words) for value, words, _ in _LIVES],
    }


def _detail(seat: Seat, row: ApiKey) -> dict[str, Any]:
    at = clock.now()
    everything = rules.expand(row.scopes) >= set(rules.SCOPES)
    return {
        "key": row,
        "state": people.key_state(row, at),
        "tokens": people.live_tokens(row, at),
        "members": people.members(seat),
        "everything": everything,
        "scopes": [] if everything else [(scope, rules.SCOPES.get(scope, "")) for scope in row.scopes],
        "all_of_it": " ".join(row.scopes),
        "successor": ApiKey.objects.filter(replaces=row).first(),
        "overlaps": [(value, words) for value, words, _ in _OVERLAPS],
        "longest_list": people.TOKENS_SHOWN,
    }
