"""Keys: spelling and checksum, what is stored, modes."""

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from accounts import operations, queries, rules
from accounts.models import ApiKey, Organisation
from agentcollect.kit import clock, ids
from agentcollect.kit.errors import ApiError
from events.models import Event
from tests import factories

bodies = st.text(ids.ALPHABET, min_size=40, max_size=40)


@given(bodies, st.booleans())
def test_a_key_reads_back_as_its_mode(body: str, livemode: bool) -> None:
    key = rules.spell_key(livemode=livemode, body=body)
    assert rules.key_mode(key) is livemode
    assert len(key) == 8 + 40 + 6


@given(bodies, st.booleans(), st.integers(8, 53), st.sampled_from(ids.ALPHABET))
def test_one_wrong_character_is_noticed(body: str, livemode: bool, place: int, other: str) -> None:
    key = rules.spell_key(livemode=livemode, body=body)
    typo = key[:place] + other + key[place + 1 :]
    assert typo == key or rules.key_mode(typo) is None


@given(bodies, st.integers(8, 52))
def test_two_swapped_characters_are_noticed(body: str, place: int) -> None:
    key = rules.spell_key(livemode=False, body=body)
    typo = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert typo == key or rules.key_mode(typo) is None


@given(bodies)
def test_a_test_key_cannot_be_retyped_into_a_live_one(body: str) -> None:
    assert rules.key_mode(rules.spell_key(livemode=False, body=body).replace("_test_", "_live_")) is None


@given(st.text())
def test_other_texts_are_no_keys(text: str) -> None:
    assert rules.key_mode(text) is None


def test_line_ends_and_other_digits_are_no_part_of_a_key() -> None:
    key = rules.spell_key(livemode=False, body="0" * 40)
    assert rules.key_mode(key + "\n") is None
    assert rules.key_mode(key.replace("0", "٠")) is None


def test_the_clear_key_is_nowhere_in_the_database(creditor: Organisation) -> None:
    row, key = operations.create_key(organisation_id=creditor.id, livemode=False, name="ci", by="test", at=clock.now())
    factories.client(key).get("/v1/organisation")
    body = key[12:-4]
    for model in apps.get_models():
        for values in model._base_manager.values_list():
            assert body not in repr(values)
    assert row.digest == rules.digest(key, settings.API_KEY_PEPPERS[row.pepper_version])
    assert (row.prefix, row.last_four) == (key[:12], key[-4:])


def test_a_typo_asks_the_database_nothing(creditor: Organisation, django_assert_num_queries) -> None:
    key = factories.api_key(creditor)
    typo = key[:-1] + ("0" if key[-1] != "0" else "1")
    with django_assert_num_queries(0):
        assert queries.key_by_text(typo) is None


def test_old_peppers_still_read(creditor: Organisation, settings: Any) -> None:
    key = factories.api_key(creditor)
    settings.API_KEY_PEPPERS = {2: "a newer pepper", **settings.API_KEY_PEPPERS}
    assert queries.key_by_text(key) is not None
    assert ApiKey.objects.get(id=queries.key_by_text(factories.api_key(creditor)).id).pepper_version == 2


def test_making_and_revoking_are_recorded_once(creditor: Organisation) -> None:
    row, _ = operations.create_key(
        organisation_id=creditor.id, livemode=False, name="ci", by="member:mem_1", at=clock.now()
    )
    for _ in range(2):
        operations.revoke_key(key_id=row.id, organisation_id=creditor.id, by="member:mem_1", at=clock.now())
    found = list(Event.objects.filter(type__startswith="key.").order_by("id").values_list("type", "actor"))
    assert found == [("key.created", "member:mem_1"), ("key.revoked", "member:mem_1")]


def test_somebody_elses_key_cannot_be_revoked(creditor: Organisation) -> None:
    other = factories.organisation(name="Other Inc.")
    row = queries.key_by_text(factories.api_key(creditor))
    assert row
    with pytest.raises(ApiError, match="not_found"):
        operations.revoke_key(key_id=row.id, organisation_id=other.id, by="test", at=clock.now())
    row.refresh_from_db()
    assert row.revoked_at is None


def test_no_live_key_without_approval(db: None) -> None:
    creditor = factories.organisation(live_approved=False)
    with pytest.raises(ApiError, match="live_not_approved"):
        factories.api_key(creditor, livemode=True)
    assert operations.approve_live(organisation_id=creditor.id, by="ops:a", at=clock.now()) is True
    assert operations.approve_live(organisation_id=creditor.id, by="ops:a", at=clock.now()) is False
    assert factories.api_key(creditor, livemode=True).startswith("sk_live_")


def test_a_live_key_cannot_be_bound_to_an_unapproved_or_unlinked_child(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id, live_approved=False)
    with pytest.raises(ApiError, match="live_not_approved"):
        factories.api_key(creditor, livemode=True, acting_for_id=child.id)
    stranger = factories.organisation(name="Stranger")
    with pytest.raises(ApiError, match="not_found"):
        factories.api_key(creditor, acting_for_id=stranger.id)


def test_unknown_scopes_make_no_key(creditor: Organisation) -> None:
    with pytest.raises(ApiError, match="invalid_scope"):
        factories.api_key(creditor, scopes=["campaigns:write", "money:print"])
    assert not ApiKey.objects.exists()


def test_the_database_refuses_a_key_twice_and_a_key_acting_for_itself(creditor: Organisation) -> None:
    from agentcollect.kit.db import atomic

    row = queries.key_by_text(factories.api_key(creditor))
    assert row
    row.pk = ids.new("key")
    with pytest.raises(IntegrityError), atomic():
        row.save(force_insert=True)
    with pytest.raises(IntegrityError), atomic():
        ApiKey.objects.update(acting_for=creditor)


def test_a_login_belongs_to_a_person_once(creditor: Organisation) -> None:
    other = factories.organisation(name="Other Inc.")
    facts = {"role": "owner", "by": "test", "at": clock.now()}
    first = operations.add_member(organisation_id=creditor.id, email="Ann@Example.com", password="a" * 12, **facts)
    again = operations.add_member(organisation_id=creditor.id, email="ann@example.com", password="b" * 12, **facts)
    there = operations.add_member(organisation_id=other.id, email="ann@example.com ", password="c" * 12, **facts)
    assert first.id == again.id
    assert first.user_id == there.user_id
    assert there.user.check_password("a" * 12)


def test_scopes_include_what_they_say() -> None:
    assert rules.expand(["campaigns:write"]) == {
        "campaigns:write",
        "campaigns:read",
        "webhooks:write",
        "webhooks:read",
    }
    assert rules.expand(["payments:read"]) == {"payments:read"}
    assert rules.expand(rules.ALL_SCOPES) == set(rules.SCOPES)
    assert all(scope in rules.SCOPES for scope in rules.ALL_SCOPES)
