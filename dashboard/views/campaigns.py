"""Campaigns: the list, one campaign with its timeline, and what can be done to it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import timeline as story
from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Campaign, Step
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import collection, home, timeline
from dashboard.views.common import asked, one, page_of, plain, press
from sandbox import operations as sandbox

STATUSES = ["active", "paused", "completed", "cancelled"]


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, "status")
    found = page_of(seat.rows(Campaign).filter(**filters), request, filters, scope=_scope(seat, "campaigns"))
    figures = collection.figures(seat, found["rows"])
    found["rows"] = [(row, figures.get(row.id, collection.Figures())) for row in found["rows"]]
    found |= {"choices": STATUSES}
    if not found["rows"] and not filters:
        found |= {"first_call": home.first_call(seat, home.usable_key(seat))}
    return render(request, "dashboard/campaigns.html", found)


@page
def detail(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    campaign = one(seat.rows(Campaign), campaign_id)
    filters = asked(request, "case_status")
    cases = collection.cases(seat, campaign, filters.get("case_status", ""))
    before = plain(request.GET.get("before", ""))
    events, older = timeline.of_campaign(seat, campaign.id, before=before)
    overview, at = home.overview(seat, campaign_id=campaign.id), story.now(campaign.clock_id)
    shown = {
        "campaign": campaign,
        "overview": overview,
        "cases": page_of(cases, request, filters, scope=_scope(seat, campaign.id)),
        "case_states": [state for family, state, _ in overview.states if family == "case"] + ["closed"],
        "days": timeline.by_day(events, seat.zone),
        "steps": timeline.planned(seat, campaign_id=campaign.id),
        "now": at,
        "story_at": timeline.story_time(events, at, campaign.clock_id),
        "latest": "" if before else timeline.latest(events),
        "older": events[-1].id if older else "",
        "may_pause": campaign.status == Campaign.Status.ACTIVE,
        "may_resume": campaign.status == Campaign.Status.PAUSED,
        "may_cancel": campaign.status in (Campaign.Status.ACTIVE, Campaign.Status.PAUSED, Campaign.Status.IMPORTING),
    }
    return render(request, "dashboard/campaign.html", shown)


@page
def news(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    """How many entries the timeline gained since it was drawn."""
    campaign = one(seat.rows(Campaign), campaign_id)
    count = timeline.newer_than(seat, plain(request.GET.get("after", "")), campaign_id=campaign.id)
    return render(
        request, "dashboard/parts/news.html", {"count": count, "address": f"/dashboard/campaigns/{campaign.id}"}
    )


@action()
def pause(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    return _do(request, seat, campaign_id, operations.pause, "Paused. Nothing more is sent until you resume.")


@action()
def resume(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    return _do(request, seat, campaign_id, operations.resume, "Resumed.")


@action()
def cancel(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    return _do(request, seat, campaign_id, operations.cancel, "Cancelled. Nothing more is sent.")


def _do(
    request: HttpRequest, seat: Seat, campaign_id: str, operation: Callable[..., object], done: str
) -> HttpResponse:
    campaign = one(seat.rows(Campaign), campaign_id)
    press(request, done, lambda: operation(campaign_id=campaign.id, by=seat.by, at=story.act(campaign.clock_id)))
    return redirect("dashboard:campaigns-detail", campaign.id)


@action()
def send_next(request: HttpRequest, seat: Seat, campaign_id: str) -> HttpResponse:
    """Test mode: run the next planned step now, in story time, so that a newcomer sees it happen."""
    campaign = one(seat.rows(Campaign), campaign_id)
    run_next(request, seat, campaign_id=campaign.id)
    return redirect("dashboard:campaigns-detail", campaign.id)


def run_next(request: HttpRequest, seat: Seat, **named: str) -> None:
    """Run the next step of a test campaign or case, and say what became of it. Live mode knows no such thing: 404."""
    if seat.livemode:
        raise Http404
    try:
        step = sandbox.run_next_step(by=seat.by, **named)
    except ApiError as refused:
        messages.error(request, refused.message)
        return
    if step.status == Step.Status.SENT:
        messages.success(
            request, f"{words.INTENT.get(step.intent, 'The next step')} was sent. Read it in the sandbox mailbox."
        )
    else:
        what = words.INTENT.get(step.intent, "The next step")
        messages.error(request, f"{what} was not sent: {words.readable(step.status).lower()}. {step.reason}")


def _scope(seat: Seat, what: str) -> str:
    return f"dashboard:{what}:{seat.organisation.id}:{seat.livemode}"
