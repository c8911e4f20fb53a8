"""What a person does on a first day, in a real browser, in light and in dark: no axe violation, no console error."""

import pytest
from playwright.sync_api import expect

from campaigns.models import Case
from payments.queries import pay_url
from tests.browser.conftest import Watched
from tests.browser.looking import come_in, no_violations, sign_in
from tests.dashboard import world
from webhooks.models import Delivery


def test_first_day(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    page.goto(f"{live_server.url}/dashboard/login")
    no_violations(page)
    sign_in(page, live_server.url)
    no_violations(page)

    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.locator("table .main-link").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.locator(".entry").filter(has_text="Email sent").first).to_be_visible()
    expect(page.locator(".entry.future").first).to_be_visible()
    no_violations(page)

    page.get_by_role("link", name="Webhooks", exact=True).click()
    page.get_by_role("link", name="Deliveries").click()
    page.get_by_role("link", name="Failed", exact=True).click()
    no_violations(page)
    page.get_by_role("link", name="payment.received").click()
    expect(page.get_by_text("upstream is restarting").first).to_be_visible()
    no_violations(page)
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("1 delivery is being sent again.")).to_be_visible()
    assert Delivery.objects.get(id=filled.delivery_id).status == "pending"
    no_violations(page)


def test_a_debtor_pays(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    case = Case.objects.get(invoice_number="INV-2025-0851")
    page = watched.page
    page.goto(pay_url(case))
    no_violations(page)
    page.locator("input[name=method][value=bank_transfer]").check()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/**")
    no_violations(page)
    case.refresh_from_db()
    assert (case.status, case.close_reason, case.balance_minor) == ("closed", "paid", 0)

    come_in(page, live_server.url)
    page.goto(f"{live_server.url}/dashboard/payments")
    expect(page.get_by_role("link", name="Northwind Traders")).to_be_visible()
    no_violations(page)


def test_buttons_that_ask_first_menus_and_theme(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    come_in(page, live_server.url)
    page.goto(f"{live_server.url}/dashboard/campaigns/{filled.campaign_id}")
    page.locator("summary", has_text="Pause").click()
    no_violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Pause campaign")).to_be_hidden()
    page.locator("summary", has_text="Pause").click()
    page.get_by_role("button", name="Pause campaign").click()
    expect(page.get_by_text("Nothing more is sent until you resume.")).to_be_visible()
    page.locator("summary", has=page.get_by_label("Your account")).click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    no_violations(page)


@pytest.mark.parametrize("watched", ["light", "dark"], indirect=True)
def test_the_reference_is_drawn_from_our_own_files(watched: Watched, live_server, db: None) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    foreign: list[str] = []
    page.on(
        "request", lambda asked: asked.url.startswith(("data:", "blob:", live_server.url)) or foreign.append(asked.url)
    )
    page.goto(f"{live_server.url}/docs")
    expect(page.get_by_text("Exchange an API key for a short-lived Bearer token").first).to_be_visible(timeout=20_000)
    assert foreign == []
