"""`/v1/exports`: lists as CSV, written by a worker in pieces, gone after a week."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.core.files.storage import storages
from django.db.models import QuerySet
from django.http import HttpResponse

from accounts.models import Organisation
from agentcollect.kit import clock
from agentcollect.kit.exporting import cell, sources, walk
from campaigns import operations, storage
from campaigns.models import Case, Debtor, Export
from campaigns.operations import exports
from campaigns.schema.files import EXPORT, EXPORT_EXAMPLE, EXPORT_IN
from events.models import Event
from tests import factories, settling
from tests.factories import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(empty_redis: None) -> Organisation:
    return factories.organisation()


@pytest.fixture
def api(organisation: Organisation) -> ApiClient:
    return factories.client(factories.api_key(organisation))


def ask(api: ApiClient, kind: str, **filters: Any) -> dict[str, Any]:
    body = {"kind": kind, "filters": filters} if filters else {"kind": kind}
    jsonschema.validate(body, EXPORT_IN)
    answer = api.post("/v1/exports", body)
    assert answer.status_code == 202, answer.content
    assert answer.headers["Location"] == f"/v1/exports/{answer.json()['id']}"
    jsonschema.validate(answer.json(), EXPORT)
    return answer.json()


def content(api: ApiClient, export_id: str) -> HttpResponse:
    return api.get(f"/v1/exports/{export_id}/content")


def lines(api: ApiClient, kind: str, **filters: Any) -> list[dict[str, str]]:
    """The rows of a file, asked for, made and read back."""
    made = ask(api, kind, **filters)
    assert operations.run_exports(at=clock.now()) == 1
    answer = content(api, made["id"])
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_a_file_is_asked_for_made_and_fetched(api: ApiClient, organisation: Organisation) -> None:
    case = factories.case(organisation, amount_minor=1_500_050, metadata={"erp": "7"})
    factories.case(factories.organisation("Other Inc."))
    factories.case(organisation, livemode=True)
    made = ask(api, "cases")
    assert (made["status"], made["content_url"]) == ("queued", None)
    early = content(api, made["id"])
    assert (early.status_code, early.json()["error"]) == (409, "export_not_ready")
    assert early.headers["Retry-After"] == str(early.json()["retry_after"])

    assert operations.run_exports(at=clock.now()) == 1
    said = api.get(f"/v1/exports/{made['id']}").json()
    jsonschema.validate(said, EXPORT)
    assert (said["status"], said["rows"]) == ("completed", 1) and said["content_url"].endswith("/content")
    answer = content(api, made["id"])
    raw = b"".join(answer.streaming_content)
    assert len(raw) == said["size"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="cases-' in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(raw.decode()))
    assert (row["id"], row["debtor"], row["balance"]) == (case.id, "Acme Corp", "15000.5")
    assert (row["metadata"], row["closed_at"]) == ('{"erp":"7"}', "")
    assert Event.objects.get(type="export.created").data["kind"] == "cases"
    jsonschema.validate(EXPORT_EXAMPLE, EXPORT)


def test_filters_are_those_of_the_list(api: ApiClient, organisation: Organisation) -> None:
    gold = factories.case(organisation, invoice_number="G", invoice_key="g", metadata={"plan": "gold"})
    factories.case(organisation, invoice_number="S", invoice_key="s", metadata={"plan": "silver"})
    assert [row["id"] for row in lines(api, "cases", metadata={"plan": "gold"})] == [gold.id]
    assert len(lines(api, "cases", status="active", created_after="2020-01-01T00:00:00Z")) == 2
    assert lines(api, "cases", status="closed") == []
    shown = api.get("/v1/exports").json()["data"][-1]
    assert shown["filters"] == {"metadata": {"plan": "gold"}}


def test_every_kind_has_a_column_for_what_it_names(api: ApiClient, organisation: Organisation) -> None:
    from campaigns.schema.files import _KINDS

    case = factories.case(organisation)
    settling.payment(case)
    factories.message(case)
    operations.hold(kind="creditor_pause", on=case, by="key:key_1", at=clock.now())
    assert sorted(sources()) == _KINDS
    for kind, source in sources().items():
        rows = lines(api, kind)
        assert rows or kind == "decisions", kind
        assert not rows or list(rows[0]) == list(source.columns)
        # What every row names, some row has: a column that is never filled is a name misspelt.
        named = {"id", "created_at"} & set(source.columns)
        assert all(row[name] for row in rows for name in named), kind


def test_what_cannot_be_asked_for(api: ApiClient) -> None:
    def refused(**body: Any) -> str:
        answer = api.post("/v1/exports", body)
        assert answer.status_code == 400, answer.content
        return answer.json()["error"]

    assert refused() == "missing_field"
    assert refused(kind="secrets") == "invalid_choice"
    assert refused(kind="cases", filters={"cursor": "x"}) == "unknown_field"
    assert refused(kind="cases", filters={"hold": "dispute"}) == "unknown_field"
    assert refused(kind="cases", filters={"status": 7}) == "invalid_type"
    assert refused(kind="cases", filters={"status": "asleep"}) == "invalid_parameter"
    assert refused(kind="cases", filters={"created_after": "x"}) == "invalid_parameter"
    assert refused(kind="cases", filters={"metadata": {"a": 1}}) == "invalid_metadata"
    assert refused(kind="cases", filters=[]) == "invalid_type"
    assert not Export.objects.exists()


def test_nobody_gets_a_file_of_what_they_may_not_list(organisation: Organisation, api: ApiClient) -> None:
    reports = factories.client(factories.api_key(organisation, scopes=["reports:write", "campaigns:read"]))
    assert reports.post("/v1/exports", {"kind": "cases"}).status_code == 202
    assert reports.post("/v1/exports", {"kind": "payments"}).json()["error"] == "missing_scope"
    made = factories.export(organisation, kind="payments")
    assert content(api, made.id).status_code == 200
    assert content(reports, made.id).json()["error"] == "missing_scope"
    reader = factories.client(factories.api_key(organisation, scopes=["reports:read", "campaigns:read"]))
    assert reader.post("/v1/exports", {"kind": "cases"}).json()["error"] == "missing_scope"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1 512 555 0100", "'+1 512 555 0100"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("a=b", "a=b"),
        (-2.5, "-2.5"),
        (15000, "15000"),
        (True, "true"),
        (None, ""),
        ([1, "x"], '[1,"x"]'),
        ({}, "{}"),
    ],
)
def test_cells(value: Any, written: str) -> None:
    assert cell(value) == written


def test_what_debtors_and_creditors_write_stays_in_its_cell(api: ApiClient, organisation: Organisation) -> None:
    name = '=HYPERLINK("http://evil","x")\n"quoted", and more'
    factories.debtor(organisation, name=name)
    (row,) = lines(api, "debtors")
    assert row["name"] == f"'{name}"


def test_a_long_list_is_written_in_pieces(
    api: ApiClient, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 4)
    made = [factories.debtor(organisation).id for _ in range(10)]
    sizes: list[int] = []

    def measured(rows: QuerySet, size: int) -> Iterator[list[Any]]:
        for piece in walk(rows, size):
            sizes.append(len(piece))
            yield piece

    monkeypatch.setattr(exports, "walk", measured)
    assert [row["id"] for row in lines(api, "debtors")] == sorted(made, reverse=True)
    assert sizes == [4, 4, 2] and Export.objects.get().rows_written == 10


def test_rows_that_come_while_it_is_written_disturb_nothing(organisation: Organisation) -> None:
    made = [factories.debtor(organisation).id for _ in range(6)]
    seen: list[str] = []
    for piece in walk(Debtor.objects.filter(organisation=organisation), 2):
        seen += [row.id for row in piece]
        factories.debtor(organisation)
    assert len(seen) == len(set(seen)) and [row for row in seen if row in made] == sorted(made, reverse=True)


# --- workers that fail


def test_a_worker_that_died_is_followed_by_one_that_starts_over(api: ApiClient, organisation: Organisation) -> None:
    factories.case(organisation)
    made = ask(api, "cases")
    dead = exports._claim(made["id"], at=clock.now())
    assert dead is not None and operations.run_exports(at=clock.now()) == 0
    Export.objects.update(lease_until=clock.now() - timedelta(seconds=1), rows_written=7)
    assert operations.run_exports(at=clock.now()) == 1
    assert (Export.objects.get().attempts, Export.objects.get().rows_written) == (2, 1)
    # The first one wakes up again, and finds that its place is taken.
    with pytest.raises(exports._Overtaken):
        exports._advance(dead, rows_written=99)
    storage.keep("exports/late.csv", io.BytesIO(b"x"), 1)
    assert exports._complete(dead, "exports/late.csv", 1, at=clock.now()) == 0
    assert not storages["documents"].exists("exports/late.csv")


def test_what_fails_three_times_says_so(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ask(api, "cases")

    def broken(*args: Any) -> None:
        raise OSError("no such bucket")

    monkeypatch.setattr(storage, "keep", broken)
    for finished in (0, 0, 1):
        Export.objects.filter(status="running").update(lease_until=clock.now() - timedelta(seconds=1))
        assert operations.run_exports(at=clock.now()) == finished
    said = api.get(f"/v1/exports/{made['id']}").json()
    assert said["status"] == "failed" and "no such bucket" in said["error"]
    gone = content(api, made["id"])
    assert (gone.status_code, gone.json()["error"]) == (409, "export_gone")


def test_one_that_kills_its_workers_is_given_up(api: ApiClient) -> None:
    made = ask(api, "cases")
    for _ in range(3):
        assert exports._claim(made["id"], at=clock.now()) is not None
        Export.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert operations.run_exports(at=clock.now()) == 0
    assert api.get(f"/v1/exports/{made['id']}").json()["status"] == "failed"


def test_after_a_week_the_file_is_gone(api: ApiClient, organisation: Organisation) -> None:
    made = factories.export(organisation)
    assert made.expires_at is not None and made.expires_at - made.completed_at == timedelta(days=7)
    assert operations.expire_exports(at=clock.now()) == 0
    Export.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert operations.expire_exports(at=clock.now()) == 1
    assert not storages["documents"].exists(made.storage_name)
    assert api.get(f"/v1/exports/{made.id}").json()["status"] == "expired"
    assert content(api, made.id).json()["error"] == "export_gone"


def test_lists(api: ApiClient, organisation: Organisation) -> None:
    done = factories.export(organisation)
    waiting = ask(api, "payments")
    assert [item["id"] for item in api.get("/v1/exports").json()["data"]] == [waiting["id"], done.id]
    assert [item["id"] for item in api.get("/v1/exports", {"status": "queued"}).json()["data"]] == [waiting["id"]]
    assert [item["id"] for item in api.get("/v1/exports", {"kind": "cases"}).json()["data"]] == [done.id]
    assert Case.objects.count() == 0
