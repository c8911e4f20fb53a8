"""Analytics in a real browser: on a phone and a desk, in light and dark; each chart opens as a table."""

from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.looking import come_in, look, no_violations
from tests.dashboard import world
from tests.payments import portfolio


def test_analytics_on_a_phone_and_a_desk(watched: Watched, live_server, transactional_db) -> None:  # type: ignore[no-untyped-def]
    built = portfolio.build()
    world.member(built.organisation, email="owner@example.com")
    page = watched.page
    come_in(page, live_server.url)
    page.goto(f"{live_server.url}/dashboard/analytics?test_clock={built.clock.id}")
    expect(page.get_by_role("img", name="Owed by days overdue, USD")).to_be_visible()
    page.get_by_text("View as table").first.click()
    expect(page.get_by_role("cell", name="57.1%").first).to_be_visible()
    look(page, "analytics")
    page.get_by_text("View as table").nth(1).click()
    page.get_by_role("link", name="Over 90 days").first.click()
    expect(page.get_by_role("link", name="Firm D")).to_be_visible()
    look(page, "analytics_rows")
    page.goto(f"{live_server.url}/dashboard/analytics?from=2031-04-09&to=2031-04-09")
    expect(page.get_by_role("heading", name="Nothing was placed then")).to_be_visible()
    no_violations(page)
