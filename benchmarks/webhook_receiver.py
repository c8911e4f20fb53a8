"""Receivers of webhooks, good and bad, that keep a ledger of every delivery.

    python -m benchmarks.webhook_receiver LEDGER

Prints its two ports. What a path begins with says how it answers:

    /good   204, after up to `--delay` milliseconds
    /hang   never
    /drip   a head, then a byte a second
    /flood  a body of 1 GB
    /flap   on the second port, as standard input says: `calm` (204), `errors` (every other one a 500), `closed`

On the end of its input or SIGTERM it writes `time path event attempt status`, a line for each request as it came in
(seconds since the epoch); status 0 stands for the bad ones. It speaks just enough HTTP/1.1 for a load test: a web
framework here would be what is measured.
"""

import argparse
import asyncio
import random
import signal
import sys
import time
from pathlib import Path

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
DRIP = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3600\r\n\r\n"
GIGABYTE = 1 << 30
FLOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % GIGABYTE
PIECE = b"x" * 65_536

_LENGTH, _ID, _ATTEMPT = b"content-length:", b"webhook-id:", b"x-agentcollect-attempt:"


class State:
    """What all connections share: the ledger, and the mood of the flapping port."""

    def __init__(self, delay_ms: float) -> None:
        self.delay = delay_ms / 1000
        self.ledger: list[tuple[float, bytes, bytes, bytes, int]] = []
        self.mood = "calm"
        self.flapping: set[asyncio.Transport] = set()


class Customer(asyncio.Protocol):
    """One connection. Requests may come in pieces, several in one, and in any case of header names."""

    def __init__(self, state: State, *, flaps: bool) -> None:
        self.state, self.flaps, self.rest = state, flaps, b""
        self.room = asyncio.Event()  # cleared while the other side does not read
        self.room.set()
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if self.flaps:
            self.state.flapping.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.flapping.discard(self.transport)
        for task in self.tasks:
            task.cancel()

    def pause_writing(self) -> None:
        self.room.clear()

    def resume_writing(self) -> None:
        self.room.set()

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head, folded = self.rest[:end], self.rest[:end].lower()
            size = int(_header(head, folded, _LENGTH) or 0)
            if len(self.rest) < end + 4 + size:
                return
            self.rest = self.rest[end + 4 + size :]
            self.answer(head.split(b" ", 2)[1], _header(head, folded, _ID), _header(head, folded, _ATTEMPT))

    def answer(self, path: bytes, event: bytes, attempt: bytes) -> None:
        kind = path[1:].partition(b"/")[0]
        if kind in (b"hang", b"drip", b"flood"):
            self.state.ledger.append((time.time(), path, event, attempt, 0))
            if kind != b"hang":
                task = asyncio.ensure_future(self.drip() if kind == b"drip" else self.flood())
                self.tasks.add(task)
            return
        failed = kind == b"flap" and self.state.mood == "errors" and random.random() < 0.5
        # Noted when it came in: a customer that has read a request has it, whether or not its answer arrives.
        self.state.ledger.append((time.time(), path, event, attempt, 500 if failed else 204))
        words = FAILED if failed else TAKEN
        if self.state.delay:
            later = random.random() * self.state.delay
            asyncio.get_running_loop().call_later(later, self.transport.write, words)
        else:
            self.transport.write(words)

    async def drip(self) -> None:
        self.transport.write(DRIP)
        while True:
            await asyncio.sleep(1)
            self.transport.write(b".")

    async def flood(self) -> None:
        self.transport.write(FLOOD)
        for _ in range(GIGABYTE // len(PIECE)):
            await self.room.wait()
            self.transport.write(PIECE)
            await asyncio.sleep(0)


def _header(head: bytes, folded: bytes, name: bytes) -> bytes:
    place = folded.find(name)
    return head[place + len(name) :].partition(b"\r\n")[0].strip() if place >= 0 else b""


class FlappingPort:
    """A port that is closed, connections and all, when it is told to be; afterwards it is the same one."""

    def __init__(self, state: State) -> None:
        self.state, self.port = state, 0
        self.server: asyncio.Server | None = None

    async def open(self) -> None:
        if self.server is None:
            loop = asyncio.get_running_loop()
            self.server = await loop.create_server(lambda: Customer(self.state, flaps=True), "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None
        for transport in list(self.state.flapping):
            transport.abort()
        await asyncio.sleep(0)

    async def become(self, mood: str) -> None:
        await (self.close() if mood == "closed" else self.open())
        self.state.mood = mood


async def _obey(port: FlappingPort) -> None:
    """Words from standard input, each confirmed; until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await port.become(line.decode().strip())
        print("done", flush=True)


async def main(target: Path, delay_ms: float) -> None:
    loop, state = asyncio.get_running_loop(), State(delay_ms)
    good = await loop.create_server(lambda: Customer(state, flaps=False), "127.0.0.1", 0)
    port = FlappingPort(state)
    await port.open()
    print(good.sockets[0].getsockname()[1], port.port, flush=True)
    told = asyncio.ensure_future(_obey(port))
    loop.add_signal_handler(signal.SIGTERM, told.cancel)
    await asyncio.wait([told])
    lines = (
        f"{at!r} {path.decode()} {event.decode()} {int(attempt or 0)} {status}\n"
        for at, path, event, attempt, status in state.ledger
    )
    target.write_text("".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds, at most")
    given = parser.parse_args()
    asyncio.run(main(given.ledger, given.delay))
