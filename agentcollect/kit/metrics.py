"""`/metrics` for Prometheus: figures read from the database at the scrape, so that every web process answers the same.

The rooms give them: settings.METRICS names functions `(at) -> iterable of metric families`. Each runs in a transaction
of its own under a statement timeout; one that fails is left out and named by `agentcollect_metrics_failed`. A scrape
while the database does not answer is a 503.

Never public: with METRICS_TOKEN only who sends it as a bearer is answered, without it only this machine.
"""

import hmac
import ipaddress
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from agentcollect.kit import clock, db, errors

log = structlog.get_logger()
TIMEOUT_MS = 1_000
Values = dict[tuple[str, ...], float]  # labels → figure


@errors.get_only
def view(request: HttpRequest) -> HttpResponse:
    """Every figure in the text format. 404 for whoever may not ask: to him there is nothing here."""
    if not _may_ask(request):
        return errors.respond(errors.ApiError("not_found", f"There is nothing at {request.path}."))
    try:
        connection.ensure_connection()
        body = text(clock.now())
    except Error as error:
        log.warning("metrics_unavailable", error=type(error).__name__)
        return errors.respond(errors.unavailable())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _may_ask(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return _from_this_machine(request)
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())


def _from_this_machine(request: HttpRequest) -> bool:
    """Address and Host are loopback and no proxy stands in between: a page that rebinds its name reads nothing."""
    if settings.SECURE_PROXY_SSL_HEADER or any(request.headers.get(name) for name in _PASSED_ON):
        return False
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    return _loopback(request.META.get("REMOTE_ADDR", "")) and (host == "localhost" or _loopback(host))


_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def text(at: datetime) -> bytes:
    """The figures at `at` as Prometheus reads them. Raises Error when none of them could be had."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(families(at)))
    return generate_latest(registry)


class _Collected:
    """What prometheus-client asks for the families, which are here already."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


def families(at: datetime) -> list[Metric]:
    """Every room's, and which of their functions failed."""
    failed = GaugeMetricFamily(
        "agentcollect_metrics_failed", "1 where figures could not be read within a second.", labels=["source"]
    )
    found: list[Metric] = [failed]
    for name in settings.METRICS:
        wrong = 0
        try:
            found += _limited(name, at)
        except Error as error:
            wrong = 1
            log.warning("metrics_failed", source=name, error=str(error)[:200])
            _still_there()
        failed.add_metric([name], wrong)
    return found


def _still_there() -> None:
    """Raises when the database is gone altogether: that is a 503, not a page of failures."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _limited(name: str, at: datetime) -> list[Metric]:
    with db.atomic():
        if db.is_postgresql():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(TIMEOUT_MS)])
        return list(import_string(name)(at))


def gauge(name: str, words: str, value: float) -> Metric:
    """One figure."""
    return GaugeMetricFamily(f"agentcollect_{name}", words, value=value)


def gauges(name: str, words: str, labels: list[str], values: Values) -> Metric:
    """One figure for each combination of labels."""
    family = GaugeMetricFamily(f"agentcollect_{name}", words, labels=labels)
    for combination, value in sorted(values.items()):
        family.add_metric(combination, value)
    return family
