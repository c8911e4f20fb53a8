"""`/inv-0847` and whatever else opens nothing: one page about nobody, which offers to mail the link to the address on
file.

Every answer here follows from what was typed alone. Nothing is looked up while somebody waits, so neither words nor
work nor time can tell an invoice that exists from one that does not; a worker finds out later.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from agentcollect.kit import callers, clock, hosts
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pages import debtor_page, private
from payments import operations, queries
from payments.views.page import unknown_page

View = Callable[..., HttpResponse]


@debtor_page
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what becomes of it: the same words whoever asks for whatever."""
    if request.method != "POST":
        return unknown_page(request)
    email, here = request.POST.get("email", "")[:300], hosts.of(request)
    try:
        operations.request_link(host=here, slug=slug, email=email, client=callers.bucket(request), at=clock.now())
    except ApiError as refused:
        return unknown_page(request, refused.status, email=email, fault=refused.message)
    return unknown_page(request, 200, asked=True)


@private
def not_here(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A pay host has nothing but payment pages: every other address is the unknown page, too."""
    return unknown_page(request)


_not_theirs = private(unknown_page)


def of_this_host(view: View) -> View:
    """`view` for the links of the host's own organisation and mode; whatever else is asked for is the unknown page,
    after the same work: a link of somebody else's, a made-up one, a shortened one."""

    @wraps(view)
    def guarded(request: HttpRequest, slug: str, **named: Any) -> HttpResponse:
        here = hosts.of(request)
        if here is None or not queries.is_of(slug, here):
            return _not_theirs(request)
        return view(request, slug=slug, **named)

    return guarded
