"""`/optout/<token>`: where a debtor closes e-mail for one address. GET shows one button, POST acts; no login.

Mail scanners open every link, so GET must change nothing. A reader's mail program posts
`List-Unsubscribe=One-Click` without having seen the page (RFC 8058), so that body alone needs no CSRF token.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import timeline
from agentcollect.kit import hosts
from agentcollect.kit.pages import debtor_page, style_nonce
from campaigns.models import Contact
from outreach import operations, queries
from payments.rules import palette

_ONE_CLICK = "One-Click"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """The page, or what became of it."""
    if request.method == "POST" and request.POST.get("List-Unsubscribe") == _ONE_CLICK:
        _close(_contact(request, token), how="one_click")
        # The same for every token: nobody reads this answer, and it tells nobody anything.
        return HttpResponse("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")
    return _page(request, token)


@debtor_page
def _page(request: HttpRequest, token: str) -> HttpResponse:
    contact = _contact(request, token)
    if request.method != "POST":
        return _show(request, "ask", contact)
    _close(contact, how="page")
    return _show(request, "done", contact)


def _contact(request: HttpRequest, token: str) -> Contact | None:
    """The contact of the link; on a creditor's pay host (kit.hosts) only its own."""
    contact, here = queries.contact_of_token(token), hosts.of(request)
    if contact and here and (contact.organisation_id, contact.livemode) != (here.organisation_id, here.livemode):
        return None
    return contact


def _close(contact: Contact | None, *, how: str) -> None:
    """`how`: "page" (the button) or "one_click" (RFC 8058, the reader's mail program). No contact: no link of ours."""
    if contact is not None:
        operations.opt_out(contact=contact, how=how, by="debtor", at=timeline.act(contact.clock_id))


def _show(request: HttpRequest, state: str, contact: Contact | None) -> HttpResponse:
    creditor, colors = queries.creditor_seen_by(contact) if contact else ("", None)
    context: dict[str, Any] = {
        "state": state if contact else "unknown",
        "creditor": creditor,
        "address": _masked(contact.email) if contact else "",
        "palette": palette(colors),
        "nonce": style_nonce(request),
    }
    return render(request, "outreach/optout.html", context, status=200 if contact else 404)


def _masked(address: str) -> str:
    """`a…@acmecorp.com`: enough to recognise one's own address, too little for whom a mail was forwarded to."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
