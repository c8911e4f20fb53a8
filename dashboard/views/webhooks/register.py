"""Registering an endpoint, changing it, deleting it. Where a customer's events go is for owners and admins."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agentcollect.kit.errors import ApiError
from dashboard.access import KEYS, Handler, Seat, action, page, sure_when_live
from dashboard.forms.webhooks import ALL, SOME, EndpointForm, as_lines, subjects, without_masks
from dashboard.queries import endpoints as found
from dashboard.views.common import press
from dashboard.views.webhooks.endpoints import about, acting, own, shown
from webhooks import operations
from webhooks.models import Endpoint
from webhooks.rules import EVERYTHING


def _for_keys(view: Handler) -> Handler:
    """A form that only some may send is only shown to them."""

    @wraps(view)
    def guarded(request: HttpRequest, seat: Seat, *args: Any, **kwargs: Any) -> HttpResponse:
        if seat.member.role not in KEYS:
            return render(request, "dashboard/forbidden.html", {"roles": sorted(KEYS)}, status=403)
        return view(request, seat, *args, **kwargs)

    return guarded


@require_safe
@page
@_for_keys
@sure_when_live
def new(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _form(request, EndpointForm())


@action(KEYS)
@sure_when_live
def create(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make an endpoint and show its secret on this very page: it cannot be shown again, so no redirect could."""
    form = EndpointForm(request.POST)
    made: list[Any] = []
    if form.is_valid() and (masked := without_masks(form.read["headers"])):
        form.add_error("headers", f"{masked[0]} is masked: write its whole value.")
    elif form.is_valid():
        _press(form, lambda: made.extend(operations.create_endpoint(**form.changes(), **acting(seat))))
    if not made:
        return _form(request, form)
    row, secret = made
    return render(request, "dashboard/endpoint.html", shown(seat, row) | {"secret": secret, "fresh": True}, status=201)


@require_safe
@page
@_for_keys
@sure_when_live
def edit(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    row = own(seat, endpoint_id)
    return _form(request, EndpointForm(initial=_initial(row)), row)


@action(KEYS)
@sure_when_live
def save(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    row = own(seat, endpoint_id)
    form = EndpointForm(request.POST, initial=_initial(row))
    if not form.is_valid() or not _press(
        form, lambda: operations.change_endpoint(changes=form.changes(), **about(seat, row))
    ):
        return _form(request, form, row)
    asked = form.read["url"] != row.url and own(seat, row.id).status == Endpoint.Status.UNVERIFIED
    messages.success(request, "Saved. Its new address is asked for a challenge first." if asked else "Saved.")
    return redirect("dashboard:webhooks-endpoint", row.id)


@action(KEYS)
def delete(request: HttpRequest, seat: Seat, endpoint_id: str) -> HttpResponse:
    row = own(seat, endpoint_id)
    done = f"Deleted: nothing more is sent to {row.url}. What was sent to it stays readable under Deliveries."
    press(request, done, lambda: operations.delete_endpoint(**about(seat, row)))
    return redirect("dashboard:webhooks")


def _press(form: EndpointForm, operation: Callable[[], object]) -> bool:
    """Call the operation; a refusal stands in the form, beside its field."""
    try:
        operation()
    except ApiError as refused:
        form.refuse(refused)
        return False
    return True


def _initial(row: Endpoint) -> dict[str, Any]:
    everything = row.events == [EVERYTHING]
    return {
        "url": row.url,
        "description": row.description,
        "scope": ALL if everything else SOME,
        "events": [] if everything else row.events,
        "headers": as_lines(found.headers(row)),
        "rate_limit": row.rate_limit or "",
        "long_tail": row.long_tail,
    }


def _form(request: HttpRequest, form: EndpointForm, row: Endpoint | None = None) -> HttpResponse:
    context = {"form": form, "endpoint": row, "subjects": subjects(form.chosen)}
    return render(request, "dashboard/endpoint_form.html", context)
