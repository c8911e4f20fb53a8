"""A person's own login: second factors, sessions, changes that ask again, limits; with Redis and without."""

import re
import time
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver

from accounts import operations
from accounts.models import User
from agentcollect.kit import clock
from agentcollect.kit.cache import SteadyRedisCache
from tests import factories
from tests.dashboard import world
from tests.dashboard.entrance import code, confirm, totp

pytestmark = pytest.mark.usefixtures("empty_redis")
PASSWORD = world.PASSWORD


@pytest.fixture(autouse=True)
def _quick(settings: Any, db: None) -> None:
    settings.SYSTEM_MAIL = "smtp"


@pytest.fixture
def person() -> User:
    return world.member(factories.organisation(), email="kim@example.com").user


def signed_in(password: str = PASSWORD, email: str = "kim@example.com", **more: str) -> Client:
    client = Client(**more)
    assert client.post("/dashboard/login", {"username": email, "password": password}).status_code == 302
    return client


def with_app(client: Client) -> str:
    """Set up an authenticator app; its secret."""
    confirm(client, PASSWORD)
    shown = client.get("/account/authenticator").content.decode()
    secret = re.search(r'id="totp-secret"[^>]*>(\w+)<', shown)
    assert secret
    done = client.post("/account/authenticator", {"code": totp(secret[1])})
    assert done["Location"] == "/account/recovery-codes"
    return secret[1]


def codes(client: Client) -> list[str]:
    return re.findall(r"^(\d{8})$", client.get("/account/recovery-codes.txt").content.decode(), re.MULTILINE)


def test_the_app_is_asked_for_after_the_password(person: User) -> None:
    client = signed_in()
    secret = with_app(client)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored, "the seed is encrypted at rest"
    fresh = Client()
    half = fresh.post("/dashboard/login", {"username": person.email, "password": PASSWORD})
    assert half["Location"] == "/dashboard/login/code"
    assert fresh.get("/dashboard")["Location"].startswith("/dashboard/login"), "half is not in"
    assert b"not the right one" in fresh.post("/dashboard/login/code", {"code": "000000"}).content
    now = totp(secret)
    assert fresh.post("/dashboard/login/code", {"code": now})["Location"] == "/dashboard"
    assert fresh.get("/dashboard").status_code == 200
    replay = Client()
    replay.post("/dashboard/login", {"username": person.email, "password": PASSWORD})
    if totp(secret) == now:
        assert replay.post("/dashboard/login/code", {"code": now}).status_code == 200, "a code works once"


def test_a_recovery_code_works_once(person: User) -> None:
    client = signed_in()
    with_app(client)
    found = codes(client)
    assert len(set(found)) == 10
    for expected in (302, 200):
        fresh = Client()
        fresh.post("/dashboard/login", {"username": person.email, "password": PASSWORD})
        assert fresh.post("/dashboard/login/code", {"code": found[0]}).status_code == expected
    confirm(client, PASSWORD)
    client.post("/account/recovery-codes/new")
    assert not set(found) & set(codes(client))


@pytest.mark.parametrize(
    "path",
    ["/account/authenticator", "/account/passkeys/new", "/account/recovery-codes/new", "/account/authenticator/remove"],
)
def test_second_factors_ask_again_before_they_change(person: User, path: str) -> None:
    client = signed_in()
    if "remove" in path:
        with_app(client)
        client.post("/dashboard/logout")
        client = Client()
        client.force_login(person)
    assert client.get(path)["Location"].startswith("/account/confirm?next=")
    assert b"not your password" in client.post("/account/confirm", {"password": "wrong"}).content


def test_a_new_address_counts_after_its_code(person: User) -> None:
    client = signed_in()
    confirm(client, PASSWORD)
    moved = client.post("/account/email", {"email": "new@example.com", "action_add": "1"})
    assert moved["Location"] == "/account/verify"
    person.refresh_from_db()
    assert person.email == "kim@example.com", "not yet"
    client.post("/account/verify", {"code": code("new@example.com")})
    person.refresh_from_db()
    assert person.email == "new@example.com"
    assert [(row.email, row.verified) for row in EmailAddress.objects.all()] == [("new@example.com", True)]
    assert mail.outbox[-1].to == ["kim@example.com"], "the old address is told"
    signed_in(email="new@example.com")


