"""From nothing to a first campaign, in a real browser, with nobody's help and against the clock; and a passkey."""

import re
import time
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from accounts.models import ApiKey, Organisation
from campaigns.models import Campaign
from tests import factories
from tests.browser.conftest import Watched
from tests.browser.looking import look as looked_at
from tests.dashboard import world
from tests.dashboard.entrance import PASSWORD, code, totp

LIMIT_SECONDS = 300


@pytest.fixture
def site(transactional_db: None, empty_redis: None, settings: Any, live_server: Any) -> str:
    """The live server by its name: passkeys belong to a name. Mail goes to Django's outbox."""
    base = live_server.url.replace("127.0.0.1", "localhost")
    settings.PUBLIC_URL, settings.SYSTEM_MAIL = base, "smtp"
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    return base


def test_from_nothing_to_a_first_campaign(watched: Watched, site: str, capsys: pytest.CaptureFixture[str]) -> None:
    page, looking = watched.page, 0.0
    started = time.monotonic()

    def look() -> None:
        nonlocal looking
        before = time.monotonic()
        looked_at(page)
        looking += time.monotonic() - before

    page.goto(site)
    page.get_by_role("link", name="Create an account").click()
    look()
    page.get_by_label("Your name").fill("Kim Doe")
    page.get_by_label("Work e-mail").fill("kim@acme-tools.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    look()
    page.get_by_label("Code").fill(code())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your organisation")).to_be_visible()
    look()
    page.get_by_label("Organisation name").fill("Acme Tools")
    page.get_by_label("Legal name").fill("Acme Tools Inc.")
    page.get_by_label("Postal address").fill("1 Main St\nSpringfield, IL 62701")
    page.get_by_label("Time zone").select_option("America/Chicago")
    page.get_by_label("The debts we place are owed by companies").check()
    page.get_by_role("button", name="Create it and show my key").click()
    expect(page.get_by_role("heading", name="Acme Tools is ready")).to_be_visible()
    look()
    page.locator(".secret").get_by_role("button", name="Copy").click()
    secret = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("link", name="Start with an example").click()
    look()
    page.get_by_role("button", name="Look at what it would do").click()
    expect(page.get_by_role("heading", name="The first message")).to_be_visible()
    mail_text = page.frame_locator(".mail-frame").locator("body")
    expect(mail_text).to_contain_text("Acme Tools")
    assert not Campaign.objects.exists()
    look()
    page.get_by_role("button", name="Create the campaign").dblclick()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    seconds = time.monotonic() - started - looking
    assert Campaign.objects.get().debtors_enrolled == 1
    assert seconds < LIMIT_SECONDS
    with capsys.disabled():
        print(f"\n  sign-up → verified → key → first campaign: {seconds:.1f} s in the browser (limit {LIMIT_SECONDS})")
    listed = page.request.get(f"{site}/v1/campaigns", headers={"Authorization": f"Bearer {secret}"}).json()
    assert [row["id"] for row in listed["data"]] == [Campaign.objects.get().id]
    assert ApiKey.objects.get().created_by.startswith("member:")


def sign_in(page: Page, site: str, email: str = "owner@example.com") -> None:
    page.goto(f"{site}/dashboard/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def authenticator(page: Page) -> None:
    """A security device that says yes to everything, as Chromium offers it to tests."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_signs_in_alone(watched: Watched, site: str) -> None:
    page = watched.page
    world.member(factories.organisation(), email="owner@example.com")
    authenticator(page)
    sign_in(page, site)
    page.goto(f"{site}/account/security")
    looked_at(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    looked_at(page)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Create the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    looked_at(page)
    page.goto(f"{site}/account/security")
    expect(page.get_by_text("Work laptop")).to_be_visible()
    assert mail.outbox[-1].subject == "A passkey was added to your login"
    page.locator("summary", has=page.get_by_label("Your account")).click()
    page.get_by_role("button", name="Sign out", exact=True).last.click()
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.goto(f"{site}/dashboard/team")
    page.get_by_label("E-mail").fill("new@example.com")
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("new@example.com was invited")).to_be_visible()


def test_the_pages_of_people_on_a_phone_and_a_desk(watched: Watched, site: str) -> None:
    page = watched.page
    organisation = factories.organisation()
    Organisation.objects.update(live_approved=False)
    world.member(organisation, email="owner@example.com")
    world.member(organisation, "viewer", email="viewer@example.com")
    for path in ("/dashboard/login", "/signup", "/account/password/forgotten", "/account/password/sent"):
        page.goto(site + path)
        looked_at(page)
    sign_in(page, site)
    page.goto(f"{site}/account/authenticator")
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("#totp-secret").inner_text()
    looked_at(page)
    page.get_by_label("Code from the app").fill(totp(secret))
    page.get_by_role("button", name="Turn it on").click()
    paths = ["/account/security", "/account/email", "/account/password", "/account/recovery-codes/new"]
    paths += ["/account/authenticator/remove"]
    paths += ["/dashboard/campaigns/new?way=paste", "/dashboard/campaigns/new?way=file"]
    for path in paths:
        page.goto(site + path)
        looked_at(page)
    page.goto(f"{site}/dashboard/campaigns/new?way=paste")
    page.get_by_label("Rows").fill("company_name,invoice_amount\nAcme,x\n")
    page.get_by_role("button", name="Look at what").click()
    expect(page.get_by_role("heading", name="To put right first")).to_be_visible()
    looked_at(page)
    page.goto(f"{site}/dashboard")
    page.locator("summary", has=page.get_by_label("Your account")).click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, site)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    assert re.search(r"/dashboard/login/code$", page.url)
    looked_at(page)
