"""Scenarios: choose a debtor who reacts, press, and watch what becomes of it."""

import json
import re
import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import timeline
from accounts.models import TestClock
from accounts.operations.forms import submit_once
from agentcollect.kit import clock as wall_clock
from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Campaign
from campaigns.serializers import checks, intake
from dashboard.access import Seat, action, page
from dashboard.forms.sandbox import NEW, STEPS, WALL, ScenarioForm
from dashboard.queries import clocks as clock_queries
from dashboard.queries import scenarios as queries
from dashboard.views.common import one
from dashboard.views.sandbox.common import test_mode
from sandbox import clocks, scenarios
from sandbox.personas import PEERS, PERSONAS

_TOKEN = re.compile(r"[\w-]{22}")
# Letters and figures that nobody mixes up; four of them make a debtor that nobody has met.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@page
@test_mode
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _form(request, seat, ScenarioForm(seat.organisation, _ready(seat)))


def _ready(seat: Seat) -> list[TestClock]:
    rows = seat.rows(TestClock).filter(status=TestClock.Status.READY)
    return list(rows.order_by("-created_at", "-id")[:50])


def _form(request: HttpRequest, seat: Seat, form: ScenarioForm, status: int = 200) -> HttpResponse:
    shown = {
        "form": form,
        "personas": [(one.name, scenarios.readable(one.name), one) for one in PERSONAS],
        "peers": PEERS,
        "dozen": [scenarios.readable(name).lower() for name in scenarios.DOZEN],
        "chosen": form["persona"].value(),
        "token": secrets.token_urlsafe(16),
    }
    return render(request, "dashboard/scenarios.html", shown, status=status)


@action()
@test_mode
def start(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make the campaign, as the API would; a second press finds the first one's."""
    form, token = ScenarioForm(seat.organisation, _ready(seat), request.POST), request.POST.get("token", "")
    if not form.is_valid():
        return _form(request, seat, form, 422)
    if not _TOKEN.fullmatch(token):
        messages.error(request, "This form is out of date. Please fill it in again.")
        return redirect("dashboard:scenarios")
    once = {"token": token, "organisation_id": seat.organisation.id, "at": wall_clock.now()}
    try:
        campaign_id, _ = submit_once(**once, work=lambda: _create(seat, form))
    except ApiError as refused:
        form.add_error(None, " ".join([refused.message, *(error.message for error in refused.errors)]))
        return _form(request, seat, form, 422)
    return redirect("dashboard:scenarios-detail", campaign_id)


def _create(seat: Seat, form: ScenarioForm) -> str:
    """The id of the campaign. Raises ApiError."""
    organisation, clock_id = seat.organisation, _clock(seat, form)
    at = timeline.begin(clock_id, organisation_id=organisation.id, livemode=seat.livemode)
    terms = checks.terms_of(organisation, livemode=seat.livemode, at=at)
    body = scenarios.body(
        form.personas(),
        creditor=(organisation.brand or {}).get("name") or organisation.name,
        amount=form.cleaned_data["amount"],
        country=organisation.country,
        today=terms.today,
        token="".join(secrets.choice(_LETTERS) for _ in range(4)),
        ending=form.cleaned_data["phone"],
    )
    asked = checks.check(
        intake.decode(json.dumps(body | ({"test_clock": clock_id} if clock_id else {})).encode()), terms
    )
    made = operations.create(organisation=organisation, livemode=seat.livemode, request=asked, by=seat.by, at=at)
    return made.campaign.id


def _clock(seat: Seat, form: ScenarioForm) -> str:
    """The id of the clock that was chosen, made where it is a new one; "" is the wall."""
    where = form.cleaned_data["where"]
    if where != NEW:
        return "" if where == WALL else where
    name = f"Scenario: {dict(form.fields['persona'].choices)[form.cleaned_data['persona']].lower()}"  # type: ignore[attr-defined]
    mine, now = {"organisation_id": seat.organisation.id, "livemode": seat.livemode}, wall_clock.now()
    return clocks.create(**mine, frozen_time=now.replace(second=0, microsecond=0), name=name, by=seat.by, at=now).id


@page
@test_mode
def detail(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    """Who is in it, what each is going to do, and how far it has come."""
    campaign = one(seat.rows(Campaign), campaign_id)
    found = clock_queries.by_id(seat).get(campaign.clock_id)
    shown: dict[str, Any] = {
        "campaign": campaign,
        "clock": found,
        "players": queries.players(seat, campaign),
        "steps_on": [(name, label, None) for name, (label, _) in STEPS.items()],
    }
    if found:
        shown |= {"now": found.frozen_time, "progress": clocks.progress(found), "busy": clock_queries.at_work(found)}
    else:
        shown |= {"busy": campaign.unopened > 0}
    return render(request, "dashboard/scenario.html", shown)