def test_an_address_of_somebody_else_is_not_given_away(person: User) -> None:
    world.member(factories.organisation(), email="taken@example.com")
    client = signed_in()
    confirm(client, PASSWORD)
    client.post("/account/email", {"email": "taken@example.com", "action_add": "1"})
    shown = client.post("/account/verify", {"code": code("taken@example.com")}, follow=True)
    assert shown.status_code == 200
    person.refresh_from_db()
    assert person.email == "kim@example.com"


def test_a_new_password_ends_every_other_session(person: User) -> None:
    here, there = signed_in(), signed_in()
    form = {"oldpassword": PASSWORD, "password1": "another sentence 5", "password2": "another sentence 5"}
    assert here.post("/account/password", form)["Location"] == "/account/security"
    assert here.get("/dashboard").status_code == 200
    assert there.get("/dashboard").status_code == 302
    assert mail.outbox[-1].subject == "Your password was changed"
    signed_in("another sentence 5")


def test_a_forgotten_password(person: User, settings: Any) -> None:
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://app.example.com", ["*"]
    elsewhere = signed_in()
    Client().post("/account/password/forgotten", {"email": "KIM@example.com"}, HTTP_HOST="evil.example")
    link = re.search(r"https?://\S+/account/password/reset/\S+", str(mail.outbox[-1].body))
    assert link
    assert link[0].startswith("https://app.example.com/"), "never the Host that was sent"
    path = link[0].removeprefix("https://app.example.com")
    client = Client()
    form_at = client.get(path)["Location"]
    assert path.rpartition("-")[2] not in form_at, "the secret leaves the address bar"
    assert b"New password" in client.get(form_at).content
    done = client.post(form_at, {"password1": "brand new words 77", "password2": "brand new words 77"})
    assert done["Location"] == "/account/password/done"
    assert elsewhere.get("/dashboard").status_code == 302
    signed_in("brand new words 77")
    assert b"no longer works" in Client().get(path).content


