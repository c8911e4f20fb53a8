"""`/v1/sandbox/clocks` over HTTP: what is answered, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accounts.models import TestClock
from agentcollect.kit import clock
from sandbox import clock_views, driver
from tests import factories
from tests.sandbox import clocked
from tests.sandbox.clocked import DAY, START

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_life_of_a_clock() -> None:
    api = clocked.creditor()
    made = api.post("/v1/sandbox/clocks", {"frozen_time": "2031-03-04T10:00:00-05:00", "name": "Spring"})
    assert made.status_code == 201 and made.headers["Location"] == f"/v1/sandbox/clocks/{made.json()['id']}"
    shown = _fits(made.json())
    assert (shown["frozen_time"], shown["status"], shown["campaigns"]) == ("2031-03-04T15:00:00Z", "ready", 0)
    path = f"/v1/sandbox/clocks/{shown['id']}"
    clocked.place(api, shown["id"], 1)
    sent = api.post(f"{path}/advance", {"frozen_time": "2031-03-06T15:00:00Z"})
    assert sent.status_code == 202
    assert _fits(sent.json()) | {"status": "advancing", "target": "2031-03-06T15:00:00Z", "progress": 0} == sent.json()
    again = api.post(f"{path}/advance", {"frozen_time": "2031-03-07T15:00:00Z"})
    assert (again.status_code, again.json()["error"]) == (409, "clock_advancing")
    driver.drive(wall=clock.now())
    ready = _fits(api.get(path).json())
    assert (ready["status"], ready["progress"], ready["campaigns"]) == ("ready", 100, 1)
    assert ready["frozen_time"] == "2031-03-06T15:00:00Z" and ready["acts"] >= 1
    assert [one["id"] for one in api.get("/v1/sandbox/clocks", {"status": "ready"}).json()["data"]] == [shown["id"]]
    gone = api.delete(path)
    assert (gone.status_code, gone.json()["status"]) == (202, "deleting")
    assert api.post(f"{path}/advance", {"frozen_time": "2031-04-01T00:00:00Z"}).json()["error"] == "clock_deleting"
    assert api.delete(path).status_code == 202
    driver.drive(wall=clock.now())
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("frozen_time", "code"),
    [
        (clock.iso(START), "clock_backwards"),
        (clock.iso(START - DAY), "clock_backwards"),
        (clock.iso(START + 740 * DAY), "clock_too_far"),
        ("2031-03-08T15:00:00", "invalid_date"),
        (7, "invalid_date"),
    ],
)
def test_where_a_clock_does_not_go(frozen_time: Any, code: str) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    answer = api.post(f"/v1/sandbox/clocks/{clock_id}/advance", {"frozen_time": frozen_time})
    assert (
        answer.status_code,
        answer.json()["errors"][0]["code"] if "errors" in answer.json() else answer.json()["error"],
    ) == (400, code)
    assert TestClock.objects.get().status == "ready"


def test_live_keys_have_no_clocks() -> None:
    organisation = factories.organisation()
    live = factories.client(factories.api_key(organisation, True))
    for answer in (live.get("/v1/sandbox/clocks"), live.post("/v1/sandbox/clocks", {"frozen_time": clock.iso(START)})):
        assert (answer.status_code, answer.json()["error"]) == (422, "test_mode_only")


def test_somebody_elses_clock_is_not_there() -> None:
    theirs = clocked.make(clocked.creditor())
    api = clocked.creditor()
    assert api.get(f"/v1/sandbox/clocks/{theirs}").status_code == 404
    assert api.delete(f"/v1/sandbox/clocks/{theirs}").status_code == 404
    far = {"frozen_time": clock.iso(START + timedelta(days=9))}
    assert api.post(f"/v1/sandbox/clocks/{theirs}/advance", far).status_code == 404
    assert TestClock.objects.get().status == "ready"


def _fits(shown: dict[str, Any]) -> dict[str, Any]:
    Draft202012Validator(clock_views.SHAPE).validate(shown)
    return shown
