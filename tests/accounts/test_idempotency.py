"""The same POST twice: one effect, one answer; and what is never kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections

from accounts.models import IdempotentRequest, Organisation
from accounts.operations import request_log
from agentcollect.kit import clock, idempotency
from agentcollect.kit import db as kit_db
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign
from events.models import Event
from payments.models import Payment
from tests import factories
from webhooks.models import Delivery, Endpoint

KEY = "order-4711"


def invoices(count: int = 1) -> dict[str, Any]:
    rows = [
        {"company_name": f"Acme {n} Corp", "contact_email": f"ap@acme{n}.com", "invoice_amount": 100, "state": "NY"}
        for n in range(count)
    ]
    return {"company": "Your Company Inc.", "debtors": rows}


@pytest.fixture
def api(creditor: Organisation) -> factories.ApiClient:
    return factories.client(factories.api_key(creditor), Idempotency_Key=KEY)


def kept() -> list[IdempotentRequest]:
    return list(IdempotentRequest.objects.all())


def test_the_first_answer_is_given_again(api: factories.ApiClient) -> None:
    first = api.post("/v1/campaigns", invoices(500))
    again = api.post("/v1/campaigns", invoices(500))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Location"] == first["Location"] == f"/v1/campaigns/{first.json()['id']}"
    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == "true"
    assert again["X-Request-Id"] != first["X-Request-Id"]
    assert Campaign.objects.count() == 1
    assert Event.objects.filter(type="campaign.started").count() == 1


def test_another_body_is_another_request(api: factories.ApiClient) -> None:
    made = api.post("/v1/campaigns", invoices()).json()["id"]
    for answer in (
        api.post("/v1/campaigns", invoices(2)),
        api.post("/v1/campaigns/preview", invoices()),
        api.post("/v1/webhooks", {"url": "https://hooks.example.com/ac"}),
    ):
        body = answer.json()
        assert (answer.status_code, body["error"]) == (409, "idempotency_key_reused")
        assert body["resource_id"] == made
    assert Campaign.objects.count() == 1


def test_a_key_belongs_to_one_organisation_and_mode(creditor: Organisation) -> None:
    child = factories.organisation("Child", parent_id=creditor.id)
    platform = factories.api_key(creditor)
    callers: list[dict[str, Any]] = [
        {"key": platform},
        {"key": factories.api_key(creditor, livemode=True)},
        {"key": platform, "AgentCollect_Account": child.id},
        {"key": factories.api_key(factories.organisation("Other"))},
    ]
    for caller in callers:
        made = factories.client(**caller).post("/v1/campaigns", invoices(), Idempotency_Key=KEY)
        assert (made.status_code, "Idempotent-Replayed" in made.headers) == (201, False)
    # …and any key of the organisation may repeat what another one began.
    again = factories.client(factories.api_key(creditor)).post("/v1/campaigns", invoices(), Idempotency_Key=KEY)
    assert again["Idempotent-Replayed"] == "true"
    assert Campaign.objects.count() == len(callers)


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "tab\there"], ids=["empty", "space", "é", "256", "tab"])
def test_a_key_is_visible_ascii(api: factories.ApiClient, key: str) -> None:
    answer = api.post("/v1/campaigns", invoices(), Idempotency_Key=key)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_idempotency_key")


def test_what_ran_nothing_is_not_kept(api: factories.ApiClient, creditor: Organisation) -> None:
    assert api.post("/v1/campaigns", {"company": "Acme"}).status_code == 400
    assert api.post("/v1/campaigns", b"{").status_code == 400
    assert api.post("/v1/nowhere", {}).status_code == 404
    nobody = factories.client("sk_test_nobody", Idempotency_Key=KEY)
    assert nobody.post("/v1/campaigns", invoices()).status_code == 401
    reader = factories.client(factories.api_key(creditor, scopes=["campaigns:read"]), Idempotency_Key=KEY)
    assert reader.post("/v1/campaigns", invoices()).status_code == 403
    assert kept() == []
    # The corrected body may use the same key.
    assert api.post("/v1/campaigns", invoices()).status_code == 201


def test_a_refusal_by_the_state_of_things_is_kept(api: factories.ApiClient) -> None:
    first = api.post("/v1/campaigns/cmp_0UZ8pq1K9xQk4Fw2aBcDeF/pause")
    again = api.post("/v1/campaigns/cmp_0UZ8pq1K9xQk4Fw2aBcDeF/pause")
    assert (first.status_code, again.status_code) == (404, 404)
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"


def test_a_failure_rolls_back_work_and_claim(api: factories.ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "_keep", _fail)
        api.django.raise_request_exception = False
        assert api.post("/v1/campaigns", invoices()).status_code == 500
    assert (Campaign.objects.count(), Event.objects.filter(type="campaign.started").count(), kept()) == (0, 0, [])
    assert api.post("/v1/campaigns", invoices()).status_code == 201


def _fail(*_: Any) -> None:
    raise RuntimeError("the process dies here")


def test_a_refusal_takes_back_what_was_done_before_it(creditor: Organisation) -> None:
    """A handler of two steps that is refused in the second leaves nothing of the first, and its refusal is kept."""
    asked = idempotency.Asked(creditor.id, False, KEY, "f", clock.now())

    def work() -> Any:
        factories.campaign(creditor)
        raise ApiError("illegal_transition")

    with kit_db.enclosing():
        assert idempotency._first(asked, work).status_code == 409
    assert (Campaign.objects.count(), kept()[0].status) == (0, 409)


def test_a_day_later_the_key_is_free(api: factories.ApiClient) -> None:
    api.post("/v1/campaigns", invoices())
    IdempotentRequest.objects.update(recorded_at=clock.now() - timedelta(hours=24))
    other = api.post("/v1/campaigns", invoices(2))
    assert (other.status_code, "Idempotent-Replayed" in other.headers) == (201, False)
    assert len(kept()) == 1


def test_answers_are_encrypted_and_their_secrets_come_again(api: factories.ApiClient) -> None:
    first = api.post("/v1/webhooks", {"url": "https://hooks.example.com/ac"})
    secret = first.json()["secret"]
    assert secret not in str(IdempotentRequest.objects.values().get())
    assert api.post("/v1/webhooks", {"url": "https://hooks.example.com/ac"}).json()["secret"] == secret
    assert Endpoint.objects.count() == 1


def test_what_reads_its_own_events_finds_them(api: factories.ApiClient, creditor: Organisation) -> None:
    """Facts are written at the end of the operation as ever, not with the claim: this answer reads its delivery."""
    plain = factories.client(factories.api_key(creditor))
    made = plain.post("/v1/webhooks", {"url": "https://hooks.example.com/ac"}).json()["id"]
    first, again = api.post(f"/v1/webhooks/{made}/test"), api.post(f"/v1/webhooks/{made}/test")
    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    assert Delivery.objects.count() == 1


def test_tokens_and_other_methods_ignore_the_header(api: factories.ApiClient, creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    tokens = {api.post("/v1/auth", {"api_key": key}).json()["access_token"] for _ in range(2)}
    assert len(tokens) == 2
    made = factories.client(key).post("/v1/webhooks", {"url": "https://hooks.example.com/ac"}).json()["id"]
    for word in ("one", "two"):
        assert api.patch(f"/v1/webhooks/{made}", {"description": word}).json()["description"] == word
    assert api.get("/v1/webhooks", Idempotency_Key="not a key").status_code == 200
    assert kept() == []


def test_a_files_boundary_does_not_count(rf: Any) -> None:
    def fingerprint(boundary: str, text: str = "a,b") -> str:
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n{text}\r\n--{boundary}--\r\n'
        kind = f"multipart/form-data; boundary={boundary}"
        return idempotency._fingerprint(rf.generic("POST", "/v1/imports", body, content_type=kind))

    assert fingerprint("aaa") == fingerprint("bbb")
    assert fingerprint("aaa") != fingerprint("aaa", "a,c")


def test_one_answer_per_key(creditor: Organisation) -> None:
    at = clock.now()
    row = {"organisation": creditor, "livemode": False, "key": KEY, "status": 200, "created_at": at, "recorded_at": at}
    IdempotentRequest.objects.create(**row)
    IdempotentRequest.objects.create(**row | {"livemode": True})
    with pytest.raises(IntegrityError), kit_db.enclosing():
        IdempotentRequest.objects.create(**row)


def test_the_network_is_not_waited_for_under_a_claim(db: None) -> None:
    assert not kit_db.in_transaction()
    with kit_db.enclosing():
        assert kit_db.in_transaction()
    assert not kit_db.in_transaction()


def test_pruned_after_a_day(api: factories.ApiClient) -> None:
    api.post("/v1/campaigns", invoices())
    request_log.prune(at=clock.now() + timedelta(hours=23))
    assert len(kept()) == 1
    request_log.prune(at=clock.now() + timedelta(hours=25))
    assert kept() == []


# --- at the same time


def _at_once(count: int, call: Any) -> list[Any]:
    """`call(n)` in `count` threads that begin together, each with a connection of its own."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        gate.wait()
        try:
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_fifty_at_once_make_one(transactional_db: None) -> None:
    organisation = factories.organisation()
    api = factories.client(factories.api_key(organisation), Idempotency_Key=KEY)
    case = factories.case(organisation)
    body = {"case_id": case.id, "amount": 10, "method": "bank_transfer"}
    answers = _at_once(50, lambda _: factories.ApiClient("", **api.headers).post("/v1/payments", body))
    said = {answer.status_code for answer in answers}
    assert said <= {201, 409}, [a.content for a in answers if a.status_code not in {201, 409}][:3]
    assert {a.json()["error"] for a in answers if a.status_code == 409} <= {"idempotency_in_progress"}
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    assert sum("Idempotent-Replayed" not in a.headers for a in answers if a.status_code == 201) == 1
    assert Payment.objects.count() == 1
    assert Event.objects.filter(type="payment.received").count() == 1


def test_the_second_of_two_is_told_to_wait(transactional_db: None) -> None:
    """PostgreSQL: the first holds the key until it commits. SQLite: its one writer makes the second wait instead."""
    organisation = factories.organisation()
    api = factories.client(factories.api_key(organisation), Idempotency_Key=KEY)
    asked = idempotency.Asked(organisation.id, False, KEY, "", clock.now())
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    with kit_db.enclosing():
        assert kit_db.try_lock(asked.lock)
        [answer] = _at_once(1, lambda _: api.post("/v1/campaigns", invoices()))
    body = answer.json()
    assert (answer.status_code, body["error"], body["retry_after"]) == (409, "idempotency_in_progress", 1)
    assert answer["Retry-After"] == "1"
    assert kept() == []
    assert api.post("/v1/campaigns", invoices()).status_code == 201
