"""`/pay/<slug>/offer`: the settlement that the creditor offers, and the debtor's yes or no to it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import timeline
from agentcollect.kit import clock, ratelimit
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from payments import operations, queries
from payments.models import Offer
from payments.operations.settlements import ELSEWHERE, last_day, standing
from payments.views.page import amounts, present
from payments.views.page.rendering import render_page
from payments.views.page.speaking import go, of_case
from payments.views.page.wording import words_of
from payments.views.page.words import day, money

_TRIES_PER_MINUTE = 10


def shown(case: Case, now: datetime) -> dict[str, Any] | None:
    """The offer that stands on `case`, in words; None where none does. Of what it was made under it says nothing."""
    offer = queries.open_offer(case)
    if offer is None or not _stands(offer, case, now):
        return None
    account = standing(offer, case)
    return {
        "id": offer.id,
        "amount": money(offer.amount_minor, offer.currency),
        "left": money(account.left_minor, offer.currency) if account.paid_minor else "",
        "instead": money(account.balance_minor, offer.currency),
        "saves": money(account.saves_minor, offer.currency),
        "until": day(last_day(offer, case)),
        "conditions": offer.conditions,
        "accepted": offer.status == Offer.Status.ACCEPTED,
        "suggested": {"how_much": "part", "amount": amounts.shown(account.left_minor, offer.currency)},
    }


def _stands(offer: Offer, case: Case, now: datetime) -> bool:
    told = offer.status in (Offer.Status.SENT, Offer.Status.ACCEPTED) and now < offer.valid_until
    return told and case.status not in ELSEWHERE and standing(offer, case).fits


@of_case
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, case: Case) -> HttpResponse:
    """A POST that names this very offer accepts or declines it (`answer`); everything else leads to the invoice, which
    shows what stands. GET asks once more before a no, and never acts."""
    now = timeline.now(case.clock_id)
    offer = shown(case, now)
    if offer is None:
        return go(request, "pay", case)
    asked, named = request.POST.get("answer", ""), request.POST.get("offer") == offer["id"]
    if request.method != "POST":
        return _ask(request, case, offer)
    if not named or asked not in ("accept", "decline"):
        return go(request, "pay", case)
    if not ratelimit.hit(f"pay-later:{case.id}", _TRIES_PER_MINUTE).allowed:
        return _ask(request, case, offer, 429)
    _act(asked, offer["id"], timeline.act(case.clock_id))
    return go(request, "pay", case)


def _act(asked: str, offer_id: str, at: datetime) -> None:
    try:
        if asked == "accept":
            seen = {"how": "accepted on the payment page", "at": clock.iso(at)}
            operations.accept_offer(offer_id=offer_id, evidence=seen, by="debtor", at=at)
        else:
            operations.decline_offer(offer_id=offer_id, by="debtor", at=at)
    except ApiError as error:
        if error.status != 409:
            raise  # it stands otherwise by now, and the page says how


def _ask(request: HttpRequest, case: Case, offer: dict[str, Any], status: int = 200) -> HttpResponse:
    """Before a no, which is final."""
    context = present.page(case, queries.page_facts(case)) | {
        "state": "confirm",
        "act": "decline",
        "words": words_of("decline", queries.creditor_of(case)),
        "typed": {"offer": offer["id"], "answer": "decline"},
        "said": [(_("Offered"), offer["amount"]), (_("Instead of"), offer["instead"]), (_("Until"), offer["until"])],
        "schedule": [],
    }
    return render_page(request, context, status)
