"""A load generator that costs little beside what it measures: HTTP/1.1 over plain asyncio, connections kept open.

`open_loop` sends each call at its appointed moment whatever became of the others, and counts from that moment: a client
that waits for a slow answer before it asks again would leave out exactly what the slow answer did to everybody else.
`closed_loop` keeps so many calls under way for so long, for rates.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

_TIMEOUT = 30.0


class Call(NamedTuple):
    """One request: what it is counted as, and its bytes on the wire."""

    name: str
    wire: bytes


class Outcome(NamedTuple):
    """`status` 0: no answer. `seconds` count from the appointed moment, `begun` from when it was sent."""

    name: str
    status: int
    seconds: float
    begun: float
    body: bytes


def wire(method: str, path: str, host: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if body or method in ("POST", "PATCH"):
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.received = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def send(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.received.clear()
        self.transport.write(request)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0 or self.answer is None:
            return
        head = bytes(self.received[:end]).lower()
        place = head.find(b"\r\ncontent-length:")
        if place < 0:
            body = self._chunks(end + 4) if b"chunked" in head else b""
        else:
            size = int(head[place + 17 :].partition(b"\r\n")[0])
            body = bytes(self.received[end + 4 : end + 4 + size]) if len(self.received) >= end + 4 + size else None
        if body is not None and not self.answer.done():
            self.answer.set_result((int(head[9:12]), body))
            self.answer = None

    def _chunks(self, at: int) -> bytes | None:
        body = b""
        while True:
            line = self.received.find(b"\r\n", at)
            if line < 0:
                return None
            size = int(self.received[at:line], 16)
            if len(self.received) < line + 4 + size:
                return None
            if not size:
                return body
            body += self.received[line + 2 : line + 2 + size]
            at = line + 4 + size

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error or ConnectionResetError())


class Client:
    """Connections to one server, opened as needed, kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[_Connection] = []

    async def ask(self, call: Call, appointed: float | None = None) -> Outcome:
        """Send `call`, once, and tell how it went."""
        begun = time.perf_counter()
        start = begun if appointed is None else appointed
        try:
            async with asyncio.timeout(_TIMEOUT):
                connection = await self._connection()
                status, body = await connection.send(call.wire)
        except (OSError, TimeoutError) as error:
            return Outcome(call.name, 0, time.perf_counter() - start, begun - start, repr(error).encode())
        self.idle.append(connection)
        return Outcome(call.name, status, time.perf_counter() - start, begun - start, body)

    async def _connection(self) -> _Connection:
        while self.idle:
            if (connection := self.idle.pop()).transport is not None:
                return connection
        _, made = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", self.port)
        return made


def open_loop(port: int, rate: float, calls: Iterable[Callable[[], Call]], warm: int = 8) -> list[Outcome]:
    """Each of `calls` at its own moment, 1/rate seconds apart; the outcomes in order of their beginning.

    A call is made when it is due (so that it can use what came before), its making counted as part of its waiting.
    """

    async def run() -> list[Outcome]:
        client = Client(port)
        client.idle += await asyncio.gather(*(client._connection() for _ in range(warm)))
        began, under_way = time.perf_counter() + 0.1, []
        for number, make in enumerate(calls):
            appointed = began + number / rate
            if (wait := appointed - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            under_way.append(asyncio.create_task(client.ask(make(), appointed)))
        return await asyncio.gather(*under_way)

    with _undisturbed():
        return asyncio.run(run())


def closed_loop(port: int, calls: Iterator[Call], *, under_way: int, seconds: float) -> list[Outcome]:
    """`under_way` calls at any time, for `seconds`."""

    async def run() -> list[Outcome]:
        client, found, end = Client(port), [], time.perf_counter() + seconds

        async def work() -> None:
            while time.perf_counter() < end:
                found.append(await client.ask(next(calls)))

        await asyncio.gather(*(work() for _ in range(under_way)))
        return found

    with _undisturbed():
        return asyncio.run(run())


def one_by_one(port: int, calls: Iterable[Callable[[], Call]]) -> list[Outcome]:
    """Each after the other, on one connection."""

    async def run() -> list[Outcome]:
        client = Client(port)
        return [await client.ask(make()) for make in calls]

    return asyncio.run(run())


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A pause of the collector here would look like a pause of the server."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(frozen=True, slots=True)
class Figures:
    """p50 and p99 in milliseconds over `count` answers; `failed` are those with another status than a 2xx."""

    count: int
    p50: float
    p99: float
    worst: float
    failed: int


def figures(outcomes: Iterable[Outcome]) -> Figures:
    """Nearest-rank percentiles over all calls, the failed ones too."""
    found = list(outcomes)
    taken = sorted(outcome.seconds * 1000 for outcome in found)
    failed = sum(not 200 <= outcome.status < 300 for outcome in found)

    def rank(part: float) -> float:
        return taken[min(len(taken) - 1, int(len(taken) * part))] if taken else 0.0

    return Figures(len(taken), rank(0.50), rank(0.99), taken[-1] if taken else 0.0, failed)


def by_name(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.name, []).append(outcome)
    return dict(sorted(found.items(), key=lambda item: (item[0].partition(" ")[2], item[0])))
