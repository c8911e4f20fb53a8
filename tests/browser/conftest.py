"""A real Chromium on a live server: found on PATH, no download; missing, the tests say so (and fail under CI)."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests import factories
from tests.dashboard import world

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once a session. Playwright's loop makes Django think it is async; only here that is said to be safe."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs a Chromium: apt-get install chromium")
        pytest.skip("no Chromium on PATH (chromium, chromium-browser, google-chrome): apt-get install chromium")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Watched:
    """A page whose console errors, script errors and policy violations are kept; the test fails on any."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site, self.faults = page, site, []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        # Content Security Policy violations arrive here as errors too.
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type} on {self.page.url}: {message.text}")


@pytest.fixture
def watched(request: pytest.FixtureRequest, browser: Browser, live_server, settings) -> Iterator[Watched]:  # type: ignore[no-untyped-def]
    """A fresh window; nothing may complain while it is used.

    It is light, and then by turns light and dark: each look at a page (tests.browser.looking) sees both and leaves the
    other scheme to the next page. What decides on the scheme itself as it loads says so by
    `parametrize("watched", ["light", "dark"], indirect=True)`.
    """
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    how = {"color_scheme": getattr(request, "param", "light"), "viewport": {"width": 1280, "height": 900}}
    context = browser.new_context(**how, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = Watched(context.new_page(), live_server.url)
    yield page
    context.close()
    assert page.faults == []


@pytest.fixture
def filled(transactional_db: None, settings, live_server) -> world.World:  # type: ignore[no-untyped-def]
    """An organisation with a running campaign; links in mails and pages lead to the live server."""
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    organisation = factories.organisation()
    world.member(organisation, email="owner@example.com")
    return world.fill(organisation)
