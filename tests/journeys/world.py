"""The running product as journeys see it: who is there, what a browser does, what is awaited."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any, TypeVar

import httpx

from tests.processes import ROOT, RunningProduct

T = TypeVar("T")
CARD = {"how_much": "full", "method": "card", "card_number": "4242 4242 4242 4242", "expiry": "12/39", "code": "123"}


def until(what: Callable[[], T], *, seconds: float = 30, every: float = 0.25) -> T:
    """The first true answer of `what`; AssertionError with the last one after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s; last: {found!r}"
        time.sleep(every)
    return found


def act(product: RunningProduct, name: str, *, returncode: int = 0, **arguments: Any) -> Any:
    """One act of `tests.journeys.acts` in a process of its own; what it answered."""
    command = [sys.executable, "-m", "tests.journeys.acts", name, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, env=product.env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == returncode, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
    return json.loads(done.stdout.strip().splitlines()[-1]) if returncode == 0 else None


@dataclass(frozen=True)
class Tenant:
    """An organisation of the running product: keys of both modes, and the login to its dashboard."""

    base_url: str
    id: str
    test_key: str
    live_key: str
    email: str
    password: str

    def api(self, *, live: bool = False) -> httpx.Client:
        key = self.live_key if live else self.test_key
        return httpx.Client(base_url=self.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def hook(self, url: str, *events: str, live: bool = False) -> tuple[str, str]:
        """Register an endpoint: (its id, its secret)."""
        with self.api(live=live) as api:
            made = api.post("/v1/webhooks", json={"url": url, "events": list(events) or ["*"]})
        assert made.status_code == 201, made.text
        return made.json()["webhook_id"], made.json()["secret"]

    def create(self, *debtors: dict[str, Any], live: bool = False, **more: Any) -> str:
        """A campaign of these debtors; its id."""
        with self.api(live=live) as api:
            made = api.post("/v1/campaigns", json={"company": "Your Company Inc.", "debtors": list(debtors)} | more)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def cases(self, campaign_id: str, *, live: bool = False) -> list[dict[str, Any]]:
        """Its cases, once the worker has opened all of them and people were searched."""

        def opened() -> list[dict[str, Any]]:
            found = api.get(f"/v1/campaigns/{campaign_id}/cases", params={"limit": 100}).json()["data"]
            return [] if any(case["status"] == "enriching" or not case["next_contact_at"] for case in found) else found

        with self.api(live=live) as api:
            return until(opened, seconds=60)


def debtor(name: str, number: str, amount: float = 15000, **more: Any) -> dict[str, Any]:
    domain = re.sub(r"[^a-z0-9]+", "", name.lower())
    facts = {"company_name": name, "contact_email": f"ap@{domain}.com", "invoice_date": "2025-10-01"}
    return facts | {"invoice_amount": amount, "invoice_number": number} | more


# --- what a browser does


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if facts.get("type") == "hidden":
            found[facts["name"]] = unescape(facts.get("value", ""))
    return found


class Dashboard:
    """Somebody signed in to the dashboard."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=30)
        form = hidden(self.get("/dashboard/login"))
        done = self.http.post("/dashboard/login", data=form | {"username": email, "password": password})
        assert done.status_code == 200, done.text
        assert done.url.path == "/dashboard", "not signed in"

    def get(self, path: str) -> str:
        page = self.http.get(path)
        assert page.status_code == 200, (page.status_code, page.text[:500])
        return page.text

    def press(self, page: str, action: str, **fields: str) -> str:
        """Post the form of `page` that goes to `action`; the page that follows."""
        shown = self.get(page)
        assert f'action="{action}"' in shown, action
        token = {"csrfmiddlewaretoken": hidden(shown)["csrfmiddlewaretoken"]}
        done = self.http.post(action, data=token | fields)
        assert done.status_code == 200, (done.status_code, done.text[:500])
        return done.text

    def mail_to(self, recipient: str) -> str:
        """The newest mail in the sandbox mailbox to an address, as its HTML."""
        listed = self.get(f"/dashboard/mailbox?to={recipient}")
        newest = re.search(r'href="(/dashboard/mailbox/\d+)"', listed)
        assert newest, "the mailbox has no such mail"
        return self.get(f"{newest.group(1)}/html")


def pay_link(base_url: str, text: str) -> str:
    """The address of the payment page in a mail."""
    found = re.search(rf"{re.escape(base_url)}/pay/[\w-]+", unescape(text))
    assert found, text
    return found.group()


def pay(link: str, **typed: str) -> tuple[float, httpx.Response]:
    """Pay on the page as a browser does: (when the form was sent, the page that followed)."""
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        page = browser.get(link)
        assert page.status_code == 200, page.text
        form = hidden(page.text) | CARD | typed
        began = time.monotonic()
        return began, browser.post(link, data=form)
