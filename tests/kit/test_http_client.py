"""R5, the network half: hostile receivers on loopback. Each call ends in its deadline, in plain words."""

import asyncio
import contextlib
import datetime
import gzip
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agentcollect.kit.http import EgressPolicy, GuardedSession, Outcome, guard, set_transaction_probe
from agentcollect.kit.http.decode import Decoder, UndecodableBody

DEADLINE = 0.5
POLICY = EgressPolicy(allow_loopback_http=True, total_deadline_s=5.0)
HASTY = EgressPolicy(allow_loopback_http=True, total_deadline_s=DEADLINE)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)


@contextlib.asynccontextmanager
async def serving(handler: Handler, **options: Any) -> Any:
    """A raw socket server; yields its port and the list of writers it saw."""
    seen: list[asyncio.StreamWriter] = []
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()


def call(handler: Handler, policy: EgressPolicy = POLICY, body: bytes = b"{}", **options: Any) -> Outcome:
    """One request to a server that behaves as `handler`; asserts the deadline."""

    async def run() -> Outcome:
        async with serving(handler) as (port, _), GuardedSession(policy) as session:
            started = time.perf_counter()
            outcome = await session.request("POST", f"http://127.0.0.1:{port}/hook", {}, body, **options)
            assert time.perf_counter() - started < policy.total_deadline_s + 5
            return outcome

    outcome = asyncio.run(run())
    assert outcome.error is None or (outcome.error[0].isupper() and outcome.error.endswith("."))
    return outcome


