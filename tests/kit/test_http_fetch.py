"""Downloads for workers: whole or not at all, in time, never inside a transaction."""

import asyncio
import gzip
import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agentcollect.kit.http import EgressPolicy, Fetched, fetch, refuse_in_transaction, set_transaction_probe

POLICY = EgressPolicy(allow_loopback_http=True)
CSV = b"email,invoice_amount\n" + b"a@example.com,12.00\n" * 20_000
BOMB = gzip.compress(b"\0" * 50_000_000)


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heads: list[dict[str, str]] = []

    def do_GET(self) -> None:
        type(self).heads.append({name.lower(): value for name, value in self.headers.items()})
        getattr(self, "get_" + self.path.strip("/").partition("?")[0])()

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def get_csv(self) -> None:
        self.answer(200, CSV, Content_Type="Text/CSV; charset=utf-8")

    def get_packed(self) -> None:
        self.answer(200, gzip.compress(CSV), Content_Type="text/csv", Content_Encoding="gzip")

    def get_bomb(self) -> None:
        self.answer(200, BOMB, Content_Type="text/csv", Content_Encoding="gzip")

    def get_redirect(self) -> None:
        self.answer(302, b"", Location="http://169.254.169.254/")

    def get_missing(self) -> None:
        self.answer(404, b"<h1>no</h1>" * 1000, Content_Type="text/html")

    def get_untyped(self) -> None:
        self.answer(200, b"x")

    def get_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(b"x" * 65_536)

    def get_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url: str, *, max_bytes: int = 10_000_000, types: tuple[str, ...] = (), to: io.BytesIO | None = None) -> Fetched:
    deadline = 0.5 if url.endswith("drip") else 5.0
    started = time.perf_counter()
    fetched = fetch(url, policy=POLICY, max_bytes=max_bytes, deadline_s=deadline, accept_types=types, to=to)
    assert time.perf_counter() - started < deadline + 5
    return fetched


@pytest.mark.parametrize("path", ["csv", "packed", "csv?X-Amz-Signature=a%2Fb%3D"])
def test_a_whole_file(site: str, path: str) -> None:
    fetched = get(f"{site}/{path}", types=("text/csv", "text/plain"))
    assert fetched.ok
    assert (fetched.status, fetched.body, fetched.size) == (200, CSV, len(CSV))
    assert fetched.content_type == "text/csv"
    assert fetched.resolved_address == "127.0.0.1"
    assert Site.heads[-1]["accept"] == "text/csv, text/plain"


@pytest.mark.parametrize("path", ["csv", "packed"])
def test_a_file_object_takes_the_bytes(site: str, path: str) -> None:
    target = io.BytesIO()
    fetched = get(f"{site}/{path}", to=target)
    assert (fetched.ok, fetched.body, fetched.size, target.getvalue()) == (True, b"", len(CSV), CSV)


def test_exactly_the_limit_is_allowed(site: str) -> None:
    assert get(f"{site}/csv", max_bytes=len(CSV)).ok
    assert get(f"{site}/packed", max_bytes=len(CSV)).ok


@pytest.mark.parametrize("path", ["csv", "packed", "bomb", "endless"])
def test_beyond_the_limit_is_refused(site: str, path: str) -> None:
    target = io.BytesIO()
    fetched = get(f"{site}/{path}", max_bytes=len(CSV) - 1, to=target)
    assert (fetched.ok, fetched.error_code) == (False, "too_large")
    assert fetched.error == f"The file is larger than {len(CSV) - 1} bytes."
    assert len(target.getvalue()) <= len(CSV) - 1


@pytest.mark.parametrize(
    ("path", "types", "code", "words"),
    [
        ("redirect", (), "redirect", "answered with a redirect (302)"),
        ("missing", (), "http_status", "answered with status 404"),
        (
            "csv",
            ("image/png", "image/*"),
            "content_type",
            "The file's type is text/csv, not image/png or image/*.",
        ),
        ("untyped", ("text/csv",), "content_type", "not given"),
        ("drip", (), "deadline", "reading the answer's body"),
    ],
)
def test_refusals_in_words(site: str, path: str, types: tuple[str, ...], code: str, words: str) -> None:
    fetched = get(f"{site}/{path}", types=types)
    assert (fetched.ok, fetched.error_code) == (False, code)
    assert words in str(fetched.error)


@pytest.mark.parametrize("types", [("text/*",), ("*/*",), ("TEXT/CSV",)])
def test_type_families(site: str, types: tuple[str, ...]) -> None:
    assert get(f"{site}/csv", types=types).ok


@pytest.mark.parametrize("url", ["https://169.254.169.254/latest/", "file:///etc/passwd", "https://2130706433/", ""])
def test_refused_addresses(url: str) -> None:
    fetched = get(url)
    assert (fetched.ok, fetched.status) == (False, None)
    assert str(fetched.error_code).startswith("url_")


def test_nothing_is_fetched_inside_a_transaction(site: str) -> None:
    before = len(Site.heads)
    set_transaction_probe(lambda: True)
    try:
        with pytest.raises(RuntimeError, match="transaction"):
            get(f"{site}/csv")
        with pytest.raises(RuntimeError, match="transaction"):
            refuse_in_transaction()
        set_transaction_probe(lambda: False)
        assert get(f"{site}/csv").ok
    finally:
        set_transaction_probe(None)
    assert len(Site.heads) == before + 1


def test_nothing_is_fetched_inside_an_event_loop(site: str) -> None:
    async def run() -> None:
        get(f"{site}/csv")

    with pytest.raises(RuntimeError, match="event loop"):
        asyncio.run(run())
