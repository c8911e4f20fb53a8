"""`GET /v1/webhooks/deliveries`: everything that was owed to anybody, narrowed down."""

from datetime import timedelta

import pytest
from django.db import connection

from agentcollect.kit import clock
from agentcollect.kit.db import is_postgresql
from agentcollect.kit.pagination import newest_first
from tests import factories
from tests.webhooks.conftest import make_endpoint
from tests.webhooks.rows import BEGIN, make_deliveries
from webhooks import queries
from webhooks.models import Delivery
from webhooks.views.deliveries import Deliveries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]

PATH = "/v1/webhooks/deliveries"


@pytest.fixture
def api(organisation):
    return factories.client(factories.api_key(organisation))


def found(api, **params):
    answer = api.get(PATH, params)
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["data"]}


def test_narrowed_down(api, organisation):
    first, second = make_endpoint(organisation), make_endpoint(organisation)
    failed = make_deliveries(first, 3)
    paused = make_deliveries(second, 2, "not_sent", reason="paused")
    replayed = make_deliveries(second, 2, event_type="case.opened", replay_id="rpl_1")
    make_deliveries(make_endpoint(organisation, livemode=True), 1)
    make_deliveries(make_endpoint(factories.organisation("Another")), 1, replay_id="rpl_1")
    event_id = Delivery.objects.get(id=failed[1]).event_id
    moment = clock.iso(BEGIN + timedelta(seconds=1))
    assert found(api) == {*failed, *paused, *replayed}
    assert found(api, webhook_id=first.id) == set(failed)
    assert found(api, event_id=event_id) == {failed[1]}
    assert found(api, event_type="case.opened") == set(replayed)
    assert found(api, status="not_sent") == found(api, reason="paused") == set(paused)
    assert found(api, replay_id="rpl_1") == set(replayed)
    assert found(api, replay_id="rpl_1", status="succeeded") == set()
    assert found(api, created_after=moment) == {failed[1], failed[2], paused[1], replayed[1]}
    assert found(api, created_before=moment) == {failed[0], paused[0], replayed[0]}
    shown = {row["id"]: row for row in api.get(PATH).json()["data"]}
    assert (shown[paused[0]]["reason"], shown[paused[0]]["replay_id"]) == ("paused", None)
    assert (shown[replayed[0]]["reason"], shown[replayed[0]]["replay_id"]) == (None, "rpl_1")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"colour": "red"}, "unknown_parameter"),
        ({"metadata[a]": "b"}, "unknown_parameter"),
        ({"status": "lost"}, "invalid_parameter"),
        ({"reason": "deleted"}, "invalid_parameter"),
        ({"created_after": "yesterday"}, "invalid_parameter"),
        ({"limit": "0"}, "invalid_parameter"),
        ({"cursor": "x"}, "invalid_cursor"),
    ],
)
def test_bad_parameters(api, params, code):
    assert api.get(PATH, params).json()["error"] == code


def test_page_by_page(api, organisation):
    endpoint = make_endpoint(organisation)
    names = make_deliveries(endpoint, 5)
    Delivery.objects.update(created_at=BEGIN)  # one moment: the ids decide
    seen, cursor = [], {}
    while cursor is not None:
        page = api.get(PATH, {"limit": 2, "status": "failed", **cursor}).json()
        seen += [row["id"] for row in page["data"]]
        make_deliveries(endpoint, 1)  # what comes meanwhile moves nothing
        cursor = {"cursor": page["next_cursor"]} if page["has_more"] else None
    assert [name for name in seen if name in names] == sorted(names, reverse=True)
    first = api.get(PATH, {"limit": 2}).json()["next_cursor"]
    assert api.get(PATH, {"cursor": first, "status": "failed"}).json()["error"] == "cursor_mismatch"


def test_scopes(organisation):
    stranger = factories.client(factories.api_key(organisation, scopes=["payments:read"]))
    assert stranger.get(PATH).json()["error"] == "missing_scope"


@pytest.mark.parametrize(
    ("params", "index"),
    [
        ({"event_id": "evt_1"}, "delivery_once_per_event"),
        ({"webhook_id": "wh_1"}, "delivery_endpoint_list"),
        ({"replay_id": "rpl_1"}, "delivery_replay"),
        ({"status": "failed"}, "delivery_failed"),
        ({}, "delivery_list"),
    ],
)
def test_indexes_answer(organisation, params, index):
    """With 20,000 rows of an organisation, none of these filters walks them."""
    if not is_postgresql():
        pytest.skip("plans of PostgreSQL")
    endpoints = [make_endpoint(organisation) for _ in range(5)]
    for endpoint in endpoints:
        make_deliveries(endpoint, 4_000, "succeeded", replay_id=f"rpl_{endpoint.id[-8:]}")
    make_deliveries(endpoint, 10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE webhooks_delivery")
    rows = Deliveries.lists.narrow(queries.deliveries(organisation.id, False), params)
    plan = newest_first(rows)[:21].explain()
    assert index in plan, plan
