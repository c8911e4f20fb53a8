"""What every request gets: an id, one log line, a content security policy."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from agentcollect.kit import context

log = structlog.get_logger()
Handler = Callable[[HttpRequest], HttpResponse]


class RequestContext:
    """Names the request (`X-Request-Id`, taken from the client when plain), and logs it with its outcome and time.

    A call of `/v1` is also handed to the recorder that settings.REQUEST_RECORDER names: the tenants' own request log.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = context.begin(request.headers.get("X-Request-Id", ""))
        began, started = time.time(), time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            ms = (time.perf_counter() - started) * 1000
            log.info(
                "request",
                method=request.method,
                # The route, not the path: a pay or opt-out path is itself a secret.
                route=str(getattr(request.resolver_match, "route", "")) or "(none)",
                status=response.status_code,
                ms=round(ms, 1),
            )
            if settings.REQUEST_LOG and request.path_info.startswith("/v1/"):
                _record(request, response, began, ms)
            return response
        finally:
            context.end()


def _record(request: HttpRequest, response: HttpResponse, began: float, ms: float) -> None:
    """The answer is ready: nothing that goes wrong with its record may keep it."""
    try:
        _recorder()(request, response, began=began, ms=ms)
    except Exception:
        log.exception("request_not_recorded")


@cache
def _recorder() -> Callable[..., Any]:
    return import_string(settings.REQUEST_RECORDER)


class ContentSecurityPolicy:
    """Strict by default: own scripts and styles only. Admin and the two references bring inline styles of their own."""

    STRICT = (
        "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'"
    )
    REFERENCE = frozenset({"/docs", "/docs/print"})
    LOOSE = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "base-uri 'none'; frame-ancestors 'none'"
    )

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            loose = request.path.startswith("/admin") or request.path in self.REFERENCE
            # A page whose colours are the creditor's sets `csp_nonce` on the request for its one style element.
            nonce = getattr(request, "csp_nonce", "")
            strict = self.STRICT.format(nonce=f" 'nonce-{nonce}'" if nonce else "")
            response["Content-Security-Policy"] = self.LOOSE if loose else strict
        response.setdefault("X-Content-Type-Options", "nosniff")
        return response
