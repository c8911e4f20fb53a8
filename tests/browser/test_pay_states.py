"""Every state of the payment page in a real browser: accessible, nothing sticks out, by keyboard alone."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from payments.models import Payment
from payments.queries import pay_slug
from tests.browser.test_journey import fits
from tests.payments import states

# Where pictures go when somebody wants to look (not in the suite's own runs).
PICTURES = os.environ.get("BROWSER_PICTURES", "")
LANGUAGES = ("en", "fr", "es", "de")
# In the suite each state is looked at once, by turns in each of these, and the first two in all: a look costs half a
# second. Pictures are made of every state in all of them.
VIEWS = (("en", "light", 1280), ("de", "dark", 320), ("fr", "light", 320), ("es", "dark", 1280))


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Any:
    made = {
        scheme: browser.new_context(color_scheme=scheme, java_script_enabled=True)  # axe itself is a script
        for scheme in ("light", "dark")
    }
    pages = {scheme: context.new_page() for scheme, context in made.items()}
    yield pages
    for context in made.values():
        context.close()


def look(page: Page, address: str, name: str, language: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}?lang={language}")
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}_{language}_{scheme}_{width}.png", full_page=True)
    fits(page)
    assert page.locator("html").get_attribute("lang") == language
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == [], address


def test_every_state_in_every_language(windows: Any, live_server: Any, transactional_db: None) -> None:
    made = states.every()
    for place, (name, case, after) in enumerate(made):
        address = f"{live_server.url}/pay/{pay_slug(case)}{after}"
        for language, scheme, width in VIEWS if PICTURES or place < 2 else (VIEWS[place % 4],):
            look(windows[scheme], address, name, language, width, scheme)


def test_by_keyboard_alone_without_scripts_in_the_systems_own_colours(
    browser: Browser, live_server: Any, transactional_db: None
) -> None:
    case = states.several()
    context = browser.new_context(
        java_script_enabled=False, forced_colors="active", viewport={"width": 320, "height": 900}
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/pay/{pay_slug(case)}")
    boxes, update = page.locator(".was-on"), page.get_by_role("button", name="Update the total")
    expect(update).to_be_hidden()
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    expect(update).to_be_visible()
    expect(page.locator(".due-figure")).to_be_hidden()  # it is the total of other boxes
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(update).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".due-figure")).to_have_text("$900.03")
    page.get_by_label("Bank transfer").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pay Harbor & Pine").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="$900.03")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Back to the invoice")).to_be_hidden()
    context.close()
    assert Payment.objects.get().amount_minor == 90_003
