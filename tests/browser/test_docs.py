"""The documentation in a real browser: fits a phone, copies code, asks nobody else, nothing for axe to find."""

from playwright.sync_api import expect

from dashboard import prose
from tests.browser.conftest import Watched
from tests.browser.looking import fits, look

PAGES = ["/docs/guides", "/docs/errors", "/docs/events", *(f"/docs/guides/{name}" for name in prose.guides())]


def test_every_page_of_text(watched: Watched, live_server, db: None) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    for path in PAGES:
        page.goto(live_server.url + path)
        look(page)


def test_code_is_copied(watched: Watched, live_server, db: None) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    page.goto(f"{live_server.url}/docs/guides/quickstart")
    page.get_by_role("button", name="Copy").nth(1).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl -X POST ")
    assert copied.count("\n") == 2


def test_the_reference_on_one_page_asks_nobody_else(watched: Watched, live_server, db: None) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    foreign: list[str] = []
    ours = ("data:", "blob:", live_server.url)
    page.on("request", lambda asked: asked.url.startswith(ours) or foreign.append(asked.url))
    page.goto(f"{live_server.url}/docs/print")
    expect(page.get_by_role("heading", name="Create a collection campaign and enroll debtors")).to_be_visible(
        timeout=60_000
    )
    fits(page)
    assert foreign == []
