"""Every state of the payment page in a real browser: accessible, nothing sticks out, by keyboard alone."""

from typing import Any

from playwright.sync_api import Browser, expect

from payments.models import Payment
from payments.queries import pay_slug
from tests.browser.conftest import Watched
from tests.browser.looking import PICTURES, look
from tests.payments import states

LANGUAGES = ("en", "de", "fr", "es")
# In the suite each state is looked at in one language and at one width, by turns, and the first two in all. Pictures
# are made of every state in all of them.
VIEWS = tuple(zip(LANGUAGES, (1280, 320, 320, 1280), strict=True))


def test_every_state_in_every_language(watched: Watched, transactional_db: None) -> None:
    page = watched.page
    for place, (name, case, after) in enumerate(states.every()):
        for language, width in VIEWS if PICTURES or place < 2 else (VIEWS[place % 4],):
            page.goto(f"{watched.site}/pay/{pay_slug(case)}{after}?lang={language}")
            assert page.locator("html").get_attribute("lang") == language
            look(page, f"{name}_{language}", (width,))
    # A page that is not there is a 404, which the console mentions; nothing else may be there.
    assert [said for said in watched.faults if "404 (Not Found)" not in said] == []
    watched.faults.clear()


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
