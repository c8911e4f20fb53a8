"""One registry of error codes, one exception, one flat JSON shape for every answer that is not a success.

A room defines its codes beside what raises them (`errors.define(...)` at module level); the registry feeds the
handler, the OpenAPI document and the docs page. Why a code is met and what to do about it stands in `docs/errors.md`
(`explanations`). Expected errors are raised as `ApiError`; nothing else may reach a client except the 500 written here.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, wraps
from http import HTTPStatus
from typing import Any, NamedTuple

import psycopg
import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http import JsonResponse as DjangoJsonResponse
from django.views.decorators.csrf import csrf_exempt

from agentcollect.kit import context

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Definition:
    """What a code means: HTTP status, one sentence, whether the same request may succeed later."""

    code: str
    status: int
    message: str
    retryable: bool = False

    @property
    def doc_url(self) -> str:
        """Where the docs say what causes this and what cures it."""
        return f"{settings.DOCS_URL}/errors#{self.code}"


REGISTRY: dict[str, Definition] = {}


def define(code: str, status: int, message: str, *, retryable: bool = False) -> str:
    """Register `code`; defining it twice differently is a programming error."""
    definition = Definition(code, status, message, retryable)
    if REGISTRY.setdefault(code, definition) != definition:
        raise RuntimeError(f"error code {code} is defined twice")
    return code


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: `param` as the client wrote it (`debtors[3].invoice_amount`), `code`, plain words."""

    param: str
    code: str
    message: str
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"param": self.param, "code": self.code, "message": self.message, **self.extra}


class ApiError(Exception):
    """An expected refusal. `code` must be in the registry; `extra` joins the flat body (`retry_after`, …)."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        param: str = "",
        errors: Iterable[FieldError] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.definition = REGISTRY[code]
        self.code, self.status = code, self.definition.status
        self.message = message or self.definition.message
        self.param, self.errors, self.headers, self.extra = param, list(errors), headers or {}, extra
        super().__init__(f"{code}: {self.message}")

    def body(self) -> dict[str, Any]:
        """The flat JSON of this error."""
        body: dict[str, Any] = {
            "error": self.code,
            "status": self.status,
            "message": self.message,
            "request_id": context.request_id(),
            "doc_url": self.definition.doc_url,
        }
        if self.param:
            body["param"] = self.param
        if self.errors:
            body["errors"] = [error.as_json() for error in self.errors]
        return body | self.extra


def invalid(errors: list[FieldError]) -> ApiError:
    """400 for a body that is wrong: the first error names the code, all of them are listed (at most 500)."""
    first = errors[0]
    code = first.code if first.code in REGISTRY else "invalid_request"
    return ApiError(code, first.message, param=first.param, errors=errors[:500])


define("invalid_request", 400, "The request is not valid; `errors` names each field.")
define("malformed_json", 400, "The body is not valid JSON.")
define("invalid_type", 400, "A field has the wrong JSON type.")
define("unknown_field", 400, "The body has a field this endpoint does not know.")
define("missing_field", 400, "A required field is missing.")
define("invalid_url", 400, "The address is not one we may fetch.")
define("invalid_metadata", 400, "`metadata` takes 50 keys of 40 characters with texts of 500.")
define("unknown_parameter", 400, "The query has a parameter this endpoint does not know.")
define("unknown_version", 400, "There is no such version of this API.")
define("missing_credentials", 401, "Send `Authorization: Bearer` with an API key or an access token.")
define("forbidden", 403, "This is not allowed.")
define("not_found", 404, "There is no such object, or it belongs to another organisation or mode.")
define("method_not_allowed", 405, "This address does not take this method.")
define("body_too_large", 413, "The body is larger than this endpoint takes.")
define("unsupported_media_type", 415, "The body's charset or encoding cannot be read.")
define("illegal_transition", 409, "The object's state does not allow this.")
define(
    "internal_error",
    500,
    "Something failed on our side. Nothing was half-written; retrying is safe.",
    retryable=True,
)
define("service_unavailable", 503, "A part we need is not answering. Retry in a moment.", retryable=True)


class Explanation(NamedTuple):
    """Why a code is met and what to do about it: one paragraph of Markdown each."""

    cause: str
    cure: str


_SECTION = re.compile(r"^### (\w+)\n- Cause: (.+?)\n- Cure: (.+?)(?=\n\n|\n*\Z)", re.MULTILINE | re.DOTALL)


@cache
def explanations() -> dict[str, Explanation]:
    """`docs/errors.md` by code. Every registered code has its section there (a test looks)."""
    text = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    return {code: Explanation(_one_line(cause), _one_line(cure)) for code, cause, cure in _SECTION.findall(text)}


def _one_line(text: str) -> str:
    return " ".join(text.split())


# What DRF and Django raise by themselves, said in our codes.
_BY_STATUS = {
    400: "invalid_request",
    401: "missing_credentials",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
# RFC 9110, 11.6.1: a 401 says how to come back.
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="AgentCollect"'}


def respond(error: ApiError) -> HttpResponse:
    """`error` as a plain Django answer (outside DRF: unknown addresses, middleware)."""
    answer = DjangoJsonResponse(error.body(), status=error.status)
    for name, value in error.headers.items():
        answer[name] = value
    return answer


def handle(exc: Exception, _context: dict[str, Any]) -> Any:
    """DRF's exception handler: everything leaves in the flat shape."""
    from rest_framework.exceptions import APIException
    from rest_framework.response import Response

    if isinstance(exc, APIException):
        code = _BY_STATUS.get(exc.status_code, "invalid_request")
        said = str(exc.detail) if exc.status_code in {400, 405, 415} else ""
        exc = ApiError(code, said, headers=CHALLENGE if exc.status_code == 401 else None)
    elif isinstance(exc, Http404):
        exc = ApiError("not_found")
    elif isinstance(exc, SuspiciousOperation):
        exc = _suspicious(exc)
    elif _unavailable(exc):
        log.warning("database_unavailable", error=str(exc)[:200])
        exc = unavailable()
    if not isinstance(exc, ApiError):
        return None  # not expected: the 500 handler below answers, and the log has the traceback
    return Response(exc.body(), status=exc.status, headers=exc.headers)


