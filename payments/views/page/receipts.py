"""`/pay/<slug>/payments/<id>`: what became of one payment; its receipt on a page and on paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import timeline
from campaigns.models import Case
from payments import operations, pdf, queries, rules
from payments.models import Payment
from payments.providers.base import ProcessorError
from payments.views.page import agreed, invoices, paying, present, states, transfer
from payments.views.page.rendering import render_page, unknown_page
from payments.views.page.speaking import go, of_case
from payments.views.page.words import language, money, spoken


@of_case
@require_http_methods(["GET", "HEAD", "POST"])
def outcome(request: HttpRequest, case: Case, payment_id: str) -> HttpResponse:
    """The receipt, "on its way", or the form again with what went wrong. POST: the debtor wants to pay another way."""
    payment = queries.payment_of_case(case, payment_id)
    if payment is None:
        return unknown_page(request)
    if request.method == "POST":
        return _abandon(request, case, payment)
    if payment.status in rules.COLLECTED:
        context = present.page(case, queries.page_facts(case))
        return render_page(request, context | {"state": "receipt", "receipt": receipt(payment, case)})
    if payment.status == Payment.Status.FAILED:
        return _failed(request, case, payment)
    return render_page(request, _under_way(case, payment))


@of_case
@require_safe
def onward(request: HttpRequest, case: Case, payment_id: str) -> HttpResponse:
    """On to the processor's own page, by a refresh: a redirect would be part of the form's own journey, which the
    page's policy (`form-action 'self'`) does not let leave us. Begun and left, it is the page without that."""
    payment = queries.payment_of_case(case, payment_id)
    if payment is None or payment.status != Payment.Status.PROCESSING or not payment.checkout_url:
        return go(request, "pay-outcome", case, payment_id)
    return render_page(request, _under_way(case, payment) | {"onward": True})


def _under_way(case: Case, payment: Payment) -> dict[str, Any]:
    shown = present.payment(payment, case) | {"whole": "", "amount": money(payment.amount_minor, payment.currency)}
    context = present.page(case, queries.page_facts(case))
    return context | states.under_way(payment) | {"under_way": shown}


def _abandon(request: HttpRequest, case: Case, payment: Payment) -> HttpResponse:
    """Close the processor's page, so that nothing can be paid twice; then the invoice again, or the receipt."""
    try:
        operations.abandon_checkout(payment_id=payment.id, by="debtor", at=timeline.act(case.clock_id))
    except ProcessorError:
        return render_page(request, _under_way(case, payment) | {"state": "down", "unsure": True}, 503)
    return go(request, "pay", case)


@of_case
@require_safe
def paper(request: HttpRequest, case: Case, payment_id: str) -> HttpResponse:
    """The same receipt as a PDF, in the language of the page."""
    payment = queries.payment_of_case(case, payment_id)
    if payment is None or payment.status not in rules.COLLECTED:
        return unknown_page(request)
    name = content_disposition_header(True, f"receipt-{payment.id}.pdf") or "attachment"
    raw = pdf.receipt(payment, case, language())
    return HttpResponse(raw, content_type="application/pdf", headers={"Content-Disposition": name})


def _failed(request: HttpRequest, case: Case, payment: Payment) -> HttpResponse:
    """The form as it was, for a payment that did not go through; nothing of it, where none could be begun."""
    if states.hosted(payment) and not payment.reference:
        context = present.page(case, queries.page_facts(case))
        ways = {"may_promise": agreed.may_promise(case), "has_account": transfer.account_of(case) is not None}
        return render_page(request, context | ways | {"state": "down"}, 503)
    field = {"card": "card_number", "ach_debit": "account_number"}.get(payment.method, "method")
    chosen = [case_id for case_id, _ in payment.instruction] or [payment.case_id]
    return paying.page(request, case, {field: spoken(payment.failure)}, chosen=chosen, failed=payment)


def receipt(payment: Payment, case: Case) -> dict[str, Any]:
    """One payment that came, all of it, with each invoice it paid; credit that no invoice took is said openly."""
    parts = [part for part in payment.allocations.all() if not part.cause]
    unapplied = sum(part.amount_minor for part in parts if part.component == rules.UNAPPLIED)
    cases = queries.cases_paid_by(payment)
    paid = [_paid(payment, one) for one in cases.values()]
    return present.payment(payment, case) | {
        "id": payment.id,
        "amount": money(payment.amount_minor, payment.currency),
        "paid": [row for row in paid if row["minor"]],
        "unapplied": money(unapplied, payment.currency) if unapplied else "",
        "left": money(case.balance_minor, case.currency) if case.balance_minor > 0 and not case.closed_at else "",
    }


def _paid(payment: Payment, case: Case) -> dict[str, Any]:
    minor = sum(
        part.amount_minor
        for part in payment.allocations.all()
        if part.case_id == case.id and not part.cause and part.component != rules.UNAPPLIED
    )
    return {
        "number": invoices.number(case.invoice_number),
        "minor": minor,
        "amount": money(minor, payment.currency),
        "left": money(case.balance_minor, case.currency) if case.balance_minor > 0 and not case.closed_at else "",
        "slug": queries.pay_slug(case),
    }
