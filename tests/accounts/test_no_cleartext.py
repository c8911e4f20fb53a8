"""After a whole journey no key, token or webhook secret stands anywhere: database, logs, request log, Redis, reports.

Everything is read raw: every column of every table as the database holds it (SQLite and PostgreSQL both), every value
in Redis, every line that any logger wrote at its most talkative.
"""

import json
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection

from accounts import operations, queries
from accounts.models import Organisation, RequestLog
from accounts.operations import request_log
from agentcollect.kit import clock
from events.models import Event
from tests import factories
from webhooks.models import Endpoint

CAMPAIGN = {
    "company": "Acme Corp",
    "contact_email": "ap@acmecorp.com",
    "invoice_amount": 15000,
    "invoice_number": "INV-2025-0847",
}


class Heard(logging.Handler):
    """Every line of every logger, as the product's own formatter writes it, and as a plain one would."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__(logging.DEBUG)
        self.own, self.plain, self.lines = formatter, logging.Formatter(), list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.plain.format(record))
        if self.own:
            self.lines.append(self.own.format(record))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What is logged when somebody sets LOG_LEVEL=DEBUG in production."""
    from django.conf import settings

    from agentcollect.kit import logs

    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    logs.configure(settings.LOGGING | {"level": "DEBUG"})
    handler = Heard(next((found.formatter for found in root.handlers if found.formatter), None))
    root.addHandler(handler)
    yield handler
    logs.configure(settings.LOGGING)
    root.handlers[:] = before


class Journey:
    """What an integrator does in the first week; every secret that was handed out or sent stands in `secrets`."""

    def __init__(self, organisation: Organisation) -> None:
        self.secrets: dict[str, str] = {}
        self.key = self.keep("key", factories.api_key(organisation))
        found = queries.key_by_text(self.key)
        assert found
        self.row, self.organisation = found, organisation
        self.api = factories.client(self.key)

    def keep(self, name: str, secret: str) -> str:
        self.secrets[name] = secret
        return secret

    def run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tokens()
        self.objects()
        self.roll()
        self.mistakes()
        self.failure(monkeypatch)

    def tokens(self) -> None:
        made = factories.client().post("/v1/auth", {"api_key": self.key})
        self.bearer = self.keep("token", made.json()["access_token"])
        form = {"grant_type": "client_credentials", "client_id": self.row.id, "client_secret": self.key}
        made = factories.client().post("/v1/oauth/token", form, X_Request_Id="req_oauth_token")
        oauth = self.keep("oauth token", made.json()["access_token"])
        for path in ("introspect", "revoke"):
            body = {"token": oauth, "client_id": self.row.id, "client_secret": self.key}
            assert factories.client().post(f"/v1/oauth/{path}", body).status_code == 200

    def objects(self) -> None:
        bearer = factories.client(self.bearer)
        assert bearer.post("/v1/campaigns", CAMPAIGN, Idempotency_Key="one").status_code == 201
        hook = {"url": "https://hooks.example.com/ac", "events": ["payment.received"]}
        for _ in range(2):
            made = bearer.post("/v1/webhooks", hook, Idempotency_Key="hook")
        assert made.headers["Idempotent-Replayed"] == "true"
        self.keep("webhook secret", made.json()["secret"])
        assert bearer.get("/v1/campaigns").status_code == 200

    def roll(self) -> None:
        about = {"organisation_id": self.organisation.id, "by": "member:mem_1", "at": clock.now()}
        rolled = operations.roll_key(key_id=self.row.id, overlap=timedelta(hours=1), **about)
        self.keep("rolled key", rolled.text)
        assert factories.client(rolled.text).get("/v1/organisation").status_code == 200
        operations.revoke_key(key_id=rolled.key.id, **about)
        assert factories.client(rolled.text).get("/v1/organisation").status_code == 401

    def mistakes(self) -> None:
        """Secrets where they do not belong: in a query, a path, a wrong field, an unknown id, a body that breaks."""
        self.api.get("/v1/campaigns", {"cursor": self.key})
        self.api.get("/v1/campaigns", {"api_key": self.key})
        self.api.get(f"/v1/campaigns/{self.key}")
        self.api.get(f"/v1/{self.bearer}")
        self.api.post("/v1/campaigns", CAMPAIGN | {"api_key": self.key, "notes": f"our key is {self.key}"})
        self.api.post("/v1/webhooks", {"url": "https://h.example.com/x", "secret": self.secrets["webhook secret"]})
        factories.client().send("POST", "/v1/auth", b'{"api_key": "' + self.key.encode() + b'"')
        factories.client().post("/v1/auth", {"api_key": self.key, "scope": self.key})
        factories.client().post("/v1/oauth/token", {"client_id": self.key, "client_secret": self.bearer})
        factories.client(f"{self.key} ").get("/v1/organisation", AgentCollect_Version=self.key)
        factories.client(self.key, AgentCollect_Account=self.key).get("/v1/organisation")

    def failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A 500 while the secret is in the request: the traceback is logged, the request is not."""

        def breaks(**_: Any) -> None:
            raise RuntimeError("boom")

        with monkeypatch.context() as broken:
            broken.setattr("accounts.operations.issue_token", breaks)
            api = factories.client()
            api.django.raise_request_exception = False
            assert api.post("/v1/auth", {"api_key": self.key}).status_code == 500


@pytest.fixture
def journey(creditor: Organisation, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> Journey:
    request_log.BUFFER.clear()
    found = Journey(creditor)
    found.run(monkeypatch)
    assert request_log.flush()
    assert len(found.secrets) == 5
    return found


def standing(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of the secrets whose unguessable middle stands in `text`: what is cut off at an end is found as well."""
    return [name for name, secret in secrets.items() if _core(secret) in text]


