"""Who is at the other end of a page's connection."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# A request that carries one of these was passed on by a proxy.
PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")


def caller(request: HttpRequest) -> str:
    """The address of who asks: behind our proxy (BEHIND_PROXY) the one that it saw. Not checked to be one."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.SECURE_PROXY_SSL_HEADER:
        return direct
    return request.headers.get("X-Forwarded-For", direct).rpartition(",")[2].strip()


def bucket(request: HttpRequest) -> str:
    """The same to be counted by: of IPv6 the /64 that one host owns."""
    text = caller(request)
    try:
        address = ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
