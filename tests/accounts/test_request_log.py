"""Every call is on record, without its secrets, and no answer waits for that."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts import operations, redaction, request_log_views
from accounts.models import ApiKey, Organisation, RequestLog
from accounts.operations import request_log
from agentcollect.kit import clock, middleware
from agentcollect.kit.buffer import Buffer
from events.models import Event
from tests import factories

WHOAMI = "/v1/organisation"
LOGS = "/v1/request_logs"


@pytest.fixture(autouse=True)
def _nothing_from_before() -> None:
    request_log.BUFFER.clear()


@pytest.fixture
def key(creditor: Organisation) -> str:
    return factories.api_key(creditor)


@pytest.fixture
def api(key: str) -> factories.ApiClient:
    return factories.client(key)


def written() -> list[RequestLog]:
    assert request_log.flush()
    return list(RequestLog.objects.order_by("id"))


def test_a_call_is_kept_whole(api: factories.ApiClient, creditor: Organisation) -> None:
    body = {"company": "Acme", "invoice_amount": 1, "x": "é"}
    answer = api.post("/v1/campaigns", body, X_Request_Id="req_from_client", User_Agent="curl/8", Idempotency_Key="k1")
    [call] = written()
    assert (call.organisation_id, call.livemode, call.key_id) == (creditor.id, False, ApiKey.objects.get().id)
    assert (call.method, call.path, call.route) == ("POST", "/v1/campaigns", "v1/campaigns")
    assert (call.status, call.error) == (400, answer.json()["error"])
    assert (call.request_id, call.user_agent, call.idempotency_key) == ("req_from_client", "curl/8", "k1")
    assert (call.ip, call.api_version) == ("127.0.0.1", settings.API_VERSION)
    assert json.loads(call.request_body) == body
    assert call.response_body.encode() == answer.content
    assert (call.request_bytes, call.response_bytes) == (len(json.dumps(body)), len(answer.content))
    assert call.response_headers["X-RateLimit-Limit"] == "1000"
    assert call.request_headers["Content-Type"] == "application/json"
    assert call.duration_ms > 0
    assert abs(call.created_at - clock.now()) < timedelta(seconds=10)


def test_refused_calls_belong_to_who_sent_them(creditor: Organisation, key: str) -> None:
    token = factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"]
    factories.client(key).get("/v1/nowhere")
    factories.client(key).get(WHOAMI, AgentCollect_Account="org_x")
    operations.revoke_key(key_id=ApiKey.objects.get().id, organisation_id=creditor.id, by="test", at=clock.now())
    factories.client(key).get(WHOAMI)
    factories.client(token).get(WHOAMI)
    factories.client().post("/v1/auth", {"api_key": key})
    calls = [(call.path, call.status, call.error) for call in written()]
    assert calls == [
        ("/v1/auth", 200, ""),
        ("/v1/nowhere", 404, "not_found"),
        (WHOAMI, 404, "not_found"),
        (WHOAMI, 401, "invalid_api_key"),
        (WHOAMI, 401, "invalid_token"),
        ("/v1/auth", 401, "invalid_api_key"),
    ]
    assert {(call.organisation_id, call.key_id) for call in written()} == {(creditor.id, ApiKey.objects.get().id)}


def test_calls_of_nobody_are_nobodys(db: None) -> None:
    strangers = ["", "sk_test_nothing", "a.b.c", "sk_test_" + "0" * 46]
    for credential in strangers:
        factories.client(credential).get(WHOAMI)
        factories.client(credential).post("/v1/auth", {"api_key": credential})
    factories.client().django.get(WHOAMI, headers={"Authorization": "Basic !!"})
    assert written() == []


def test_over_the_limit_and_broken_calls_too(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    api = factories.client(factories.api_key(factories.organisation(rate_limit=1)))
    api.django.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(request_log_views.queries, "listed", None)
        api.get(LOGS)
    api.get(WHOAMI)
    assert [(call.status, call.error) for call in written()] == [(500, "internal_error"), (429, "rate_limit_exceeded")]


def test_a_platforms_call_is_its_childs(creditor: Organisation, api: factories.ApiClient) -> None:
    child = factories.organisation("Child", parent_id=creditor.id)
    api.get(WHOAMI, AgentCollect_Account=child.id)
    [call] = written()
    assert (call.organisation_id, call.acting_organisation_id) == (child.id, creditor.id)


def test_bodies_are_cut_and_files_are_counted(api: factories.ApiClient, settings: Any) -> None:
    settings.REQUEST_LOG_BODY_BYTES, settings.REQUEST_LOG_READ_BYTES = 40, 20
    api.post("/v1/campaigns", {"company": "é" * 100})
    api.get(WHOAMI)
    api.django.post("/v1/campaigns", b"\x00\xff" * 50, "image/png", headers=api.headers)
    cut, read, file = written()
    assert cut.request_body.startswith('{"company": "') and len(cut.request_body.encode()) <= 44
    assert (cut.request_bytes, len(cut.response_body)) == (len(json.dumps({"company": "é" * 100})), 40)
    assert len(read.response_body) == 20 < read.response_bytes
    assert file.request_body == "[image/png, 100 bytes]"
    assert (cut.request_truncated, cut.response_truncated, read.response_truncated) == (True, True, True)
    assert not read.request_truncated


# --- secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"api_key": "abc", "a": 1}', '{"api_key": "[redacted]", "a": 1}'),
        ('{"Client_Secret":"a\\"b","x":2}', '{"Client_Secret":"[redacted]","x":2}'),
        ('{"apiKey":"abc', '{"apiKey":"[redacted]"'),
        ('{"password": 12345}', '{"password": "[redacted]"}'),
        ("grant_type=x&client_secret=abc&scope=y", "grant_type=x&client_secret=[redacted]&scope=y"),
        ("api_key=abc", "api_key=[redacted]"),
        ('{"headers": {"X-Sig": "a}\\"b", "Y": "z"}, "a": 1}', '{"headers": "[redacted]", "a": 1}'),
        ('{"headers": {"X-Sig": "abc', '{"headers": "[redacted]"'),
        ('{"headers": null}', '{"headers": null}'),
        ("no field 'sk_test_" + "a" * 46 + "' here", "no field 'sk_test_[redacted]' here"),
        ("whsec_c2VjcmV0LXNlY3JldA==", "whsec_[redacted]"),
        ('"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrZXkifQ.c2ln"', '"[redacted]"'),
        ("cut: eyJhbGciOiJIUzI1NiJ9.eyJzd", "cut: [redacted]"),
        ("Authorization: Basic a2V5OnNlY3JldA==", "Authorization: Basic [redacted]"),
        (
            '{"contact_email":"ap@acme.com","token_type":"Bearer"}',
            '{"contact_email":"ap@acme.com","token_type":"Bearer"}',
        ),
        ("a\0b", "a�b"),
    ],
    ids=lambda text: text[:12].replace("\0", "0"),
)
def test_redaction(text: str, shown: str) -> None:
    assert redaction.redact(text) == shown


def test_no_secret_reaches_the_log(key: str, creditor: Organisation) -> None:
    token = factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"]
    api = factories.client(token, Idempotency_Key=key, User_Agent=token)
    secret = api.post("/v1/webhooks", {"url": "https://hooks.example.com/ac"}).json()["secret"]
    api.post("/v1/campaigns", {"company": key, key: secret, "notes": f"Bearer {token}"})
    api.get(f"/v1/campaigns/{key}", {"api_key": "hunter2", "q": token})
    api.django.get(f"/v1/{secret}", headers={"Authorization": f"bearer {key}", "Accept": key})
    written()
    rows = json.dumps(list(RequestLog.objects.values()), default=str)
    assert len(written()) == 5
    for hidden in (key, key[20:], token, token[60:], secret, secret[10:], "hunter2"):
        assert hidden not in rows


# --- how it is written


def test_the_call_itself_costs_no_statement(api: factories.ApiClient) -> None:
    api.get(WHOAMI)
    with CaptureQueriesContext(connection) as asked:
        api.get(WHOAMI)
    assert not [query["sql"] for query in asked if "requestlog" in query["sql"]]
    with CaptureQueriesContext(connection) as wrote:
        request_log.flush()
    assert len([query for query in wrote if "SELECT" in query["sql"]]) == 0


def test_a_recorder_that_fails_keeps_no_answer(api: factories.ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "_recorder", lambda: None)
    assert api.get(WHOAMI).status_code == 200


def test_switched_off(api: factories.ApiClient, settings: Any) -> None:
    settings.REQUEST_LOG = False
    api.get(WHOAMI)
    assert written() == []


def test_while_the_database_is_away_rows_wait() -> None:
    down, got = [True], []

    def write(batch: list[int]) -> None:
        if down[0]:
            raise OperationalError
        got.extend(batch)

    buffer = Buffer("test", write, most=5, batch=2)
    assert [buffer.add(n, background=False) for n in range(7)] == [True] * 5 + [False] * 2
    assert (buffer.flush(), len(buffer), buffer.dropped) == (False, 5, 2)
    down[0] = False
    assert (buffer.flush(), got, len(buffer)) == (True, [0, 1, 2, 3, 4], 0)


def test_a_batch_that_cannot_be_written_does_not_stop_the_next() -> None:
    got: list[int] = []

    def write(batch: list[int]) -> None:
        if 0 in batch:
            raise ValueError("poison")
        got.extend(batch)

    buffer = Buffer("test", write, batch=2, most_bytes=100)
    for number in range(4):
        buffer.add(number, 20, background=False)
    assert not buffer.add(9, 30, background=False)
    assert (buffer.flush(), got) == (True, [2, 3])
    assert buffer.add(9, 100, background=False)


def test_a_forked_child_does_not_write_its_parents_rows() -> None:
    buffer = Buffer("test", lambda batch: None)
    buffer.add(1, background=False)
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.write(write, str(len(buffer)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert (os.read(read, 10), len(buffer)) == (b"0", 1)


def test_what_is_left_is_written_when_the_process_ends() -> None:
    """A server's worker is a forked child that runs no `atexit`; a command is a plain process. Both write."""
    script = """if True:
        import multiprocessing, sys
        from agentcollect.kit.buffer import Buffer

        def work(name):
            buffer = Buffer(name, lambda batch: print(name, batch, flush=True), every=600)
            buffer.add(1)
            buffer.add(2)

        worker = multiprocessing.get_context("fork").Process(target=work, args=("worker",))
        worker.start()
        worker.join()
        work("plain")
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split("\n")[:2] == ["worker [1, 2]", "plain [1, 2]"]


# --- how it is read


def test_list_filters_and_pages(api: factories.ApiClient, creditor: Organisation) -> None:
    for _ in range(3):
        api.get(WHOAMI)
    api.get(WHOAMI, {"x": "1"})
    api.get("/v1/nowhere", X_Request_Id="my-own-name")
    factories.client(factories.api_key(creditor)).post("/v1/webhooks", {})
    written()

    def found(**asked: str) -> list[tuple[str, int]]:
        return [(row["path"], row["status"]) for row in api.get(LOGS, asked).json()["data"]]

    assert len(found()) == 6
    assert found(status="404") == found(request_id="my-own-name") == [("/v1/nowhere", 404)]
    assert found(status="4xx", method="GET") == [("/v1/nowhere", 404), (WHOAMI, 400)]
    assert found(error="missing_field", path="/v1/webhooks") == [("/v1/webhooks", 400)]
    assert len(found(key_id=ApiKey.objects.earliest("created_at").id, status="2xx")) == 3
    assert found(created_before="2020-01-01T00:00:00Z") == []
    page = api.get(LOGS, {"limit": "4"}).json()
    rest = api.get(LOGS, {"limit": "4", "cursor": page["next_cursor"]}).json()
    assert len({row["id"] for row in page["data"] + rest["data"]}) == 6 and not rest["has_more"]
    for name, value in (("status", "9xx"), ("status", "abc"), ("method", "BREW")):
        assert api.get(LOGS, {name: value}).json()["error"] == "invalid_parameter"


def test_detail_names_the_events_it_caused(api: factories.ApiClient) -> None:
    body = {"company": "Acme Corp", "contact_email": "ap@acme.com", "invoice_amount": 100, "state": "NY"}
    made = api.post("/v1/campaigns", body)
    api.get(WHOAMI)
    written()
    row = api.get(LOGS, {"request_id": made["X-Request-Id"]}).json()["data"][0]
    shown = api.get(f"{LOGS}/{row['id']}").json()
    started = Event.objects.get(type="campaign.started")
    assert started.request_id == made["X-Request-Id"]
    assert (shown["event_ids"], shown["status"]) == ([started.id], 201)
    assert (json.loads(shown["request_body"]), shown["response_body"]) == (body, made.content.decode())


def test_another_organisation_mode_or_scope_sees_nothing(api: factories.ApiClient, creditor: Organisation) -> None:
    api.get(WHOAMI)
    [call] = written()
    for other in (factories.api_key(factories.organisation("Other")), factories.api_key(creditor, livemode=True)):
        assert factories.client(other).get(LOGS).json()["data"] == []
        assert factories.client(other).get(f"{LOGS}/{call.id}").status_code == 404
    narrow = factories.client(factories.api_key(creditor, scopes=["campaigns:write"]))
    assert narrow.get(LOGS).json()["error"] == "missing_scope"


def test_pruned_after_thirty_days(api: factories.ApiClient) -> None:
    api.get(WHOAMI)
    assert len(written()) == 1
    assert request_log.prune(at=clock.now() + timedelta(days=29, hours=23))["RequestLog"] == 0
    assert request_log.prune(at=clock.now() + timedelta(days=30, minutes=1))["RequestLog"] == 1
    assert written() == []
