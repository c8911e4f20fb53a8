"""The payment page's addresses, once for both of its places: `/pay/<slug>…` on the product's own host, and `/<slug>…`
on a creditor's (pay_urls). The names are the same, so a page's own links lead where the reader is."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path

from payments.views import links
from payments.views.page import later, offered, papers, paying, receipts, settle, transfer

View = Callable[..., HttpResponse]


def pages(before: str, guard: Callable[[View], View] = lambda view: view) -> list[URLPattern]:
    """Every page below `before`, each behind `guard`."""

    def page(after: str, view: View, called: str, **given: Any) -> URLPattern:
        return path(f"{before}<str:slug>{after}", guard(view), given, name=called)

    return [
        page("", paying.show, "pay"),
        page("/thanks/<str:act>", later.thanks, "pay-thanks"),
        page("/transfer", transfer.show, "pay-transfer"),
        *(page(f"/{act}", later.later, f"pay-{act}", act=act) for act in later.ACTS),
        page("/offered-plan", offered.accept, "pay-offered"),
        page("/offer", settle.answer, "pay-offer"),
        page("/documents/<str:document_id>", papers.document, "pay-document"),
        page("/logo", paying.logo, "pay-logo"),
        page("/payments/<str:payment_id>", receipts.outcome, "pay-outcome"),
        page("/payments/<str:payment_id>/onward", receipts.onward, "pay-onward"),
        page("/payments/<str:payment_id>/receipt.pdf", receipts.paper, "pay-receipt"),
        # Of a link that is not whole, and so of nobody's in particular: no guard.
        path(f"{before}<str:slug>/link", links.ask, name="pay-link"),
    ]
