"""A model server on loopback that speaks OpenAI's chat completions: it answers as told, well or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]
MODEL = "stub-writer"
TOKENS_IN, TOKENS_OUT = 900, 120


class Stub:
    """`answers` are given one after another, the last again and again; `asked` keeps the requests' bodies."""

    def __init__(self, address: str) -> None:
        self.base_url = f"{address}/v1"
        self.answers: list[Answer] = []
        self.asked: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def take(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            self.asked.append(body)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def settings(self) -> dict[str, Any]:
        """As settings.AGENT wants it."""
        one = {"base_url": self.base_url, "api_key": "sk-stub", "model": MODEL}
        return one | {"price_in": 0.5, "price_out": 1.5, "timeout": 3.0}


@contextmanager
def serving() -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                stub.take(body)(self)
            except OSError:
                pass  # the client's deadline has passed

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub = Stub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


def says(value: Any) -> Answer:
    """A completion whose text is `value`, as JSON unless it is a text already."""
    text = value if isinstance(value, str) else json.dumps(value)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _send(handler, 200, _completion(text))

    return answer


def writes(*sentences: str) -> Answer:
    return says({"sentences": list(sentences)})


def fails(status: int) -> Answer:
    return lambda handler: _send(handler, status, json.dumps({"error": {"message": "no"}}).encode())


def garbage(handler: BaseHTTPRequestHandler) -> None:
    _send(handler, 200, b"<html>not a completion</html>")


def hangs(seconds: float) -> Answer:
    return lambda handler: time.sleep(seconds)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte every tenth of a second: each read succeeds, the whole never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def _completion(text: str) -> bytes:
    usage = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, "total_tokens": TOKENS_IN + TOKENS_OUT}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    head = {"id": "cmpl-1", "object": "chat.completion", "created": 1_760_000_000, "model": MODEL}
    return json.dumps(head | {"choices": [choice], "usage": usage}).encode()


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
