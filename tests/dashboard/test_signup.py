"""Signing up: from nothing to an organisation with a key, with nobody's help; and what no stranger learns there."""

import re
import subprocess
from html import unescape
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import ApiKey, Member, Organisation, User
from accounts.operations.signup import ATTESTATION
from agentcollect import embedded
from agentcollect.kit import mail as kit_mail
from events.models import Event
from tests import factories
from tests.dashboard import world
from tests.dashboard.entrance import ORGANISATION, PASSWORD, code, come_in, sign_up
from tests.outreach.mail_server import mail_server

pytestmark = pytest.mark.usefixtures("empty_redis")


@pytest.fixture(autouse=True)
def _mail_reaches_people(settings: Any, db: None) -> None:
    settings.SYSTEM_MAIL = "smtp"


def test_from_nothing_to_a_key_that_works(client: Client) -> None:
    assert come_in(client) == "/dashboard/start"
    assert client.get("/dashboard").status_code == 403, "no organisation yet"
    ready = client.post("/dashboard/start", ORGANISATION)
    assert ready.status_code == 201
    secret = re.search(r"sk_test_\w+", ready.content.decode())
    assert secret
    seen = factories.client(secret[0]).get("/v1/organisation").json()
    assert (seen["name"], seen["livemode"]) == ("Acme Tools", False)
    assert [entry["code"] for entry in seen["blocking"]] == ["live_not_approved"]
    row = Organisation.objects.get()
    assert (row.legal_name, row.postal_address) == ("Acme Tools Inc.", "1 Main St, Springfield, IL 62701")
    assert (row.country, row.timezone, row.currency, row.enabled_countries) == ("US", "America/Chicago", "USD", ["US"])
    assert (row.attested_class, row.attested_by, row.live_approved) == ("commercial", "kim@acme-tools.com", False)
    assert Member.objects.get().role == "owner"
    assert User.objects.get().name == "Kim Doe"
    attested = Event.objects.get(type="organisation.attested")
    assert attested.data["statement"] == ATTESTATION
    assert attested.actor == f"member:{Member.objects.get().id}"
    assert secret[0] not in client.get("/dashboard/keys").content.decode(), "shown once"


def test_whoever_came_from_a_page_of_the_dashboard_starts_at_the_start(client: Client) -> None:
    assert sign_up(client, next="/dashboard/keys") == "/account/verify"
    assert client.post("/account/verify", {"code": code()})["Location"] == "/dashboard/start"


def test_the_calls_on_the_page_run_in_a_shell(client: Client) -> None:
    """An apostrophe in a name must not break out of its quotes."""
    come_in(client)
    page = client.post("/dashboard/start", ORGANISATION | {"name": 'O\'Hara & "Sons" $(touch /tmp/x)'}).content.decode()
    text = unescape(re.search(r'<pre id="calls"[^>]*>(.*?)</pre>', page, re.DOTALL)[1])  # type: ignore[index]
    echoed = "curl() { printf '%s\\n' \"$@\"; }\n#" + text.split("# 2.")[1]
    shown = subprocess.run(["sh", "-euc", echoed], capture_output=True, text=True, env={"TOKEN": "t"}, check=True)
    assert 'O\'Hara & \\"Sons\\" $(touch /tmp/x)' in shown.stdout


def test_a_second_press_makes_no_second_organisation(client: Client) -> None:
    come_in(client)
    assert client.post("/dashboard/start", ORGANISATION).status_code == 201
    again = client.post("/dashboard/start", ORGANISATION, follow=True)
    assert again.redirect_chain == [("/dashboard/keys", 302)]
    assert (Organisation.objects.count(), ApiKey.objects.count()) == (1, 1)
    assert client.get("/dashboard/start")["Location"] == "/dashboard"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("attested", "", "Without it nobody may be contacted"),
        ("legal_name", "  ", "This field is required"),
        ("postal_address", "\n", "This field is required"),
        ("name", "!!", "Write a name"),
        ("country", "XX", "not one of the available choices"),
        ("timezone", "Mars/Olympus", "not one of the available choices"),
    ],
    ids=["attestation", "legal name", "address", "name", "country", "zone"],
)
def test_what_the_law_asks_for_is_asked(client: Client, field: str, value: str, words: str) -> None:
    come_in(client)
    answer = client.post("/dashboard/start", ORGANISATION | {field: value})
    assert words in answer.content.decode()
    assert not Organisation.objects.exists()


def test_terms_are_asked_for_where_the_operator_has_some(client: Client, settings: Any) -> None:
    come_in(client)
    settings.TERMS_URL = "https://example.com/terms"
    refused = client.post("/dashboard/start", ORGANISATION)
    assert b"The terms must be accepted" in refused.content
    assert not Organisation.objects.exists()
    assert client.post("/dashboard/start", ORGANISATION | {"terms": "on"}).status_code == 201
    assert Event.objects.get(type="organisation.terms_accepted").data == {"url": "https://example.com/terms"}


def test_a_country_brings_its_currency(client: Client) -> None:
    come_in(client)
    client.post("/dashboard/start", ORGANISATION | {"country": "GB", "timezone": "Europe/London"})
    row = Organisation.objects.get()
    assert (row.currency, row.enabled_countries) == ("GBP", ["GB", "US"])


