"""Reads of the request log."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMinute

from accounts.models import ApiKey, RequestLog
from agentcollect.kit import ids
from agentcollect.kit.errors import ApiError
from events.models import Event

_HEAVY = ("request_body", "response_body", "request_headers", "response_headers")
# Clocks of one machine agree; an event is written at the very end of its request.
_SLACK = timedelta(seconds=1)


def listed(organisation_id: str, livemode: bool) -> QuerySet[RequestLog]:
    """The calls of this organisation and mode, without headers and bodies."""
    return RequestLog.objects.filter(organisation_id=organisation_id, livemode=livemode).defer(*_HEAVY)


def one(organisation_id: str, livemode: bool, log_id: str) -> RequestLog:
    """The whole call. Raises ApiError(not_found)."""
    found = RequestLog.objects.filter(organisation_id=organisation_id, livemode=livemode, id=log_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


def with_status(rows: QuerySet[RequestLog], value: str) -> QuerySet[RequestLog]:
    """Narrowed to one status (`429`) or a class of them (`4xx`). Raises ApiError(invalid_parameter)."""
    if len(value) == 3 and value[0] in "2345" and value[1:] == "xx":
        first = int(value[0]) * 100
        # Said in the index's own words, so that the few failed calls are found without passing the others.
        failed = Q(status__gte=400) if first >= 400 else Q()
        return rows.filter(failed, status__gte=first, status__lt=first + 100)
    if len(value) == 3 and value.isascii() and value.isdigit():
        failed = Q(status__gte=400) if int(value) >= 400 else Q()
        return rows.filter(failed, status=int(value))
    raise ApiError("invalid_parameter", "status is one such as 429, or a class such as 4xx.", param="status")


def events_of(call: RequestLog) -> QuerySet[Event]:
    """The public facts this call recorded.

    Ids carry their time: those of the call's own span are few, so none needs an index on the request id.
    """
    began = call.created_at
    ended = began + timedelta(milliseconds=call.duration_ms) + _SLACK
    return Event.objects.filter(
        id__gte=ids.first_of("evt", began),
        id__lt=ids.first_of("evt", ended),
        organisation_id=call.organisation_id,
        livemode=call.livemode,
        request_id=call.request_id,
        sequence__isnull=False,
    ).order_by("sequence")


class Failure(NamedTuple):
    """How often calls failed with one code."""

    error: str
    status: int
    calls: int


def failures(organisation_id: str, livemode: bool, *, since: datetime) -> list[Failure]:
    """Failed calls since then by their code, the most frequent first."""
    failed = RequestLog.objects.filter(
        organisation_id=organisation_id, livemode=livemode, created_at__gte=since, status__gte=400
    )
    groups = failed.order_by().values_list("error", "status").annotate(count=Count("id")).order_by("-count", "error")
    return [Failure(*group) for group in groups[:20]]


class Usage(NamedTuple):
    """What a key used of its limit: calls in the last minute, and in the busiest minute of the last hour."""

    key: ApiKey
    last_minute: int
    busiest_minute: int
    limit: int


def usage(organisation_id: str, livemode: bool, *, at: datetime) -> list[Usage]:
    """The keys that called within the last hour, the busiest first."""
    lately = RequestLog.objects.filter(
        organisation_id=organisation_id, livemode=livemode, created_at__gte=at - timedelta(hours=1)
    ).order_by()
    last = dict(
        lately.filter(created_at__gt=at - timedelta(minutes=1)).values_list("key_id").annotate(count=Count("id"))
    )
    busiest: dict[str, int] = {}
    by_minute = lately.annotate(minute=TruncMinute("created_at")).values_list("key_id", "minute")
    for key_id, _, count in by_minute.annotate(count=Count("id")):
        busiest[key_id] = max(busiest.get(key_id, 0), count)
    keys = ApiKey.objects.select_related("organisation").in_bulk(list(busiest))
    used = [
        Usage(key, last.get(key.id, 0), busiest[key.id], key.organisation.rate_limit or settings.RATE_LIMIT_PER_MINUTE)
        for key in keys.values()
    ]
    return sorted(used, key=lambda one: -one.busiest_minute)
