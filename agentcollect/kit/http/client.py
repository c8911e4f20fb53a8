"""The guarded HTTP client: many requests on one event loop, none of them to a private address."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from types import TracebackType
from typing import Self

import aiohttp
import dns.asyncresolver
from yarl import URL

from agentcollect.kit.http.decode import Decoder
from agentcollect.kit.http.guard import (
    FLIGHT,
    Flight,
    GuardedConnector,
    GuardedResolver,
    PooledRequest,
    TimedTLS,
    default_tls,
)
from agentcollect.kit.http.targets import EgressPolicy, EgressRefused, ParsedTarget, check_url
from agentcollect.kit.http.transactions import refuse_in_transaction
from agentcollect.kit.http.weather import WEATHER, deadline_words, explain

_KEPT_HEADER_BYTES = 16_384


@dataclass(slots=True)
class Outcome:
    """What became of one request.

    `status` is None if no answer began. `error` is None if a whole answer came that was no redirect, else a
    plain sentence with `error_code` beside it; an answer of 404 or 500 is no error here: look at `status`, or
    at `ok`. `headers` have lower-case names, repeated ones joined by ", ". `body` holds at most the read
    limit of decompressed bytes, `truncated` says that there was more (no error). `timings` are milliseconds:
    dns_ms, connect_ms, tls_ms, first_byte_ms (from the start) and total_ms; what did not happen is absent.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncated: bool = False
    error: str | None = None
    error_code: str | None = None
    resolved_address: str | None = None
    reused: bool = False
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """A whole answer with a 2xx status (a body cut at the read limit counts as whole)."""
        return self.error is None and self.status is not None and 200 <= self.status < 300


