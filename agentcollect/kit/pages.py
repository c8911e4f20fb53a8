"""Pages that a debtor opens from a link: private, never cached or indexed, and safe to submit without a referrer."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import structlog
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt

log = structlog.get_logger()
View = Callable[..., HttpResponse]


class _CsrfWithoutReferrer(CsrfViewMiddleware):
    """Django's check for pages that send `Referrer-Policy: no-referrer`.

    Under that policy a browser posts a page's own form with `Origin: null` (Fetch, "append a request Origin header")
    and no Referer, which Django's middleware refuses. What is left decides here: the cookie, which SameSite=Lax keeps
    from other sites' posts, against the token in the form. A foreign Origin is refused as ever.
    """

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        if request.META.get("HTTP_ORIGIN") == "null":
            del request.META["HTTP_ORIGIN"]
        return super().process_view(request, callback, args, kwargs)

    def _check_referer(self, request: HttpRequest) -> None:
        """No referrer is sent from these pages, by their own policy."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        log.info("csrf_refused", reason=reason)
        return render(request, "expired.html", {"nonce": style_nonce(request)}, status=403)


def style_nonce(request: HttpRequest) -> str:
    """The nonce of this answer's one style element; the content security policy names it (kit.middleware)."""
    nonce = getattr(request, "csp_nonce", "") or secrets.token_urlsafe(16)
    request.csp_nonce = nonce  # type: ignore[attr-defined]
    return nonce


_check_csrf = cast(Callable[[View], View], decorator_from_middleware(_CsrfWithoutReferrer))


def debtor_page(view: View) -> View:
    """`view` as a debtor's page: CSRF as above, and headers that keep the address (a secret) where it is."""
    # Exempt from the project's middleware, whose check of Origin and Referer cannot pass here.
    return csrf_exempt(private(_check_csrf(view)))


def private(view: View) -> View:
    """`view` with those headers alone: for what says nothing and changes nothing."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return page
