"""The keys of the dashboard: made with limits, shown once, rolled, revoked, and their tokens one by one."""

from typing import Any

import pytest
from django.test import Client

from accounts import operations, queries
from accounts.models import AccessToken, ApiKey, Organisation
from agentcollect.kit import clock
from events.models import Event
from tests import factories

KEYS = "/dashboard/keys"
WHOAMI = "/v1/organisation"


def seated(organisation: Organisation, role: str = "owner") -> Client:
    facts = {"email": f"{role}@example.com", "password": "x" * 12, "role": role, "by": "test", "at": clock.now()}
    client = Client()
    client.force_login(operations.add_member(organisation_id=organisation.id, **facts).user)
    return client


def shown(answer: Any) -> str:
    """The secret on the page."""
    assert answer.status_code == 201, answer.content
    return answer.content.decode().split('id="new-key">')[1].split("<")[0]


def made(owner: Client, **more: Any) -> tuple[ApiKey, str]:
    secret = shown(owner.post(f"{KEYS}/create", {"name": "billing"} | more))
    found = queries.key_by_text(secret)
    assert found
    return found, secret


@pytest.fixture
def owner(creditor: Organisation) -> Client:
    return seated(creditor)


def test_a_key_with_every_limit(owner: Client) -> None:
    form = {"scopes": ["payments:read"], "expires": "90", "addresses": "127.0.0.1\r\n203.0.113.0/24, 2001:db8::/32"}
    key, secret = made(owner, **form)
    assert (key.name, key.scopes) == ("billing", ["payments:read"])
    assert key.allowed_addresses == ["127.0.0.1/32", "203.0.113.0/24", "2001:db8::/32"]
    assert key.expires_at
    assert (key.expires_at - key.created_at).days == 90
    page = owner.get(f"{KEYS}/{key.id}").content.decode()
    for text in (key.id, "payments:read", "203.0.113.0/24", "until <time", "Roll this key"):
        assert text in page
    assert secret not in page
    assert "until <time" in owner.get(KEYS).content.decode()


def test_mistakes_are_said_and_make_nothing(owner: Client) -> None:
    for form, says in (({"addresses": "203.0.113.7/24"}, b"neither an address"), ({"scopes": ["x"]}, b"not a scope")):
        answer = owner.post(f"{KEYS}/create", {"name": "x"} | form, follow=True)
        assert says in answer.content
    assert not ApiKey.objects.exists()


def test_rolling_shows_the_new_key_and_when_the_old_one_stops(owner: Client) -> None:
    key, old = made(owner)
    answer = owner.post(f"{KEYS}/{key.id}/roll", {"overlap": "1"})
    new = shown(answer)
    assert b"works until" in answer.content
    assert {factories.client(text).get(WHOAMI).status_code for text in (old, new)} == {200}
    page = owner.get(f"{KEYS}/{key.id}").content
    assert b"Replaced by" in page
    assert b"Roll this key" not in page
    again = owner.post(f"{KEYS}/{key.id}/roll", {"overlap": "1"}, follow=True)
    assert b"was rolled before" in again.content
    second = shown(owner.post(f"{KEYS}/{ApiKey.objects.get(replaces=key).id}/roll", {"overlap": "0"}))
    assert [factories.client(text).get(WHOAMI).status_code for text in (new, second)] == [401, 200]


def test_tokens_are_listed_and_revoked_one_by_one(owner: Client, creditor: Organisation) -> None:
    key, secret = made(owner)
    bearers = [factories.client().post("/v1/auth", {"api_key": secret}).json()["access_token"] for _ in range(2)]
    page = owner.get(f"{KEYS}/{key.id}").content.decode()
    for bearer in bearers:
        assert f"…{bearer[-4:]}" in page
        assert bearer not in page
    row = AccessToken.objects.spelt(bearers[0]).get()
    answer = owner.post(f"{KEYS}/{key.id}/tokens/{row.id}/revoke", follow=True)
    assert b"refused from now on" in answer.content
    assert [factories.client(text).get(WHOAMI).status_code for text in (*bearers, secret)] == [401, 200, 200]
    assert f"…{bearers[0][-4:]}" not in answer.content.decode().split("Access tokens")[1].split("About this key")[0]
    owner.post(f"{KEYS}/{key.id}/revoke")
    assert b"No token is alive" in owner.get(f"{KEYS}/{key.id}").content
    assert factories.client(bearers[1]).get(WHOAMI).status_code == 401


def test_name_and_addresses_change(owner: Client) -> None:
    key, secret = made(owner)
    answer = owner.post(f"{KEYS}/{key.id}/change", {"name": "<b>ci</b>", "addresses": "203.0.113.7"}, follow=True)
    assert b"&lt;b&gt;ci&lt;/b&gt;" in answer.content
    assert factories.client(secret).get(WHOAMI).status_code == 403
    bad = owner.post(f"{KEYS}/{key.id}/change", {"name": "ci", "addresses": "here"}, follow=True)
    assert b"neither an address" in bad.content
    key.refresh_from_db()
    assert key.allowed_addresses == ["203.0.113.7/32"]
    assert set(Event.objects.filter(type__in=("key.renamed", "key.restricted")).values_list("type", flat=True)) == {
        "key.renamed",
        "key.restricted",
    }


def test_a_leaked_key_says_where_it_was_found(owner: Client) -> None:
    from accounts.operations.leaks import Report

    key, secret = made(owner)
    url = "https://pastebin.example.com/abc"
    operations.report_leaks(reports=[Report(secret, url)], by="secret_scanning", at=clock.now())
    assert url.encode() in owner.get(f"{KEYS}/{key.id}").content
    assert b"Leaked, revoked" in owner.get(KEYS).content


@pytest.mark.parametrize("role", ["owner", "admin", "operator", "finance", "viewer", "auditor"])
def test_only_owners_and_admins_handle_keys(creditor: Organisation, role: str) -> None:
    key, someone = queries.key_by_text(factories.api_key(creditor)), seated(creditor, role)
    assert key
    token = operations.grant(key=key, scopes=list(key.scopes), at=clock.now())
    row = AccessToken.objects.spelt(token["access_token"]).get()
    may = role in {"owner", "admin"}
    page = someone.get(f"{KEYS}/{key.id}").content
    assert (b"Roll this key" in page, b"<form" in page.split(b'id="content"')[1]) == (may, may)
    paths = ["change", "roll", f"tokens/{row.id}/revoke", "revoke"]
    statuses = [someone.post(f"{KEYS}/{key.id}/{path}", {"overlap": "24"}).status_code for path in paths]
    assert statuses == ([302, 201, 302, 302] if may else [403] * 4)


def test_keys_of_others_and_of_the_other_mode_are_not_there(owner: Client, creditor: Organisation) -> None:
    foreign = queries.key_by_text(factories.api_key(factories.organisation(name="Other")))
    live, own = (queries.key_by_text(factories.api_key(creditor, mode)) for mode in (True, False))
    assert foreign and live and own
    token = operations.grant(key=live, scopes=list(live.scopes), at=clock.now())
    row = AccessToken.objects.spelt(token["access_token"]).get()
    for key in (foreign, live):
        assert owner.get(f"{KEYS}/{key.id}").status_code == 404
        for path in ("change", "roll", "revoke", f"tokens/{row.id}/revoke"):
            assert owner.post(f"{KEYS}/{key.id}/{path}").status_code == 404
    assert owner.post(f"{KEYS}/{own.id}/tokens/{row.id}/revoke").status_code == 404
    assert not ApiKey.objects.exclude(revoked_at=None).exists()
