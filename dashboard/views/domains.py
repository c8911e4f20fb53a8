"""The names under which debtors reach the payment pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import KEYS, Seat, action, page
from dashboard.views.common import one, plain, press
from payments import operations
from payments.models import PayDomain
from payments.queries import hosts as queries
from payments.serializers.hosts import records


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/domains.html", _shown(seat))


def _shown(seat: Seat) -> dict[str, object]:
    rows = queries.domains(seat.organisation.id, seat.livemode).order_by("-created_at", "-id")
    return {"rows": [(row, records(row)) for row in rows]}


@action(KEYS)
def add(request: HttpRequest, seat: Seat) -> HttpResponse:
    host = request.POST.get("host", "")[:300]
    try:
        operations.add_domain(
            organisation_id=seat.organisation.id, livemode=seat.livemode, host=host, by=seat.by, at=clock.now()
        )
    except ApiError as refused:
        said = {"host": host, "fault": refused.message}
        return render(request, "dashboard/domains.html", _shown(seat) | said, status=refused.status)
    return redirect("dashboard:domains")


@action(KEYS)
def verify(request: HttpRequest, seat: Seat, domain_id: str) -> HttpResponse:
    domain = _domain(seat, domain_id)
    press(
        request,
        f"The records of {domain.host} are being looked for. Load this page again in a few seconds.",
        lambda: operations.verify_domain(domain_id=domain.id, at=clock.now()),
    )
    return redirect("dashboard:domains")


@action(KEYS)
def remove(request: HttpRequest, seat: Seat, domain_id: str) -> HttpResponse:
    domain = _domain(seat, domain_id)
    press(
        request,
        f"{domain.host} serves no pages any more.",
        lambda: operations.remove_domain(domain_id=domain.id, by=seat.by, at=clock.now()),
    )
    return redirect("dashboard:domains")


def _domain(seat: Seat, domain_id: str) -> PayDomain:
    return one(queries.domains(seat.organisation.id, seat.livemode), plain(domain_id))
