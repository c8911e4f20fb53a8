"""Ids, money, links and cursors: the small promises everything else stands on."""

from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from agentcollect.kit import crypto, ids, money
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pagination import make_cursor, read_cursor
from campaigns.models import Case


def test_an_id_is_prefix_time_and_chance_in_text_order() -> None:
    drawn = ids.new_many("cas", 500)
    assert len(set(drawn)) == 500 and drawn == sorted(drawn)
    assert all(len(one) == 4 + ids.BODY_LENGTH and one[4:].isalnum() for one in drawn)


def test_what_a_process_draws_is_in_the_order_in_which_it_was_drawn() -> None:
    drawn = [one for _ in range(300) for one in (ids.new("cas"), *ids.new_many("cas", 3))]
    assert drawn == sorted(drawn) and len({one[-10:] for one in drawn}) == 1200


@given(st.integers(0, 62**8 - 2))
def test_the_time_part_sorts_as_time(stamp: int) -> None:
    assert ids.base62(stamp, 8) < ids.base62(stamp + 1, 8)


def test_random62_uses_the_whole_alphabet_evenly() -> None:
    drawn = ids.random62(62_000)
    counts = [drawn.count(character) for character in ids.ALPHABET]
    assert min(counts) > 700 and max(counts) < 1300


@pytest.mark.django_db
def test_postgresql_keeps_one_index_per_id() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no pattern index")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [Case._meta.db_table])
        assert not [name for (name,) in cursor.fetchall() if name.endswith("_like")]


AMOUNTS = [
    ("15000", "USD", 1_500_000),
    ("0.10", "USD", 10),
    ("99.5", "EUR", 9950),
    ("1200", "JPY", 1200),
    ("1.234", "KWD", 1234),
    ("999999999.99", "USD", 99_999_999_999),
]


@pytest.mark.parametrize(("text", "currency", "minor"), AMOUNTS)
def test_major_and_minor_agree(text: str, currency: str, minor: int) -> None:
    assert money.to_minor(Decimal(text), currency) == minor
    assert money.to_major(minor, currency) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "currency"), [("1.005", "USD"), ("1.5", "JPY"), ("1000000000", "USD"), ("NaN", "USD")]
)
def test_what_a_currency_cannot_hold_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError):
        money.to_minor(Decimal(text), currency)


@given(st.integers(-(10**11) + 1, 10**11 - 1), st.sampled_from(["USD", "JPY", "KWD"]))
def test_the_json_number_prints_the_exact_amount(minor: int, currency: str) -> None:
    ceiling = int(money.CEILING.scaleb(money.exponent(currency)))
    if abs(minor) <= ceiling:
        assert Decimal(repr(money.to_json(minor, currency))) == money.to_major(minor, currency)


def test_a_signed_link_opens_only_its_own_door() -> None:
    case_id = ids.new("cas")
    token = crypto.sign_id("pay", case_id)
    assert crypto.read_signed_id("pay", "cas", token) == case_id
    assert crypto.read_signed_id("optout", "cas", token) is None
    assert crypto.read_signed_id("pay", "con", token) is None
    for at in range(len(token)):
        forged = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert crypto.read_signed_id("pay", "cas", forged) is None
    assert crypto.read_signed_id("pay", "cas", "") is None


def test_secrets_survive_only_under_our_key() -> None:
    sealed = crypto.encrypt("whsec_abc")
    assert "whsec" not in sealed and crypto.decrypt(sealed) == "whsec_abc"
    with pytest.raises(ValueError):
        crypto.decrypt(sealed[:-4] + "AAAA")


def test_a_cursor_is_ours_and_for_its_own_question() -> None:
    cursor = make_cursor([17, "cas_1"], "question")
    assert read_cursor(cursor, "question") == [17, "cas_1"]
    with pytest.raises(ApiError, match="cursor_mismatch"):
        read_cursor(cursor, "another")
    for forged in (cursor[:-2] + "AA", "", "%%%", "é", cursor + "A"):
        with pytest.raises(ApiError, match="invalid_cursor"):
            read_cursor(forged, "question")
