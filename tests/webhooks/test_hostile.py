"""Receivers that behave badly, through the whole sender: each attempt ends in time, with words in its log."""

import asyncio
import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agentcollect.kit import clock
from agentcollect.kit.http import EgressPolicy
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks.models import Attempt, Delivery, Endpoint

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 1.0
HASTY = EgressPolicy(allow_loopback_http=True, total_deadline_s=DEADLINE)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b"\0" * 20_000_000)

LATE, CUT, BROKEN, SHORT = "Not finished after 1 s", "[The answer was longer", "is not valid HTTP", "announced end"
# name → (what comes first, what comes again and again, seconds between, what the attempt's log says); None: all is well
TRICKS = {
    "drip": (OK + b"Content-Length: 1000\r\n\r\n", b"x", 0.05, LATE),
    "drip of headers": (OK + b"X-", b"x", 0.05, LATE),
    "silence": (b"", b"", 0.05, LATE),
    "endless": (OK + b"\r\n", b"x" * 16_384, 0, CUT),
    "endless chunks": (CHUNKED, b"1\r\nx\r\n" * 1000, 0, CUT),
    "1 GB": (OK + b"Content-Length: 1073741824\r\n\r\n", b"x" * 16_384, 0, CUT),
    "gzip bomb": (OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB, None, 0, CUT),
    "header flood": (OK, b"X-Flood: yes\r\n" * 500, 0, BROKEN),
    "short body": (OK + b"Content-Length: 10\r\n\r\nfive.", None, 0, SHORT),
    "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", None, 0, BROKEN),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", None, 0, None),
    "chunk of no size": (CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n", None, 0, BROKEN),
    "chunk of a huge size": (CHUNKED + b"ffffffffffffffffff\r\nhello", None, 0, BROKEN),
    "chunk that never ends": (CHUNKED + b"ffff\r\nhello", b"", 0.05, LATE),
    "half-open": (OK + b"Content-Length: 10\r\n\r\nfive.", b"", 0.05, LATE),
    "chunk shorter than said": (CHUNKED + b"ff\r\nhello", None, 0, SHORT),
    "chunk longer than said": (CHUNKED + b"2\r\nhello\r\n0\r\n\r\n", None, 0, BROKEN),
    "reset": (None, None, 0, "connection"),
}


@contextmanager
def hostile() -> Iterator[int]:
    """A server of raw sockets that plays the trick its path's number names; its port."""
    loop, port, ready = asyncio.new_event_loop(), [], threading.Event()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            number = int((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1][1:])
            first, again, pause, _ = list(TRICKS.values())[number]
            if first is None:
                writer.transport.abort()
                return
            writer.write(first)
            while again is not None:
                writer.write(again)
                await writer.drain()
                await asyncio.sleep(pause)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def start() -> None:
        server = await asyncio.start_server(one, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def test_every_trick_ends_in_time_and_in_words(organisation, send):
    """All of them at once, beside one another: the sender takes hardly longer than the one deadline."""
    with hostile() as port:
        endpoints = {
            name: make_endpoint(organisation, f"http://127.0.0.1:{port}/{number}") for number, name in enumerate(TRICKS)
        }
        make_fact(organisation)
        now, began = clock.now(), time.monotonic()
        send(now=lambda: now, policy=HASTY)
        took = time.monotonic() - began
    assert took < DEADLINE + 6, took  # a busy machine; each alone is held to its deadline by the client's own tests
    for name, endpoint in endpoints.items():
        check(name, endpoint, TRICKS[name][3])


def check(name: str, endpoint: Endpoint, said: str | None) -> None:
    attempt = Attempt.objects.get(endpoint_id=endpoint.id)
    delivery = Delivery.objects.get(endpoint=endpoint)
    assert attempt.took_ms is not None, name
    assert attempt.took_ms <= (DEADLINE + 2) * 1000, name
    if said in (None, CUT):  # the answer was 2xx; what came after is cut, and that is said
        assert (delivery.status, attempt.error) == ("succeeded", ""), name
        assert (said or "") in attempt.response_body, name
    else:
        assert delivery.status == "pending", name
        assert said in attempt.error, (name, attempt.error)
        assert attempt.error.endswith("."), name
