"""The life of a key: expiry, addresses, version, name, rolling with an overlap, and what each writes down."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from accounts import operations, queries, rules
from accounts.models import AccessToken, ApiKey, Organisation
from agentcollect.kit import clock, db
from agentcollect.kit.errors import ApiError
from events.models import Event
from tests import factories

WHOAMI = "/v1/organisation"
BY = "member:mem_1"


def row(key: str) -> ApiKey:
    found = queries.key_by_text(key)
    assert found
    return found


def status(credential: str, **meta: str) -> int:
    return (
        factories.client(credential)
        .django.get(WHOAMI, headers={"Authorization": f"Bearer {credential}"}, **meta)
        .status_code
    )


def token(key: str) -> str:
    return str(factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"])


def roll(key: ApiKey, **more: Any) -> Any:
    return operations.roll_key(
        **{"key_id": key.id, "organisation_id": key.organisation_id, "by": BY, "at": clock.now()} | more
    )


# --- expiry


def test_an_expired_key_is_refused_with_its_tokens(creditor: Organisation) -> None:
    key = factories.api_key(creditor, expires_at=clock.now() + timedelta(minutes=10))
    bearer = token(key)
    assert (status(key), status(bearer)) == (200, 200)
    stopped = clock.now() - timedelta(seconds=1)
    ApiKey.objects.filter(id=row(key).id).update(expires_at=stopped)
    from accounts import credentials

    credentials.forget(row(key).id)
    assert (status(key), status(bearer)) == (401, 401)
    assert factories.client().post("/v1/auth", {"api_key": key}).json()["error"] == "invalid_api_key"


def test_a_token_never_outlives_its_key(creditor: Organisation) -> None:
    at = clock.now()
    key = factories.api_key(creditor, expires_at=at + timedelta(minutes=10))
    made = operations.issue_token(api_key=key, scope=None, at=at)
    assert 599 <= made["expires_in"] <= 600
    assert AccessToken.objects.get().expires <= row(key).expires_at


def test_a_key_that_would_have_expired_is_not_made(creditor: Organisation) -> None:
    with pytest.raises(ApiError, match="expired already"):
        factories.api_key(creditor, expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(ApiError, match="at least one scope"):
        factories.api_key(creditor, scopes=[])
    assert not ApiKey.objects.exists()


# --- addresses


def test_addresses_that_are_allowed_and_others(creditor: Organisation) -> None:
    key = factories.api_key(creditor, allowed_addresses=["203.0.113.0/24", "2001:db8::1"])
    bearer = operations.issue_token(api_key=key, scope=None, at=clock.now(), address="203.0.113.9")["access_token"]
    for credential in (key, bearer):
        assert status(credential, REMOTE_ADDR="203.0.113.9") == 200
        assert status(credential, REMOTE_ADDR="2001:db8::1") == 200
        assert status(credential, REMOTE_ADDR="::ffff:203.0.113.9") == 200
        for foreign in ("203.0.114.1", "2001:db8::2", "", "nonsense"):
            assert status(credential, REMOTE_ADDR=foreign) == 403


def test_no_token_from_an_address_that_is_not_allowed(creditor: Organisation) -> None:
    key = factories.api_key(creditor, allowed_addresses=["203.0.113.7"])
    ask = factories.client().django.post
    refused = ask("/v1/auth", {"api_key": key}, content_type="application/json", REMOTE_ADDR="203.0.113.8")
    assert (refused.status_code, refused.json()["error"]) == (403, "address_not_allowed")
    form = {"grant_type": "client_credentials", "client_id": row(key).id, "client_secret": key}

    def oauth(address: str) -> Any:
        return ask("/v1/oauth/token", form, content_type="application/json", REMOTE_ADDR=address)

    assert oauth("203.0.113.8").json()["error"] == "address_not_allowed"
    assert oauth("203.0.113.7").status_code == 200
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize("text", ["203.0.113.7/24", "203.0.113.0/33", "example.com", "", "203.0.113", "2001:db8::/129"])
def test_what_is_no_network(creditor: Organisation, text: str) -> None:
    with pytest.raises(ApiError, match="neither an address nor a network"):
        factories.api_key(creditor, allowed_addresses=[text])


def test_networks_are_spelt_one_way_and_counted(creditor: Organisation) -> None:
    key = factories.api_key(creditor, allowed_addresses=["203.0.113.7", " 203.0.113.7/32", "2001:DB8::/32"])
    assert row(key).allowed_addresses == ["203.0.113.7/32", "2001:db8::/32"]
    with pytest.raises(ApiError, match="at most 50"):
        factories.api_key(creditor, allowed_addresses=[f"10.0.0.{last}" for last in range(51)])


@given(st.ip_addresses())
def test_an_address_is_in_its_own_network_and_in_everybodys(address: Any) -> None:
    network = rules.network(str(address))
    assert network
    assert rules.may_come_from((network,), str(address))
    assert rules.may_come_from((), str(address))
    assert not rules.may_come_from(("192.0.2.1/32",), str(address)) or str(address) == "192.0.2.1"


def test_restricting_a_key_counts_at_once(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    assert status(key, REMOTE_ADDR="198.51.100.1") == 200
    about = {"key_id": row(key).id, "organisation_id": creditor.id, "by": BY, "at": clock.now()}
    stopped = operations.restrict_key(allowed_addresses=["203.0.113.0/24"], **about)
    assert stopped.effective_within == 0
    assert status(key, REMOTE_ADDR="198.51.100.1") == 403
    operations.restrict_key(allowed_addresses=["203.0.113.0/24"], **about)
    event = Event.objects.get(type="key.restricted")
    assert (event.data["before"], event.data["allowed_addresses"]) == ([], ["203.0.113.0/24"])


# --- version, name


def test_the_version_is_pinned_when_the_key_is_made(creditor: Organisation, settings: Any) -> None:
    key = factories.api_key(creditor)
    assert row(key).api_version == settings.API_VERSION
    settings.API_VERSION = "2027-01-01"
    assert row(factories.api_key(creditor)).api_version == "2027-01-01"
    assert roll(row(key)).key.api_version == row(key).api_version != "2027-01-01"


def test_renaming_is_written_down_once(creditor: Organisation) -> None:
    key = row(factories.api_key(creditor))
    for _ in range(2):
        operations.rename_key(key_id=key.id, organisation_id=creditor.id, name="billing", by=BY, at=clock.now())
    event = Event.objects.get(type="key.renamed")
    assert (event.data["before"], event.data["name"], event.actor) == ("test", "billing", BY)


# --- rolling


def test_rolling_leaves_the_old_key_its_overlap(creditor: Organisation) -> None:
    text = factories.api_key(creditor, scopes=["payments:read"], allowed_addresses=["127.0.0.1"])
    old, bearer = row(text), token(text)
    at = clock.now()
    rolled = roll(old, at=at, overlap=timedelta(hours=1))
    assert rolled.effective_within == 0
    assert (rolled.key.replaces_id, rolled.key.scopes) == (old.id, ["payments:read"])
    assert rolled.key.allowed_addresses == ["127.0.0.1/32"]
    assert row(text).expires_at == at + timedelta(hours=1)
    assert {status(credential) for credential in (text, bearer, rolled.text, token(rolled.text))} == {200}
    assert AccessToken.objects.filter(key=old).get().expires <= at + timedelta(hours=1)
    event = Event.objects.get(type="key.rolled")
    assert (event.data["key_id"], event.data["replaces"], event.actor) == (rolled.key.id, old.id, BY)
    assert event.data["replaced_until"] == clock.iso(at + timedelta(hours=1))


def test_rolling_without_an_overlap_stops_the_old_key_and_its_tokens(creditor: Organisation) -> None:
    text = factories.api_key(creditor)
    bearer = token(text)
    assert (status(text), status(bearer)) == (200, 200)
    rolled = roll(row(text), overlap=timedelta(0))
    assert (status(text), status(bearer), status(rolled.text)) == (401, 401, 200)


def test_the_usual_overlap_is_a_day_and_no_key_gains_life_by_it(creditor: Organisation) -> None:
    at = clock.now()
    lasting, short = factories.api_key(creditor), factories.api_key(creditor, expires_at=at + timedelta(hours=2))
    roll(row(lasting), at=at)
    assert row(lasting).expires_at == at + timedelta(hours=24)
    ends = row(short).expires_at
    rolled = roll(row(short), at=at)
    assert row(short).expires_at == ends
    # The new one lives as long as the old one was made for.
    assert abs(rolled.key.expires_at - (at + timedelta(hours=2))) < timedelta(seconds=5)
    assert roll(rolled.key).key.replaces_id == rolled.key.id


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=7, seconds=1)], ids=["past", "too long"])
def test_overlaps_have_bounds(creditor: Organisation, overlap: timedelta) -> None:
    key = row(factories.api_key(creditor))
    with pytest.raises(ApiError, match="overlap"):
        roll(key, overlap=overlap)
    assert ApiKey.objects.count() == 1


def test_what_cannot_be_rolled(creditor: Organisation) -> None:
    rolled, revoked = row(factories.api_key(creditor)), row(factories.api_key(creditor))
    expired = row(factories.api_key(creditor, expires_at=clock.now() + timedelta(hours=1)))
    roll(rolled)
    operations.revoke_key(key_id=revoked.id, organisation_id=creditor.id, by=BY, at=clock.now())
    for key, at in ((rolled, clock.now()), (revoked, clock.now()), (expired, clock.now() + timedelta(hours=2))):
        with pytest.raises(ApiError, match="illegal_transition"):
            roll(key, at=at)
    with pytest.raises(ApiError, match="not_found"):
        roll(expired, organisation_id=factories.organisation(name="Other").id)
    assert ApiKey.objects.count() == 4


def test_a_live_key_of_an_organisation_no_longer_approved_is_not_rolled(creditor: Organisation) -> None:
    key = row(factories.api_key(creditor, livemode=True))
    Organisation.objects.update(live_approved=False)
    with pytest.raises(ApiError, match="live_not_approved"):
        roll(key)
    key.refresh_from_db()
    assert key.expires_at is None


def test_the_database_keeps_one_successor_and_no_circle(creditor: Organisation) -> None:
    old, other = row(factories.api_key(creditor)), row(factories.api_key(creditor))
    roll(old)
    with pytest.raises(IntegrityError), db.atomic():
        ApiKey.objects.filter(id=other.id).update(replaces=old)
    with pytest.raises(IntegrityError), db.atomic():
        ApiKey.objects.filter(id=other.id).update(replaces=other)
    with pytest.raises(IntegrityError), db.atomic():
        ApiKey.objects.filter(id=other.id).update(leaked_at=clock.now())


# --- revoking


def test_revoking_says_how_soon_it_counts(creditor: Organisation, settings: Any) -> None:
    key, other = factories.api_key(creditor), factories.api_key(creditor)
    about = {"organisation_id": creditor.id, "by": BY, "at": clock.now()}
    assert operations.revoke_key(key_id=row(key).id, **about).effective_within == 0
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert operations.revoke_key(key_id=row(other).id, **about).effective_within == 60


def test_one_token_is_revoked_and_the_others_go_on(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    first, second = token(key), token(key)
    assert (status(first), status(second)) == (200, 200)
    listed = AccessToken.objects.spelt(first).get()
    assert (listed.last_four, listed.organisation_id, listed.livemode) == (first[-4:], creditor.id, False)
    about = {"token_id": listed.id, "by": BY, "at": clock.now()}
    assert operations.revoke_token(organisation_id=creditor.id, **about) == 0
    assert operations.revoke_token(organisation_id=creditor.id, **about) == 0
    assert (status(first), status(second), status(key)) == (401, 200, 200)
    event = Event.objects.get(type="token.revoked")
    assert event.data == {"token_id": listed.id, "last_four": first[-4:], "key_id": row(key).id}
    with pytest.raises(ApiError, match="not_found"):
        operations.revoke_token(organisation_id=factories.organisation(name="Other").id, **about)


def test_a_token_stays_with_its_keys_tenant_and_mode(creditor: Organisation) -> None:
    token(factories.api_key(creditor))
    with pytest.raises(IntegrityError), db.atomic():
        AccessToken.objects.update(livemode=True)


def test_rows_of_tokens_that_ran_out_are_cleared(creditor: Organisation) -> None:
    from accounts.tasks import clear_tokens

    key = factories.api_key(creditor)
    operations.issue_token(api_key=key, scope=None, at=clock.now() - timedelta(hours=2))
    kept = token(key)
    clear_tokens()
    assert AccessToken.objects.get().last_four == kept[-4:]


# --- secrets have versions


def test_versions_of_a_secret_are_read_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from agentcollect import settings as module

    monkeypatch.setenv("API_KEY_PEPPERS", "2:newer, 1:older")
    assert list(module._versions("API_KEY_PEPPERS", "1", "API_KEY_PEPPER").items()) == [("2", "newer"), ("1", "older")]
    monkeypatch.delenv("API_KEY_PEPPERS")
    assert list(module._versions("API_KEY_PEPPERS", "1", "API_KEY_PEPPER")) == ["1"]
    for wrong in ("secret", "2:", ":x"):
        monkeypatch.setenv("API_KEY_PEPPERS", wrong)
        with pytest.raises(RuntimeError, match="version:secret"):
            module._versions("API_KEY_PEPPERS", "1", "API_KEY_PEPPER")
