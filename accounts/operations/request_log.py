"""The log of every call of `/v1`: taken down as the answer leaves, written a moment later by a thread.

In the request only references and a few slices are taken (`record`, some microseconds). Everything that costs (finding
whose call it was when nobody could be let in, taking secrets out, the insert itself) happens in the writing thread.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts import credentials, redaction, tokens
from accounts.models import ApiKey, IdempotentRequest, RequestLog
from agentcollect.kit import clock, context, db, ids
from agentcollect.kit.buffer import Buffer
from agentcollect.kit.errors import ApiError
from agentcollect.kit.idempotency import KEPT_FOR

SLICE = 500  # rows deleted in one transaction: SQLite's other writers wait for it
_REQUEST_HEADERS = {
    "CONTENT_TYPE": "Content-Type",
    "HTTP_ACCEPT": "Accept",
    "HTTP_AGENTCOLLECT_ACCOUNT": "AgentCollect-Account",
    "HTTP_AGENTCOLLECT_VERSION": "AgentCollect-Version",
}
_RESPONSE_HEADERS = (
    "Content-Type",
    "Location",
    "Idempotent-Replayed",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "WWW-Authenticate",
)
_TOKEN_PATHS = ("/v1/auth", "/v1/oauth/")  # where a key comes in the body
_KEY = re.compile(r"sk_(?:test|live)_[0-9A-Za-z]{46}")
_ERROR = re.compile(r'"error": ?"(\w{1,64})"')
_TEXTUAL = ("json", "text", "xml", "urlencoded")


@dataclass(frozen=True, slots=True)
class Call:
    """What a request leaves behind. `caller` is who was let in (its principal), None for nobody.

    `began` is epoch seconds; `sent` and `got` are the beginnings of the bodies, `sent_bytes` and `got_bytes` their
    whole lengths.
    """

    caller: Any
    credential: str
    request_id: str
    began: float
    ms: float
    method: str
    path: str
    route: str
    query: str
    status: int
    address: str
    user_agent: str
    idempotency_key: str
    request_headers: dict[str, str]
    response_headers: Any
    sent: bytes
    sent_bytes: int
    got: bytes
    got_bytes: int


def record(request: HttpRequest, response: HttpResponseBase, *, began: float, ms: float) -> None:
    """Take this call down; `began` in epoch seconds, `ms` how long it took. Nobody's calls are dropped later."""
    meta = request.META
    caller = getattr(request, "caller", None)
    credential = meta.get("HTTP_AUTHORIZATION", "")
    body: bytes = request.__dict__.get("_body", b"")
    if caller is None and not credential and not request.path_info.startswith(_TOKEN_PATHS):
        return
    answer: bytes = b"" if response.streaming else response.content  # type: ignore[attr-defined]
    got = answer[: _kept_of_answer(request.method or "", response.status_code)]
    sent = body[: settings.REQUEST_LOG_BODY_BYTES]
    call = Call(
        caller=caller,
        credential="" if caller is not None else credential,
        request_id=context.request_id(),
        began=began,
        ms=ms,
        method=request.method or "",
        path=request.path,
        route=str(getattr(request.resolver_match, "route", "")),
        query=meta.get("QUERY_STRING", ""),
        status=response.status_code,
        address=_address(meta),
        user_agent=meta.get("HTTP_USER_AGENT", ""),
        idempotency_key=meta.get("HTTP_IDEMPOTENCY_KEY", ""),
        request_headers={name: meta[known] for known, name in _REQUEST_HEADERS.items() if meta.get(known)},
        response_headers=response.headers,
        sent=sent,
        sent_bytes=len(body) or int(meta.get("CONTENT_LENGTH") or 0),
        got=got,
        got_bytes=len(answer),
    )
    BUFFER.add(call, 1_000 + len(sent) + len(got), background=settings.REQUEST_LOG_THREAD)


def _kept_of_answer(method: str, status: int) -> int:
    """A successful read can be read again: its beginning is enough to see what it was."""
    read = method in {"GET", "HEAD"} and status < HTTPStatus.BAD_REQUEST
    return settings.REQUEST_LOG_READ_BYTES if read else settings.REQUEST_LOG_BODY_BYTES


def _address(meta: dict[str, Any]) -> str:
    """Where the call came from; behind a proxy what the proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := meta.get("HTTP_X_FORWARDED_FOR", "")):
        return str(forwarded).rpartition(",")[2].strip()
    return str(meta.get("REMOTE_ADDR", ""))


def flush() -> bool:
    """Write what was taken down so far (the thread does so by itself each second); False: the database is away."""
    return BUFFER.flush()


# --- in the thread


@dataclass(frozen=True, slots=True)
class _Tenant:
    organisation_id: str
    livemode: bool
    key_id: str
    acting_organisation_id: str = ""


def _write(calls: list[Call]) -> None:
    """One short transaction for the batch. What nobody we know sent belongs to no tenant, and is left out."""
    owners = _owners(calls)
    rows = [_row(call, owner) for call, owner in zip(calls, owners, strict=True) if owner]
    for row, row_id in zip(rows, ids.new_many("log", len(rows)), strict=True):
        row["id"] = row_id
    if rows:
        with db.atomic():
            db.insert_rows(RequestLog, rows)


def _owners(calls: list[Call]) -> list[_Tenant | None]:
    """Whose each call is: who was let in, else whoever's credential was refused (revoked, over its limit, …)."""
    named = [None if call.caller else _key_named(call) for call in calls]
    wanted = {key_id for key_id in named if key_id}
    keys = {key.id: key for key in ApiKey.objects.filter(id__in=wanted)} if wanted else {}
    return [
        _let_in(call.caller) if call.caller else _refused(keys.get(key_id or ""))
        for call, key_id in zip(calls, named, strict=True)
    ]


