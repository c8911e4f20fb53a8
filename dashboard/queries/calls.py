"""The request log as its pages show it."""

import json
import shlex
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts import request_log_queries as log
from accounts.models import ApiKey, RequestLog
from accounts.request_log_queries import Failure, Usage
from agentcollect.kit.errors import ApiError
from dashboard.access import Seat
from events.models import Event

WINDOW = timedelta(hours=24)
# What a call is sent again with; the rest belongs to the client that sent it first.
_SENT_AGAIN = ("Content-Type", "AgentCollect-Account", "AgentCollect-Version")


def listed(seat: Seat, filters: dict[str, str]) -> QuerySet[RequestLog]:
    """The calls that match: `status`, `method`, `key`, `error`, and `q`, a request id or the beginning of a path."""
    rows = log.listed(seat.organisation.id, seat.livemode)
    for name, column in (("method", "method"), ("key", "key_id"), ("error", "error")):
        if value := filters.get(name):
            rows = rows.filter(**{column: value})
    if text := filters.get("q"):
        named = Q(path__startswith=text) if text.startswith("/") else Q(request_id=text) | Q(id=text)
        rows = rows.filter(named)
    try:
        return log.with_status(rows, filters["status"]) if "status" in filters else rows
    except ApiError:  # an address somebody typed
        return rows.none()


def one(seat: Seat, log_id: str) -> RequestLog | None:
    """The whole call; None for everything else, another tenant's call included."""
    return seat.rows(RequestLog).filter(id=log_id).first()


def failures(seat: Seat, at: datetime) -> list[Failure]:
    """What failed in the last 24 hours, by code."""
    return log.failures(seat.organisation.id, seat.livemode, since=at - WINDOW)


def usage(seat: Seat, at: datetime) -> list[Usage]:
    """What each key used of its limit in the last hour."""
    return log.usage(seat.organisation.id, seat.livemode, at=at)[:8]


def key_choices(seat: Seat) -> list[ApiKey]:
    """The keys one can filter by."""
    return list(seat.rows(ApiKey).order_by("-created_at", "-id")[:50])


def key_of(call: RequestLog) -> ApiKey | None:
    """The key that called; a platform's key is not the organisation's own."""
    return ApiKey.objects.filter(id=call.key_id).first()


def events_of(call: RequestLog) -> list[Event]:
    """What the call caused."""
    return list(log.events_of(call)[:50])


def as_curl(call: RequestLog, base_url: str) -> str:
    """The call as a command. The key is never known here, so the command reads it from `$AGENTCOLLECT_KEY`."""
    url = f"{base_url}{call.path}" + (f"?{call.query}" if call.query else "")
    lines = [f"curl -X {call.method} {shlex.quote(url)}", '-H "Authorization: Bearer $AGENTCOLLECT_KEY"']
    sent = ((name, call.request_headers.get(name)) for name in _SENT_AGAIN)
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in sent if value]
    if call.request_body:
        lines.append(f"--data-binary {shlex.quote(call.request_body)}")
    return " \\\n  ".join(lines)


def indented(body: str) -> str:
    """JSON as a reader wants it; anything else, a body that was cut included, as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
