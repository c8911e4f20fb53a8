"""The API as its creditor reaches it, in this very process: the demo needs no server to be running."""

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

_AGENT = "your-company-erp/4.2"


class RefusedError(Exception):
    """The API refused what the demo asked for, with its answer."""


class Door:
    """Requests with one test key, through every layer that a request from outside passes."""

    def __init__(self, api_key: str) -> None:
        self._key = api_key
        self._application: Any = WSGIHandler()

    def get(self, path: str, query: str = "") -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.call("POST", path, json.dumps(body or {}).encode(), media_type="application/json")

    def upload(self, path: str, name: str, media_type: str, raw: bytes, **fields: str) -> Any:
        """One file in a `multipart/form-data`."""
        edge = uuid.uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        opened = "".join(parts) + f"{head}Content-Type: {media_type}\r\n\r\n"
        raw = opened.encode() + raw + f"\r\n--{edge}--\r\n".encode()
        return self.call("POST", path, raw, media_type=f"multipart/form-data; boundary={edge}")

    def ask(
        self, method: str, path: str, raw: bytes = b"", *, query: str = "", media_type: str = ""
    ) -> tuple[int, Any]:
        """(status, decoded body) of whatever the API answers."""
        told: list[str] = []

        def begin(status: str, *_: Any) -> Callable[[bytes], object]:
            told.append(status)
            return lambda _: None

        answer = self._application(self._environ(method, path, raw, query, media_type), begin)
        try:
            body = b"".join(answer)
        finally:
            answer.close()
        return int(told[0].split()[0]), json.loads(body) if body else None

    def call(self, method: str, path: str, raw: bytes = b"", *, query: str = "", media_type: str = "") -> Any:
        """The decoded body of a good answer. Raises RefusedError."""
        status, body = self.ask(method, path, raw, query=query, media_type=media_type)
        if status >= 400:
            raise RefusedError(f"{method} {path}: {status} {body}")
        return body

    def _environ(self, method: str, path: str, raw: bytes, query: str, media_type: str) -> dict[str, Any]:
        """PEP 3333."""
        scheme, _, shown = settings.PUBLIC_URL.partition("://")
        # Any host that this installation answers to; addresses in answers are PUBLIC_URL's all the same.
        host = next((name for name in settings.ALLOWED_HOSTS if name[:1] not in "*."), shown.partition("/")[0])
        return {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "SERVER_NAME": host,
            "SERVER_PORT": "443" if scheme == "https" else "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": media_type,
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_HOST": host,
            "HTTP_X_FORWARDED_PROTO": scheme,
            "HTTP_AUTHORIZATION": f"Bearer {self._key}",
            "HTTP_USER_AGENT": _AGENT,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scheme,
            "wsgi.input": io.BytesIO(raw),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