def _let_in(caller: Any) -> _Tenant:
    return _Tenant(caller.organisation_id, caller.livemode, caller.key_id, caller.acting_organisation_id)


def _refused(key: ApiKey | None) -> _Tenant | None:
    if key is None:
        return None
    acting = key.organisation_id if key.acting_for_id else ""
    return _Tenant(key.acting_for_id or key.organisation_id, key.livemode, key.id, acting)


def _key_named(call: Call) -> str | None:
    """The id of the key in a call that let nobody in: as bearer, in Basic, or in the body of a token call."""
    scheme, _, said = call.credential.partition(" ")
    if scheme.lower() == "bearer" and said.count(".") == 2:
        try:
            return tokens.read(said.strip(), datetime.fromtimestamp(0, UTC)).key_id  # an expired one names its key too
        except ApiError:
            return None
    if scheme.lower() == "basic":
        said = _decoded(said)
    if not said and call.path.startswith(_TOKEN_PATHS):
        said = call.sent.decode("ascii", "replace")
    found = _KEY.search(said)
    return credentials.key_id(found[0]) if found else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode("ascii", "replace")
    except ValueError:
        return ""


def _row(call: Call, owner: _Tenant) -> dict[str, Any]:
    at = datetime.fromtimestamp(int(call.began * 1000) / 1000, UTC)
    given = dict(call.response_headers.items())
    got = _text(call.got, call.got_bytes, given.get("Content-Type", ""))
    error = _ERROR.search(got) if call.status >= HTTPStatus.BAD_REQUEST else None
    headers = {name: redaction.plain(value)[:300] for name, value in call.request_headers.items()}
    answered = {name: given[name] for name in _RESPONSE_HEADERS if name in given}
    return {
        "id": "",
        "organisation_id": owner.organisation_id,
        "livemode": owner.livemode,
        "created_at": at,
        "recorded_at": at,
        "key_id": owner.key_id,
        "acting_organisation_id": owner.acting_organisation_id,
        "request_id": call.request_id[:64],
        "method": redaction.plain(call.method)[:10],
        "path": redaction.plain(call.path)[:300],
        "route": call.route[:200],
        "query": redaction.redact(call.query)[:1000],
        "status": call.status,
        "error": error[1] if error else "",
        "duration_ms": round(call.ms, 1),
        "ip": redaction.plain(call.address)[:45],
        "user_agent": redaction.plain(call.user_agent)[:300],
        "idempotency_key": redaction.plain(call.idempotency_key)[:255],
        "api_version": given.get("AgentCollect-Version", "")[:16],
        "request_headers": headers,
        "response_headers": answered,
        "request_body": _text(call.sent, call.sent_bytes, call.request_headers.get("Content-Type", "")),
        "request_bytes": call.sent_bytes,
        "request_truncated": call.sent_bytes > len(call.sent),
        "response_body": got,
        "response_bytes": call.got_bytes,
        "response_truncated": call.got_bytes > len(call.got),
    }


def _text(kept: bytes, whole: int, content_type: str) -> str:
    """The kept part of a body as text without secrets; files are only counted."""
    if not kept:
        return ""
    if content_type and not any(kind in content_type.lower() for kind in _TEXTUAL):
        return f"[{content_type.partition(';')[0]}, {whole} bytes]"
    return redaction.redact(kept.decode("utf-8", "replace"))


BUFFER = Buffer("request-log", _write)


# --- pruning


def prune(*, at: datetime, most: int = 50_000) -> dict[str, int]:
    """Delete logged calls past settings.REQUEST_LOG_DAYS and answers kept past 24 hours, at most `most` of each.

    Ids carry their time, so the oldest rows stand at the edge of the primary key and need no index of their own.
    """
    too_old = {
        RequestLog: clock.plus(at, days=-settings.REQUEST_LOG_DAYS),
        IdempotentRequest: at - KEPT_FOR,
    }
    return {model.__name__: sum(_delete(model, moment, most)) for model, moment in too_old.items()}


def _delete(model: Any, moment: datetime, most: int) -> Iterable[int]:
    """The rows of `model` from before `moment`, a slice at a time: how many each."""
    before = ids.first_of(model._meta.pk.prefix, moment)
    for _ in range(most // SLICE):
        old = list(model.objects.filter(id__lt=before).order_by("id").values_list("id", flat=True)[:SLICE])
        if not old:
            return
        with db.atomic():
            yield model.objects.filter(id__in=old).delete()[0]
