"""The shared half of every `/v1` view: how a body is read, how an answer is written, which parameters are known."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

import orjson
from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError, FieldError


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data)


class JSONOnly(BaseContentNegotiation):
    """JSON whatever was asked for: this API has one form."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class AnyTypeJSONParser(BaseParser):
    """Reads JSON whatever the Content-Type says: two of the product page's own curls send none."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return parse_json(read_body(stream))


def read_body(stream: Any) -> bytes:
    """The body, at most API_MAX_BODY_BYTES. Raises ApiError(body_too_large)."""
    limit = settings.API_MAX_BODY_BYTES
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise ApiError("body_too_large", f"The body is larger than {limit} bytes.")
    return raw


def parse_json(raw: bytes) -> Any:
    """JSON with exact numbers (Decimal). Refuses NaN, Infinity, exponents, NUL and duplicate keys."""
    try:
        return json.loads(
            raw.decode("utf-8-sig") or "{}",
            parse_float=_decimal,
            parse_constant=_refuse,
            object_pairs_hook=_no_twins,
        )
    except UnicodeDecodeError as error:
        raise ApiError("unsupported_media_type", "The body is not UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise ApiError("malformed_json", f"The body is not valid JSON: {str(error)[:160]}.") from error


def _decimal(text: str) -> Decimal:
    if "e" in text or "E" in text:
        raise ValueError(f"numbers are written without an exponent, not {text[:40]}")
    return Decimal(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names the same field twice")
    return found


class ApiView(APIView):
    """A view of `/v1`. Subclasses name `scopes` per method, and the query `parameters` they know.

    Below it every handler does one call down and translates the answer; `self.principal` says who asks.
    """

    scopes: dict[str, str] = {}
    parameters: dict[str, frozenset[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        self.check_permissions(request)
        known = self.parameters.get(request.method or "", frozenset())
        for name in request.query_params:
            if name not in known and not (name.startswith("metadata[") and "metadata" in known):
                raise ApiError("unknown_parameter", f"There is no parameter {name[:60]!r} here.", param=name[:60])

    @property
    def principal(self) -> Any:
        """Who asks (accounts.authentication.Principal)."""
        return self.request.user

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        verdict = getattr(request._request, "rate_limit", None)
        for name, value in (verdict.headers() if verdict else {}).items():
            response[name] = value
        response["AgentCollect-Version"] = settings.API_VERSION
        response["Cache-Control"] = "no-store"
        return response

    def handle_exception(self, exc: Exception) -> Response:
        response = errors.handle(exc, {})
        if response is None:
            raise exc
        response.exception = True
        return response


def body_object(request: Request, known: frozenset[str], required: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The body as an object with only `known` fields and all `required` ones. Raises ApiError with every fault."""
    body = request.data
    if not isinstance(body, dict):
        raise ApiError("invalid_request", "The body must be a JSON object.")
    faults = [FieldError(name, "unknown_field", f"There is no field {name[:60]!r} here.") for name in body if name not in known]
    faults += [FieldError(name, "missing_field", f"{name} is required.") for name in sorted(required) if body.get(name) is None]
    if faults:
        raise errors.invalid(faults)
    return body


def read_time(params: dict[str, str], name: str) -> datetime | None:
    """Query parameter `name` as a moment (ISO 8601 with an offset, or `Z`), None when absent."""
    if name not in params:
        return None
    try:
        moment = datetime.fromisoformat(params[name].replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ApiError("invalid_parameter", f"{name} must be ISO 8601 with a zone.", param=name)
    return moment.astimezone(UTC)
