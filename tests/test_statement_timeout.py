"""A request never waits long for the database: a web process has limits, and what they end is a 503 to be retried."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from agentcollect.kit import db
from agentcollect.settings import _web_limits
from campaigns.models import Campaign
from tests import factories

only_postgresql = pytest.mark.skipif(
    not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="SQLite has neither: a busy writer is its one way to wait, tried below",
)


@contextmanager
def limited(**options: str) -> Iterator[None]:
    """The present connection with a web process's limits."""
    with connection.cursor() as cursor:
        for name, value in options.items():
            cursor.execute(f"SET {name} = '{value}'")
        try:
            yield
        finally:
            for name in options:
                cursor.execute(f"RESET {name}")


@contextmanager
def locked_elsewhere() -> Iterator[None]:
    """Another session holds the campaigns' table (or, on SQLite, the one place of a writer)."""
    holds, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with db.atomic(), connection.cursor() as cursor:
            if db.is_postgresql():
                cursor.execute("LOCK TABLE campaigns_campaign IN ACCESS EXCLUSIVE MODE")
            holds.set()
            leave.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert holds.wait(10)
    try:
        yield
    finally:
        leave.set()
        other.join()


def refused(answer: Any) -> None:
    assert answer.status_code == 503, answer.content
    body = answer.json()
    assert (body["error"], body["status"]) == ("service_unavailable", 503)
    assert body["retry_after"] >= 1
    assert answer.headers["Retry-After"] == str(body["retry_after"])
    assert body["request_id"] == answer.headers["X-Request-Id"]


def slowly(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Each statement about campaigns takes a minute."""
    if 'FROM "campaigns_campaign"' in sql:
        return execute("SELECT pg_sleep(60)", None, many, context)
    return execute(sql, params, many, context)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_slow_statement_is_a_503(empty_redis: None) -> None:
    api = factories.client(factories.api_key(factories.organisation()))
    with limited(statement_timeout="100ms"), connection.execute_wrapper(slowly):
        refused(api.get("/v1/campaigns"))
    assert api.get("/v1/campaigns").status_code == 200  # the connection is still good


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_not_given_is_a_503_and_nothing_is_half_done(empty_redis: None) -> None:
    api = factories.client(factories.api_key(factories.organisation()))
    body = {"company": "Acme Corp", "contact_email": "ap@acmecorp.com", "invoice_amount": 1500}
    with limited(lock_timeout="100ms"), locked_elsewhere():
        refused(api.post("/v1/campaigns", body, Idempotency_Key="once"))
    assert Campaign.objects.count() == 0
    # What failed was not kept: the same key, sent again as the answer says, does the work.
    assert api.post("/v1/campaigns", body, Idempotency_Key="once").status_code == 201


@pytest.mark.skipif(settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_a_busy_writer_is_a_503(empty_redis: None) -> None:
    api = factories.client(factories.api_key(factories.organisation()))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
        with locked_elsewhere():
            refused(api.post("/v1/campaigns", {"company": "Acme Corp", "invoice_amount": 1500}))
        cursor.execute("PRAGMA busy_timeout = 5000")
    assert Campaign.objects.count() == 0


_ASK = (
    "import {module}; import django; django.setup(); from django.db import connection as c; u = c.cursor(); "
    "print([u.execute('SHOW ' + n).fetchone()[0] for n in ('statement_timeout', 'lock_timeout')])"
)


@only_postgresql
@pytest.mark.parametrize(
    ("module", "given", "limits"),
    [
        ("agentcollect.wsgi", {}, "['5s', '3s']"),
        ("agentcollect.wsgi", {"API_STATEMENT_TIMEOUT_MS": "750", "API_LOCK_TIMEOUT_MS": "0"}, "['750ms', '0']"),
        ("agentcollect.celery", {}, "['0', '0']"),
    ],
    ids=["web", "web, told otherwise", "worker"],
)
def test_only_a_web_process_has_limits(module: str, given: dict[str, str], limits: str) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "agentcollect.settings"} | given
    done = subprocess.run(
        [sys.executable, "-c", _ASK.format(module=module)], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == limits


def test_what_the_address_of_the_database_says_wins() -> None:
    options = _web_limits({"options": "-c statement_timeout=9s", "connect_timeout": 30})
    assert options["options"].split("-c ")[-1] == "statement_timeout=9s"
    assert options["connect_timeout"] == 30
