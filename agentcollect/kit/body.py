"""How a `/v1` body is read and an answer written; apart from `kit.api`, since DRF loads these to define its views."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from agentcollect.kit.errors import ApiError


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
    if isinstance(stream, HttpRequest):
        stream._body = raw  # as Django itself keeps it: the request log shows what was sent
    return raw


def parse_json(raw: bytes) -> Any:
    """JSON with exact numbers (Decimal). Refuses NaN, Infinity, exponents, NUL and duplicate keys."""
    try:
        text = raw.decode("utf-8-sig")
        found = json.loads(text or "{}", parse_float=_decimal, parse_constant=_refuse, object_pairs_hook=_no_twins)
        if "\\u" in text:
            _check_texts(found)
        return found
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


def _check_texts(found: Any) -> None:
    """Refuse what escapes can spell and no row and no answer can hold: NUL, and half of a surrogate pair."""
    if isinstance(found, str):
        if "\0" in found or (not found.isascii() and _LONE.search(found)):
            raise ValueError("a text holds a NUL or half of a surrogate pair")
    elif isinstance(found, dict):
        for name, value in found.items():
            _check_texts(name)
            _check_texts(value)
    elif isinstance(found, list):
        for value in found:
            _check_texts(value)


_LONE = re.compile("[\ud800-\udfff]")
