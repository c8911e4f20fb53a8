"""Network failures in plain words, for the attempt log a customer reads."""

from __future__ import annotations

import errno

import aiohttp
import dns.exception
import dns.resolver
from aiohttp.http_exceptions import HttpProcessingError

from agentcollect.kit.http.decode import UndecodableBody
from agentcollect.kit.http.targets import EgressRefused

# All that a network, a name server or a peer can do to us. Anything else is our own mistake and is raised.
WEATHER = (
    aiohttp.ClientError,
    OSError,  # with TimeoutError and ssl.SSLError
    EOFError,
    HttpProcessingError,
    dns.exception.DNSException,
    EgressRefused,
    UndecodableBody,
    ValueError,  # aiohttp's word for a request that cannot be written, such as a line break in a header
)

_ERRNO_WORDS = {
    errno.ECONNREFUSED: "Nothing accepts connections at that address and port.",
    errno.EHOSTUNREACH: "There is no route to that address.",
    errno.ENETUNREACH: "There is no route to that address.",
    errno.ETIMEDOUT: "The address did not answer the attempt to connect.",
    errno.ECONNRESET: "The connection was broken off while connecting.",
}


def deadline_words(seconds: float, phase: str) -> str:
    return f"Not finished after {seconds:g} s; the time ran out while {phase}."


def explain(exc: BaseException) -> tuple[str, str]:
    """(code, sentence). Codes: the url_* ones, dns_failed, connect_failed, tls_failed, connection_lost,
    response_invalid, response_incomplete, body_undecodable, request_invalid.
    """
    if isinstance(exc, EgressRefused):
        return exc.code, exc.reason
    if isinstance(exc, UndecodableBody):
        return "body_undecodable", str(exc)
    if isinstance(exc, dns.exception.DNSException):
        return "dns_failed", _dns_words(exc)
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return "dns_failed", "The host name could not be looked up."
    if isinstance(exc, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "tls_failed", _tls_words(exc)
    if isinstance(exc, aiohttp.ClientConnectorError):
        return "connect_failed", _connect_words(exc)
    return _exchange_words(exc)


def _exchange_words(exc: BaseException) -> tuple[str, str]:
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return "connection_lost", "The receiver closed the connection without an answer."
    if isinstance(exc, aiohttp.ClientPayloadError):
        return "response_incomplete", "The answer's body ended before its announced end."
    if isinstance(exc, aiohttp.ClientResponseError | HttpProcessingError):
        return "response_invalid", "The answer is not valid HTTP, or its headers are too large."
    if isinstance(exc, ValueError) and not isinstance(exc, OSError):  # aiohttp.InvalidURL is one too
        return "request_invalid", "The request cannot be written as HTTP: check its headers."
    return "connection_lost", "The connection broke before the whole answer was there."


def _dns_words(exc: dns.exception.DNSException) -> str:
    if isinstance(exc, dns.resolver.NXDOMAIN):
        return "The host name does not exist."
    if isinstance(exc, dns.resolver.NoAnswer):
        return "The host name has no address."
    if isinstance(exc, dns.exception.Timeout):
        return "The host name's servers did not answer in time."
    return "The host name could not be looked up."


def _connect_words(exc: aiohttp.ClientConnectorError) -> str:
    number = exc.os_error.errno
    return _ERRNO_WORDS.get(number or 0, "The connection could not be made.")


def _tls_words(exc: aiohttp.ClientError) -> str:
    cause = exc.__cause__
    message = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or ""
    detail = f" ({str(message)[:120]})" if message else ""
    if isinstance(exc, aiohttp.ClientConnectorCertificateError):
        return f"The receiver's certificate is not trusted{detail}."
    return f"TLS could not be agreed with the receiver{detail}."
