"""Every list: keyset cursors that belong to their question, filters, `expand`; nothing repeated, nothing skipped."""

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from agentcollect.kit import pagination
from agentcollect.kit.db import is_postgresql
from agentcollect.kit.listing import Listing
from campaigns.models import Campaign, Debtor
from tests import factories
from tests.factories import ApiClient

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 17, 13, 0, tzinfo=UTC)


@pytest.fixture
def organisation(empty_redis: None) -> Organisation:
    return factories.organisation()


@pytest.fixture
def api(organisation: Organisation) -> ApiClient:
    return factories.client(factories.api_key(organisation))


def debtor(organisation: Organisation, at: datetime, **facts: Any) -> Debtor:
    return factories.debtor(organisation, created_at=at, recorded_at=at, updated_at=at, **facts)


def refused(api: ApiClient, path: str, **params: Any) -> str:
    answer = api.get(path, params)
    assert answer.status_code == 400, answer.content
    return answer.json()["error"]


def read_all(api: ApiClient, path: str, between: Any = None, **params: Any) -> list[str]:
    """The ids of every page; `between` runs after each."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(path, params | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        cursor = page["next_cursor"]
        if between:
            between()
    return seen


def test_newest_first_and_the_last_page_says_so(organisation: Organisation, api: ApiClient) -> None:
    made = [debtor(organisation, AT + timedelta(minutes=n)).id for n in range(5)]
    first = api.get("/v1/debtors", {"limit": 2}).json()
    assert [item["id"] for item in first["data"]] == [made[4], made[3]] and first["has_more"]
    assert read_all(api, "/v1/debtors", limit=2) == made[::-1]
    assert api.get("/v1/debtors", {"limit": 5}).json()["next_cursor"] is None


def test_inserting_while_paging_neither_repeats_nor_skips(organisation: Organisation, api: ApiClient) -> None:
    """Rows of one moment, newer ones, and ones that commit behind and before the place already read."""
    chance = random.Random(7)
    ties = [debtor(organisation, AT).id for _ in range(15)]
    spread = [debtor(organisation, AT + timedelta(seconds=chance.randint(-5, 5))).id for _ in range(15)]
    later: list[str] = []

    def insert() -> None:
        if len(later) < 40:
            moments = [AT, AT + timedelta(seconds=chance.randint(-6, 6)), AT + timedelta(days=1)]
            later.extend(debtor(organisation, at).id for at in moments)

    seen = read_all(api, "/v1/debtors", between=insert, limit=4)
    assert len(seen) == len(set(seen))
    assert set(ties + spread) <= set(seen) <= set(ties + spread + later)


def test_ties_are_walked_by_the_pair_not_by_the_moment(organisation: Organisation, api: ApiClient) -> None:
    rows = [debtor(organisation, AT).id for _ in range(7)]
    assert read_all(api, "/v1/debtors", limit=3) == sorted(rows, reverse=True)
    statement = str(pagination.before(Debtor.objects.all(), AT, rows[3]).query)
    if is_postgresql():
        assert '("campaigns_debtor"."created_at", "campaigns_debtor"."id") <' in statement


def test_a_cursor_belongs_to_its_question(organisation: Organisation, api: ApiClient) -> None:
    for _ in range(3):
        debtor(organisation, AT, country="US")
    cursor = api.get("/v1/debtors", {"limit": 1, "country": "US"}).json()["next_cursor"]
    assert api.get("/v1/debtors", {"cursor": cursor, "country": "US", "limit": 2}).status_code == 200
    live = factories.client(factories.api_key(organisation, livemode=True))
    stranger = factories.client(factories.api_key(factories.organisation("Other Inc.")))
    assert refused(api, "/v1/debtors", cursor=cursor) == "cursor_mismatch"
    assert refused(api, "/v1/debtors", cursor=cursor, country="CA") == "cursor_mismatch"
    assert refused(live, "/v1/debtors", cursor=cursor, country="US") == "cursor_mismatch"
    assert refused(stranger, "/v1/debtors", cursor=cursor, country="US") == "cursor_mismatch"
    assert refused(api, "/v1/campaigns", cursor=cursor) == "cursor_mismatch"


def test_a_cursor_is_signed(organisation: Organisation, api: ApiClient) -> None:
    for _ in range(2):
        debtor(organisation, AT)
    cursor = api.get("/v1/debtors", {"limit": 1}).json()["next_cursor"]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-3] ^= 1
    forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    for text in (forged, "nonsense", "é", cursor[:-4], "\0", "AAAA"):
        assert refused(api, "/v1/debtors", cursor=text) == "invalid_cursor"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "²", "1e1"])
def test_limit(api: ApiClient, limit: str) -> None:
    assert refused(api, "/v1/debtors", limit=limit) == "invalid_parameter"


def test_parameters_are_known_and_given_once(api: ApiClient) -> None:
    assert refused(api, "/v1/debtors", colour="red") == "unknown_parameter"
    assert refused(api, "/v1/debtors", **{"metadata[": "x"}) == "unknown_parameter"
    assert refused(api, "/v1/debtors", **{"metadata[]": "x"}) == "unknown_parameter"
    assert refused(api, "/v1/contacts", **{"metadata[a]": "x"}) == "unknown_parameter"
    assert refused(api, "/v1/debtors?country=US&country=CA") == "repeated_parameter"
    assert refused(api, "/v1/debtors?limit=1&limit=1") == "repeated_parameter"
    assert refused(api, "/v1/campaigns", status="sleeping") == "invalid_parameter"
    assert refused(api, "/v1/debtors", do_not_contact="maybe") == "invalid_parameter"
    assert refused(api, "/v1/debtors", created_after="yesterday") == "invalid_parameter"
    assert refused(api, "/v1/debtors", created_after="2026-03-17") == "invalid_parameter"
    assert refused(api, "/v1/debtors", created_after="0001-01-01T00:00:00+14:00") == "invalid_parameter"
    assert api.get("/v1/debtors", {"country": "\0"}).json()["data"] == []
    assert api.get("/v1/debtors/%00").status_code == 404


def test_times(organisation: Organisation, api: ApiClient) -> None:
    old, new = debtor(organisation, AT), debtor(organisation, AT + timedelta(hours=1))
    Debtor.objects.filter(id=old.id).update(updated_at=AT + timedelta(days=1))

    def ids(**params: str) -> list[str]:
        return [item["id"] for item in api.get("/v1/debtors", params).json()["data"]]

    assert ids(created_after="2026-03-17T13:00:00Z") == [new.id, old.id]
    assert ids(created_after="2026-03-17T13:00:01Z") == [new.id]
    assert ids(created_before="2026-03-17T14:00:00Z") == [old.id]
    assert ids(created_after="2026-03-17T15:00:00+02:00", created_before="2026-03-17T14:00:00Z") == [old.id]
    assert ids(updated_since="2026-03-18T13:00:00Z") == [old.id]


def test_metadata(organisation: Organisation, api: ApiClient) -> None:
    keys = {"plan": "gold", "42": "x", "a__b": "y", 'q"': "z", "ключ": "да"}
    campaign = factories.campaign(organisation, metadata=keys)
    factories.campaign(organisation, metadata={"plan": "silver"})
    for key, value in keys.items():
        found = api.get("/v1/campaigns", {f"metadata[{key}]": value}).json()["data"]
        assert [item["id"] for item in found] == [campaign.id], key
    both = {"metadata[plan]": "gold", "metadata[42]": "x"}
    assert len(api.get("/v1/campaigns", both).json()["data"]) == 1
    assert api.get("/v1/campaigns", both | {"metadata[42]": "y"}).json()["data"] == []
    assert api.get("/v1/campaigns", {"metadata[plan__contains]": "gold"}).json()["data"] == []


def test_expand_shows_parts_whole_with_one_read_each(organisation: Organisation, api: ApiClient) -> None:
    cases = [factories.case(organisation, invoice_number=f"N{n}", invoice_key=f"n{n}") for n in range(4)]
    plain = api.get("/v1/cases").json()["data"][0]
    assert plain["debtor"] == "Acme Corp" and "campaign" not in plain
    whole = api.get("/v1/cases", {"expand": "debtor,campaign"}).json()["data"]
    assert [item["debtor"]["id"] for item in whole] == [case.debtor_id for case in cases[::-1]]
    assert [item["campaign"]["id"] for item in whole] == [case.campaign_id for case in cases[::-1]]
    assert whole[0]["debtor"]["country"] == "US"

    def statements(limit: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            api.get("/v1/cases", {"expand": "debtor,campaign", "limit": limit})
        return len(seen)

    statements(1)
    assert statements(4) == statements(1)
    assert refused(api, "/v1/cases", expand="debtor,secrets") == "invalid_expand"
    assert refused(api, "/v1/debtors", expand="cases") == "unknown_parameter"


def test_expand_does_not_make_another_question_of_a_cursor(organisation: Organisation, api: ApiClient) -> None:
    for n in range(2):
        factories.case(organisation, invoice_number=f"N{n}", invoice_key=f"n{n}")
    cursor = api.get("/v1/cases", {"limit": 1}).json()["next_cursor"]
    assert api.get("/v1/cases", {"limit": 1, "cursor": cursor, "expand": "debtor"}).status_code == 200


def test_no_list_counts_or_skips(organisation: Organisation, api: ApiClient) -> None:
    for _ in range(3):
        debtor(organisation, AT)
    cursor = api.get("/v1/debtors", {"limit": 1}).json()["next_cursor"]
    with CaptureQueriesContext(connection) as seen:
        api.get("/v1/debtors", {"limit": 1, "cursor": cursor})
    said = " ".join(query["sql"].upper() for query in seen)
    assert "OFFSET" not in said and "COUNT(" not in said


def test_updated_since_of_several_moments() -> None:
    rows = Listing(updated=("created_at", "completed_at"), metadata="").narrow(
        Campaign.objects.all(), {"updated_since": "2026-03-17T13:00:00Z"}
    )
    assert "OR" in str(rows.query)