class BodyRefused(Exception):
    """The caller's own condition on the answer failed; `code` becomes the outcome's error_code."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class GuardedSession:
    """One per process and event loop: `async with GuardedSession(policy) as session: await
    session.request(...)`.

    `resolver` replaces the system's name servers, `tls` the system's certificate authorities (tests).
    """

    def __init__(
        self,
        policy: EgressPolicy | None = None,
        *,
        resolver: dns.asyncresolver.Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        user_agent: str = "AgentCollect/1.0",
    ) -> None:
        self._policy = policy or EgressPolicy()
        self._resolver = resolver
        self._tls = tls
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        refuse_in_transaction()
        tls = self._tls or default_tls()
        tls.sslobject_class = TimedTLS
        connector = GuardedConnector(self._policy, GuardedResolver(self._resolver), tls)
        self._session = aiohttp.ClientSession(
            connector=connector,
            request_class=PooledRequest,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # ours stands around all of it
            headers={"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "identity"},
            skip_auto_headers=("Content-Type",),
            trust_env=False,
            auto_decompress=False,
            max_line_size=self._policy.max_header_bytes,
            max_field_size=self._policy.max_header_bytes,
            max_headers=self._policy.max_headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        policy: EgressPolicy | None = None,
        read_limit: int | None = None,
        pool: str = "",
        repeatable: bool = False,
    ) -> Outcome:
        """One request, one outcome: raises for no network weather and no refused address.

        `read_limit` bytes of decompressed body are kept (default: the policy's). Connections are shared only
        among requests of the same `pool` (an endpoint's id). `repeatable` says that the receiver recognises a
        repetition: a request that died on a reused connection, before any answer, is then sent once more on a
        new one.
        """
        policy = policy or self._policy
        kept = bytearray()
        outcome = await self.stream(
            method,
            url,
            headers,
            body,
            policy=policy,
            limit=policy.max_body_bytes if read_limit is None else read_limit,
            write=kept.extend,
            pool=pool,
            repeatable=repeatable,
        )
        outcome.body = bytes(kept)
        return outcome

    async def stream(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        *,
        policy: EgressPolicy,
        limit: int,
        write: Callable[[bytes], object],
        accept: Callable[[Outcome], None] | None = None,
        pool: str = "",
        repeatable: bool = False,
    ) -> Outcome:
        """As `request`, the body going to `write` as it comes; `accept` sees status and headers before the
        body and may raise `BodyRefused`.
        """
        outcome, started = Outcome(), perf_counter()
        try:
            target, address = _target(url, policy)
        except EgressRefused as refused:
            outcome.error, outcome.error_code = refused.reason, refused.code
            return outcome
        flight = Flight(policy, target, pool, started=started)
        reading = _Reading(outcome, limit, write, accept)
        token = FLIGHT.set(flight)
        try:
            await self._under_deadline(flight, reading, method, address, headers, body, repeatable=repeatable)
        finally:
            FLIGHT.reset(token)
        outcome.resolved_address, outcome.reused = flight.address, flight.reused
        outcome.timings = flight.timings()
        return outcome

    async def _under_deadline(
        self,
        flight: Flight,
        reading: _Reading,
        method: str,
        address: URL,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        *,
        repeatable: bool,
    ) -> None:
        """One deadline over look-up, connect, TLS, headers and body; whatever fails becomes words."""
        outcome, clock = reading.outcome, asyncio.timeout(flight.policy.total_deadline_s)
        try:
            async with clock:
                try:
                    await self._exchange(flight, reading, method, address, headers, body)
                except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                    if not (repeatable and flight.reused and flight.first_byte is None):
                        raise
                    flight.fresh_only, flight.connected = True, None
                    await self._exchange(flight, reading, method, address, headers, body)
        except WEATHER as exc:
            flight.abort()
            if clock.expired():
                outcome.error_code = "deadline"
                outcome.error = deadline_words(flight.policy.total_deadline_s, flight.phase())
            else:
                outcome.error_code, outcome.error = explain(flight.refused or exc)
        except BodyRefused as refused:
            flight.abort()
            outcome.error_code, outcome.error = refused.code, refused.reason
        except BaseException:
            flight.abort()
            raise

    async def _exchange(
        self,
        flight: Flight,
        reading: _Reading,
        method: str,
        address: URL,
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> None:
        if self._session is None:
            raise RuntimeError("GuardedSession is used outside its `async with`")
        response = await self._session.request(method, address, headers=headers, data=body, allow_redirects=False)
        complete = False
        try:
            flight.first_byte = perf_counter()
            complete = await reading.take(response)
        finally:
            if response.connection is None:  # already back in the pool, perhaps at work for somebody else
                flight.transport = None
            elif not complete:
                flight.abort()
            response.close()


@lru_cache(maxsize=4096)
def _target(url: str, policy: EgressPolicy) -> tuple[ParsedTarget, URL]:
    """`encoded=True`: our spelling is final, aiohttp's own parser changes nothing in it."""
    target = check_url(url, policy)
    return target, URL(target.url, encoded=True)


@dataclass(slots=True)
class _Reading:
    """Takes an answer into an outcome, under the limits."""

    outcome: Outcome
    limit: int
    write: Callable[[bytes], object]
    accept: Callable[[Outcome], None] | None

    async def take(self, response: aiohttp.ClientResponse) -> bool:
        """False if the body was not read to its end: the connection is then of no more use."""
        outcome = self.outcome
        outcome.status, outcome.headers = response.status, _headers(response)
        if 300 <= response.status < 400:
            outcome.error_code = "redirect"
            outcome.error = f"The address answered with a redirect ({response.status}); redirects are not followed."
        if self.accept is not None:
            self.accept(outcome)
        decoder = Decoder(outcome.headers.get("content-encoding", ""))
        written = wire = 0
        wire_limit = self.limit + self.limit // 64 + 1024  # what never inflates must end as well
        async for chunk in response.content.iter_any():
            wire += len(chunk)
            for piece in decoder.feed(chunk):
                room = self.limit - written
                self.write(piece[:room])
                written += len(piece)
                if len(piece) > room:
                    outcome.truncated = True
                    return False
            if wire > wire_limit:
                outcome.truncated = True
                return False
        decoder.finish()
        return True


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """At most 16 KiB, as text that a database takes."""
    kept: dict[str, str] = {}
    size = 0
    for name, value in response.headers.items():
        size += len(name) + len(value)
        if size > _KEPT_HEADER_BYTES:
            break
        if not value.isascii():
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        name = name.lower()
        value = value.replace("\0", "")
        kept[name] = f"{kept[name]}, {value}" if name in kept else value
    return kept
