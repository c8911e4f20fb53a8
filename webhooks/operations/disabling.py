"""Endpoints that have had enough: switched off after 5 days of nothing but failure, and their owners told by mail."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Q
from django.template.loader import render_to_string

from accounts.models import Member
from agentcollect.kit import clock, db
from webhooks.models import Delivery, Endpoint, Health
from webhooks.operations.common import tell

log = structlog.get_logger()

GIVES_UP_AFTER = timedelta(days=5)
# What was out when it was switched off has come back by then and changes its health no more.
TELLS_AFTER = timedelta(seconds=60)
# A row of failures begins when the first attempt has failed; the event behind it is older, and is to be recovered too.
FIRST_FAILURE_TOOK = timedelta(minutes=1)
FAILED_FOR_DAYS = "It answered nothing but failure for 5 days. Last: "
GONE = "It answered 410 Gone."


def disable_failing(*, at: datetime) -> list[str]:
    """Switch off endpoints that for 5 days have answered nothing but failure; their ids.

    Counted from the first to the latest failure: one that was asked nothing for a week is not judged by what it said
    before. Who changed the endpoint within these days gets 5 days from then on.
    """
    failing = _failing(at).filter(endpoint__status=Endpoint.Status.ACTIVE, endpoint__kind=Endpoint.Kind.WEBHOOK)
    names = failing.filter(endpoint__updated_at__lte=at - GIVES_UP_AFTER).order_by("endpoint_id")
    return [name for name in list(names.values_list("endpoint_id", flat=True)) if _switch_off(name, at)]


def _failing(at: datetime) -> Any:
    return Health.objects.filter(
        failing_since__lte=at - GIVES_UP_AFTER, last_failure_at__gte=F("failing_since") + GIVES_UP_AFTER
    )


def _switch_off(endpoint_id: str, at: datetime) -> bool:
    with db.atomic():
        endpoint = db.locked(Endpoint.objects.filter(id=endpoint_id, status=Endpoint.Status.ACTIVE)).first()
        health = _failing(at).filter(endpoint_id=endpoint_id).first()  # asked again: it may have answered meanwhile
        if endpoint is None or health is None:
            return False
        endpoint.status = Endpoint.Status.DISABLED
        endpoint.disabled_reason = (FAILED_FOR_DAYS + health.last_error)[:200]
        endpoint.updated_at = at
        endpoint.save(update_fields=["status", "disabled_reason", "updated_at"])
        tell_disabled(endpoint, health, at=at)
    return True


def tell_disabled(endpoint: Endpoint, health: Health | None, *, at: datetime) -> str:
    """Record that we switched `endpoint` off, with the event that failed last as far as it is still kept; its id."""
    last = Delivery.objects.filter(id=health.last_delivery_id, endpoint=endpoint).first() if health else None
    data = {
        "webhook_id": endpoint.id,
        "url": endpoint.url,
        "reason": endpoint.disabled_reason,
        "last_event_id": last.event_id if last else None,
        "last_delivery_id": last.id if last else None,
    }
    return tell("endpoint.disabled", endpoint, data, by="engine", at=at)


def tell_owners(*, at: datetime) -> int:
    """Write to the owners of endpoints that we switched off a minute ago or longer; how many endpoints it was.

    At most once, and outside of any transaction: `failing_since`, which means nothing any more once an endpoint is off,
    is cleared before the letter is handed over. A mail server that is down then is logged; the dashboard says the same
    as the letter. Endpoints that somebody switched off, paused or deleted are cleared without one.
    """
    off = ~Q(endpoint__status__in=[Endpoint.Status.ACTIVE, Endpoint.Status.UNVERIFIED])
    found = Health.objects.filter(off, failing_since__isnull=False, endpoint__updated_at__lte=at - TELLS_AFTER)
    told = 0
    for health in found.select_related("endpoint__organisation").order_by("endpoint_id"):
        mine = Health.objects.filter(endpoint_id=health.endpoint_id, failing_since=health.failing_since)
        cleared = mine.update(failing_since=None, failures_in_row=0, open_until=None, times_opened=0)
        if cleared and _by_us(health.endpoint):
            _write_to_owners(health)
            told += 1
    return told


def _by_us(endpoint: Endpoint) -> bool:
    reason = endpoint.disabled_reason
    return endpoint.status == Endpoint.Status.DISABLED and (reason == GONE or reason.startswith(FAILED_FOR_DAYS))


def _write_to_owners(health: Health) -> None:
    endpoint = health.endpoint
    last = Delivery.objects.filter(id=health.last_delivery_id, endpoint=endpoint).first()
    since = clock.iso(health.failing_since - FIRST_FAILURE_TOOK) if health.failing_since else ""
    page = f"{settings.PUBLIC_URL}/dashboard/webhooks"
    context = {"endpoint": endpoint, "health": health, "delivery": last, "dashboard": page, "since": since}
    text = render_to_string("webhooks/disabled.txt", context)
    places = Member.objects.filter(
        organisation_id=endpoint.organisation_id, role=Member.Role.OWNER, user__is_active=True
    )
    for recipient in sorted(places.values_list("user__email", flat=True)):  # one letter each
        try:
            send_mail("A webhook endpoint was switched off", text, None, [recipient])
        except OSError as error:  # smtplib's errors are OSErrors
            log.error("endpoint_disabled_mail_failed", endpoint=endpoint.id, error=type(error).__name__)
