"""What is charged: the statements of the months that are over, and the month that is running."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agentcollect.kit import clock
from campaigns import storage
from dashboard.access import STATEMENTS, Seat, page
from dashboard.views.common import one, page_of
from payments import rules
from payments.models import FeeSchedule
from payments.operations import fees, statements
from payments.queries import fees as queries
from payments.serializers.fees import called

_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    if not seat.may_read_statements:
        return _refused(request)
    now = clock.now()
    month, totals = statements.so_far(organisation=seat.organisation, livemode=seat.livemode, at=now)
    scope = f"dashboard:statements:{seat.organisation.id}:{seat.livemode}"
    found = page_of(queries.statements(seat.organisation.id, seat.livemode), request, {}, scope=scope)
    coming = queries.schedules(seat.organisation.id).filter(effective_at__gt=now).order_by("effective_at")
    own = seat.organisation.currency
    so_far = sorted(totals.items(), key=lambda pair: (pair[0] != own, pair[0]))
    shown = {"month": month, "so_far": so_far, "coming": [_terms(row) for row in coming]}
    schedule = fees.in_force(seat.organisation.id, now)
    return render(request, "dashboard/statements.html", found | shown | {"terms": schedule and _terms(schedule)})


@page
def file(request: HttpRequest, seat: Seat, statement_id: str, ending: str) -> HttpResponse:
    """The paper, or its lines."""
    if not seat.may_read_statements:
        return _refused(request)
    found = one(queries.statements(seat.organisation.id, seat.livemode), statement_id)
    name = found.pdf_file if ending == "pdf" else found.csv_file
    return cast(HttpResponse, storage.deliver(name, called=called(found, ending), media_type=_TYPES[ending]))


def _refused(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/forbidden.html", {"roles": sorted(STATEMENTS)}, status=403)


def _terms(row: FeeSchedule) -> dict[str, Any]:
    """A schedule in words."""
    return {
        "from": row.effective_at,
        "tiers": rules.tier_words(row.tiers),
        "card": rules.percent(row.card_basis_points) if row.card_basis_points else "",
        "discovery_minor": row.discovery_minor,
        "currency": row.currency,
    }
