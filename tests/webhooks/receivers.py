"""A receiver on loopback, in a thread of its own: remembers what it got, answers as it is told."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Got:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Receiver:
    """`answers[path]` is a status, or "hang"; 200 where nothing is said. `words[path]`: its body."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: dict[str, int | str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, path: str) -> list[Got]:
        return [one for one in self.got if one.path == path]

    def wait(self, count: int, path: str | None = None, seconds: float = 15) -> list[Got]:
        """Until `count` requests are there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.got if path is None else self.at(path)
            if len(found) >= count:
                return found
            time.sleep(0.01)
        raise AssertionError(f"{len(self.got)} requests came, {count} were awaited")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.got.append(Got(request.path, dict(request.headers), body, time.monotonic()))
        answer = self.answers.get(request.path, 200)
        if answer == "hang":
            await self.closing.wait()
            answer = 200
        headers = {"Location": "/elsewhere"} if 300 <= int(answer) < 400 else None
        return web.Response(status=int(answer), text=self.words.get(request.path, "noted"), headers=headers)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A running receiver."""
    receiver, loop, ready = Receiver(), asyncio.new_event_loop(), threading.Event()
    runner: list[web.AppRunner] = []

    async def start() -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", receiver.handle)
        runner.append(web.AppRunner(app, shutdown_timeout=0))
        await runner[0].setup()
        site = web.TCPSite(runner[0], "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        ready.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner[0].cleanup())
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(receiver.closing.set)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
