"""The request log's pages: what was called, what failed, and how to call it again."""

import html
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, RequestLog
from accounts.operations import request_log
from dashboard.queries import calls
from events.models import Event
from tests import factories
from tests.dashboard import world

LIST = "/dashboard/request-log"
ROW = {"company": "Acme's Corp", "contact_email": "ap@acme.com", "invoice_amount": 100, "state": "NY"}


@pytest.fixture
def made(owner: Client, empty_redis: None) -> Organisation:
    """An organisation that called well, badly and at an address that is not there."""
    request_log.BUFFER.clear()
    organisation: Organisation = owner.organisation  # type: ignore[attr-defined]
    api = factories.client(factories.api_key(organisation))
    api.post("/v1/campaigns", ROW, Idempotency_Key="once")
    api.post("/v1/campaigns", {"company": "Acme"})
    api.get("/v1/campaigns", {"nonsense": "1"})
    api.get("/v1/nowhere")
    request_log.flush()
    return organisation


def paths(owner: Client, **asked: str) -> list[str]:
    return [f"{row.method} {row.path} {row.status}" for row in owner.get(LIST, asked).context["rows"]]


def test_the_list_and_its_filters(owner: Client, made: Organisation) -> None:
    assert len(paths(owner)) == 4
    assert paths(owner, status="2xx") == ["POST /v1/campaigns 201"]
    assert paths(owner, error="unknown_parameter") == ["GET /v1/campaigns 400"]
    assert paths(owner, q="/v1/no") == ["GET /v1/nowhere 404"]
    assert len(paths(owner, method="POST", key=RequestLog.objects.first().key_id)) == 2
    call = RequestLog.objects.get(status=404)
    assert paths(owner, q=call.request_id) == ["GET /v1/nowhere 404"]
    assert paths(owner, status="drop table") == paths(owner, key="key_none") == []


def test_errors_by_code_and_the_limit(owner: Client, made: Organisation) -> None:
    shown = owner.get(LIST).context
    assert {(group.error, group.calls) for group in shown["failures"]} == {
        ("unknown_parameter", 1),
        ("not_found", 1),
        (RequestLog.objects.get(method="POST", status=400).error, 1),
    }
    [used] = shown["usage"]
    assert (used.last_minute, used.limit) == (4, 1000)
    assert 1 <= used.busiest_minute <= 4


def test_one_call(owner: Client, made: Organisation) -> None:
    call = RequestLog.objects.get(status=201)
    page = html.unescape(owner.get(f"{LIST}/{call.id}").content.decode())
    event = Event.objects.get(type="campaign.started")
    for part in (
        call.request_id,
        "once",
        '"company": "Acme\'s Corp"',
        '"status": "active"',
        event.id,
        "$AGENTCOLLECT_KEY",
    ):
        assert part in page
    assert call.request_id in owner.get(f"/dashboard/events/{event.id}").content.decode()


def test_as_curl_is_the_same_call() -> None:
    call = RequestLog(
        method="POST",
        path="/v1/campaigns",
        query="a=1&b=it's",
        request_headers={"Content-Type": "application/json", "Accept": "*/*"},
        request_body='{"company": "Acme\'s"}',
    )
    assert calls.as_curl(call, "https://api.example.com").splitlines() == [
        """curl -X POST 'https://api.example.com/v1/campaigns?a=1&b=it'"'"'s' \\""",
        '  -H "Authorization: Bearer $AGENTCOLLECT_KEY" \\',
        "  -H 'Content-Type: application/json' \\",
        """  --data-binary '{"company": "Acme'"'"'s"}'""",
    ]


def test_nobody_elses_calls(owner: Client, made: Organisation, client: Any) -> None:
    call = RequestLog.objects.first()
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    assert stranger.get(f"{LIST}/{call.id}").status_code == 404
    assert b"No call yet" in stranger.get(LIST).content
    owner.post("/dashboard/mode", {"mode": "live"})
    assert owner.get(f"{LIST}/{call.id}").status_code == 404
    assert b"No call yet" in owner.get(LIST).content
    assert Client().get(LIST).status_code == 302
