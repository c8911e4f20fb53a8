"""`GET /v1/events?created_after=`: it begins at the right number, whatever order the story's times are in."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock, db
from events import queries
from events.operations import record
from tests import factories

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def fact(organisation, days: int) -> str:
    facts = {"type": "payment.received", "organisation_id": organisation.id, "livemode": False, "data": {}}
    with db.atomic():
        return record(**facts, by="test", at=BEGAN + timedelta(days=days))


@pytest.fixture
def organisation(empty_redis):
    return factories.organisation()


# Story time: a test clock may have been ahead, and another behind.
DAYS = [0, 1, 9, 2, 3, 8, 4]


@pytest.mark.parametrize("few", [50_000, 2], ids=["told from the index", "too many to tell"])
@pytest.mark.parametrize("since", [-1, 2, 3, 8, 9, 10])
def test_all_and_only_those_since(organisation, monkeypatch, few, since):
    monkeypatch.setattr(queries, "_FEW", few)
    made = {fact(organisation, day): day for day in DAYS}
    fact(factories.organisation("Another"), 9)
    api = factories.client(factories.api_key(organisation))
    asked = {"created_after": clock.iso(BEGAN + timedelta(days=since)), "limit": 2}
    seen, page = [], {"has_more": True, "next_cursor": ""}
    while page["has_more"]:
        page = api.get("/v1/events", asked | ({"after": page["next_cursor"]} if page["next_cursor"] else {})).json()
        seen += [event["id"] for event in page["data"]]
    assert seen == [name for name, day in made.items() if day >= since]
    # Whoever had seen all of them goes on with what comes.
    late = fact(organisation, 11)
    page = api.get("/v1/events", asked | {"after": page["next_cursor"]}).json()
    assert [event["id"] for event in page["data"]] == [late]


def test_the_events_before_are_not_walked(organisation):
    for day in DAYS:
        fact(organisation, day)
    api = factories.client(factories.api_key(organisation))
    with CaptureQueriesContext(connection) as captured:
        api.get("/v1/events", {"created_after": clock.iso(BEGAN + timedelta(days=8))})
    [read] = [query["sql"] for query in captured if "payload" in query["sql"]]
    assert '"sequence" > 2' in read  # the first created that late has the number 3


def test_one_event_costs_one_statement(organisation):
    name = fact(organisation, 0)
    api = factories.client(factories.api_key(organisation))
    api.get(f"/v1/events/{name}")
    with CaptureQueriesContext(connection) as captured:
        assert api.get(f"/v1/events/{name}").status_code == 200
    assert len(captured) == 1
