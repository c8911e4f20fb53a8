"""A receiver that is down: four attempts, then `failed`, seen and sent again by hand."""

import re
import time
from datetime import datetime
from itertools import pairwise

import pytest

from tests.journeys.conftest import Unheard
from tests.journeys.receiver import Got, Receiver, receiving
from tests.journeys.world import Dashboard, until

pytestmark = pytest.mark.processes
# Seconds between the attempts, each ±10 %, as the product page has them; above that, what a busy machine takes.
WAITS, JITTER, BUSY = (1.0, 5.0, 30.0), 0.1, 1.5
LIST = "/dashboard/webhooks/deliveries?status=failed"


def failed(unheard: Unheard, endpoint: tuple[str, str]) -> dict:
    """The endpoint's one delivery with its attempts, once it has failed."""
    with unheard.tenant.api() as api:
        rows = until(
            lambda: api.get(f"/v1/webhooks/{endpoint[0]}/deliveries", params={"status": "failed"}).json()["data"],
            seconds=60,
        )
        assert len(rows) == 1
        return api.get(f"/v1/webhooks/deliveries/{rows[0]['id']}").json()


def assert_spaced(moments: list[float], *, unit: float = 0.05) -> None:
    """`unit`: how finely the moments were written down."""
    gaps = [after - before for before, after in pairwise(moments)]
    assert len(gaps) == len(WAITS), moments
    for gap, wait in zip(gaps, WAITS, strict=True):
        assert wait * (1 - JITTER) - unit <= gap <= wait * (1 + JITTER) + BUSY + unit, gaps


def test_four_attempts_at_the_right_times_then_failed(unheard: Unheard, receiver: Receiver) -> None:
    delivery = failed(unheard, unheard.broken)
    got = receiver.at("/broken")
    assert_spaced([one.at for one in got])
    assert [one.headers["x-agentcollect-attempt"] for one in got] == ["1", "2", "3", "4"]
    assert len({(one.headers["webhook-id"], one.body) for one in got}) == 1
    assert (delivery["attempts_made"], delivery["last_status_code"]) == (4, 500)
    assert [one["status_code"] for one in delivery["attempts"]] in ([500] * 4,)


def test_nobody_listening_is_tried_as_often(unheard: Unheard) -> None:
    delivery = failed(unheard, unheard.closed)
    attempts = sorted(delivery["attempts"], key=lambda one: one["number"])
    assert [one["number"] for one in attempts] == [1, 2, 3, 4]
    assert all(one["status_code"] is None and one["error"] for one in attempts)
    assert_spaced([datetime.fromisoformat(one["created_at"]).timestamp() for one in attempts], unit=1)


def assert_again(got: Got, secret: str, delivery: dict) -> None:
    """The same event id and bytes, and a signature of now."""
    event = got.verify(secret)
    assert event == delivery["payload"]
    assert got.headers["webhook-id"] == delivery["event_id"]
    assert got.headers["x-agentcollect-replay"] == "true"
    sent = [int(one["request_headers"]["webhook-timestamp"]) for one in delivery["attempts"]]
    assert int(got.headers["webhook-timestamp"]) > max(sent)


def test_a_replay_by_the_api_arrives(unheard: Unheard, receiver: Receiver) -> None:
    delivery = failed(unheard, unheard.broken)
    receiver.answers["/broken"] = 200
    before = receiver.at("/broken")
    # Timestamps are whole seconds: the replay's must be able to be a later one.
    until(lambda: time.time() >= datetime.fromisoformat(delivery["attempts"][-1]["created_at"]).timestamp() + 2)
    with unheard.tenant.api() as api:
        asked = api.post(f"/v1/webhooks/deliveries/{delivery['id']}/replay")
        assert asked.status_code == 202, asked.text
        got = receiver.wait("/broken", count=len(before) + 1)[-1]
        where = asked.headers["location"]
        until(lambda: api.get(where).json()["status"] == "succeeded")
    assert got.body == before[0].body
    assert_again(got, unheard.broken[1], delivery)


def test_it_shows_as_failed_in_the_dashboard_and_is_replayed_there(unheard: Unheard) -> None:
    delivery = failed(unheard, unheard.closed)
    dashboard = Dashboard(unheard.tenant.base_url, unheard.tenant.email, unheard.tenant.password)
    shown = dashboard.get(LIST)
    assert delivery["id"] in shown
    assert re.search(r"Failed\s*</span>", shown), shown
    assert f":{unheard.closed_port}/closed" in shown
    with receiving(unheard.closed_port) as back:
        dashboard.press(LIST, "/dashboard/webhooks/replay", delivery=delivery["id"])
        got = back.wait("/closed")[0]
        until(lambda: delivery["id"] not in dashboard.get(LIST))
    assert_again(got, unheard.closed[1], delivery)
