"""Who a page speaks about: every page of a case begins here, and leads to the others."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from agentcollect.kit.pages import debtor_page
from campaigns.models import Case
from payments import queries
from payments.views.page.language import language_of
from payments.views.page.rendering import unknown_page

View = Callable[..., HttpResponse]


def of_case(view: View) -> View:
    """`view`, called with the case whose link was opened, in its debtor's language; every other link is unknown."""

    @debtor_page
    def _answer(request: HttpRequest, case: Case | None, *args: Any, **kwargs: Any) -> HttpResponse:
        return unknown_page(request) if case is None else view(request, case, *args, **kwargs)

    @wraps(view)
    def opened(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        case = queries.case_of_slug(slug)
        with translation.override(language_of(request, case)):
            # Inside the language, so that a refused form says so in it.
            return _answer(request, case, *args, **kwargs)

    # The check of forms is debtor_page's own.
    return csrf_exempt(opened)


def address(request: HttpRequest, name: str, slug: str, *args: str) -> str:
    """Where another page of this case is, in the language that was chosen by a link."""
    chosen = getattr(request, "chosen_language", "")
    return reverse(name, args=[slug, *args]) + (f"?lang={chosen}" if chosen else "")


def go(request: HttpRequest, name: str, case: Case, *args: str) -> HttpResponse:
    """A redirect to another page of this case."""
    return HttpResponseRedirect(address(request, name, queries.pay_slug(case), *args))
