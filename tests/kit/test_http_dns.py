"""R5, names: whatever a name server answers, no socket is opened to a private address."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from agentcollect.kit.http import EgressPolicy, GuardedSession, Outcome, guard

PUBLIC, OTHER_PUBLIC, PUBLIC_V6 = "93.184.216.34", "1.1.1.1", "2606:4700:4700::1111"
POLICY = EgressPolicy(total_deadline_s=5.0)
HASTY = EgressPolicy(total_deadline_s=0.5)


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """Answers each query for a name with its next script entry (the last one stays).

    An entry is a list of addresses, "nxdomain", "servfail", "silence" or ("cname", name, addresses).
    """

    script: list[Any]
    asked: list[tuple[str, str]] = field(default_factory=list)
    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        same = sum(asked_kind == kind for _, asked_kind in self.asked)
        self.asked.append((question.name.to_text(), kind))
        entry = self.script[min(same, len(self.script) - 1)]
        if entry != "silence":
            self.transport.sendto(self._reply(query, question.name, kind, entry).to_wire(), addr)

    def _reply(self, query: dns.message.Message, name: Any, kind: str, entry: Any) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if entry == "nxdomain":
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif entry == "servfail":
            reply.set_rcode(dns.rcode.SERVFAIL)
        else:
            if entry[:1] == ("cname",):
                reply.answer.append(dns.rrset.from_text(name, 0, "IN", "CNAME", entry[1]))
                name, entry = entry[1], entry[2]
            records = [address for address in entry if (":" in address) == (kind == "AAAA")]
            if records:
                reply.answer.append(dns.rrset.from_text(name, 0, "IN", kind, *records))
        return reply


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every address the socket factory lets through; none is really dialled."""
    passed: list[str] = []
    real = guard.guarded_socket

    def recorder(addr_info: tuple[Any, ...]) -> socket.socket:
        real(addr_info).close()
        passed.append(addr_info[4][0])
        raise ConnectionRefusedError(111, "not dialled in tests")

    monkeypatch.setattr(guard, "guarded_socket", recorder)
    yield passed
    assert all(guard.is_public(ip_address(address)) for address in passed)


@contextlib.asynccontextmanager
async def session_with(script: list[Any], policy: EgressPolicy = POLICY, **options: Any) -> Any:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(script), local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    try:
        async with GuardedSession(policy, resolver=resolver, **options) as session:
            yield session, server
    finally:
        transport.close()


def resolve_and_call(script: list[Any], url: str = "https://hooks.example.com/", times: int = 1) -> list[Outcome]:
    async def run() -> list[Outcome]:
        policy = HASTY if script == ["silence"] else POLICY
        async with session_with(script, policy) as (session, _):
            return [await session.request("POST", url, {}, b"{}") for _ in range(times)]

    return asyncio.run(run())


def test_a_public_name_is_dialled_at_its_address(attempts: list[str]) -> None:
    (outcome,) = resolve_and_call([[PUBLIC]])
    assert attempts == [PUBLIC]
    assert outcome.error_code == "connect_failed"
    assert outcome.timings["dns_ms"] > 0


def test_all_public_addresses_are_tried_but_not_hundreds(attempts: list[str]) -> None:
    many = [f"93.184.216.{number}" for number in range(1, 21)]
    resolve_and_call([[*many, PUBLIC_V6]])
    assert len(set(attempts)) == 3
    assert PUBLIC_V6 in attempts


PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.100.100.200", "0.0.0.0"),
    *("224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.192", "168.63.129.16", "240.0.0.1", "192.0.2.5"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
    *(
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001:0:1::1",
        "2001:db8::1",
        "fec0::1",
    ),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_refused(attempts: list[str], address: str) -> None:
    (outcome,) = resolve_and_call([[address]])
    assert (outcome.error_code, outcome.status, attempts) == ("url_private_address", None, [])
    assert "private or reserved" in str(outcome.error)


@pytest.mark.parametrize("address", PRIVATE)
def test_one_private_address_among_public_ones_refuses_all(attempts: list[str], address: str) -> None:
    (outcome,) = resolve_and_call([[PUBLIC, OTHER_PUBLIC, PUBLIC_V6, address]])
    assert (outcome.error_code, attempts) == ("url_private_address", [])


def test_a_private_address_behind_an_alias_is_refused(attempts: list[str]) -> None:
    (outcome,) = resolve_and_call([("cname", "inside.example.net.", ["10.0.0.1"])])
    assert (outcome.error_code, attempts) == ("url_private_address", [])


def test_rebinding_the_second_answer_is_checked_like_the_first(attempts: list[str]) -> None:
    """Public first, private after: each new connection asks anew, and dials only what it checked."""
    first, *later = resolve_and_call([[PUBLIC], ["127.0.0.1"]], times=4)
    assert first.error_code == "connect_failed"
    assert {outcome.error_code for outcome in later} == {"url_private_address"}
    assert attempts == [PUBLIC]


def test_each_connection_asks_once(attempts: list[str]) -> None:
    """There is no second look-up between check and connect that could answer otherwise."""

    async def run() -> list[tuple[str, str]]:
        async with session_with([[PUBLIC], ["127.0.0.1"]]) as (session, server):
            await session.request("POST", "https://hooks.example.com/", {}, b"{}")
            return list(server.asked)

    assert sorted(asyncio.run(run())) == [("hooks.example.com.", "A"), ("hooks.example.com.", "AAAA")]
    assert attempts == [PUBLIC]


@pytest.mark.parametrize("answer", [["127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "127.0.0.1"]])
def test_the_socket_refuses_what_a_lying_resolver_lets_through(
    monkeypatch: pytest.MonkeyPatch, answer: list[str]
) -> None:
    """The resolver's check switched off, a listener on loopback: nobody ever connects to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port = listener.getsockname()[1]

    async def lies(self: object, host: str, port: int = 0, family: int = 0) -> list[Any]:
        return [guard._result(host, port, address) for address in answer if address != PUBLIC] + [
            guard._result(host, port, "::1")
        ]

    monkeypatch.setattr(guard.GuardedResolver, "resolve", lies)

    async def run() -> Outcome:
        async with GuardedSession(EgressPolicy(ports=frozenset({port}), total_deadline_s=5.0)) as session:
            return await session.request("POST", f"https://hooks.example.com:{port}/", {}, b"{}")

    outcome = asyncio.run(run())
    assert (outcome.error_code, outcome.status) == ("url_private_address", None)
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()


def test_literal_addresses_meet_the_socket_check_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiohttp asks no resolver for a literal; with the URL check switched off the socket still refuses."""
    from agentcollect.kit.http import client

    monkeypatch.setattr("agentcollect.kit.http.targets.is_public", lambda address: True)
    client._target.cache_clear()

    async def run() -> Outcome:
        async with GuardedSession(POLICY) as session:
            return await session.request("GET", "https://127.0.0.1/")

    outcome = asyncio.run(run())
    client._target.cache_clear()
    assert (outcome.error_code, outcome.resolved_address) == ("url_private_address", None)


def test_the_loopback_allowance_opens_no_name_that_leads_to_loopback(attempts: list[str]) -> None:
    policy = EgressPolicy(allow_loopback_http=True, total_deadline_s=5.0)

    async def run() -> Outcome:
        async with session_with([["127.0.0.1"]], policy) as (session, _):
            return await session.request("POST", "https://localtest.example.com/", {}, b"{}")

    assert asyncio.run(run()).error_code == "url_private_address"
    assert attempts == []


@pytest.mark.parametrize("host", ["localhost", "LocalHost.", "api.localhost"])
def test_localhost_asks_no_server(host: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def run() -> None:
        web = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = web.sockets[0].getsockname()[1]
        policy = EgressPolicy(allow_loopback_http=True, total_deadline_s=5.0)
        async with session_with([["10.0.0.1"]], policy) as (session, server):
            outcome = await session.request("GET", f"http://{host}:{port}/")
            assert (outcome.status, outcome.resolved_address, server.asked) == (204, "127.0.0.1", [])
        web.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (["nxdomain"], "dns_failed", "The host name does not exist."),
        ([[]], "dns_failed", "The host name has no address."),
        (["servfail"], "dns_failed", "The host name could not be looked up."),
        (
            ["silence"],
            "deadline",
            "Not finished after 0.5 s; the time ran out while looking up the host name.",
        ),
    ],
)
def test_name_failures_in_words(attempts: list[str], script: list[Any], code: str, words: str) -> None:
    started = time.perf_counter()
    (outcome,) = resolve_and_call(script)
    assert time.perf_counter() - started < 1.5
    assert (outcome.error_code, outcome.error, attempts) == (code, words, [])


def test_many_dead_name_servers_are_waited_for_together(attempts: list[str]) -> None:
    async def run() -> None:
        async with session_with(["silence"], HASTY) as (session, _):
            started = time.perf_counter()
            calls = [session.request("POST", f"https://h{n}.example.com/", {}, b"{}") for n in range(100)]
            outcomes = await asyncio.gather(*calls)
            assert {outcome.error_code for outcome in outcomes} == {"deadline"}
            assert time.perf_counter() - started < 1.5

    asyncio.run(run())


def test_a_machine_without_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.asyncresolver, "Resolver", fails)

    async def run() -> Outcome:
        async with GuardedSession(POLICY) as session:
            return await session.request("GET", "https://example.com/")

    assert asyncio.run(run()).error_code == "dns_failed"


def test_host_and_server_name_stay_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Dialled by address, spoken to by name. Loopback plays the public internet here."""
    monkeypatch.setattr(guard, "is_public", lambda address: str(address) == "127.0.0.1")
    server, client = _certificate(tmp_path, "hooks.example.com")
    names: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def run() -> Outcome:
        web = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server)
        port = web.sockets[0].getsockname()[1]
        policy = EgressPolicy(ports=frozenset({port}), total_deadline_s=5.0)
        async with session_with([["127.0.0.1"]], policy, tls=client) as (session, _):
            outcome: Outcome = await session.request("GET", f"https://hooks.example.com:{port}/x")
        web.close()
        return outcome

    outcome = asyncio.run(run())
    assert (outcome.status, outcome.resolved_address, names) == (204, "127.0.0.1", ["hooks.example.com"])
    assert b"Host: hooks.example.com" in heads[0]
    assert set(outcome.timings) == {"dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "total_ms"}


def _certificate(tmp_path: Any, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    today = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + built.public_bytes(encoding)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=built.public_bytes(encoding).decode())