def answers(raw: bytes, *, close: bool = True) -> Handler:
    """Reads the request, sends `raw`; then closes, or stays."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(raw)
        await writer.drain()
        if not close:
            await asyncio.sleep(10)

    return handler


def response(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def forever(head: bytes, piece: bytes, pause: float = 0) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


def test_a_plain_answer() -> None:
    outcome = call(answers(response(b"thanks", b"X-One: 1", b"X-One: 2", b"X-Odd: caf\xe9")))
    assert outcome.ok
    assert (outcome.status, outcome.body, outcome.error, outcome.truncated) == (200, b"thanks", None, False)
    assert outcome.headers["x-one"] == "1, 2"
    assert outcome.headers["x-odd"].encode()
    assert outcome.resolved_address == "127.0.0.1"
    assert set(outcome.timings) == {"connect_ms", "first_byte_ms", "total_ms"}


def test_what_is_sent_is_what_was_given() -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(response(b""))

    assert call(handler, body=b'{"a": 1}').ok
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Accept-Encoding: identity" in head
    assert b"Cookie" not in head
    assert body == b'{"a": 1}'


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other", b"307 Temp", b"308 Perm"])
def test_redirects_are_failures_and_are_not_followed(status: bytes) -> None:
    hits = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hits
        await read_request(reader)
        hits += 1
        writer.write(response(b"", b"Location: http://169.254.169.254/latest/meta-data/", status=status))

    outcome = call(handler)
    assert (outcome.status, outcome.error_code, outcome.ok, hits) == (int(status[:3]), "redirect", False, 1)


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_other_statuses_are_answers(status: int) -> None:
    outcome = call(answers(response(b"no", b"Retry-After: 7", status=b"%d No" % status)))
    assert (outcome.status, outcome.error, outcome.ok, outcome.headers["retry-after"]) == (
        status,
        None,
        False,
        "7",
    )


BOMB = gzip.compress(b"\0" * 50_000_000)


@pytest.mark.parametrize("limit", [0, 100, 65_536])
def test_a_gzip_bomb_is_cut_at_the_cap(limit: int) -> None:
    outcome = call(answers(response(BOMB, b"Content-Encoding: gzip")), read_limit=limit)
    assert (outcome.status, len(outcome.body), outcome.truncated, outcome.error) == (200, limit, True, None)


def test_an_endless_gzip_stream_that_inflates_to_nothing_ends() -> None:
    empty_block = b"\x00\x00\x00\xff\xff" * 4000
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]
    outcome = call(forever(head, empty_block))
    assert outcome.truncated
    assert outcome.body == b""


RAW_DEFLATE = zlib.compress(b"hello", wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        (b"gzip", gzip.compress(b"hello")),
        (b"x-gzip", gzip.compress(b"hel") + gzip.compress(b"lo")),
        (b"GZIP", gzip.compress(b"hello")),
        (b"deflate", zlib.compress(b"hello")),
        (b"deflate", RAW_DEFLATE),
        (b"identity", b"hello"),
    ],
    ids=["gzip", "two members", "capitals", "deflate", "raw deflate", "identity"],
)
def test_encodings_we_read(encoding: bytes, wire: bytes) -> None:
    outcome = call(answers(response(wire, b"Content-Encoding: " + encoding)))
    assert (outcome.body, outcome.error) == (b"hello", None)


@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        (b"br", b"\x0b\x02\x80hello\x03"),
        (b"zstd", b"x"),
        (b"gzip, gzip", gzip.compress(gzip.compress(b"hello"))),
        (b"gzip", b"not gzip at all"),
        (b"gzip", gzip.compress(b"hello" * 1000)[:20]),
        (b"gzip", gzip.compress(b"hello") + b"trailing"),
        (b"deflate", b"\xff\xff\xff"),
        (b"deflate", zlib.compress(b"hello") + b"x"),
    ],
    ids=["br", "zstd", "twice", "not gzip", "cut", "trailing", "not deflate", "more after it"],
)
def test_encodings_we_do_not_read_are_errors_in_words(encoding: bytes, wire: bytes) -> None:
    outcome = call(answers(response(wire, b"Content-Encoding: " + encoding)))
    assert (outcome.status, outcome.error_code, outcome.ok) == (200, "body_undecodable", False)


def test_a_row_of_gzip_members_is_read_up_to_a_bound() -> None:
    member = gzip.compress(b"x")
    assert b"".join(Decoder("gzip").feed(member * 4096)) == b"x" * 4096
    with pytest.raises(UndecodableBody):
        list(Decoder("gzip").feed(member * 4097))


def test_a_drip_ends_at_the_deadline() -> None:
    outcome = call(forever(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x", pause=0.05), HASTY)
    assert (outcome.status, outcome.error_code, outcome.ok) == (200, "deadline", False)
    assert outcome.error == "Not finished after 0.5 s; the time ran out while reading the answer's body."


def test_a_drip_of_headers_ends_at_the_deadline() -> None:
    outcome = call(forever(b"HTTP/1.1 200 OK\r\nX-", b"x", pause=0.05), HASTY)
    assert (outcome.status, outcome.error_code) == (None, "deadline")
    assert "waiting for the answer" in str(outcome.error)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_an_endless_body_is_cut_at_the_cap(head: bytes) -> None:
    outcome = call(forever(head, b"x" * 16_384))
    assert (outcome.status, len(outcome.body), outcome.truncated, outcome.error) == (200, 65_536, True, None)


def test_an_endless_chunked_body_is_cut_at_the_cap() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    outcome = call(forever(head, b"1\r\nx\r\n" * 4000))
    assert (len(outcome.body), outcome.truncated) == (65_536, True)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Flood: yes\r\n" * 500),  # endless lines
        (b"HTTP/1.1 200 OK\r\nX-Flood: ", b"y" * 16_384),  # one endless line
        (b"HTTP/1.1 200 ", b"O" * 16_384),  # an endless reason
        (b"", b"\0" * 16_384),  # no HTTP at all
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"hello\r\n"),
    ],
    ids=["lines", "line", "reason", "zeros", "ssh"],
)
def test_header_floods_and_other_protocols(head: bytes, piece: bytes) -> None:
    outcome = call(forever(head, piece))
    assert (outcome.status, outcome.error_code) == (None, "response_invalid")


def test_an_endless_row_of_interim_answers_is_refused() -> None:
    outcome = call(forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50))
    assert (outcome.status, outcome.error_code) == (None, "response_invalid")


def test_a_few_interim_answers_are_skipped() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert call(answers(hint * 3 + response(b"ok"))).body == b"ok"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfi",
    ],
)
def test_a_body_shorter_than_announced(raw: bytes) -> None:
    outcome = call(answers(raw))
    assert (outcome.status, outcome.error_code, outcome.ok) == (200, "response_incomplete", False)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
    ],
)
def test_headers_that_contradict_themselves_never_raise(raw: bytes) -> None:
    assert call(answers(raw)).timings["total_ms"] >= 0


def test_a_longer_body_does_not_reach_the_next_request() -> None:
    async def run() -> list[Outcome]:
        stray = response(b"five!") + response(b"forged", status=b"201 Created")
        async with serving(answers(stray, close=False)) as (port, seen), GuardedSession(POLICY) as session:
            url = f"http://127.0.0.1:{port}/"
            outcomes = [await session.request("POST", url, {}, b"{}") for _ in range(2)]
            assert len(seen) == 2
            return outcomes

    assert [(outcome.status, outcome.body) for outcome in asyncio.run(run())] == [(200, b"five!")] * 2


def test_connection_reset() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.transport.abort()

    assert call(handler).error_code == "connection_lost"


def test_connection_reset_in_the_body() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    assert call(handler).error_code in ("response_incomplete", "connection_lost")


def test_closing_without_an_answer() -> None:
    assert call(answers(b"")).error_code == "connection_lost"


def test_silence_ends_at_the_deadline() -> None:
    outcome = call(answers(b"", close=False), HASTY)
    assert (outcome.status, outcome.error_code) == (None, "deadline")


def test_a_receiver_that_reads_nothing_leaves_no_connection_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A polite close would wait for our unsent bytes to be read."""
    sockets: list[socket.socket] = []
    real = guard.guarded_socket

    def recorder(addr_info: tuple[Any, ...]) -> socket.socket:
        sockets.append(real(addr_info))
        return sockets[-1]

    monkeypatch.setattr(guard, "guarded_socket", recorder)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async def run() -> None:
        async with serving(handler, limit=1) as (port, _), GuardedSession(HASTY) as session:
            outcome = await session.request("POST", f"http://127.0.0.1:{port}/", {}, b"x" * 20_000_000)
            assert outcome.error_code == "deadline"
            await asyncio.sleep(0.05)
            assert [sock.fileno() for sock in sockets] == [-1]

    asyncio.run(run())


