"""One case: what is owed, whom we may reach, what was decided and why, what comes next."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import timeline as story
from campaigns.models import Case, Hold
from campaigns.queries import standings
from dashboard.access import Seat, action, page
from dashboard.forms.case import CaseForm
from dashboard.forms.every import FORMS
from dashboard.forms.simulate import simulations
from dashboard.queries import agreed, collection, papers, timeline
from dashboard.views.campaigns import run_next
from dashboard.views.common import one, plain
from payments.queries import pay_url

Parts = Sequence[tuple[date, int]]


@page
def detail(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    return shown(request, seat, case_id)


def shown(
    request: HttpRequest, seat: Seat, case_id: str, refused: CaseForm | None = None, *, parts: Parts = ()
) -> HttpResponse:
    """The page of one invoice; with a form that was refused, open and as it was typed.

    `parts`: nothing was refused, these instalments are shown before anything is agreed.
    """
    at = story.now_of(case_id=plain(case_id))
    rows = standings.with_standing(
        seat.rows(Case).select_related("campaign__organisation", "organisation", "debtor"), at=at
    )
    case = one(rows, case_id)
    page = _account(seat, case) | _talk(request, seat, case, at) | _forms(seat, case, refused, at)
    page |= {"parts": agreed.schedule(parts), "refused": None if parts else refused}
    return render(request, "dashboard/case.html", page, status=422 if page["refused"] else 200)


def _account(seat: Seat, case: Case) -> dict[str, Any]:
    held = collection.holds(seat, case)
    return {
        "case": case,
        "why": agreed.why(case),
        "ledger": collection.ledger(seat, case),
        "papers": papers.of_case(seat, case),
        "people": collection.people(seat, case.debtor_id),
        "holds": [(hold, agreed.may_release(hold, case)) for hold in held],
        "held_by_us": any(hold.kind == Hold.Kind.CREDITOR_PAUSE for hold in held),
        "agreed": agreed.agreed(seat, case),
        "referral": collection.referral(seat, case),
        "pay_url": pay_url(case),
    }


def _talk(request: HttpRequest, seat: Seat, case: Case, at: datetime) -> dict[str, Any]:
    before = plain(request.GET.get("before", ""))
    events, older = timeline.of_case(seat, case.id, before=before)
    return {
        "decisions": collection.decisions(seat, case),
        "messages_sent": collection.messages(seat, case),
        "replies": agreed.replies(seat, case),
        "told": agreed.steps(seat, case),
        "days": timeline.by_day(events, seat.zone),
        "steps": timeline.planned(seat, case_id=case.id),
        "now": at,
        "story_at": timeline.story_time(events, at, case.clock_id),
        "latest": "" if before else timeline.latest(events),
        "older": events[-1].id if older else "",
    }


def _forms(seat: Seat, case: Case, refused: CaseForm | None, at: datetime) -> dict[str, Any]:
    forms: dict[str, CaseForm] = {name: form(case) for name, form in FORMS.items()}
    if refused:
        forms[refused.name] = refused
    return {
        "forms": forms,
        "simulations": simulations(case),
        "may_plan": agreed.may_plan(case),
        "may_offer": agreed.may_offer(seat, case, at),
        "may_promise": agreed.may_become(case, Case.Status.PROMISED),
        "may_dispute": agreed.may_become(case, Case.Status.DISPUTED),
    }


@page
def news(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """How many entries the timeline gained since it was drawn."""
    case = one(seat.rows(Case), case_id)
    count = timeline.newer_than(seat, plain(request.GET.get("after", "")), case_id=case.id)
    return render(request, "dashboard/parts/news.html", {"count": count, "address": f"/dashboard/cases/{case.id}"})


@action()
def send_next(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Test mode: run the case's next planned step now, in story time."""
    case = one(seat.rows(Case), case_id)
    run_next(request, seat, case_id=case.id)
    return redirect("dashboard:campaigns-case", case.id)
