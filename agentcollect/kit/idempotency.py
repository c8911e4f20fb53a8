"""One effect for a POST that is sent twice: `Idempotency-Key` names it, its first answer is kept and given again.

The claim on the key and the work commit in one transaction: a process that dies half-way leaves neither, and the key is
free. Kept is what the handler answered: every success, and a refusal that the state of things caused (404, 409, 422).
Not kept, because nothing ran or all of it was rolled back: 400, 401, 403, 413, 415, 429, 5xx, and every refusal that
says itself that a later try may succeed.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.apps import apps
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock, crypto, db, errors, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared

errors.define("invalid_idempotency_key", 400, "`Idempotency-Key` is 1 to 255 visible ASCII characters.")
errors.define("idempotency_key_reused", 409, "This `Idempotency-Key` was used for another request.")
errors.define(
    "idempotency_in_progress",
    409,
    "The first request with this `Idempotency-Key` is still running. Wait `retry_after` seconds.",
    retryable=True,
)

HEADER = "HTTP_IDEMPOTENCY_KEY"
KEPT_FOR = timedelta(hours=24)
KEPT_REFUSALS = frozenset({404, 409, 422})
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_BOUNDARY = re.compile(r'multipart/[^;]+;.*boundary="?([^";,]+)', re.IGNORECASE)
# How long the second of two equals waits for the first before it is told to come back.
_PATIENCE_SECONDS, _PAUSE_SECONDS = 0.2, 0.02
Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks what under which key. `fingerprint` tells another request from a repeated one."""

    organisation_id: str
    livemode: bool
    key: str
    fingerprint: str
    at: datetime

    @property
    def lock(self) -> str:
        return f"idempotency:{self.organisation_id}:{self.livemode}:{self.key}"


def guard(view: Any, request: Request) -> None:
    """Let `view.post` run once per key. Costs nothing without the header; nobody's POST (token endpoints) is let be.

    Raises ApiError(invalid_idempotency_key).
    """
    if request.method != "POST" or HEADER not in request._request.META or request.user is None:
        return
    key = request._request.META[HEADER]
    if not _VISIBLE.fullmatch(key):
        raise ApiError("invalid_idempotency_key")
    if handler := getattr(view, "post", None):
        view.post = partial(_once, handler, key)


def _once(handler: Handler, key: str, request: Request, *args: Any, **kwargs: Any) -> Response:
    caller: Any = request.user
    asked = Asked(
        organisation_id=caller.organisation_id,
        livemode=caller.livemode,
        key=key,
        fingerprint=_fingerprint(request._request),
        at=clock.now(),
    )
    # Read first without a transaction: a replay waits for no writer.
    if kept := _kept(asked):
        return _again(kept, asked)
    with db.enclosing():
        _take(asked)
        if kept := _kept(asked):
            return _again(kept, asked)
        return _first(asked, partial(handler, request, *args, **kwargs))


def _take(asked: Asked) -> None:
    """Hold the key until the transaction ends. Raises ApiError(idempotency_in_progress) when another one has it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not db.try_lock(asked.lock):
        if time.monotonic() >= deadline:
            raise ApiError("idempotency_in_progress", headers={"Retry-After": "1"}, retry_after=1)
        time.sleep(_PAUSE_SECONDS)


def _first(asked: Asked, work: Callable[[], Response]) -> Response:
    """Run the work and keep its answer. What is raised on, rolls back the claim too."""
    try:
        with db.enclosing():
            response = work()
    except ApiError as refused:
        if refused.status not in KEPT_REFUSALS or refused.definition.retryable:
            raise
        response = errors.handle(refused, {})
    body = orjson.dumps(response.data)
    _keep(asked, response, body)
    response.data = orjson.Fragment(body)
    return response


def _keep(asked: Asked, response: Response, body: bytes) -> None:
    made = response.data.get("id") if isinstance(response.data, dict) and response.status_code < 400 else None
    rows = _rows()
    rows.filter(organisation_id=asked.organisation_id, livemode=asked.livemode, key=asked.key).delete()  # expired
    rows.create(
        id=ids.new("idm"),
        organisation_id=asked.organisation_id,
        livemode=asked.livemode,
        key=asked.key,
        fingerprint=asked.fingerprint,
        status=response.status_code,
        location=response.headers.get("Location", ""),
        body=crypto.encrypt(body.decode()),
        resource_id=made if isinstance(made, str) else "",
        created_at=asked.at,
        recorded_at=asked.at,
    )


def _kept(asked: Asked) -> Any:
    """The row of an earlier answer that is not too old, or None."""
    since = asked.at - KEPT_FOR
    found = _kept_since(organisation_id=asked.organisation_id, livemode=asked.livemode, key=asked.key, since=since)
    return next(iter(found), None)


@Prepared
def _kept_since(organisation_id: str, livemode: bool, key: str, since: datetime) -> Any:
    mine = _rows().filter(organisation_id=organisation_id, livemode=livemode, key=key)
    return mine.filter(recorded_at__gt=since)


def _again(kept: Any, asked: Asked) -> Response:
    """The kept answer. Raises ApiError(idempotency_key_reused) when it answered another request."""
    if kept.fingerprint != asked.fingerprint:
        named = {"resource_id": kept.resource_id} if kept.resource_id else {}
        raise ApiError("idempotency_key_reused", **named)
    headers = {"Idempotent-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(orjson.Fragment(crypto.decrypt(kept.body).encode()), status=kept.status, headers=headers)


def _rows() -> Any:
    """The table is of a room above: settings name it, as they name the user's."""
    return apps.get_model(settings.IDEMPOTENCY_MODEL)._default_manager


def _fingerprint(request: HttpRequest) -> str:
    """Method, path, query and body. A multipart boundary is drawn anew by each client library: it does not count."""
    body = _body(request)
    if found := _BOUNDARY.search(request.META.get("CONTENT_TYPE", "")):
        body = body.replace(found[1].encode(), b"boundary")
    asked = "\n".join([request.method or "", request.path, request.META.get("QUERY_STRING", ""), ""])
    return hashlib.sha256(asked.encode() + body).hexdigest()


def _body(request: HttpRequest) -> bytes:
    """The raw body, kept on the request for the view's own parser, which knows how much it takes."""
    try:
        return request.body
    except RequestDataTooBig as error:
        raise ApiError("body_too_large") from error
    except UnreadablePostError as error:
        raise ApiError("malformed_json", "The body ended too early.") from error
