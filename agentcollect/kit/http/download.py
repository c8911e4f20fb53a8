"""One guarded GET for workers: a CSV, a logo, a web page."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import dns.asyncresolver

from agentcollect.kit.http.client import BodyRefused, GuardedSession, Outcome
from agentcollect.kit.http.targets import EgressPolicy
from agentcollect.kit.http.transactions import refuse_in_transaction


class Sink(Protocol):
    """Where the bytes go: any binary file."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(slots=True)
class Fetched:
    """A download. `error` is None only for a whole 2xx answer within the limits; `body` is empty if it went
    to a file, which then holds `size` bytes (after an error: an unfinished part, for the caller to
    discard).
    """

    status: int | None
    body: bytes
    size: int
    content_type: str
    headers: dict[str, str]
    error: str | None
    error_code: str | None
    resolved_address: str | None
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.error is None


def fetch(
    url: str,
    *,
    policy: EgressPolicy,
    max_bytes: int,
    deadline_s: float,
    accept_types: tuple[str, ...] = (),
    to: Sink | None = None,
    headers: Mapping[str, str] | None = None,
    resolver: dns.asyncresolver.Resolver | None = None,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """GET `url` under the guard, without redirects, for synchronous callers.

    More than `max_bytes` (decompressed) is an error, not a cut. `accept_types` are media types such as
    "text/csv" or "image/*"; none means any. With `to`, bytes are written there as they come. Raises
    RuntimeError inside a database transaction or a running event loop; network weather is in the result.
    """
    refuse_in_transaction()
    _refuse_in_event_loop()
    kept = bytearray()
    counter = _Counter(to, kept)
    policy = replace(policy, total_deadline_s=deadline_s, max_body_bytes=max_bytes)
    check = _Check(max_bytes, tuple(kind.lower() for kind in accept_types))
    asked = {"Accept": ", ".join(accept_types) or "*/*", **(headers or {})}

    async def run() -> Outcome:
        async with GuardedSession(policy, resolver=resolver, tls=tls) as session:
            return await session.stream(
                "GET", url, asked, None, policy=policy, limit=max_bytes, write=counter.write, accept=check
            )

    outcome = asyncio.run(run())
    if outcome.truncated and outcome.error is None:
        outcome.error, outcome.error_code = too_large(max_bytes)
    return Fetched(
        outcome.status,
        bytes(kept),
        counter.size,
        media_type(outcome),
        outcome.headers,
        outcome.error,
        outcome.error_code,
        outcome.resolved_address,
        outcome.timings,
    )


def _refuse_in_event_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("fetch() blocks its thread: inside an event loop use GuardedSession")


def too_large(max_bytes: int) -> tuple[str, str]:
    return f"The file is larger than {max_bytes} bytes.", "too_large"


def media_type(outcome: Outcome) -> str:
    """The Content-Type without its parameters, lower-case; "" if the answer named none."""
    return outcome.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(slots=True)
class _Counter:
    to: Sink | None
    kept: bytearray
    size: int = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.to is None:
            self.kept += data
        else:
            self.to.write(data)


@dataclass(slots=True)
class _Check:
    """Refuses by status, type and announced length before any of the body is read."""

    max_bytes: int
    types: tuple[str, ...]

    def __call__(self, outcome: Outcome) -> None:
        if outcome.error is not None:  # a redirect
            raise BodyRefused(outcome.error, outcome.error_code or "redirect")
        if outcome.status is None or not 200 <= outcome.status < 300:
            raise BodyRefused(f"The address answered with status {outcome.status}.", "http_status")
        kind = media_type(outcome)
        if self.types and not any(_matches(kind, wanted) for wanted in self.types):
            raise BodyRefused(
                f"The file's type is {kind or 'not given'}, not {' or '.join(self.types)}.", "content_type"
            )
        length = outcome.headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self.max_bytes:
            raise BodyRefused(*too_large(self.max_bytes))


def _matches(kind: str, wanted: str) -> bool:
    if wanted.endswith("/*"):
        return wanted == "*/*" or kind.startswith(wanted[:-1])
    return kind == wanted
