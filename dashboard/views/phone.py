"""Telephone calls: the list, and one with its script and what was said."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import Seat, page
from dashboard.queries import phone as queries
from dashboard.views.common import asked, one, page_of
from outreach.models import Call, Decision


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, "outcome", "debtor", "clock")
    named = {"debtor_id": filters.get("debtor", ""), "clock_id": filters.get("clock", "")}
    rows = queries.calls(seat, outcome=filters.get("outcome", ""), **named)
    found = page_of(rows, request, filters, scope=f"dashboard:phone:{seat.organisation.id}:{seat.livemode}")
    return render(request, "dashboard/phone.html", found | {"outcomes": Call.Outcome.values})


@page
def detail(request: HttpRequest, seat: Seat, call_id: str) -> HttpResponse:
    rows = seat.rows(Call).select_related("case", "debtor", "contact", "campaign")
    call = one(rows, call_id)
    decision = seat.rows(Decision).filter(id=call.decision_id).first() if call.decision_id else None
    return render(request, "dashboard/phone_call.html", {"call": call, "decision": decision})
