"""What goes over the wire, what is tried again and what is not, and how failures come out."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from conftest import Scripted

import agentcollect
from agentcollect import Client, _core


@pytest.fixture
def client(server: Scripted):
    with Client("sk_test_x", base_url=server.url, max_retries=2) as made:
        yield made


def test_a_post_is_tried_again_with_the_same_idempotency_key(client: Client, server: Scripted) -> None:
    server.says(503, {"error": "service_unavailable", "status": 503})
    server.says(0)
    server.says(201, {"id": "cmp_1"})
    assert client.campaigns.create(company="Acme", invoice_amount=Decimal("10.50"))["id"] == "cmp_1"
    keys = {request["headers"]["Idempotency-Key"] for request in server.seen}
    assert len(server.seen) == 3 and len(keys) == 1
    assert [body["invoice_amount"] for body in server.bodies] == [10.5] * 3


def test_a_patch_is_not_repeated_when_it_may_have_been_done(client: Client, server: Scripted) -> None:
    server.says(503, {"error": "service_unavailable", "status": 503})
    with pytest.raises(agentcollect.ServerFailed):
        client.cases.update("cas_1", reason="typo")
    server.says(0)
    with pytest.raises(agentcollect.ConnectionFailed):
        client.cases.update("cas_1", reason="typo")
    assert len(server.seen) == 2


def test_a_patch_that_was_not_admitted_is_repeated(client: Client, server: Scripted) -> None:
    server.says(429, {"error": "rate_limit_exceeded", "retry_after": 1, "status": 429}, Retry_After="1")
    server.says(200, {"id": "cas_1"})
    assert client.cases.update("cas_1", metadata={})["id"] == "cas_1"


def test_what_the_api_refuses_is_not_repeated(client: Client, server: Scripted) -> None:
    fault = {"param": "debtors[3].invoice_amount", "code": "nothing_owed", "message": "…"}
    body = {"error": "nothing_owed", "status": 400, "message": "Nothing.", "request_id": "req_1", "errors": [fault]}
    server.says(400, body)
    with pytest.raises(agentcollect.InvalidRequest) as caught:
        client.campaigns.create(company="Acme", debtors=[])
    assert (caught.value.code, caught.value.request_id, caught.value.errors) == ("nothing_owed", "req_1", [fault])
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, agentcollect.AuthenticationFailed),
        (403, agentcollect.PermissionDenied),
        (404, agentcollect.NotFound),
        (409, agentcollect.Conflict),
        (500, agentcollect.ServerFailed),
    ],
)
def test_each_status_has_its_exception(client: Client, server: Scripted, status: int, kind: type) -> None:
    server.says(status, b"<html>not ours</html>")
    with pytest.raises(kind) as caught:
        client.payments.get("pay_1")
    assert caught.value.status == status


def test_retries_end(client: Client, server: Scripted) -> None:
    for _ in range(3):
        server.says(503)
    with pytest.raises(agentcollect.ServerFailed):
        client.payments.get("pay_1")
    assert len(server.seen) == 3


def test_a_list_goes_from_page_to_page(client: Client, server: Scripted) -> None:
    server.says(200, {"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "next_cursor": "c1"})
    server.says(200, {"data": [{"id": "c"}], "has_more": False, "next_cursor": None})
    found = client.payments.list(created_after=datetime(2026, 1, 1, tzinfo=UTC), metadata={"team": "a b"})
    assert [row["id"] for row in found] == ["a", "b", "c"]
    first, second = (request["path"] for request in server.seen)
    assert first == "/v1/payments?created_after=2026-01-01T00%3A00%3A00Z&metadata%5Bteam%5D=a+b"
    assert second == first + "&cursor=c1"


def test_amounts_are_exact_both_ways(client: Client, server: Scripted) -> None:
    server.says(200, b'{"amount": 1999.10, "breakdown": {"principal": 1999}}')
    found = client.payments.get("pay_1")
    assert found["amount"] == Decimal("1999.10") and isinstance(found["breakdown"]["principal"], int)
    assert _core.encode({"a": Decimal("999999999.99"), "b": Decimal("15000.00")}) == b'{"a": 999999999.99, "b": 15000}'
    with pytest.raises(ValueError):
        _core.encode({"a": Decimal("0.1234567890123456789")})


def test_dates_and_times_as_the_api_writes_them() -> None:
    body = _core.encode({"on": date(2026, 1, 2), "at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)})
    assert body == b'{"on": "2026-01-02", "at": "2026-01-02T03:04:05Z"}'
    with pytest.raises(ValueError):
        _core.encode({"at": datetime(2026, 1, 2)})


def test_the_key_is_in_no_repr(client: Client) -> None:
    assert "sk_test_x" not in repr(client.settings)


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTCOLLECT_API_KEY", raising=False)
    with pytest.raises(agentcollect.AgentCollectError):
        Client()


def test_the_server_is_not_waited_for_longer_than_a_minute() -> None:
    assert _core.wait_after(0, 3600.0) == _core.LONGEST_WAIT
    assert 0.25 <= _core.wait_after(0, None) <= 0.5
    assert 4.0 <= _core.wait_after(9, None) <= 8.0
