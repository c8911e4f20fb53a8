"""Django's middlewares for pages, which a call of `/v1` passes by: it has no session, no cookie and no form.

What a session would say of a caller must never count there, and looking for it costs a tenth of a cheap read. A
creditor's pay host (kit.hosts) has forms, but nobody signs in there.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from agentcollect.kit import hosts


class _PagesOnly:
    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/v1/"):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class _OwnHostsOnly(_PagesOnly):
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if hosts.of(request):
            return self.get_response(request)
        return super().__call__(request)


class Session(_OwnHostsOnly, SessionMiddleware):
    """Sessions of people who sign in."""


class Csrf(_PagesOnly, CsrfViewMiddleware):
    """Forms. (Views of `/v1` are exempt anyway: no browser adds their credential by itself.)"""


class Authentication(_OwnHostsOnly, AuthenticationMiddleware):
    """Who is signed in."""


class Messages(_OwnHostsOnly, MessageMiddleware):
    """What a page says once."""