def test_a_slow_accept_ends_at_the_deadline() -> None:
    """A full backlog: the connection is never accepted."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)

    async def run() -> Outcome:
        async with GuardedSession(HASTY) as session:
            return await session.request("POST", f"http://127.0.0.1:{port}/", {}, b"{}")

    started = time.perf_counter()
    outcome = asyncio.run(run())
    # A kernel gives up by itself after minutes; a busy machine may be a second late.
    assert time.perf_counter() - started < DEADLINE + 5
    assert outcome.error == "Not finished after 0.5 s; the time ran out while connecting."
    for sock in (*fillers, listener):
        sock.close()


def test_nothing_listens() -> None:
    async def run() -> Outcome:
        async with GuardedSession(POLICY) as session:
            return await session.request("POST", "http://127.0.0.1:1/", {}, b"{}")

    outcome = asyncio.run(run())
    assert outcome.error_code == "connect_failed"
    assert outcome.error == "Nothing accepts connections at that address and port."


def test_many_hostile_receivers_delay_no_honest_one() -> None:
    async def run() -> list[Outcome]:
        hang, honest = answers(b"", close=False), answers(response(b"ok"))
        async with serving(hang) as (bad, _), serving(honest) as (good, _), GuardedSession(HASTY) as session:
            slow = [
                asyncio.create_task(session.request("POST", f"http://127.0.0.1:{bad}/", {}, b"{}")) for _ in range(200)
            ]
            await asyncio.sleep(0.05)
            started = time.perf_counter()
            outcome = await session.request("POST", f"http://127.0.0.1:{good}/", {}, b"{}")
            assert time.perf_counter() - started < DEADLINE
            return [outcome, *await asyncio.gather(*slow)]

    honest, *hung = asyncio.run(run())
    assert honest.ok
    assert {outcome.error_code for outcome in hung} == {"deadline"}


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X-A\r\n": "1"}, {"X A": "1"}, {"": "1"}])
def test_a_request_that_cannot_be_written(headers: dict[str, str]) -> None:
    async def run() -> Outcome:
        async with serving(answers(response(b""))) as (port, _), GuardedSession(POLICY) as session:
            return await session.request("POST", f"http://127.0.0.1:{port}/", headers, b"{}")

    outcome = asyncio.run(run())
    assert outcome.error_code == "request_invalid" or "\n" not in str(outcome.headers)


def test_refused_addresses_are_outcomes() -> None:
    async def run() -> list[Outcome]:
        async with GuardedSession(EgressPolicy()) as session:
            urls = (
                "https://10.0.0.1/",
                "http://127.0.0.1/",
                "https://[::ffff:127.0.0.1]/",
                "https://localhost/",
            )
            return [await session.request("GET", url) for url in urls]

    codes = [outcome.error_code for outcome in asyncio.run(run())]
    assert codes == ["url_private_address", "url_scheme", "url_private_address", "url_reserved_name"]


def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hits: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hits.append(await read_request(reader))
        writer.write(response(b"proxied"))

    seen: list[bytes] = []

    async def target(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(response(b"direct"))

    async def run() -> Outcome:
        async with serving(proxy) as (proxy_port, _), serving(target) as (port, _):
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy_port}")
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            netrc = tmp_path / "netrc"
            netrc.write_text("machine 127.0.0.1 login l password p\n")
            monkeypatch.setenv("NETRC", str(netrc))
            async with GuardedSession(POLICY) as session:
                return await session.request("POST", f"http://127.0.0.1:{port}/", {}, b"{}")

    assert asyncio.run(run()).body == b"direct"
    assert hits == []
    assert b"Authorization" not in seen[0]


async def keep_answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await read_request(reader)
        writer.write(response(b"ok", b"Set-Cookie: a=b"))
        await writer.drain()


def test_no_cookie_comes_back() -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(response(b"ok", b"Set-Cookie: session=secret; Path=/", b"Connection: close"))

    async def run() -> None:
        async with serving(handler) as (port, _), GuardedSession(POLICY) as session:
            for host in ("127.0.0.1", "127.0.0.1", "localhost", "localhost"):
                assert (await session.request("POST", f"http://{host}:{port}/", {}, b"{}")).ok

    asyncio.run(run())
    assert len(heads) == 4
    assert not any(b"cookie" in head.lower() for head in heads)


def test_connections_belong_to_one_pool() -> None:
    async def run() -> None:
        async with serving(keep_answering) as (port, seen), GuardedSession(POLICY) as session:
            url = f"http://127.0.0.1:{port}/"
            outcomes = [await session.request("POST", url, {}, b"{}", pool=pool) for pool in "aabba"]
            assert [outcome.reused for outcome in outcomes] == [False, True, False, True, True]
            assert len(seen) == 2
            assert all(outcome.resolved_address == "127.0.0.1" for outcome in outcomes)

    asyncio.run(run())


def test_connections_do_not_grow_old() -> None:
    policy = EgressPolicy(allow_loopback_http=True, total_deadline_s=0.2, max_connection_s=0.3)

    async def run() -> None:
        async with serving(keep_answering) as (port, seen), GuardedSession(policy) as session:
            for pause in (0.0, 0.05, 0.1):
                await asyncio.sleep(pause)
                assert (await session.request("POST", f"http://127.0.0.1:{port}/", {}, b"{}")).ok
            assert len(seen) == 2

    asyncio.run(run())


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_reused_connection_that_dies_is_replaced_only_for_repeatable_requests(repeatable: bool) -> None:
    got: list[bytes] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await read_request(reader))
        writer.write(response(b"ok"))
        await read_request(reader)  # the second request on this connection is lost
        writer.transport.abort()

    async def run() -> Outcome:
        async with serving(once) as (port, _), GuardedSession(POLICY) as session:
            url = f"http://127.0.0.1:{port}/"
            assert (await session.request("POST", url, {}, b"1")).ok
            return await session.request("POST", url, {}, b"2", repeatable=repeatable)

    outcome = asyncio.run(run())
    assert outcome.ok is repeatable
    assert len(got) == (2 if repeatable else 1)


def test_a_dead_new_connection_is_not_tried_again() -> None:
    hits = 0

    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hits
        hits += 1
        await read_request(reader)
        writer.transport.abort()

    assert call(dies, repeatable=True).error_code == "connection_lost"
    assert hits == 1


def test_an_error_after_the_body_harms_no_other_request() -> None:
    """The connection is back in the pool by then: it must not be cut under its next user."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            wrong = request.startswith(b"POST /wrong")
            writer.write(response(b"nonsense" if wrong else b"ok", b"Content-Encoding: gzip" if wrong else b"X-A: b"))
            await writer.drain()

    async def run() -> None:
        async with serving(handler) as (port, _), GuardedSession(POLICY) as session:
            calls = [
                session.request("POST", f"http://127.0.0.1:{port}/{path}", {}, b"{}")
                for path in ("wrong", "right") * 50
            ]
            outcomes = await asyncio.gather(*calls)
            assert [outcome.error_code for outcome in outcomes] == ["body_undecodable", None] * 50
            after = [
                await session.request("POST", f"http://127.0.0.1:{port}/{path}", pool="after")
                for path in ("wrong", "right")
            ]
            assert after[1].reused

    asyncio.run(run())


