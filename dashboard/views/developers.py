"""API keys. The secret is shown once, in the answer to the request that made it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import operations, rules
from accounts.models import ApiKey
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import KEYS, Seat, action, page
from dashboard.queries import people
from dashboard.views.common import one, press


@page
def keys(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/keys.html", _shown(seat))


@action(KEYS)
def create_key(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make a key and show its secret on this very page: it is kept nowhere, so no redirect could show it."""
    name = request.POST.get("name", "").strip()[:80]
    scopes = request.POST.getlist("scopes") or None
    try:
        key, secret = operations.create_key(
            organisation_id=seat.organisation.id,
            livemode=seat.livemode,
            name=name,
            scopes=scopes,
            by=seat.by,
            at=clock.now(),
        )
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect("dashboard:keys")
    return render(request, "dashboard/keys.html", _shown(seat) | {"created": key, "secret": secret}, status=201)


@action(KEYS)
def revoke_key(request: HttpRequest, seat: Seat, key_id: str) -> HttpResponse:
    key = one(seat.rows(ApiKey), key_id)
    press(
        request,
        f"Key {key} is revoked. Requests with it are refused from now on.",
        lambda: operations.revoke_key(key_id=key.id, organisation_id=seat.organisation.id, by=seat.by, at=clock.now()),
    )
    return redirect("dashboard:keys")


def _shown(seat: Seat) -> dict[str, object]:
    at = clock.now()
    rows = [(key, people.key_state(key, at)) for key in people.keys(seat)]
    return {"keys": rows, "scopes": [(scope, rules.SCOPES[scope]) for scope in rules.ALL_SCOPES]}
