"""Keyset lists: (created_at, id), newest first, with opaque signed cursors. No OFFSET, no COUNT.

A cursor carries what it was made for (tenant, mode, filters); used elsewhere it is refused instead of answering with
rows of another question.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError

errors.define("cursor_mismatch", 400, "The cursor belongs to another list: other filters, organisation or mode.")
errors.define("invalid_cursor", 400, "The cursor is not one of ours.")
errors.define("invalid_parameter", 400, "A query parameter has a value we cannot read.")

DEFAULT_LIMIT, MAX_LIMIT = 20, 100


def page(
    queryset: QuerySet, params: dict[str, str], *, scope: str, serialise: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """One page of `queryset` as `{"data","has_more","next_cursor"}`.

    `scope` names the question (organisation, mode, route); `params` are the query parameters already checked.
    """
    question = _question(scope, params)
    if cursor := params.get("cursor"):
        at, last_id = read_cursor(cursor, question)
        moment = datetime.fromtimestamp(int(at) / 1_000_000, UTC)
        queryset = queryset.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=last_id))
    limit = read_limit(params)
    rows = list(queryset.order_by("-created_at", "-id")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    after = make_cursor([_micros(rows[-1].created_at), rows[-1].id], question) if more else None
    return {"data": [serialise(row) for row in rows], "has_more": more, "next_cursor": after}


def read_limit(params: dict[str, str]) -> int:
    """`limit`, 1–100, default 20. Raises ApiError(invalid_parameter)."""
    text = params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_LIMIT):
        raise ApiError("invalid_parameter", f"limit must be 1 to {MAX_LIMIT}.", param="limit")
    return int(text)


def _question(scope: str, params: dict[str, str]) -> str:
    asked = {k: v for k, v in sorted(params.items()) if k not in {"cursor", "limit"}}
    return hashlib.sha256(json.dumps([scope, asked]).encode()).hexdigest()[:16]


def _micros(moment: datetime) -> int:
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def make_cursor(position: list[Any], question: str) -> str:
    """An opaque text that holds `position` for `question` only."""
    body = json.dumps([position, question], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(body) + body).decode().rstrip("=")


def read_cursor(cursor: str, question: str, *, param: str = "cursor") -> list[Any]:
    """The position in `cursor`. Raises ApiError: invalid_cursor when forged, cursor_mismatch when foreign."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mac, body = raw[:12], raw[12:]
        if not hmac.compare_digest(mac, _mac(body)):
            raise ValueError
        position, made_for = json.loads(body)
    except ValueError as error:
        raise ApiError("invalid_cursor", param=param) from error
    if made_for != question:
        raise ApiError("cursor_mismatch", param=param)
    return position


def _mac(body: bytes) -> bytes:
    return hmac.digest(settings.CURSOR_KEY.encode(), body, hashlib.sha256)[:12]
