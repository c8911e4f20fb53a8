"""`/pay/<slug>`: the creditor's page: what is owed, and paying it. No JavaScript; GET shows, POST acts.

Where a processor has a page of its own (`hosted`), the form takes no card and leads there. In test mode it takes test
cards and test accounts only: read from the form, handed down, and forgotten. Without a processor the page shows the
creditor's bank details, or says whom to ask.
"""

from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import timeline
from agentcollect.kit import errors, ids, ratelimit
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from payments import operations, providers, queries
from payments.models import Payment
from payments.providers.base import Processor
from payments.views.page import agreed, form, invoices, papers, present, settle, states, transfer
from payments.views.page.form import Form
from payments.views.page.invoices import Bill
from payments.views.page.rendering import render_page
from payments.views.page.speaking import go, of_case
from payments.views.page.words import language, money, spoken

# Tries per case and minute: enough for typing errors, too few to try cards out.
_TRIES_PER_MINUTE = 10
_LOGO_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
# What the operation's refusals say to a debtor; the page shows the new state beside it.
_WORDS = {
    "case_closed": gettext_lazy("This invoice takes no more payments here."),
    "payment_in_progress": gettext_lazy("A payment is already on its way. Nothing more was charged."),
    "amount_above_balance": gettext_lazy("The balance has changed. Check the amount and send it again."),
    "invalid_instruction": gettext_lazy("The balance has changed. Check the amount and send it again."),
    "amount_not_taken": gettext_lazy("This amount cannot be paid here. Choose another one, or another way to pay."),
}
_CHANGED = {
    "balance": gettext_lazy("The balance has changed meanwhile. Nothing was charged: check the total, then pay."),
    "choice": gettext_lazy("Nothing was charged yet. This is the total of the invoices you chose."),
}


@of_case
@sensitive_post_parameters("card_number", "expiry", "code", "account_number")
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, case: Case) -> HttpResponse:
    """The page in the state its case is in; a POST pays, and redirects to what became of it."""
    return _pay(request, case) if request.method == "POST" else page(request, case)


@of_case
@require_safe
def logo(request: HttpRequest, case: Case) -> HttpResponse:
    """The creditor's logo from our own store, for whoever may see the page."""
    name = case.campaign.logo_file if case.campaign.logo_state == "ready" else ""
    kind = _LOGO_TYPES.get(name.rpartition(".")[2].lower())
    if not kind or not default_storage.exists(name):
        raise Http404
    with default_storage.open(name) as file:
        return HttpResponse(file.read(), content_type=kind)


def processor_of(case: Case) -> Processor | None:
    return providers.processor_for(livemode=case.livemode, organisation_id=case.organisation_id)


def _pay(request: HttpRequest, case: Case) -> HttpResponse:
    processor = processor_of(case)
    found = invoices.bills(case)
    given = form.read(request.POST, found, processor.methods if processor else ())
    chosen = [bill.case.id for bill in given.chosen]
    if not ratelimit.hit(f"pay:{case.id}", _TRIES_PER_MINUTE).allowed:
        tried = {"": _("Too many tries. Wait a minute, then try again.")}
        return page(request, case, tried, given.kept, chosen=chosen, status=429)
    if not chosen and any(bill.linked and bill.waits == "processing" for bill in found):
        return page(request, case, {"": str(_WORDS["payment_in_progress"])}, status=409)
    if given.changed and given.chosen:
        status = 409 if given.changed == "balance" else 200
        changed = str(_CHANGED[given.changed])
        return page(request, case, typed=given.kept, chosen=chosen, changed=changed, status=status)
    try:
        payment = _start(case, given, processor)
    except ApiError as error:
        words = {fault.param: spoken(fault.message) for fault in error.errors}
        words = words or {error.param: str(_WORDS.get(error.code) or _("Nothing was charged. Please try again."))}
        case.refresh_from_db()
        return page(request, case, words, given.kept, chosen=chosen, status=error.status)
    onward = payment.status == Payment.Status.PROCESSING and payment.checkout_url
    return go(request, "pay-onward" if onward else "pay-outcome", case, payment.id)


