"""A receiver that costs next to nothing: answers 204 to every POST, and writes down when each event came.

    python -m benchmarks.sink FILE        prints its port; on SIGTERM writes `event id, seconds since the epoch` lines

It speaks just enough HTTP/1.1 for a load test; a web framework here would be what is measured.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH, _ID = b"content-length:", b"webhook-id:"


class Sink(asyncio.Protocol):
    """One connection. Requests may come in pieces, several in one, and in any case of header names."""

    seen: list[tuple[bytes, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.rest = transport, b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head = self.rest[:end].lower()
            size = int(self._header(head, _LENGTH) or 0)
            if len(self.rest) < end + 4 + size:
                return
            name = self._header(self.rest[:end], _ID)
            self.seen.append((name, time.time()))
            self.rest = self.rest[end + 4 + size :]
            self.transport.write(_ANSWER)

    def _header(self, head: bytes, name: bytes) -> bytes:
        place = head.lower().find(name)
        return head[place + len(name) :].partition(b"\r\n")[0].strip() if place >= 0 else b""


async def main(target: Path) -> None:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_signal_handler(signal.SIGTERM, done.set)
    await done.wait()
    target.write_text("".join(f"{name.decode()} {at!r}\n" for name, at in Sink.seen))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
