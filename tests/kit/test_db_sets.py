"""Rows in bulk and questions about many values: what goes in comes out, in both dialects."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Q

from agentcollect.kit import clock, db, ids
from campaigns.models import Case, Debtor, Hold
from tests import factories

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 17, 14, 22, tzinfo=UTC)
TEXTS = ["plain", "", "tab\tline\nreturn\r", "back\\slash \\N \\.", "Ünïcode — “quotes” 'n' \"doubles\"", "{a,b}", "%s"]


def insert(rows: list[dict[str, Any]]) -> list[Debtor]:
    organisation = factories.organisation()
    shared = {"organisation_id": organisation.id, "livemode": False, "created_at": AT, "recorded_at": AT}
    shared |= {"updated_at": AT, "country": "US"}
    named = [{"id": ids.new("dbt"), "identity": f"t:{number}"} | row for number, row in enumerate(rows)]
    db.insert_rows(Debtor, named, shared)
    return [Debtor.objects.get(identity=row["identity"]) for row in named]


def test_texts_come_back_as_they_were() -> None:
    assert [row.name for row in insert([{"name": text} for text in TEXTS])] == TEXTS


@pytest.mark.parametrize(
    "values",
    [[{}, {}], [{}, {"a": 1}], [{"a": True}, {"a": 1}, {"a": 1.0}], [{"t": TEXTS[2]}, {"t": TEXTS[3]}]],
    ids=["empty", "one empty", "true is not one", "with what COPY escapes"],
)
def test_json_comes_back_as_it_was(values: list[dict[str, Any]]) -> None:
    found = [row.metadata for row in insert([{"name": "x", "metadata": value} for value in values])]
    assert repr(found) == repr(values)


def test_moments_days_and_nothing() -> None:
    rows = insert([{"name": "x", "enriched_at": None}, {"name": "y", "enriched_at": AT}])
    assert [row.enriched_at for row in rows] == [None, AT]


@pytest.mark.skipif(not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite stores it")
def test_a_text_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        insert([{"name": "fine"}, {"name": "with \0"}])


def test_among_texts() -> None:
    wanted = insert([{"name": text} for text in TEXTS])
    for text in TEXTS:
        assert [row.name for row in Debtor.objects.filter(db.among("name", [text, "nobody"]))] == [text]
    every = Debtor.objects.filter(db.among("name", TEXTS))
    assert {row.id for row in every} == {row.id for row in wanted}
    assert not Debtor.objects.filter(db.among("name", [])).exists()
    assert Debtor.objects.filter(~Q(db.among("name", TEXTS[:1]))).count() == len(TEXTS) - 1


def test_among_rows_inside_an_or() -> None:
    organisation = factories.organisation()
    cases = [factories.case(organisation, invoice_number=str(n), invoice_key=str(n)) for n in range(3)]
    at = clock.now()
    facts = {"organisation": organisation, "livemode": False, "kind": "dispute", "created_at": at, "recorded_at": at}
    holds = [Hold.objects.create(**facts, case=cases[0]), Hold.objects.create(**facts, debtor=cases[1].debtor)]
    Hold.objects.create(**facts, case=cases[2])
    of_first = Case.objects.filter(debtor_id=cases[0].debtor_id).values("id")
    found = Hold.objects.filter(Q(debtor_id=cases[1].debtor_id) | Q(db.among("case_id", of_first)), released_at=None)
    assert {hold.id for hold in found} == {hold.id for hold in holds}
    nobody = Case.objects.filter(debtor_id="dbt_nobody").values("id")
    assert not Hold.objects.filter(db.among("case_id", nobody)).exists()