def test_without_the_code_nobody_is_in(client: Client) -> None:
    sign_up(client)
    assert client.get("/dashboard/start")["Location"].startswith("/dashboard/login")
    for _ in range(2):
        assert b"not the right one" in client.post("/account/verify", {"code": "WRONG"}).content
    assert client.post("/account/verify", {"code": "WRONG"})["Location"] == "/dashboard/login"
    assert client.post("/account/verify", {"code": code()})["Location"] == "/dashboard/login", "three tries, then anew"
    assert not EmailAddress.objects.get().verified


def test_a_stranger_does_not_learn_who_has_an_account(client: Client) -> None:
    """The same answers for a known and an unknown address; only the mailbox's owner is told."""
    world.member(factories.organisation(), email="known@example.com")
    stranger = Client()
    assert sign_up(stranger, "known@example.com") == sign_up(client, "fresh@example.com") == "/account/verify"
    seen = [one.get("/account/verify").content for one in (stranger, client)]
    pages = [re.sub(rb'(value|name="csrf)[^>]*>|known|fresh', b"", page) for page in seen]
    assert pages[0] == pages[1]
    assert mail.outbox[0].subject == "You have an account at AgentCollect"
    assert b"not the right one" in stranger.post("/account/verify", {"code": "AAAA-AAAA"}).content
    assert User.objects.filter(email="known@example.com").count() == 1
    for email in ("known@example.com", "nobody@example.com"):
        asked = Client().post("/account/password/forgotten", {"email": email})
        assert asked["Location"] == "/account/password/sent"
    assert [letter.subject for letter in mail.outbox[-2:]] == ["Choose a new password", "No account with this address"]


def test_sign_up_is_limited(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/m/ip"}
    for number in range(2):
        sign_up(Client(), f"a{number}@example.com")
    stopped = client.post("/signup", {"name": "x", "email": "b@example.com", "password1": PASSWORD})
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "60")
    assert b"Too many attempts" in stopped.content


@pytest.mark.parametrize(("mail_to", "is_open"), [("smtp", False), ("", True)], ids=["closed", "no mail"])
def test_sign_up_can_be_closed(client: Client, settings: Any, mail_to: str, is_open: bool) -> None:
    settings.SYSTEM_MAIL, settings.SIGNUP_OPEN = mail_to, is_open
    assert b"Sign-up is closed here" in client.get("/signup").content
    client.post("/signup", {"name": "Kim", "email": "kim@example.com", "password1": PASSWORD})
    assert not User.objects.exists()


# --- the mail itself


def test_mail_leaves_by_smtp(client: Client, settings: Any) -> None:
    with mail_server() as (keeper, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.DEFAULT_FROM_EMAIL = "AgentCollect <accounts@example.com>"
        sign_up(client)
    (letter,) = keeper.mails
    assert (letter["To"], letter["From"]) == ("kim@acme-tools.com", "AgentCollect <accounts@example.com>")
    assert letter["Auto-Submitted"] == "auto-generated"
    sent = re.search(r"^[A-Z]{4}-[A-Z]{4}$", letter.get_content().replace("\r", ""), re.MULTILINE)
    assert sent
    assert client.post("/account/verify", {"code": sent[0]})["Location"] == "/dashboard/start"


def test_a_mail_server_that_is_down_is_said(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert sign_up(client) == "/account/verify"
    assert b"The mail could not be sent" in client.get("/account/verify").content


@pytest.fixture
def _folder(settings: Any, tmp_path: Any) -> None:
    settings.SYSTEM_MAIL, settings.VAR_DIR = "folder", tmp_path
    settings.EMAIL_BACKEND = "agentcollect.kit.mail.FolderBackend"
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "http://127.0.0.1:8000", ["*"]


@pytest.mark.usefixtures("_folder")
def test_without_a_mail_server_this_machine_reads_it_here(client: Client, tmp_path: Any) -> None:
    here = {"HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.1"}
    client.post("/signup", {"name": "Kim", "email": "kim@acme-tools.com", "password1": PASSWORD}, **here)
    assert b"/account/mail" in client.get("/account/verify", **here).content
    page = client.get("/account/mail", **here).content.decode()
    assert re.search(r"[A-Z]{4}-[A-Z]{4}", page)
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert embedded.VAR  # the real folder is not touched: VAR_DIR was another


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize(
    "seen",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"HTTP_FORWARDED": "for=10.0.0.7"},
        {"public": "https://app.example.com"},
        {"mail": "smtp"},
    ],
    ids=["another machine", "rebound name", "proxy", "proxy by RFC 7239", "public installation", "mail server"],
)
def test_nobody_else_reads_it(client: Client, settings: Any, seen: dict[str, str]) -> None:
    sign_up(client)
    settings.PUBLIC_URL = seen.get("public", settings.PUBLIC_URL)
    settings.SYSTEM_MAIL = seen.get("mail", settings.SYSTEM_MAIL)
    here = {"HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.1"}
    assert client.get("/account/mail", **here).status_code == (404 if {"public", "mail"} & set(seen) else 200)
    assert client.get("/account/mail", **here | {k: v for k, v in seen.items() if k.isupper()}).status_code == 404
    assert kit_mail.letters(), "there was something to read"
