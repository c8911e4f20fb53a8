"""`/pay/<slug>`: the creditor's page: what is owed, and paying it. No JavaScript; GET shows, POST acts.

Live mode has no processor yet, so its page shows the balance and says whom to ask, and has no form. In test mode the
form takes test cards only. Card data is read from the form, handed down, and forgotten: nothing stores or logs it.
"""

from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import timeline
from agentcollect.kit import ids, ratelimit
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pages import debtor_page, style_nonce
from campaigns.models import Case
from payments import operations, providers, queries, rules
from payments.models import Payment
from payments.views import agreed, form, papers, present

# Tries per case and minute: enough for typing errors, too few to try cards out.
_TRIES_PER_MINUTE = 10
_LOGO_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
# What the operation's refusals say to a debtor; the page shows the new state beside it.
_WORDS = {
    "case_closed": "This invoice takes no more payments here.",
    "payment_in_progress": "A payment is already on its way. Nothing more was charged.",
    "amount_above_balance": "The balance has changed. Check the amount and send it again.",
}


@debtor_page
@sensitive_post_parameters("card_number", "expiry", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The page in the state its case is in; a POST pays, and redirects to what became of it."""
    case = queries.case_of_slug(slug)
    if case is None:
        return unknown_page(request)
    return _pay(request, case, slug) if request.method == "POST" else _page(request, case)


@debtor_page
@require_safe
def outcome(request: HttpRequest, slug: str, payment_id: str) -> HttpResponse:
    """What became of one payment: its receipt, "on its way", or the form again with what went wrong."""
    case = queries.case_of_slug(slug)
    payment = queries.payment_of_case(case, payment_id) if case else None
    if case is None or payment is None:
        return unknown_page(request)
    if payment.status in rules.COLLECTED:
        facts = present.page(case, queries.page_facts(case))
        context = facts | {"state": "receipt", "receipt": present.receipt(payment, case)}
        return render_page(request, context)
    if payment.status == Payment.Status.FAILED:
        field = "card_number" if payment.method == Payment.Method.CARD else "method"
        return _page(request, case, {field: payment.failure}, present.typed_again(payment, case))
    return _page(request, case)


@debtor_page
@require_safe
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    """The creditor's logo from our own store, for whoever may see the page."""
    case = queries.case_of_slug(slug)
    name = case.campaign.logo_file if case and case.campaign.logo_state == "ready" else ""
    kind = _LOGO_TYPES.get(name.rpartition(".")[2].lower())
    if not kind or not default_storage.exists(name):
        raise Http404
    with default_storage.open(name) as file:
        return HttpResponse(file.read(), content_type=kind)


def _pay(request: HttpRequest, case: Case, slug: str) -> HttpResponse:
    given = form.read(request.POST, case, _methods(case))
    if not ratelimit.hit(f"pay:{case.id}", _TRIES_PER_MINUTE).allowed:
        return _page(request, case, {"": "Too many tries. Wait a minute, then try again."}, given.kept, 429)
    try:
        payment = operations.pay(
            case=case,
            amount_minor=given.amount_minor,
            instrument=given.instrument,
            nonce=given.nonce,
            faults=given.faults,
            by="debtor",
            at=timeline.act(case.clock_id),
        )
    except ApiError as error:
        words = {fault.param: fault.message for fault in error.errors}
        words = words or {error.param: _WORDS.get(error.code, error.message)}
        case.refresh_from_db()
        return _page(request, case, words, given.kept, error.status)
    return redirect("pay-outcome", slug=slug, payment_id=payment.id)


def _methods(case: Case) -> tuple[str, ...]:
    processor = providers.processor_for(livemode=case.livemode)
    # ACH asks for bank details and a mandate, which this page does not take yet.
    return tuple(name for name in processor.methods if name != Payment.Method.ACH_DEBIT) if processor else ()


# --- showing


def _page(
    request: HttpRequest,
    case: Case,
    faults: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = present.page(case, queries.page_facts(case))
    stands = agreed.standing(case, timeline.now(case.clock_id))
    context |= {
        "standing": stands,
        "methods": present.methods(_methods(case)),
        "documents": papers.shown(case),
        "form": ids.random62(22),
        "typed": typed or {"method": "card"} | stands["suggested"],
        "faults": faults or {},
    }
    return render_page(request, context, status)


def render_page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The template of the page's state, under the nonce of its one style element."""
    context["nonce"] = style_nonce(request)
    return render(request, f"payments/{context['state']}.html", context, status=status)


def unknown_page(request: HttpRequest) -> HttpResponse:
    """One answer for every address that opens nothing: it says nothing about anybody."""
    context = {"state": "unknown", "palette": rules.palette(None)}
    return render_page(request, context, 404)
