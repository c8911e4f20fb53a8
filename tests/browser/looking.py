"""What is true of every page, in four looks at one that is loaded once: narrow and wide, in light and in dark."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import Member
from tests.dashboard import world

# A small telephone, and a desk.
WIDTHS = (320, 1280)
# Where pictures go when somebody wants to look (not in the suite's own runs).
PICTURES = os.environ.get("BROWSER_PICTURES", "")

_SCRIPT = AXE_SCRIPT + (Path(__file__).parent / "looking.js").read_text()
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
# The text that has passed in this run, as looking.js names it.
_passed: set[int] = set()


def look(page: Page, name: str = "", widths: tuple[int, ...] = WIDTHS) -> None:
    """Nothing sticks out and axe finds nothing, at every width and in both colour schemes; `name` is its picture's."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        fits(page)
        no_violations(page, name and f"{name}_{width}")


def fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    assert page.evaluate(_WIDE) <= 0, (page.url, page.viewport_size)


def no_violations(page: Page, name: str = "") -> None:
    """axe's WCAG 2.2 AA rules and its best practices find nothing, in light or in dark.

    What is there is judged in the scheme that the page is in, colours in both. The other one stays: the next page is
    loaded in it.
    """
    schemes = ("dark", "light") if page.evaluate(_DARK) else ("light", "dark")
    assert _ask(page, "looking.there()") == [], (page.url, page.viewport_size)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        seen = _ask(page, "looking.coloured(seen)", list(_passed))
        assert seen["minded"] == [], (page.url, scheme, page.viewport_size)
        _passed.update(seen["passed"])
        if PICTURES and name:
            page.screenshot(path=Path(PICTURES) / f"{name}_{scheme}.png", full_page=True)
    # Links that only a colour tells from the words around them: the one rule on colours besides.
    assert _ask(page, "looking.links()") == [], (page.url, schemes[1], page.viewport_size)


def _ask(page: Page, what: str, seen: list[int] | None = None) -> Any:
    """What looking.js says; it is put into each document once."""
    asked = f"seen => window.looking && {what}"
    found = page.evaluate(asked, seen)
    if found is None:
        page.evaluate(_SCRIPT)
        found = page.evaluate(asked, seen)
    return found


def sign_in(page: Page, base: str) -> None:
    """By the form."""
    page.goto(f"{base}/dashboard")
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def come_in(page: Page, base: str, email: str = "owner@example.com") -> None:
    """With a session that stands, where signing in is not what is tested: two pages less."""
    client = Client()
    client.force_login(Member.objects.get(user__email=email).user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base}])
