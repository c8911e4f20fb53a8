"""Whatever is stopped stops at once, in every process, with Redis and without."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from accounts import credentials, operations, queries
from accounts.models import AccessToken, ApiKey, Organisation
from agentcollect.kit import clock, db, facts, redis
from tests import factories

WHOAMI = "/v1/organisation"
NOWHERE = "redis://127.0.0.1:1/0"


def revoke(key: str) -> str:
    """Through the operation; the key's id."""
    row = ApiKey.objects.get(id=credentials.key_id(key))
    operations.revoke_key(key_id=row.id, organisation_id=row.organisation_id, by="test", at=clock.now())
    return row.id


def revoke_elsewhere(key: str) -> str:
    """By a process that could not tell Redis: only the row knows."""
    row = ApiKey.objects.get(id=credentials.key_id(key))
    ApiKey.objects.filter(id=row.id).update(revoked_at=clock.now())
    return row.id


def token(key: str) -> str:
    return str(factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"])


def status(credential: str, **headers: str) -> int:
    return int(factories.client(credential).get(WHOAMI, **headers).status_code)


@pytest.fixture
def key(creditor: Organisation) -> str:
    return factories.api_key(creditor)


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let seconds pass for what this process remembers of Redis."""
    later = [0.0]
    monkeypatch.setattr(redis, "monotonic", lambda: time.monotonic() + later[0])
    return lambda seconds: later.append(later.pop() + seconds)


# --- at once


def test_a_revoked_key_and_its_tokens_stop_with_the_next_request(key: str) -> None:
    bearer = token(key)
    assert (status(key), status(bearer)) == (200, 200)
    revoke(key)
    assert (status(key), status(bearer)) == (401, 401)


def test_one_token_stops_and_its_key_goes_on(key: str) -> None:
    bearer, other = token(key), token(key)
    assert (status(bearer), status(other)) == (200, 200)
    token_id = str(AccessToken.objects.order_by("created", "id").values_list("id", flat=True)[0])
    AccessToken.objects.filter(id=token_id).update(revoked_at=clock.now())
    assert credentials.forget_token(token_id) == 0
    assert sorted([status(bearer), status(other)]) == [200, 401]
    assert status(key) == 200


def test_a_token_that_is_not_on_record_is_refused(key: str) -> None:
    bearer = token(key)
    AccessToken.objects.all().delete()
    assert status(bearer) == 401


def test_an_expired_key_stops_by_itself(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept says until when: nobody has to forget it."""
    ends = clock.plus(clock.now(), hours=1)
    ApiKey.objects.update(expires_at=ends)
    assert status(key) == 200
    monkeypatch.setattr(clock, "now", lambda: ends)
    assert status(key) == 401


def test_a_key_read_before_it_was_revoked_is_not_kept_after(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race: this request has read the living row, then another process revokes the key and forgets it."""
    read, revoked = queries.key_facts, []

    def and_then_revoked(key_id: str) -> Any:
        row = read(key_id)
        if not revoked:
            revoked.append(revoke(key))
        return row

    monkeypatch.setattr(queries, "key_facts", and_then_revoked)
    assert status(key) == 200, "it came first"
    assert revoked
    assert status(key) == 401


def test_two_readers_of_one_lease_keep_nothing_old(key: str) -> None:
    """The second reader finds the first one's lease and shares it; both came before the revocation."""
    name = str(credentials.key_id(key))
    first, second = (facts.count_and_read("key:x", [name]).held[0] for _ in range(2))
    assert first.lease == second.lease != b""
    facts.forget([name])
    third = facts.count_and_read("key:x", [name]).held[0]
    assert third.lease not in {first.lease, b""}
    facts.keep([(name, first.lease, b"old"), (name, second.lease, b"old")])
    assert facts.count_and_read("key:x", [name]).held[0] == third
    facts.keep([(name, third.lease, b"new")])
    facts.keep([(name, first.lease, b"old")])
    assert facts.count_and_read("key:x", [name]).held[0].value == b"new"


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_is_forgotten_after_the_commit(redis_url: str) -> None:
    key = factories.api_key(factories.organisation())
    assert status(key) == 200
    with db.atomic():
        key_id = revoke(key)
        assert credentials.forget(key_id) == facts.SECONDS, "nobody can know before the commit"
        assert facts.count_and_read("key:x", [key_id]).held[0].value is not None
    assert status(key) == 401


# --- organisations


def test_a_limit_changes_with_the_next_request(creditor: Organisation, key: str) -> None:
    api = factories.client(key)
    assert api.get(WHOAMI).headers["X-RateLimit-Limit"] == "1000"
    Organisation.objects.filter(id=creditor.id).update(rate_limit=7)
    assert credentials.forget_organisation(creditor.id) == 0
    assert api.get(WHOAMI).headers["X-RateLimit-Limit"] == "7"


def test_a_child_that_left_is_out_of_reach(creditor: Organisation, key: str) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id)
    bound = factories.api_key(creditor, acting_for_id=child.id)
    assert (status(key, AgentCollect_Account=child.id), status(bound)) == (200, 200)
    Organisation.objects.filter(id=child.id).update(parent=None)
    credentials.forget_organisation(child.id)
    assert (status(key, AgentCollect_Account=child.id), status(bound)) == (404, 404)
    assert status(key) == 200


def test_live_approval_counts_at_once(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id, live_approved=False)
    live = factories.api_key(creditor, livemode=True)
    assert status(live, AgentCollect_Account=child.id) == 422
    operations.approve_live(organisation_id=child.id, by="ops:a", at=clock.now())
    assert status(live, AgentCollect_Account=child.id) == 200
    Organisation.objects.filter(id=creditor.id).update(live_approved=False)
    credentials.forget_organisation(creditor.id)
    assert status(live) == 422


# --- without Redis


def test_with_redis_gone_rows_are_read_and_say_no(key: str, settings: Any, django_assert_num_queries: Any) -> None:
    bearer = token(key)
    assert status(key) == 200
    settings.REDIS_URL = NOWHERE
    assert (status(key), status(bearer)) == (200, 200)
    with django_assert_num_queries(2):  # its facts, and the answer's own
        status(key)
    revoke_elsewhere(key)
    assert (status(key), status(bearer)) == (401, 401)


def test_what_redis_did_not_confirm_is_forgotten_on_its_return(key: str, settings: Any, passing: Any) -> None:
    there = settings.REDIS_URL
    assert status(key) == 200
    settings.REDIS_URL = NOWHERE
    key_id = revoke_elsewhere(key)
    assert credentials.forget(key_id) == 60
    settings.REDIS_URL = there
    passing(2.1)
    assert status(key) == 401
    assert facts.count_and_read("key:x", [key_id]).held[0].value is None, "no process believes it any more"
    assert key_id not in facts._unconfirmed


def test_a_process_that_saw_redis_fail_reads_rows_until_a_minute_after_its_return(
    key: str, settings: Any, passing: Any, django_assert_num_queries: Any
) -> None:
    """Another process could not tell Redis: what lies there is believed by nobody who knows of the failure."""
    there = settings.REDIS_URL
    assert status(key) == 200
    settings.REDIS_URL = NOWHERE
    assert status(key) == 200
    revoke_elsewhere(key)
    settings.REDIS_URL = there
    passing(2.1)
    assert status(key) == 401, "Redis is back, and holds the living key"
    assert redis.steady_for(0)
    assert facts.count_and_read("key:x", [str(credentials.key_id(key))]).held[0].value is not None
    passing(57.0)
    assert status(key) == 401
    assert not facts.trusted()
    facts.forget([str(credentials.key_id(key))])  # by now it has run out
    passing(3.1)
    assert facts.trusted()
    other = factories.api_key(ApiKey.objects.get().organisation)
    assert status(other) == 200
    with django_assert_num_queries(1):
        assert status(other) == 200


def test_limits_count_in_redis_again_within_seconds(key: str, settings: Any, passing: Any) -> None:
    api, there = factories.client(key), settings.REDIS_URL
    assert api.get(WHOAMI).headers["X-RateLimit-Remaining"] == "999"
    settings.REDIS_URL = NOWHERE
    assert api.get(WHOAMI).headers["X-RateLimit-Limit"] == "500"
    settings.REDIS_URL = there
    passing(2.1)
    assert api.get(WHOAMI).headers["X-RateLimit-Remaining"] == "998"


def test_what_a_dead_process_left_is_swept(key: str) -> None:
    """It committed the revocation and died before it could say so."""
    assert status(key) == 200
    revoke_elsewhere(key)
    assert status(key) == 200, "so it would be, for a minute"
    credentials.forget_stopped(clock.now())
    assert status(key) == 401


def test_the_sweep_finds_keys_that_ran_out_and_tokens(creditor: Organisation, key: str) -> None:
    at = clock.now()
    kept, old = factories.api_key(creditor), factories.api_key(creditor)
    bearer = token(key)
    AccessToken.objects.update(revoked_at=at)
    ApiKey.objects.filter(id=credentials.key_id(key)).update(expires_at=at)
    ApiKey.objects.filter(id=credentials.key_id(old)).update(revoked_at=clock.plus(at, minutes=-5))
    found = queries.stopped_ids(since=clock.plus(at, minutes=-2), at=at)
    assert set(found) == {credentials.key_id(key), AccessToken.objects.get().id}
    assert bearer
    assert credentials.key_id(kept) not in found
