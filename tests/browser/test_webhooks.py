"""The webhook pages in a real browser: a replay by keyboard alone, the tail, a secret, an endpoint on a phone."""

from datetime import timedelta

from playwright.sync_api import expect

from agentcollect.kit import clock
from tests.browser.conftest import Watched
from tests.browser.looking import come_in, fits, no_violations
from tests.dashboard import world
from webhooks import operations
from webhooks.models import Delivery, Endpoint, Replay

BASE = "/dashboard/webhooks"


def test_a_replay_by_keyboard(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    come_in(page, live_server.url)
    page.goto(f"{live_server.url}{BASE}/deliveries?status=failed")
    page.get_by_role("link", name="Replay many…").press("Enter")
    expect(page.get_by_role("heading", name="1 delivery would be sent again")).to_be_visible()
    no_violations(page)
    page.get_by_role("button", name="Send 1 again").press("Enter")
    expect(page.get_by_role("heading", name="Replay of 1 delivery")).to_be_visible()
    no_violations(page)
    job = Replay.objects.get()
    at = clock.now()
    for _ in range(4):
        operations.run_replays(at=at)
        at += timedelta(seconds=2)
    world.settle(Delivery.objects.get(id=filled.delivery_id), "failed", attempts=0, code=500, error="500", at=at)
    expect(page.locator("#replay-state")).to_contain_text("Finished")  # the page renews itself
    expect(page.locator("#failing").get_by_role("link", name="payment.received")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel replay")).to_have_count(0)
    no_violations(page)
    assert (job.total, job.filters["statuses"]) == (1, ["failed"])


def test_new_deliveries_appear_while_one_watches(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    come_in(page, live_server.url)
    page.goto(f"{live_server.url}{BASE}/deliveries")
    page.get_by_role("link", name="Watch new ones").click()
    expect(page.get_by_role("status").filter(has_text="nothing new so far")).to_be_visible()
    operations.send_test(
        endpoint_id=filled.endpoint_id,
        organisation_id=filled.organisation.id,
        livemode=False,
        by="test",
        at=clock.now(),
    )
    expect(page.get_by_role("link", name="webhook.test")).to_be_visible(timeout=15_000)
    expect(page.locator("#tail-count")).to_contain_text("1 new delivery since you began to watch")
    no_violations(page)
    page.get_by_role("link", name="Stop watching").click()
    expect(page.locator("[data-refresh]")).to_have_count(0)


def test_a_secret_is_rotated(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    come_in(page, live_server.url)
    page.goto(f"{live_server.url}{BASE}/endpoints/{filled.endpoint_id}")
    page.get_by_role("button", name="Rotate secret").click()
    expect(page.get_by_text("Copy the new signing secret now.")).to_be_visible()
    no_violations(page)


def test_an_endpoint_is_registered_by_keyboard_on_a_phone(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    come_in(page, live_server.url)
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(f"{live_server.url}{BASE}")
    page.get_by_role("link", name="Register an endpoint").press("Enter")
    expect(page.get_by_label("payment.received")).to_be_hidden()
    page.get_by_label("Only these").press("Space")
    page.get_by_label("payment.received").press("Space")
    page.get_by_label("Address").fill("https://10.0.0.1/x")
    page.get_by_label("Address").press("Enter")
    expect(page.get_by_text("The address points into a private or reserved network.")).to_be_visible()
    fits(page)
    no_violations(page)
    page.get_by_label("Address").fill("https://hooks.example.com/new")
    page.get_by_role("button", name="Register").press("Enter")
    expect(page.get_by_text("Copy its signing secret now.")).to_be_visible()
    fits(page)
    no_violations(page)
    assert Endpoint.objects.get(url="https://hooks.example.com/new").events == ["payment.received"]
    page.locator("summary", has_text="Delete").press("Enter")
    page.get_by_role("button", name="Delete endpoint").press("Enter")
    expect(page.get_by_text("stays readable under Deliveries")).to_be_visible()
