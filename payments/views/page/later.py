"""`/pay/<slug>/…`: what else a debtor can do than pay now: promise a day, pay in parts, say that it is paid, object,
say that it is not for them or who it is for, stop the e-mails.

Each has a form (GET, which never acts), a page that says what is about to happen, and a POST that does it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import timeline
from agentcollect.kit import clock, ratelimit
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case
from payments import operations, queries
from payments.views.page import agreed, present, proofs, typed
from payments.views.page.rendering import render_page
from payments.views.page.speaking import go, of_case
from payments.views.page.wording import words_of

# Per case and minute: enough for typing errors, too few to fill somebody's queue.
_TRIES_PER_MINUTE = 10
_WORDS = {
    "illegal_transition": gettext_lazy(
        "This is not possible any more: something else was agreed, or the invoice was settled."
    ),
    "dispute_open": gettext_lazy("Your objection is with us already."),
    "amount_above_balance": gettext_lazy("The balance has changed. Check the amount."),
    "plans_not_offered": gettext_lazy("Paying in parts is not possible here."),
    "too_many_proofs": gettext_lazy("No more files can be added here. Send this one without a file."),
}


class Act(NamedTuple):
    """One thing to do. `name` is its address; `fits` says whether the case, as it stands, takes it."""

    name: str
    fits: Callable[[Case], bool]
    read: typed.Read
    do: Callable[[Case, dict[str, Any], datetime], Any]


def _promise(case: Case, given: dict[str, Any], at: datetime) -> None:
    operations.make_promise(case_id=case.id, **given, source="page", evidence=_seen(at), by="debtor", at=at)


def _plan(case: Case, given: dict[str, Any], at: datetime) -> None:
    operations.start_plan(case_id=case.id, **given, source="page", evidence=_seen(at), by="debtor", at=at)


def _claim(case: Case, given: dict[str, Any], at: datetime) -> None:
    operations.claim_paid(case_id=case.id, **given, by="debtor", at=at)


def _dispute(case: Case, given: dict[str, Any], at: datetime) -> None:
    operations.open_dispute(case_id=case.id, **given, evidence=_seen(at), by="debtor", at=at)


def _stranger(case: Case, given: dict[str, Any], at: datetime) -> None:
    campaigns.wrong_person(case_id=case.id, **given, by="debtor", at=at)


def _forward(case: Case, given: dict[str, Any], at: datetime) -> None:
    campaigns.name_colleague(case_id=case.id, **given, by="debtor", at=at)


def _stop(case: Case, given: dict[str, Any], at: datetime) -> None:
    campaigns.stop_mail(case_id=case.id, address=given["address"], by="debtor", at=at)


def _seen(at: datetime) -> dict[str, str]:
    """What proves it: the page, its confirmation, and when."""
    return {"how": "confirmed on the payment page", "at": clock.iso(at)}


ACTS = {
    act.name: act
    for act in (
        Act("promise", agreed.may_promise, typed.promise, _promise),
        Act("plan", agreed.may_plan, typed.plan, _plan),
        Act("paid", agreed.may_claim, typed.claim, _claim),
        Act("dispute", agreed.may_dispute, typed.dispute, _dispute),
        Act("forward", agreed.may_deny, typed.colleague, _forward),
        Act("not-me", agreed.may_deny, typed.stranger, _stranger),
        Act("stop", agreed.may_deny, typed.stranger, _stop),
    )
}


# After these nothing of the invoice is left to look at: they end on a page of thanks.
_ENDED_BY_THANKS = ("forward", "not-me", "stop")
# What may be said with a file to prove it; it is chosen beside the last button, as no page can hand it on to the next.
PROVEN = ("paid", "dispute")


@proofs.bounded
@of_case
@require_http_methods(["GET", "HEAD", "POST"])
def later(request: HttpRequest, case: Case, act: str) -> HttpResponse:
    """The form of `act`, then what it will do, then (POST, confirmed) back to the page, which shows what was agreed."""
    wanted = ACTS[act]
    if not wanted.fits(case):
        return go(request, "pay", case)
    if request.method != "POST":
        return _form(request, case, wanted, _begun(request, case, act), {})
    given, at = typed.typed(request.POST), timeline.act(case.clock_id)
    if not ratelimit.hit(f"pay-later:{case.id}", _TRIES_PER_MINUTE).allowed:
        return _form(request, case, wanted, given, {"": _("Too many tries. Wait a minute, then try again.")}, 429)
    values, faults = wanted.read(given, case, at)
    if faults:
        return _form(request, case, wanted, given, faults, 400)
    if request.POST.get("confirmed") != "yes":
        return _confirm(request, case, wanted, given, values)
    if act in PROVEN:
        values["proof"], fault = proofs.read(request)
        if fault:
            return _confirm(request, case, wanted, given, values, fault)
    try:
        wanted.do(case, values, at)
    except ApiError as error:
        case.refresh_from_db()
        return _form(request, case, wanted, given, {_FIELDS.get(error.code, ""): _words(error)}, error.status)
    return go(request, "pay-thanks", case, act) if act in _ENDED_BY_THANKS else go(request, "pay", case)


def _begun(request: HttpRequest, case: Case, act: str) -> dict[str, str]:
    """What a form begins with: who comes from the bank details has sent a transfer today, with the case's reference."""
    if act != "paid" or "sent" not in request.GET:
        return {}
    today = typed.today_of(case, timeline.now(case.clock_id))
    return {"paid_on": today.isoformat(), "reference": queries.bank_reference(case.id)}


_FIELDS = {"outside_policy": "due_on"}


def _words(error: ApiError) -> str:
    if error.code == "outside_policy":
        return _("Choose a nearer day, from today on.")
    return str(_WORDS.get(error.code) or _("This could not be done. Nothing was changed."))


@of_case
@require_http_methods(["GET", "HEAD"])
def thanks(request: HttpRequest, case: Case, act: str) -> HttpResponse:
    """After what says who this is (not) for: the same words whoever it was."""
    if act not in _ENDED_BY_THANKS:
        return go(request, "pay", case)
    return render_page(request, present.page(case, queries.page_facts(case)) | {"state": "thanks", "act": act})


def _form(
    request: HttpRequest, case: Case, act: Act, given: dict[str, str], faults: dict[str, str], status: int = 200
) -> HttpResponse:
    today = typed.today_of(case, timeline.now(case.clock_id))
    context = present.page(case, queries.page_facts(case)) | {
        "state": "later",
        "act": act.name,
        "words": words_of(act.name, queries.creditor_of(case)),
        "typed": given,
        "faults": faults,
        "today": today.isoformat(),
        "latest": (today + timedelta(days=operations.policy_of(case).max_promise_days)).isoformat(),
        "choices": agreed.choices(case, today) if act.name == "plan" else [],
        "first_on": given.get("first_on") or agreed.first_day(today).isoformat(),
        "reasons": agreed.REASONS,
    }
    return render_page(request, context, status)


def _confirm(
    request: HttpRequest, case: Case, act: Act, given: dict[str, str], values: dict[str, Any], fault: str = ""
) -> HttpResponse:
    """What is about to be said; with what is wrong with the file that came with it."""
    context = present.page(case, queries.page_facts(case)) | {
        "state": "confirm",
        "act": act.name,
        "words": words_of(act.name, queries.creditor_of(case)),
        "typed": {name: value for name, value in given.items() if value},
        "said": agreed.said(act.name, case, values),
        "schedule": agreed.schedule(values.get("schedule", []), case.currency),
        "proven": act.name in PROVEN,
        "fault": fault,
    }
    return render_page(request, context, 400 if fault else 200)
