"""How every state of the payment page becomes an answer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from agentcollect.kit.pages import style_nonce
from payments import rules
from payments.views.page.language import language_of
from payments.views.page.words import spoken


def render_page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The template of the page's state, under the nonce of its one style element."""
    context["nonce"] = style_nonce(request)
    return render(request, f"payments/{context['state']}.html", context, status=status)


def unknown_page(
    request: HttpRequest, status: int = 404, *, email: str = "", fault: str = "", asked: bool = False
) -> HttpResponse:
    """One answer for every address that opens nothing: it says nothing about anybody. `asked`: the form to have the
    link mailed was sent; `email`, `fault`: what was typed there and what is wrong with it."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    with translation.override(language_of(request, None)):
        context = {
            "state": "unknown",
            "palette": rules.palette(None),
            "slug": named.get("slug", ""),
            "email": email[:254],
            "fault": spoken(fault),
            "asked": asked,
        }
        return render_page(request, context, status)