RETRY_AFTER_SECONDS = 2


def unavailable() -> ApiError:
    """503 with `retry_after`: the same request may succeed in a moment."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return ApiError("service_unavailable", headers=headers, retry_after=RETRY_AFTER_SECONDS)


# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, resources, operator intervention (57014:
# statement timeout), a lock not to be had, and a transaction that PostgreSQL gave up for another's sake.
_PASSING = ("08", "53", "57", "55P03", "40001", "40P01")


def _unavailable(exc: Exception) -> bool:
    """Did the database give up on this, rather than refuse it? A mistake in SQL of ours stays a 500."""
    if not isinstance(exc, OperationalError | InterfaceError):
        return False
    cause = exc.__cause__
    if isinstance(cause, sqlite3.Error):
        # https://www.sqlite.org/rescode.html: the lowest byte is the primary code.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return state is None or state.startswith(_PASSING)


def _suspicious(exc: SuspiciousOperation) -> ApiError:
    """What Django refuses by itself while it reads a request: a body too large, too many fields, a foreign Host."""
    if isinstance(exc, RequestDataTooBig):
        return ApiError("body_too_large")
    if isinstance(exc, DisallowedHost):
        return ApiError("invalid_request", "The Host header names another server.")
    return ApiError("invalid_request", str(exc)[:200])


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_page(request):
        return _page(request, HTTPStatus.BAD_REQUEST)
    if isinstance(exception, SuspiciousOperation):
        return respond(_suspicious(exception))
    return respond(ApiError("invalid_request", str(exception)[:200]))


def get_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view`, outside DRF, answers GET and HEAD; every other method has a flat 405, without a question of CSRF."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        words = f'Method "{request.method}" not allowed.'
        return respond(ApiError("method_not_allowed", words, headers={"Allow": "GET, HEAD"}))

    return guarded


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_page(request):
        return _page(request, HTTPStatus.NOT_FOUND)
    return respond(ApiError("not_found", f"There is nothing at {request.path}."))


def handler500(request: HttpRequest) -> HttpResponse:
    if _wants_page(request):
        return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = respond(ApiError("internal_error"))
    if verdict := getattr(request, "rate_limit", None):
        for name, value in verdict.headers().items():
            answer[name] = value
    return answer


def _wants_page(request: HttpRequest) -> bool:
    return not request.path.startswith(("/v1/", "/.well-known/", "/healthz", "/readyz"))


def _page(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    from django.shortcuts import render

    return render(request, "error.html", {"status": status}, status=status)
