"""A small server that answers as told, and the running product where the environment names one."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class Scripted:
    """A server on loopback: gives the prepared answers in turn, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.seen: list[dict[str, Any]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                owner.seen.append(
                    {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
                )
                status, headers, said = owner.answers.pop(0)
                if status == 0:  # hang up without an answer
                    self.close_connection = True
                    self.connection.close()
                    return
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, status: int, body: Any = None, **headers: str) -> None:
        self.answers.append(
            (status, {k.replace("_", "-"): v for k, v in headers.items()}, {} if body is None else body)
        )

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request["body"]) for request in self.seen]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    # The clients wait by this function; what it computes is tested by itself.
    monkeypatch.setattr("agentcollect._core.wait_after", lambda attempt, asked: 0.0)
    made = Scripted()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="session")
def live() -> dict[str, str]:
    """Where the product runs, and a test key for it."""
    if "AGENTCOLLECT_API_KEY" not in os.environ or "AGENTCOLLECT_BASE_URL" not in os.environ:
        pytest.skip("AGENTCOLLECT_BASE_URL and AGENTCOLLECT_API_KEY name no running product")
    return {"api_key": os.environ["AGENTCOLLECT_API_KEY"], "base_url": os.environ["AGENTCOLLECT_BASE_URL"]}