def _start(case: Case, given: Form, processor: Processor | None) -> Payment:
    """Begin what the form asks for. `case` of the payment is the first of the invoices it pays."""
    asked: dict[str, Any] = {
        "case": given.chosen[0].case if given.chosen else case,
        "amount_minor": given.amount_minor,
        "nonce": given.nonce,
        "instruction": given.instruction,
        "by": "debtor",
        "at": timeline.act(case.clock_id),
    }
    if processor is None or not processor.hosted:
        return operations.pay(**asked, instrument=given.instrument, faults=given.faults)
    if given.faults:
        raise errors.invalid(given.faults)
    return operations.checkout(**asked, language=language())


# --- showing


def page(
    request: HttpRequest,
    case: Case,
    faults: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    *,
    chosen: list[str] | None = None,
    changed: str = "",
    failed: Payment | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of the state that `case` is in. `chosen`: the ids of the invoices that were ticked; None: as at first.
    `failed`: the payment that did not go through, whose form is shown again."""
    facts = queries.page_facts(case)
    context, now = present.page(case, facts), timeline.now(case.clock_id)
    if context["state"] == states.OPEN and states.over(case, now):
        context["state"] = "expired"
    if context["state"] == "attorney":
        context["attorney"] = queries.attorney_of(case)
    if context["state"] == "processing":
        context |= states.under_way(facts["under_way"])
    if context["state"] == states.OPEN:
        found, stands = invoices.bills(case), _standing(case, now)
        # Where a part of this invoice is due by agreement, the others are not ticked unasked.
        first = [case.id] if stands["standing"]["suggested"]["how_much"] == "part" else None
        ticked = invoices.payable(found, first if chosen is None else chosen)
        context |= _form(case, found, ticked) | stands
        context["changed"] = changed
        context["typed"] = _typed(typed, failed, ticked, context)
    context["documents"] = papers.shown(case)
    return render_page(request, context | {"faults": faults or {}}, status)


def _standing(case: Case, now: Any) -> dict[str, Any]:
    """What stands about the invoice, and which of the open pages says it."""
    stands, offer = agreed.standing(case, now), settle.shown(case, now)
    if offer and offer["accepted"]:
        stands["suggested"] = offer["suggested"]
    return {"standing": stands, "offer": offer, "state": states.open_state(stands, offer=offer is not None)}


def _form(case: Case, found: list[Bill], ticked: list[Bill]) -> dict[str, Any]:
    """The invoices, what those that are ticked come to, and the ways to pay it."""
    processor, account = processor_of(case), transfer.account_of(case)
    # One invoice needs no list: it is the one that is paid, whatever was agreed about it.
    ticked = ticked or (invoices.payable(found, [case.id]) if len(found) == 1 else [])
    return {
        "invoices": invoices.listed(found, ticked),
        "chosen": [bill.case.id for bill in ticked],
        "seen": invoices.seen(ticked),
        "total": money(invoices.total(ticked), case.currency),
        "methods": present.methods(processor.methods) if processor else [],
        "hosted": processor is not None and processor.hosted,
        "form": ids.random62(22),
        "remit": transfer.details(case, account) if account and not processor else None,
        "has_account": account is not None,
        "wide": True,
    }


def _typed(
    typed: dict[str, str] | None, failed: Payment | None, ticked: list[Bill], context: dict[str, Any]
) -> dict[str, str]:
    """What the form begins with: as it was sent, else the next part of a plan, else all."""
    if failed is not None:
        return present.typed_again(failed, invoices.total(ticked))
    first = context["methods"][0][0] if context["methods"] else ""
    alone = context["chosen"] and len(context["chosen"]) == 1
    begun = context["standing"]["suggested"] if alone else {"how_much": "full"}
    return typed or {"method": first} | begun
