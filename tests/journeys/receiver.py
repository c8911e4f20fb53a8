"""A customer's webhook receiver on loopback: keeps every request raw, and verifies it as customers do."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import standardwebhooks
import stripe


@dataclass(frozen=True)
class Got:
    """One POST as it came in; `at` is this process's monotonic clock, header names are folded."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)

    def verify(self, secret: str) -> dict[str, Any]:
        """The event, once all three ways of verifying agree: both libraries', and the product page's raw HMAC."""
        ours = self.headers["x-agentcollect-signature"]
        assert stripe.WebhookSignature.verify_header(self.body.decode(), ours, secret, tolerance=300)
        assert standardwebhooks.Webhook(secret).verify(self.body, self.headers) == self.event
        moment, *signatures = (part.partition("=")[2] for part in ours.split(","))
        mac = hmac.new(secret.encode(), moment.encode() + b"." + self.body, hashlib.sha256)
        # One for each live secret: while an old one overlaps, any of them will do.
        assert any(hmac.compare_digest(mac.hexdigest(), signature) for signature in signatures)
        assert self.headers["content-type"] == "application/json"
        assert self.headers["webhook-id"] == self.event["id"]
        return self.event


@dataclass
class Receiver:
    """`answers`: path → the status to answer with; 200 where nothing is said."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)

    def at(self, path: str, type: str = "") -> list[Got]:
        """What came to `path`, of one event type if one is named."""
        found = [one for one in list(self.got) if one.path == path]
        return [one for one in found if one.event["event"] == type] if type else found

    def wait(self, path: str, type: str = "", *, count: int = 1, seconds: float = 30, about: str = "") -> list[Got]:
        """Until `count` are there whose body holds `about`. AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [one for one in self.at(path, type) if about.encode() in one.body]
            if len(found) >= count:
                return found
            time.sleep(0.01)
        came = [(one.path, one.event["event"]) for one in self.got]
        raise AssertionError(f"{count} × {type or 'anything'} were awaited at {path}; {came} came")


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A running receiver, on a free port unless one is named."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.got.append(Got(self.path, headers, body, time.monotonic()))
            self.send_response(state.answers.get(self.path, 200))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", port), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
