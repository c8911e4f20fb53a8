"""A payment that came to the creditor directly, recorded on its invoice."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts import timeline
from accounts.operations.forms import submit_once
from agentcollect.kit import clock, money
from campaigns.models import Case
from dashboard.access import SETTLE, Seat, action
from dashboard.views.agreed import fill
from payments import operations
from payments.models import Payment
from payments.serializers import Report


@action(SETTLE)
def report(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Record it; the button pressed twice records it once."""

    def make(case: Case, said: dict[str, Any]) -> object:
        named = {"token": said["token"], "organisation_id": seat.organisation.id, "at": clock.now()}
        return submit_once(**named, work=lambda: _record(seat, case, said))

    return fill(request, seat, case_id, "payment", "Recorded. What is paid is not asked for any more.", make)


def _record(seat: Seat, case: Case, said: dict[str, Any]) -> str:
    given = Report(
        case={"case_id": case.id},
        amount=money.to_major(said["amount"], case.currency),
        currency=case.currency,
        method=said["method"],
        received_at=said["received_on"],
        reference=said["reference"],
        metadata={},
    )
    of = {"organisation_id": seat.organisation.id, "livemode": seat.livemode, "source": Payment.Source.REPORTED}
    return operations.report(**of, given=given, by=seat.by, at=timeline.act(case.clock_id)).id
