"""Debtors: looked for, and each with all of its invoices, one conversation and what keeps us from it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import timeline as story
from campaigns import operations
from campaigns.models import Debtor, Hold
from dashboard.access import Seat, action, page
from dashboard.queries import collection, debtors, papers, payments, timeline
from dashboard.views.common import asked, one, page_of, plain, press


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    """All of them, or those somebody looks for; an id leads to its page at once."""
    filters = asked(request, "q")
    query = filters.get("q", "")
    address, public_id = debtors.named(seat, query)
    if address:
        return redirect(address, public_id)
    scope = f"dashboard:debtors:{seat.organisation.id}:{seat.livemode}"
    shown = page_of(debtors.found(seat, query), request, filters, scope=scope)
    standings = debtors.standings(seat, shown["rows"])
    rows = [(row, standings[row.id]) for row in shown["rows"]]
    too_short = bool(query) and len(query) < debtors.SHORTEST
    return render(request, "dashboard/debtors.html", shown | {"rows": rows, "too_short": too_short})


@page
def detail(request: HttpRequest, seat: Seat, debtor_id: str) -> HttpResponse:
    debtor = one(seat.rows(Debtor), debtor_id)
    at = story.now(debtor.clock_id)
    before = plain(request.GET.get("before", ""))
    events, older = timeline.of_debtor(seat, debtor.id, before=before)
    shown = {
        "days": timeline.by_day(events, seat.zone),
        "steps": timeline.planned(seat, debtor_id=debtor.id),
        "now": at,
        "story_at": timeline.story_time(events, at, debtor.clock_id),
        "older": events[-1].id if older else "",
        "replies": debtors.replies(seat, debtor),
        "week": debtors.contacts_this_week(debtor, at),
    }
    return render(request, "dashboard/debtor.html", shown | _facts(seat, debtor))


def _facts(seat: Seat, debtor: Debtor) -> dict[str, Any]:
    people, held = collection.people(seat, debtor.id), debtors.holds(debtor)
    invoices = debtors.cases(seat, debtor)
    return {
        "debtor": debtor,
        "standing": debtors.standings(seat, [debtor])[debtor.id],
        "invoices": invoices,
        "papers": papers.of_debtor(seat, debtor.id),
        "people": people,
        "credits": payments.credits(debtor.id),
        "holds": held,
        "closed": any(one.hold.kind == Hold.Kind.DO_NOT_CONTACT and one.hold.debtor_id for one in held),
        "opt_outs": debtors.opt_outs(seat, people),
        "inconvenient": debtors.inconvenient(debtor),
    }


@action()
def hold(request: HttpRequest, seat: Seat, debtor_id: str) -> HttpResponse:
    """Nothing is sent to anybody there, about any invoice."""
    done = "On hold. Nothing is sent to this debtor, about any invoice, until you release it here."
    return _close(request, seat, debtor_id, True, done)


@action()
def release(request: HttpRequest, seat: Seat, debtor_id: str) -> HttpResponse:
    """Take back one's own hold; what the debtor or the law set is refused by the operation."""
    return _close(request, seat, debtor_id, False, "Released. What waited is judged again.")


def _close(request: HttpRequest, seat: Seat, debtor_id: str, closed: bool, done: str) -> HttpResponse:
    debtor = one(seat.rows(Debtor), debtor_id)
    reason = "held in the dashboard" if closed else "released in the dashboard"
    named: dict[str, Any] = {"debtor_id": debtor.id, "changes": {"do_not_contact": closed}, "reason": reason}
    press(request, done, lambda: operations.correct_debtor(**named, by=seat.by, at=story.act(debtor.clock_id)))
    return redirect("dashboard:debtors-detail", debtor.id)
