"""The sandbox's pages in a real browser: a scenario is started, its clock advanced, and the page tells by itself."""

import re

from playwright.sync_api import expect

from accounts.models import TestClock
from agentcollect.kit import clock
from outreach.models import Call, MailboxItem
from sandbox import driver
from tests.browser.conftest import Watched
from tests.browser.looking import come_in, look
from tests.dashboard import world


def drive() -> TestClock:
    row = TestClock.objects.get()
    for _ in range(20):
        driver.drive(wall=clock.now(), clock_id=row.id)
        row.refresh_from_db()
        if row.status == "ready" and row.stirred_at is None:
            return row
    raise AssertionError("it does not arrive")


def test_a_scenario_is_watched(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page, site = watched.page, f"{live_server.url}/dashboard"
    come_in(page, live_server.url)
    page.goto(f"{site}/scenarios")
    page.get_by_role("radio", name=re.compile("^Silent")).check()
    page.get_by_label("Telephone").select_option("5550100")
    look(page)
    page.get_by_role("button", name="Start the scenario").click()
    expect(page.get_by_role("heading", name="Scenario: silent")).to_be_visible()
    drive()
    page.get_by_role("button", name="+1 month").click()
    expect(page.get_by_text("On its way to")).to_be_visible()
    row = drive()
    # No click: the page renews itself while the clock is on its way.
    expect(page.get_by_role("button", name="+1 month")).to_be_visible(timeout=10_000)
    look(page)
    call, mail = Call.objects.earliest("created_at").id, MailboxItem.objects.latest("id").id
    for path in (f"clocks/{row.id}", "clocks", f"phone-calls/{call}", f"mailbox/{mail}", "start-over"):
        page.goto(f"{site}/{path}")
        look(page)
