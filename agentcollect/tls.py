"""`/tls/ask?domain=`: may a certificate be issued for this name? A TLS proxy asks before it does, since anybody can
point a name here (Caddy's `on_demand_tls ask`: 200 is yes, everything else no)."""

import hmac
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from agentcollect.kit import callers, errors, hosts


@errors.get_only
def ask(request: HttpRequest) -> HttpResponse:
    """200 for our own names and for hosts that creditors have proven; 404 for every other, and for who may not ask.

    Answered from memory (kit.hosts): names tried at a handshake, however many, are no work for the database.
    """
    name = request.GET.get("domain", "").lower().rstrip(".")
    if _may_ask(request) and (name in _named() or hosts.pay_host(name)):
        return HttpResponse("yes\n", content_type="text/plain")
    return HttpResponse("no\n", content_type="text/plain", status=404)


def _named() -> frozenset[str]:
    """Ours, but for addresses in figures and this machine's own name: nobody certifies those."""
    return frozenset(name for name in hosts.own_names() if name != "localhost" and not _address(name))


def _may_ask(request: HttpRequest) -> bool:
    """Who shows the token; else who comes from an allowed network, and from there itself: a request that was passed on
    has the proxy's address, whoever sent it."""
    given = request.GET.get("token", "")
    if settings.TLS_ASK_TOKEN and hmac.compare_digest(given.encode(), settings.TLS_ASK_TOKEN.encode()):
        return True
    if any(request.headers.get(name) for name in callers.PASSED_ON):
        return False
    address = _address(str(request.META.get("REMOTE_ADDR", "")))
    return address is not None and any(address in network for network in _networks(tuple(settings.TLS_ASK_ALLOW)))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]
