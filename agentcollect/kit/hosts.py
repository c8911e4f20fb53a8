"""By which name a request came in, and what may be had there.

Three kinds of names: our own (PUBLIC_URL's and those in ALLOWED_HOSTS) serve everything; a pay host that a creditor has
proven serves its payment pages and nothing else (settings.PAY_URLCONF); any other name is a 421, since whoever asked
meant another server (RFC 9110, 15.5.20).

This module knows no room: settings.PAY_HOSTS names what reads the pay hosts. They are kept in memory, all of them, for
a minute: a name that nobody has proven costs no question to the database, however many are tried.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.urls import get_resolver
from django.utils.module_loading import import_string

from agentcollect.kit import errors

log = structlog.get_logger()
Handler = Callable[[HttpRequest], HttpResponse]

errors.define("misdirected_request", 421, "The Host header names a server that is not here.")

# What was proven just now is served everywhere within a minute; where it is asked for, within five seconds.
FRESH_SECONDS, AGAIN_SECONDS = 60.0, 5.0
# A load balancer asks by address, a TLS proxy by the name it knows us by. The second says itself who may ask.
ANYWHERE = frozenset({"/healthz", "/readyz", "/tls/ask"})


class PayHost(NamedTuple):
    """A proven name, whose pages of which mode it serves, and whether new links lead there (not while it is broken)."""

    host: str
    organisation_id: str
    livemode: bool
    linked: bool


Tenants = Mapping[tuple[str, bool], tuple[str, ...]]


class _Kept:
    """All pay hosts as of `read_at` (of time.monotonic). One thread reads them anew, the others go on with the old."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.by_host: Mapping[str, PayHost] = {}
        self.linked: Tenants = {}
        self.read_at = float("-inf")

    def renew(self, seconds: float) -> None:
        """Read them when what is known is older than `seconds`."""
        never = self.read_at == float("-inf")
        if time.monotonic() - self.read_at < seconds or not self.lock.acquire(blocking=never):
            return
        try:
            if time.monotonic() - self.read_at >= seconds:
                self._read()
        finally:
            self.lock.release()

    def _read(self) -> None:
        started = time.monotonic()
        try:
            rows: list[PayHost] = import_string(settings.PAY_HOSTS)()
        except DatabaseError as error:
            # Those known until now are still the best answer.
            log.warning("pay_hosts_not_read", error=type(error).__name__)
            self.read_at = started - FRESH_SECONDS + AGAIN_SECONDS
            return
        linked = defaultdict(list)
        for row in rows:
            if row.linked:
                linked[row.organisation_id, row.livemode].append(row.host)
        self.by_host = {row.host: row for row in rows}
        self.linked = {tenant: tuple(sorted(hosts)) for tenant, hosts in linked.items()}
        self.read_at = started


_kept = _Kept()


def forget() -> None:
    """Read the pay hosts anew when they are next asked for: a row of theirs has changed in this process."""
    _kept.forget()


def linked(organisation_id: str, livemode: bool) -> tuple[str, ...]:
    """The hosts to which new links of this organisation may lead, in this mode."""
    _kept.renew(FRESH_SECONDS)
    return _kept.linked.get((organisation_id, livemode), ())


def pay_host(name: str) -> PayHost | None:
    """The pay host called `name` (lower case, no port); None for every other name."""
    _kept.renew(FRESH_SECONDS)
    if name not in _kept.by_host:
        _kept.renew(AGAIN_SECONDS)
    return _kept.by_host.get(name)


def own_names() -> frozenset[str]:
    """The names that are ours to the letter: never a pay host, whoever proves it."""
    return _own(settings.PUBLIC_URL, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=16)
def _own(public_url: str, allowed: tuple[str, ...]) -> frozenset[str]:
    exact = {name.lower() for name in allowed if name and not name.startswith((".", "*"))}
    return frozenset(exact | {urlsplit(public_url).hostname or ""})


def of(request: HttpRequest) -> PayHost | None:
    """The pay host that this request came in by; None on our own."""
    return getattr(request, "pay_host", None)


# --- the door


class Hosts:
    """Stands before everything that trusts `request.get_host()`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raw = request.META.get("HTTP_HOST") or str(request.META.get("SERVER_NAME", ""))
        name = split_domain_port(raw)[0]
        if request.path_info in ANYWHERE:
            # Nothing there is made of the name; Django asks for a valid one all the same.
            _pin(request, urlsplit(settings.PUBLIC_URL).netloc)
        elif name not in own_names() and not _loose(name):
            if found := pay_host(name):
                return self._pay(request, found, raw)
            if not name or not validate_host(name, settings.ALLOWED_HOSTS):
                return misdirected(request)
        return self.get_response(request)

    def _pay(self, request: HttpRequest, found: PayHost, raw: str) -> HttpResponse:
        """Its own addresses alone, and of the static files the payment page's."""
        _pin(request, raw)
        request.pay_host = found  # type: ignore[attr-defined]
        request.urlconf = settings.PAY_URLCONF  # type: ignore[attr-defined]
        if request.path_info.startswith(settings.STATIC_URL) and not request.path_info.startswith(_PAGE_STATIC):
            return _not_here(request)
        return self.get_response(request)


_PAGE_STATIC = f"{settings.STATIC_URL}payments/"


def _not_here(request: HttpRequest) -> HttpResponse:
    handler: Callable[..., HttpResponse] = get_resolver(settings.PAY_URLCONF).resolve_error_handler(404)
    return handler(request, Http404())


def _loose(name: str) -> bool:
    """An address in figures, or this machine: no creditor can prove it, so ALLOWED_HOSTS alone decides."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost" and validate_host(name, settings.ALLOWED_HOSTS)
    return validate_host(name, settings.ALLOWED_HOSTS)


def _pin(request: HttpRequest, host: str) -> None:
    """Django's own check knows ALLOWED_HOSTS only: what passed this door is what `get_host` says."""
    request.get_host = partial(str, host)  # type: ignore[method-assign]


def misdirected(request: HttpRequest) -> HttpResponse:
    """421: flat JSON for the API, else one line. No page of ours is drawn for another's name."""
    refused = errors.ApiError("misdirected_request")
    if request.path_info.startswith("/v1/"):
        return errors.respond(refused)
    return HttpResponse(f"{refused.message}\n", status=refused.status, content_type="text/plain; charset=utf-8")
