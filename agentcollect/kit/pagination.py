"""Keyset lists: (created_at, id), newest first, with opaque signed cursors. No OFFSET, no COUNT.

A cursor carries what it was made for (tenant, mode, filters); used elsewhere it is refused instead of answering with
rows of another question.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError

errors.define("cursor_mismatch", 400, "The cursor belongs to another list: other filters, organisation or mode.")
errors.define("invalid_cursor", 400, "The cursor is not one of ours.")
errors.define("invalid_parameter", 400, "A query parameter has a value we cannot read.")

DEFAULT_LIMIT, MAX_LIMIT = 20, 100


def page(
    queryset: QuerySet,
    params: dict[str, str],
    *,
    scope: str,
    serialise: Callable[[Any], dict[str, Any]],
    columns: Sequence[str] = (),
) -> dict[str, Any]:
    """One page of `queryset` as `{"data","has_more","next_cursor"}`.

    `scope` names the question (organisation, mode, route); `params` are the query parameters already checked;
    `columns` are all that `serialise` reads, where a list is worth sparing the models (half the time of a page).
    A row that was there when the first page was read comes exactly once, whatever is inserted meanwhile: its place
    never changes, and the next page begins behind the last row shown, not at a count of rows.
    """
    question = _question(scope, params)
    if cursor := params.get("cursor"):
        at, last_id = read_cursor(cursor, question)
        queryset = before(queryset, datetime.fromtimestamp(int(at) / 1_000_000, UTC), last_id)
    limit = read_limit(params)
    rows = fetch(newest_first(queryset)[: limit + 1], columns)
    more = len(rows) > limit
    rows = rows[:limit]
    after = make_cursor([_micros(rows[-1].created_at), rows[-1].id], question) if more else None
    return {"data": [serialise(row) for row in rows], "has_more": more, "next_cursor": after}


def fetch(queryset: QuerySet, columns: Sequence[str]) -> list[Any]:
    """The rows; with `columns` named, things with these attributes and no others (`debtor__name`: in a `debtor`)."""
    if not columns:
        return list(queryset)
    joined = [(name, *name.split("__", 1)) for name in columns if "__" in name]
    return [_light(values, joined) for values in queryset.values(*columns)]


def _light(values: dict[str, Any], joined: list[tuple[str, ...]]) -> SimpleNamespace:
    parts: dict[str, dict[str, Any]] = {}
    for whole, part, name in joined:
        parts.setdefault(part, {})[name] = values.pop(whole)
    return SimpleNamespace(**values, **{part: SimpleNamespace(**facts) for part, facts in parts.items()})


def newest_first(queryset: QuerySet) -> QuerySet:
    """The order of every list. Rows of one moment (a whole campaign's) follow their ids, which are time-ordered."""
    return queryset.order_by("-created_at", "-id")


def before(queryset: QuerySet, moment: datetime, row_id: str) -> QuerySet:
    """The rows that come after this place in a list: PostgreSQL compares the pair by one step into the list's index,
    also among 200,000 rows of one import that all share a moment."""
    return queryset.filter(TupleLessThan(Tuple(F("created_at"), F("id")), (moment, row_id)))


def read_time(params: dict[str, str], name: str) -> datetime | None:
    """Query parameter `name` as a moment (ISO 8601 with an offset, or `Z`), None when absent."""
    if name not in params:
        return None
    try:
        # An unescaped `+` of an offset arrives as a space.
        moment = datetime.fromisoformat(params[name].replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        words = f"{name} must be ISO 8601 with a zone, such as 2026-03-17T14:22:00Z."
        raise ApiError("invalid_parameter", words, param=name) from error


def read_limit(params: dict[str, str]) -> int:
    """`limit`, 1–100, default 20. Raises ApiError(invalid_parameter)."""
    text = params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_LIMIT):
        raise ApiError("invalid_parameter", f"limit must be 1 to {MAX_LIMIT}.", param="limit")
    return int(text)


def _question(scope: str, params: dict[str, str]) -> str:
    asked = {k: v for k, v in sorted(params.items()) if k not in {"cursor", "limit", "expand"}}
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