def test_sessions_are_listed_and_ended(person: User) -> None:
    here = signed_in(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/129.0 Safari/537.36")
    there = signed_in(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0")
    page = here.get("/account/security").content.decode()
    assert "Chrome on Windows" in page
    assert "Firefox on Linux" in page
    other = UserSession.objects.get(user_agent__contains="Firefox")
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other")).user)
    assert stranger.post("/account/sessions/end", {"session": str(other.pk)}).status_code == 404
    assert there.get("/dashboard").status_code == 200
    here.post("/account/sessions/end", {"session": str(other.pk)})
    assert there.get("/dashboard").status_code == 302
    third = signed_in()
    here.post("/account/sessions/end-others")
    assert third.get("/dashboard").status_code == 302
    assert here.get("/account/security").status_code == 200


@pytest.mark.parametrize("bad", ["", "x", "9" * 30, "-1", "\0"], ids=["none", "word", "huge", "negative", "nul"])
def test_a_session_that_is_none(person: User, bad: str) -> None:
    assert signed_in().post("/account/sessions/end", {"session": bad}).status_code == 404


def test_wrong_passwords_are_counted_over_all_addresses(person: User, settings: Any) -> None:
    """One address an attempt does not help: the login itself is counted too, and says so to nobody but the guesser."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "30/m/ip,4/10m/key"}
    for number in range(4):
        guess = Client(REMOTE_ADDR=f"10.1.0.{number}").post(
            "/dashboard/login", {"username": person.email, "password": "no"}
        )
        assert b"do not belong together" in guess.content
    stopped = Client(REMOTE_ADDR="10.1.9.9").post("/dashboard/login", {"username": person.email, "password": PASSWORD})
    assert b"Too many wrong attempts" in stopped.content


def test_without_redis_people_sign_in_and_guessing_is_still_limited(person: User, settings: Any, monkeypatch) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "30/m/ip,4/10m/key"}
    monkeypatch.setattr(SteadyRedisCache, "retry_at", time.monotonic() + 600)
    cache.memory.clear()  # type: ignore[attr-defined]
    signed_in()
    for _ in range(4):
        assert Client().post("/dashboard/login", {"username": person.email, "password": "no"}).status_code == 200
    stopped = Client().post("/dashboard/login", {"username": person.email, "password": PASSWORD})
    assert b"Too many wrong attempts" in stopped.content


def test_the_cache_goes_on_when_redis_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteadyRedisCache, "retry_at", 0.0)
    gone = SteadyRedisCache("redis://127.0.0.1:9/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    started = time.monotonic()
    assert gone.add("key", 1, 60)
    assert not gone.add("key", 2, 60)
    assert gone.get("key") == 1
    assert SteadyRedisCache.retry_at > started, "it is left alone for a while"
    monkeypatch.setattr(SteadyRedisCache, "retry_at", 0.0)
    cache.set("key", "back", 60)
    assert cache.get("key") == "back"


def test_an_operators_login_needs_no_code_and_a_self_made_one_does(person: User) -> None:
    """bootstrap's and createsuperuser's logins have no mailbox that a code could reach."""
    User.objects.create_superuser("ops@example.com", PASSWORD)
    signed_in(email="ops@example.com")
    EmailAddress.objects.filter(user=person).update(verified=False)
    half = Client().post("/dashboard/login", {"username": person.email, "password": PASSWORD})
    assert half["Location"] == "/account/verify"


def test_no_address_of_ours_has_a_slash_at_its_end(client: Client, person: User) -> None:
    """And with one it is a plain 404, for people as for machines: allauth would redirect."""
    names = [str(pattern.pattern) for pattern in get_resolver("dashboard.account_urls").url_patterns]
    assert not [name for name in names if name.endswith("/")]
    for path in ("/dashboard/", "/account/", "/signup/", "/dashboard/login/", "/account/security/"):
        assert client.get(path).status_code == 404, path


def test_pages_of_a_person_without_an_organisation(db: None, client: Client) -> None:
    client.force_login(User.objects.create_user("alone@example.com", PASSWORD))
    for path in ("/account/security", "/account/email", "/account/password", "/dashboard/start"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/account/security",
        "/account/passkeys/new",
        "/dashboard/start",
        "/dashboard/team",
        "/dashboard/settings",
        "/dashboard/campaigns/new",
    ],
)
def test_a_stranger_is_asked_to_sign_in(db: None, client: Client, path: str) -> None:
    assert unquote(client.get(path)["Location"]) == f"/dashboard/login?next={path}"


def test_operations_help_somebody_who_lost_every_device(person: User) -> None:
    secret = with_app(signed_in())
    assert b"Second factor or passkey" in signed_in_with(secret).get("/dashboard/team").content
    assert operations.remove_second_factors(user=person, by="ops:test", at=clock.now()) == 1
    assert operations.remove_second_factors(user=person, by="ops:test", at=clock.now()) == 0
    page = signed_in().get("/dashboard/team").content.decode()
    assert "Password only" in page
    assert page.count("Second factors of kim@example.com removed by operations") == 1


def signed_in_with(secret: str) -> Client:
    client = Client()
    client.post("/dashboard/login", {"username": "kim@example.com", "password": PASSWORD})
    cache.clear()  # the code of this half minute may have been used to set it up
    assert client.post("/dashboard/login/code", {"code": totp(secret)}).status_code == 302
    return client


# --- staff


def test_the_admin_has_one_door(person: User, client: Client) -> None:
    ops = User.objects.create_superuser("ops@example.com", PASSWORD)
    assert client.get("/admin/login/?next=/admin/accounts/")["Location"] == "/dashboard/login?next=/admin/accounts/"
    client.post("/dashboard/login?next=/admin/", {"username": ops.email, "password": PASSWORD, "next": "/admin/"})
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/?next=https://evil.example/")["Location"] == "/admin/"
    member = signed_in()
    assert member.get("/admin/", follow=True).status_code == 403


def test_the_admin_can_ask_for_a_second_factor(settings: Any) -> None:
    ops = User.objects.create_superuser("ops@example.com", PASSWORD)
    settings.ADMIN_REQUIRE_MFA = True
    client = signed_in(email=ops.email)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/account/security"
    with_app(client)
    assert client.get("/admin/").status_code == 200


def test_secrets_of_logins_are_not_in_the_admin() -> None:
    assert not [model for model in admin.site._registry if model._meta.app_label in {"account", "mfa", "usersessions"}]