def _core(secret: str) -> str:
    """Of a token the signature, which alone makes it one; of others what follows the prefix that is kept on purpose."""
    return secret.rpartition(".")[2][:30] if "." in secret else secret[14:34]


def test_the_database_holds_none(journey: Journey) -> None:
    rows = 0
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                rows += 1
                for column, value in zip(columns, row, strict=True):
                    text = value.decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                    assert not standing(text, journey.secrets), f"{table}.{column}"
    assert rows > 50
    assert Endpoint.objects.exists()
    assert {"key.rolled", "token.revoked"} <= set(Event.objects.values_list("type", flat=True))


def test_the_request_log_holds_none_and_still_says_what_was_called(journey: Journey) -> None:
    calls = list(RequestLog.objects.all())
    said = json.dumps([[str(value) for value in vars(call).values()] for call in calls])
    assert not standing(said, journey.secrets)
    paths = {call.path for call in calls}
    assert {"/v1/auth", "/v1/oauth/token", "/v1/webhooks", "/v1/campaigns"} <= paths
    assert "INV-2025-0847" in said


def test_the_logs_hold_none(journey: Journey, heard: Heard) -> None:
    text = "\n".join(heard.lines)
    assert "boom" in text
    assert "/v1/oauth/token" in text or "v1/oauth/token" in text
    assert not standing(text, journey.secrets)


def test_redis_holds_none(journey: Journey) -> None:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    names = list(client.scan_iter())
    assert names, "the journey was counted and remembered there"
    for name in names:
        kind = client.type(name)
        read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}.get(kind)
        value = read(name) if read else client.lrange(name, 0, -1) if kind == b"list" else client.dump(name)
        assert not standing(f"{name!r} {value!r}", journey.secrets), name


def test_the_test_itself_would_notice(creditor: Organisation, heard: Heard) -> None:
    """A secret in a row, and one in a log line, are found by the same means as above."""
    key = factories.api_key(creditor)
    secrets = {"key": key}
    Organisation.objects.update(attested_by=f"by {key}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT attested_by FROM accounts_organisation")
        assert standing(cursor.fetchone()[0], secrets) == ["key"]
    logging.getLogger("anything").debug("sent %s", key)
    assert standing("\n".join(heard.lines), secrets) == ["key"]
