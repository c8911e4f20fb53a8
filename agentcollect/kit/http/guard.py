"""The guard around aiohttp: no connection is made to an address that is not public.

The guard stands twice. In the resolver: names are asked of DNS under the deadline, and one private address
among the answers refuses them all. And at the socket: aiohttp asks `socket_factory` for a socket for one
exact address and then connects that socket to that same address, so the address checked is the address
connected. Between the two nothing is looked up again; a name that answers differently the second time
(rebinding) has no second time, and a literal address, for which aiohttp asks no resolver, passes the same
gate. There is no other way to a socket here: no environment proxies, no redirects, no DNS cache, and each new
connection starts over.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
import dns.asyncresolver
import dns.name
import dns.resolver
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http_exceptions import HttpProcessingError

from agentcollect.kit.http.addresses import Address, is_loopback, is_public
from agentcollect.kit.http.targets import EgressPolicy, EgressRefused, ParsedTarget

_MAX_ADDRESSES = 2  # of each family: a name with five hundred addresses does not get five hundred connections

_MAX_INTERIM = 8  # 1xx answers before the real one (RFC 9110 15.2 sets no bound)


@dataclass(slots=True)
class _Dial:
    """What is known of one connection since its birth."""

    born: float
    address: str
    loopback: bool


@dataclass(slots=True)
class Flight:
    """One request on its way; the resolver, the socket factory and TLS write down what they did for it."""

    policy: EgressPolicy
    target: ParsedTarget
    pool: str
    fresh_only: bool = False
    reused: bool = False
    refused: EgressRefused | None = None
    address: str | None = None
    transport: asyncio.Transport | None = None
    started: float = 0.0
    dns_from: float | None = None
    dns_to: float | None = None
    dial_from: float | None = None
    tls_from: float | None = None
    tls_to: float | None = None
    connected: float | None = None
    first_byte: float | None = None
    interim: int = 0

    def permits(self, address: Address) -> bool:
        return is_loopback(address) if self.target.loopback else is_public(address)

    def refuse(self, address: Address | str) -> EgressRefused:
        self.refused = EgressRefused(
            f"The host leads to {address}, which is private or reserved.", "url_private_address"
        )
        return self.refused

    def phase(self) -> str:
        if self.connected is not None:
            return "waiting for the answer" if self.first_byte is None else "reading the answer's body"
        if self.dial_from is not None:
            return "connecting" if self.tls_from is None else "agreeing on TLS"
        looking_up = self.dns_from is not None and self.dns_to is None
        return "looking up the host name" if looking_up else "connecting"

    def timings(self) -> dict[str, float]:
        spans = {
            "dns_ms": (self.dns_from, self.dns_to),
            "connect_ms": (self.dial_from, self.tls_from or self.connected),
            "tls_ms": (self.tls_from, self.tls_to),
            "first_byte_ms": (self.started, self.first_byte),
            "total_ms": (self.started, perf_counter()),
        }
        return {
            name: round((to - since) * 1000, 3)
            for name, (since, to) in spans.items()
            if since is not None and to is not None
        }

    def abort(self) -> None:
        """Ends the connection now. A polite close would wait for a peer that reads nothing, for ever."""
        if self.transport is not None:
            self.transport.abort()


# aiohttp hands neither its resolver nor its socket factory the request they work for; the context does, also
# into the tasks that race addresses (RFC 8305). Tracing hooks could do it too, at a cost for each request.
FLIGHT: ContextVar[Flight | None] = ContextVar("egress_flight", default=None)


class GuardedResolver(AbstractResolver):
    """dnspython under our deadline (getaddrinfo's threads outlive theirs); all addresses are checked."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        flight = FLIGHT.get()
        if flight is None:
            raise EgressRefused("No request is known for this look-up.", "url_private_address")
        if flight.target.loopback:  # RFC 6761 6.3: localhost asks no server
            return [_result(host, port, "127.0.0.1"), _result(host, port, "::1")]
        flight.dns_from = perf_counter()
        addresses = await self._look_up(host, 2 * flight.policy.total_deadline_s)  # the outer clock ends it
        flight.dns_to = perf_counter()
        for address in addresses:
            if not flight.permits(ip_address(address)):
                raise flight.refuse(address)
        v4 = [address for address in addresses if ":" not in address]
        v6 = [address for address in addresses if ":" in address]
        return [_result(host, port, address) for address in v4[:_MAX_ADDRESSES] + v6[:_MAX_ADDRESSES]]

    async def _look_up(self, host: str, lifetime: float) -> list[str]:
        """IPv4 first: a family without a route costs the race of addresses nothing, a slow one 250 ms."""
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver()
        name = dns.name.from_text(host)  # absolute: no search list
        answers = await asyncio.gather(
            *(self._ask(self._resolver, name, kind, lifetime) for kind in ("A", "AAAA")),
            return_exceptions=True,
        )
        found = [address for answer in answers if isinstance(answer, list) for address in answer]
        if found:
            return found
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        raise dns.resolver.NoAnswer

    async def _ask(
        self, resolver: dns.asyncresolver.Resolver, name: dns.name.Name, kind: str, lifetime: float
    ) -> list[str]:
        answer = await resolver.resolve(name, kind, raise_on_no_answer=False, lifetime=lifetime, search=False)
        return [record.address for record in answer.rrset or ()]

    async def close(self) -> None:
        return None


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


class _RefusedAddress(OSError):
    """An OSError, so that the address race goes on to its end; the flight keeps the reason."""


def guarded_socket(addr_info: tuple[Any, ...]) -> socket.socket:
    """The only place where sockets are made. See the module's docstring."""
    family, kind, proto, _, sockaddr = addr_info
    flight = FLIGHT.get()
    address = ip_address(sockaddr[0])
    if flight is None or not flight.permits(address):
        if flight is not None:
            flight.refuse(address)
        raise _RefusedAddress(f"{address} is private or reserved")
    if flight.dial_from is None:
        flight.dial_from = perf_counter()
    flight.address = str(address)
    return socket.socket(family=family, type=kind, proto=proto)


class TimedTLS(ssl.SSLObject):
    """Writes the handshake's begin and end into the flight."""

    def do_handshake(self) -> None:
        flight = FLIGHT.get()
        if flight is not None and flight.tls_from is None:
            flight.tls_from = perf_counter()
        super().do_handshake()
        if flight is not None:
            flight.tls_to = perf_counter()


class PooledRequest(aiohttp.ClientRequest):
    """Adds the caller's pool to the connection pool's key, where proxy headers (we have none) would stand."""

    @property
    def connection_key(self) -> ConnectionKey:
        flight = FLIGHT.get()
        key: ConnectionKey = super().connection_key
        if flight is None:
            return key
        return key._replace(proxy_headers_hash=hash((flight.pool, flight.target.loopback)))


class _FewInterimAnswers(ResponseHandler):
    """aiohttp skips 1xx answers without a bound: a flood of them would keep the loop from everybody else."""

    async def read(self) -> Any:
        answer = await super().read()
        flight = FLIGHT.get()
        if flight is not None and 100 <= answer[0].code < 200:
            flight.interim += 1
            if flight.interim > _MAX_INTERIM:
                raise HttpProcessingError(code=400, message="too many interim answers")
        return answer


class GuardedConnector(aiohttp.TCPConnector):
    """Hands out connections that are young enough, and notes which address they lead to."""

    def __init__(self, policy: EgressPolicy, resolver: AbstractResolver, context: ssl.SSLContext) -> None:
        super().__init__(
            resolver=resolver,
            socket_factory=guarded_socket,
            ssl=context,
            use_dns_cache=False,
            limit=0,  # the caller bounds its concurrency; a queue in here would eat the deadlines of others
            keepalive_timeout=min(policy.max_idle_s, policy.max_connection_s),
        )
        factory: Any = partial(_FewInterimAnswers, loop=self._loop)
        self._factory = factory  # aiohttp offers no public way; a test sees that it holds
        self._dials: WeakKeyDictionary[asyncio.BaseProtocol, _Dial] = WeakKeyDictionary()

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Any], timeout: Any) -> Any:
        flight = FLIGHT.get()
        if flight is None:
            raise EgressRefused("No request is known for this connection.", "url_private_address")
        while True:
            connection = await super().connect(req, traces, timeout)
            if self._usable(connection, flight):
                return connection
            connection.close()
            flight.connected = None
            if flight.refused is not None:
                raise flight.refused

    def _usable(self, connection: Any, flight: Flight) -> bool:
        now = perf_counter()
        dial = self._dials.get(connection.protocol)
        flight.reused = dial is not None
        if dial is None:
            peer = connection.transport.get_extra_info("peername")
            dial = _Dial(now, peer[0] if peer else flight.address or "", loopback=flight.target.loopback)
            self._dials[connection.protocol] = dial
        flight.address, flight.transport, flight.connected = dial.address, connection.transport, now
        if flight.refused is not None or dial.loopback != flight.target.loopback:
            return False
        age_at_end = now - dial.born + flight.policy.total_deadline_s
        return not flight.reused or (not flight.fresh_only and age_at_end <= flight.policy.max_connection_s)


def default_tls() -> ssl.SSLContext:
    """The system's certificate authorities, names checked, TLS 1.2 or newer."""
    return ssl.create_default_context()
