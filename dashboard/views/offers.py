"""A settlement on one invoice: drafted by whoever works on it, approved and made by who may give part of a claim up."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import timeline
from campaigns.models import Case
from dashboard.access import ACT, SETTLE, Seat, action
from dashboard.views.agreed import fill
from dashboard.views.common import one, press
from payments import operations as payments
from payments.models import Offer

_OURS: dict[str, Any] = {"source": "creditor", "evidence": {"recorded": "in the dashboard"}}


@action(ACT | SETTLE)
def draft(request: HttpRequest, seat: Seat, case_id: str) -> HttpResponse:
    """Write a settlement down; nobody is told of it before it is approved and sent."""

    def make(case: Case, said: dict[str, Any]) -> object:
        named = {"valid_until": said["valid_until"], "conditions": said["conditions"], "reason": said["reason"]}
        at = timeline.act(case.clock_id)
        return payments.draft_offer(case_id=case.id, amount_minor=said["amount"], **named, **_OURS, by=seat.by, at=at)

    return fill(request, seat, case_id, "offer", "Drafted. They hear of it when it is sent.", make)


@action(SETTLE)
def approve(request: HttpRequest, seat: Seat, case_id: str, offer_id: str) -> HttpResponse:
    return _do(request, seat, case_id, offer_id, "Approved. It is not sent yet.", payments.approve_offer)


@action(SETTLE)
def send(request: HttpRequest, seat: Seat, case_id: str, offer_id: str) -> HttpResponse:
    done = "Offered. It stands on their payment page, and a mail tells of it in permitted hours."
    return _do(request, seat, case_id, offer_id, done, payments.send_offer)


@action(ACT | SETTLE)
def accept(request: HttpRequest, seat: Seat, case_id: str, offer_id: str) -> HttpResponse:
    """They said yes to the creditor themselves."""
    done = "Accepted. Nothing is sent about this invoice until its last day is over."
    operation = partial(payments.accept_offer, evidence=_OURS["evidence"])
    return _do(request, seat, case_id, offer_id, done, operation)


@action(ACT | SETTLE)
def decline(request: HttpRequest, seat: Seat, case_id: str, offer_id: str) -> HttpResponse:
    """They said no to the creditor themselves."""
    return _do(request, seat, case_id, offer_id, "Declined. The whole balance is asked for.", payments.decline_offer)


@action(SETTLE)
def void(request: HttpRequest, seat: Seat, case_id: str, offer_id: str) -> HttpResponse:
    return _do(request, seat, case_id, offer_id, "Taken back.", payments.void_offer)


def _do(
    request: HttpRequest, seat: Seat, case_id: str, offer_id: str, done: str, operation: Callable[..., object]
) -> HttpResponse:
    found = one(seat.rows(Offer).filter(case_id=case_id), offer_id)
    named = {"offer_id": found.id, "by": seat.by, "at": timeline.act(found.clock_id)}
    press(request, done, lambda: operation(**named))
    return redirect("dashboard:campaigns-case", case_id)
