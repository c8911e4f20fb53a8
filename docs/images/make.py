"""`make pictures`: the pictures of README and guides, taken anew from a running product with the demo's month in it.

Everything is temporary: state folder, ports, receiver. Chromium is the one on PATH, as for the browser suite.
"""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from agentcollect.supervisor.broker import wait_until_open
from agentcollect.supervisor.say import say
from tests.processes import RunningProduct

HERE = Path(__file__).resolve().parent
_WIDE, _NARROW = {"width": 1280, "height": 860}, {"width": 375, "height": 760}
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_RECEIVER_PORT = 9099
_QUALITY = 82


# A debtor with three invoices, and the first of them.
_UNION = ("Union Square Hospitality", "W-")


class Picture(NamedTuple):
    """`path` of the dashboard, or the page that the links with the texts `of` lead to from there, one after the other;
    `narrow`: as on a phone."""

    name: str
    path: str
    of: tuple[str, ...] = ()
    narrow: bool = False


PICTURES = (
    Picture("home", "/dashboard"),
    Picture("campaign", "/dashboard/campaigns", of=("Wholesale, over 60 days",)),
    Picture("debtor", "/dashboard/debtors?q=Lantern", of=("Lantern House Hotel",)),
    Picture("next", "/dashboard/next"),
    Picture("needs-you", "/dashboard/needs-you"),
    Picture("approvals", "/dashboard/approvals"),
    Picture("webhooks", "/dashboard/webhooks"),
    Picture("analytics", "/dashboard/analytics"),
    Picture("bank-lines", "/dashboard/bank", of=(".xml",)),
    Picture("reconciliation", "/dashboard/reconciliation"),
    Picture("home-phone", "/dashboard", narrow=True),
    Picture("pay", "/dashboard/debtors?q=Union+Square", of=(*_UNION, "Payment page"), narrow=True),
)


def main(names: list[str]) -> int:
    """Take all pictures, or those named; 0 when all are there."""
    wanted = [one for one in PICTURES if not names or one.name in names]
    with _receiver(), RunningProduct(share_static=False) as product:
        _demo(product)
        with sync_playwright() as playwright:
            chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context(base_url=product.base_url, color_scheme="light", reduced_motion="reduce")
            page = context.new_page()
            _sign_in(page, product.bootstrap["dashboard"])
            for picture in wanted:
                _take(page, picture)
            browser.close()
    return 0


@contextmanager
def _receiver() -> Iterator[None]:
    """Somebody who listens where the demo looks for a receiver; whoever does so already is left alone."""
    if wait_until_open(f"redis://127.0.0.1:{_RECEIVER_PORT}", seconds=0.2):
        yield
        return
    command = [sys.executable, "-m", "agentcollect.supervisor.receiver", str(_RECEIVER_PORT)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait()


def _demo(product: RunningProduct) -> None:
    command = [sys.executable, "manage.py", "demo"]
    subprocess.run(command, cwd=product.root, env=product.env, check=True, timeout=300)


def _sign_in(page: Page, login: dict[str, str]) -> None:
    page.goto("/dashboard/login")
    page.fill('[name="username"]', login["email"])
    page.fill('[name="password"]', login["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard")


def _take(page: Page, picture: Picture) -> None:
    page.set_viewport_size(_NARROW if picture.narrow else _WIDE)  # type: ignore[arg-type]
    page.goto(picture.path)
    for text in picture.of:
        # Some open a window of their own: their pages are taken in this one.
        page.goto(page.get_by_role("link", name=text).first.get_attribute("href") or "")
    page.wait_for_load_state()
    raw = page.screenshot(animations="disabled")
    made = Image.open(io.BytesIO(raw)).convert("RGB")
    target = HERE / f"{picture.name}.webp"
    made.save(target, "WEBP", quality=_QUALITY, method=6)
    say(f"{target.name:24} {target.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