def test_a_cancelled_request_is_cancelled() -> None:
    async def run() -> None:
        async with serving(answers(b"", close=False)) as (port, _), GuardedSession(POLICY) as session:
            task = asyncio.create_task(session.request("POST", f"http://127.0.0.1:{port}/", {}, b"{}"))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())


def test_a_session_refuses_to_open_in_a_transaction() -> None:
    async def run() -> None:
        async with GuardedSession(POLICY):
            pytest.fail("opened")

    set_transaction_probe(lambda: True)
    try:
        with pytest.raises(RuntimeError, match="transaction"):
            asyncio.run(run())
    finally:
        set_transaction_probe(None)


def certificate(tmp_path: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own for `name`, and a client's that trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    today = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
    alternative: x509.GeneralName = x509.DNSName(name)
    with contextlib.suppress(ValueError):
        alternative = x509.IPAddress(ipaddress.ip_address(name))
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + built.public_bytes(encoding)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=built.public_bytes(encoding).decode())


@pytest.mark.parametrize(
    ("name", "trusted", "code"),
    [
        ("127.0.0.1", True, None),
        ("127.0.0.1", False, "tls_failed"),
        ("example.com", True, "tls_failed"),
    ],
)
def test_tls_is_verified_and_timed(tmp_path: Path, name: str, trusted: bool, code: str | None) -> None:
    server, client = certificate(tmp_path, name)

    async def run() -> Outcome:
        async with (
            serving(keep_answering, ssl=server) as (port, _),
            GuardedSession(POLICY, tls=client if trusted else None) as session,
        ):
            return await session.request("POST", f"https://127.0.0.1:{port}/", {}, b"{}")

    outcome = asyncio.run(run())
    assert outcome.error_code == code
    if code is None:
        assert set(outcome.timings) == {"connect_ms", "tls_ms", "first_byte_ms", "total_ms"}
        assert outcome.timings["tls_ms"] > 0
    else:
        assert "certificate is not trusted" in str(outcome.error)


def test_a_handshake_that_never_ends() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async def run() -> Outcome:
        async with serving(handler) as (port, _), GuardedSession(HASTY) as session:
            return await session.request("POST", f"https://127.0.0.1:{port}/", {}, b"{}")

    outcome = asyncio.run(run())
    assert outcome.error == "Not finished after 0.5 s; the time ran out while agreeing on TLS."


def test_plain_http_behind_an_https_address() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(5)

    async def run() -> Outcome:
        async with serving(handler) as (port, _), GuardedSession(POLICY) as session:
            return await session.request("POST", f"https://127.0.0.1:{port}/", {}, b"{}")

    outcome = asyncio.run(run())
    assert outcome.error_code == "tls_failed"
    assert str(outcome.error).startswith("TLS could not be agreed with the receiver")
