"""By which name a request comes in decides what is there: everything, one creditor's payment pages, or nothing."""

import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from agentcollect.kit import hosts
from campaigns.models import Case, Contact
from outreach.queries import opt_out_url
from payments import queries
from payments.models import LinkRequest, PayDomain, Payment
from tests import factories
from tests.payments.hosts import looked_up as looked_up
from tests.payments.test_page import CARD, text

pytestmark = pytest.mark.usefixtures("looked_up", "empty_redis")

HOST, OTHER = "pay.harborpine.example", "pay.other.example"
BRAND = {"name": "Harbor & Pine", "domain": "harborpine.example", "reply_to": "ar@harborpine.example"}


@pytest.fixture(autouse=True)
def _strict(settings: Any) -> None:
    """As in production: only what is named is ours."""
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://app.example.com", ["app.example.com", ".staging.example.com"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def invoice(host: str = HOST, livemode: bool = False, brand: dict[str, Any] = BRAND, **facts: Any) -> Case:
    """A case of an organisation that has `host`."""
    organisation = factories.organisation()
    if host:
        factories.domain(organisation, livemode, host, status=facts.pop("status", "verified"))
    campaign = factories.campaign(organisation, livemode, brand=brand, debtors_enrolled=1)
    return factories.case(organisation, livemode, campaign=campaign)


@pytest.fixture
def case(db: None) -> Case:
    return invoice()


class Visitor:
    """A browser at `host`, behind the proxy that ends TLS."""

    def __init__(self, host: str = HOST) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str, page: HttpResponse | None = None, origin: str = "null", **fields: str) -> HttpResponse:
        given = _as_it_stands(page.content.decode()) if page else {}
        return self.client.post(path, given | fields, headers=self.headers | {"Origin": origin})


def _as_it_stands(html: str) -> dict[str, str]:
    """What the page's form would send, untouched."""
    boxes = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) | {"tag": tag} for tag in re.findall(r"<input[^>]*>", html)]
    sent = [box for box in boxes if box.get("type") == "hidden" or " checked" in box["tag"]]
    return {box["name"]: box["value"] for box in sent}


def slug(case: Case) -> str:
    return queries.pay_slug(case)


# --- the creditor's own name


def test_links_lead_to_the_brands_own_host(case: Case) -> None:
    assert queries.pay_url(case) == f"https://{HOST}/{slug(case)}"


@pytest.mark.parametrize(
    ("status", "brand", "mode"),
    [
        ("pending", BRAND, False),
        ("broken", BRAND, False),
        ("removed", BRAND, False),
        ("verified", {"name": "Another", "domain": "another.example"}, False),
        ("verified", BRAND, True),
    ],
)
def test_or_else_to_ours(status: str, brand: dict[str, str], mode: bool, db: None) -> None:
    organisation = factories.organisation()
    factories.domain(organisation, False, HOST, status=status)
    campaign = factories.campaign(organisation, mode, brand=brand, debtors_enrolled=1)
    case = factories.case(organisation, mode, campaign=campaign)
    assert queries.pay_url(case) == f"https://app.example.com/pay/{slug(case)}"


def test_links_ask_the_database_for_nothing(case: Case) -> None:
    queries.pay_url(case, case.campaign.brand)
    with CaptureQueriesContext(connection) as asked:
        for _ in range(20):
            queries.pay_url(case, case.campaign.brand)
            queries.pay_url(factories_case_of_nobody(), {})
    assert len(asked) == 0


def factories_case_of_nobody() -> Case:
    return Case(id="cas_" + "1" * 22, organisation_id="org_" + "1" * 22, livemode=True, invoice_number="7")


@pytest.mark.parametrize("origin", ["null", f"https://{HOST}"])
def test_a_debtor_pays_there_from_end_to_end(case: Case, origin: str) -> None:
    visitor = Visitor()
    page = visitor.get(f"/{slug(case)}")
    assert page.status_code == 200
    assert "$15,000.00" in text(page)
    assert f'action="/{slug(case)}' in page.content.decode()
    assert "/pay/" not in page.content.decode()
    answer = visitor.post(f"/{slug(case)}", page, origin, how_much="full", method="card", **CARD)
    payment = Payment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/{slug(case)}/payments/{payment.id}")
    assert "Payment received" in text(visitor.get(answer["Location"]))
    cookies = visitor.client.cookies
    assert set(cookies) == {"csrftoken"} and cookies["csrftoken"]["domain"] == ""


@pytest.mark.parametrize("origin", ["https://app.example.com.evil.example", f"https://{OTHER}", f"http://{HOST}"])
def test_another_sites_form_is_refused(case: Case, origin: str) -> None:
    visitor = Visitor()
    answer = visitor.post(f"/{slug(case)}", visitor.get(f"/{slug(case)}"), origin, how_much="full", method="card")
    assert answer.status_code == 403
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1/campaigns", "/v1/organisation", "/v1/openapi.json", "/admin/", "/admin/login/", "/dashboard"),
        *("/dashboard/login", "/docs", "/signup", "/metrics", "/account/mail", "/llms.txt", "/inbound/mail/mailgun"),
        *("/static/dashboard/app.css", "/static/admin/css/base.css", "/.well-known/oauth-authorization-server"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_is_there(case: Case, path: str, method: str) -> None:
    visitor = Visitor()
    key = factories.api_key(case.organisation)
    headers = visitor.headers | {"Authorization": f"Bearer {key}"}
    page = visitor.client.generic(method, path, headers=headers)
    assert page.status_code == (404 if method == "GET" or "/" in path[1:] or path == "/" else page.status_code)
    assert page.status_code in (404, 403)
    if method == "GET":
        assert "This link is not complete" in text(page)
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "sessionid" not in page.cookies


def test_a_signed_in_member_is_nobody_there(case: Case) -> None:
    visitor = Visitor()
    from tests.dashboard import world

    visitor.client.force_login(world.member(case.organisation).user)
    page = visitor.get(f"/{slug(case)}")
    assert not hasattr(page.wsgi_request, "session") and not hasattr(page.wsgi_request, "user")


def test_the_pages_own_files_are_there(case: Case) -> None:
    page = Visitor().get(f"/{slug(case)}")
    [sheet] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.content.decode())
    assert sheet.startswith("/static/payments/")


def test_both_places_know_the_same_pages() -> None:
    def names(urlconf: str) -> set[str]:
        return {name for name in get_resolver(urlconf).reverse_dict if isinstance(name, str)}

    there = names("agentcollect.pay_urls")
    assert there == {name for name in names("agentcollect.urls") if name.startswith("pay") or name == "opt-out"}
    assert reverse("pay", args=["x"], urlconf="agentcollect.pay_urls") == "/x"
    assert reverse("pay", args=["x"]) == "/pay/x"


# --- and of nobody else


def test_each_shows_its_own_organisation_only(case: Case) -> None:
    theirs = invoice(OTHER, brand=BRAND | {"name": "Other Co"})
    assert Visitor(OTHER).get(f"/{slug(theirs)}").status_code == 200
    seen = {}
    for called, path in {
        "theirs": slug(theirs),
        "made up": "inv-2025-0847-" + "7" * (len(slug(theirs)) - 14),
        "short": "inv-2025-0847",
    }.items():
        with CaptureQueriesContext(connection) as asked:
            page = Visitor(HOST).get(f"/{path}")
        sql = [re.sub(r"'[^']*'", "?", query["sql"]) for query in asked.captured_queries]
        words = re.sub(r'(nonce|value|action)="[^"]*"', "", page.content.decode())
        seen[called] = (page.status_code, words, sql)
    assert seen["theirs"] == seen["made up"] == seen["short"]
    assert seen["short"][0] == 404 and len(seen["short"][2]) == 1
    for act in ("promise", "logo", "payments/pay_x", "documents/doc_x", "thanks", "offered-plan"):
        assert Visitor(HOST).get(f"/{slug(theirs)}/{act}").status_code == 404


def test_a_host_of_test_mode_shows_no_live_page(case: Case) -> None:
    campaign = factories.campaign(case.organisation, True, brand=BRAND, debtors_enrolled=1)
    live = factories.case(case.organisation, True, campaign=campaign)
    assert Visitor().get(f"/{slug(case)}").status_code == 200
    assert Visitor().get(f"/{slug(live)}").status_code == 404
    assert Visitor("app.example.com").get(f"/pay/{slug(live)}").status_code == 200


def test_opting_out_there(case: Case) -> None:
    contact = Contact.objects.get(debtor=case.debtor)
    path = opt_out_url(contact.id).removeprefix("https://app.example.com")
    invoice(OTHER)
    assert "a…@acmecorp.com" in Visitor().get(path).content.decode()
    assert Visitor(OTHER).get(path).status_code == 404
    Visitor(OTHER).client.post(path, {"List-Unsubscribe": "One-Click"}, headers=Visitor(OTHER).headers)
    contact.refresh_from_db()
    assert "a…@acmecorp.com" in Visitor().get(path).content.decode(), "another creditor's host closes nothing"


# --- our own names, and everybody else's


def test_our_own_serve_everything_but_a_creditors_addresses(case: Case) -> None:
    for host in ("app.example.com", "app.example.com:443", "a.staging.example.com"):
        visitor = Visitor(host)
        assert visitor.get("/dashboard/login").status_code == 200
        assert visitor.get(f"/pay/{slug(case)}").status_code == 200
        assert visitor.get(f"/{slug(case)}").status_code == 404
        assert "Harbor" not in text(visitor.get(f"/{slug(case)}"))


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "localhost", "app.example.com.evil.example", "a b", "", "203.0.113.9:80", "[::1]"],
)
def test_any_other_name_is_a_421(case: Case, host: str) -> None:
    client = Client(SERVER_NAME="testserver.invalid")
    for path in ("/dashboard/login", f"/pay/{slug(case)}", "/", "/static/dashboard/app.css", "/metrics"):
        page = client.get(path, headers={"Host": host})
        assert (page.status_code, page["Content-Type"]) == (421, "text/plain; charset=utf-8")
    answer = client.get("/v1/organisation", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]) == (421, "misdirected_request")
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"Host": host}).status_code == 200


def test_the_embedded_default_takes_any_name(case: Case, settings: Any) -> None:
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "http://127.0.0.1:8000", ["*"]
    for host in ("localhost:8000", "127.0.0.1:8000", "192.168.1.20:8000", "[::1]:8000", "my-laptop"):
        assert Client().get("/dashboard/login", headers={"Host": host}).status_code == 200
    assert Visitor().get("/dashboard/login").status_code == 404, "a pay host is one all the same"
    assert Visitor().get(f"/{slug(case)}").status_code == 200


def test_names_nobody_has_are_no_work(case: Case) -> None:
    hosts.pay_host("first.example")
    with CaptureQueriesContext(connection) as asked:
        for number in range(50):
            assert Client().get("/", headers={"Host": f"{number}.example"}).status_code == 421
    assert len(asked) == 0
    assert set(hosts._kept.by_host) == {HOST}


def test_what_was_proven_just_now_is_served_soon(db: None, monkeypatch: Any) -> None:
    now = [1000.0]
    monkeypatch.setattr("agentcollect.kit.hosts.time.monotonic", lambda: now[0])
    hosts.forget()
    assert hosts.pay_host(HOST) is None
    domain = factories.domain(factories.organisation(), False, HOST)
    PayDomain.objects.filter(id=domain.id).update(status="verified")
    now[0] += hosts.AGAIN_SECONDS - 1
    assert hosts.pay_host(HOST) is None
    now[0] += 1
    assert hosts.pay_host(HOST) is not None
    PayDomain.objects.filter(id=domain.id).update(status="removed")
    now[0] += hosts.FRESH_SECONDS - 1
    assert hosts.pay_host(HOST) is not None
    now[0] += 1
    assert hosts.pay_host(HOST) is None


def test_a_database_that_is_gone_closes_no_pay_host(case: Case, monkeypatch: Any) -> None:
    from django.db import OperationalError

    now = [1000.0]
    monkeypatch.setattr("agentcollect.kit.hosts.time.monotonic", lambda: now[0])
    hosts.forget()
    assert hosts.pay_host(HOST) is not None

    def gone() -> None:
        raise OperationalError

    monkeypatch.setattr("payments.queries.hosts.pay_hosts", gone)
    now[0] += hosts.FRESH_SECONDS
    assert hosts.pay_host(HOST) is not None


# --- may a certificate be issued?


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (HOST, 200),
        (HOST.upper(), 200),
        ("app.example.com", 200),
        ("evil.example", 404),
        ("localhost", 404),
        ("", 404),
        ("a.staging.example.com", 404),
    ],
)
def test_tls_ask(case: Case, asked: str, status: int) -> None:
    answer = Client().get("/tls/ask", {"domain": asked}, headers={"Host": "127.0.0.1:8000"})
    assert answer.status_code == status


@pytest.mark.parametrize("status", ["pending", "broken", "removed"])
def test_tls_ask_of_each_status(status: str, db: None) -> None:
    invoice(status=status)
    answer = Client().get("/tls/ask", {"domain": HOST}, headers={"Host": "127.0.0.1:8000"})
    assert answer.status_code == (200 if status == "broken" else 404)


@pytest.mark.parametrize(
    ("address", "headers", "token", "status"),
    [
        ("127.0.0.1", {}, "", 200),
        ("::1", {}, "", 200),
        ("10.1.2.3", {}, "", 404),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, "", 404),
        ("127.0.0.1", {"Via": "1.1 Caddy"}, "", 404),
        ("10.1.2.3", {}, "right", 200),
        ("10.1.2.3", {"X-Forwarded-For": "198.51.100.7"}, "right", 200),
        ("10.1.2.3", {}, "wrong", 404),
        ("not an address", {}, "", 404),
    ],
)
def test_who_may_ask(case: Case, settings: Any, address: str, headers: dict[str, str], token: str, status: int) -> None:
    settings.TLS_ASK_TOKEN = "right"
    client = Client(REMOTE_ADDR=address)
    named = {"Host": HOST} | headers
    answer = client.get("/tls/ask", {"domain": HOST} | ({"token": token} if token else {}), headers=named)
    assert answer.status_code == status


def test_no_token_is_no_token(case: Case, settings: Any) -> None:
    settings.TLS_ASK_TOKEN = ""
    assert Client(REMOTE_ADDR="10.1.2.3").get("/tls/ask", {"domain": HOST, "token": ""}).status_code == 404


# --- a link that is not whole


@pytest.mark.parametrize(("host", "before"), [(HOST, "/"), ("app.example.com", "/pay/")])
def test_the_link_is_offered_to_the_address_on_file(case: Case, host: str, before: str) -> None:
    visitor = Visitor(host)
    page = visitor.get(f"{before}inv-2025-0847")
    words = text(page)
    assert page.status_code == 404
    assert "We can send the link to the address on file, and to no other." in words
    for secret in ("Harbor", "Acme", "15,000", "15000"):
        assert secret not in page.content.decode()
    assert f'action="{before}inv-2025-0847/link"' in page.content.decode()
    answer = visitor.post(f"{before}inv-2025-0847/link", page, email=" AP@acmecorp.com ")
    assert answer.status_code == 200
    assert "If that is the address on file, the link is on its way to it." in text(answer)
    row = LinkRequest.objects.get()
    mine = host == HOST
    assert (row.slug, row.email, row.host) == ("inv-2025-0847", "ap@acmecorp.com", HOST if mine else "")
    assert (row.organisation_id, row.livemode) == ((case.organisation_id, False) if mine else (None, None))
    assert row.done_at is None


def test_the_same_work_for_what_exists_and_what_does_not(case: Case) -> None:
    assert Contact.objects.get(debtor=case.debtor).email == "ap@acmecorp.com"
    seen = {}
    for path, email in (
        ("inv-2025-0847", "ap@acmecorp.com"),
        ("inv-2025-0847", "nobody@example.com"),
        ("no-such-invoice", "a@example.com"),
        (slug(case), "b@example.com"),
    ):
        visitor = Visitor()
        page = visitor.get("/inv-1")
        with CaptureQueriesContext(connection) as asked:
            answer = visitor.post(f"/{path}/link", page, email=email)
        sql = [re.sub(r"'[^']*'", "?", query["sql"]) for query in asked.captured_queries]
        seen[path, email] = (answer.status_code, text(answer), sql)
    first = seen["inv-2025-0847", "ap@acmecorp.com"]
    assert all(one == first for one in seen.values())
    assert first[0] == 200
    kept = set(LinkRequest.objects.values_list("slug", flat=True))
    assert kept == {"inv-2025-0847", "no-such-invoice"}, "what opens a page is not written down"


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a@example.com\0", "a@example.com\nBcc: b@example.com", "x" * 400]
)
def test_what_is_no_address(case: Case, email: str) -> None:
    visitor = Visitor()
    answer = visitor.post("/inv-1/link", visitor.get("/inv-1"), email=email)
    accepted = email == "a@example.com\0"
    assert answer.status_code == (200 if accepted else 400)
    assert LinkRequest.objects.count() == (1 if accepted else 0)
    if not accepted:
        assert "Nothing was sent" in text(answer)


def test_asking_is_limited_for_an_address_and_for_a_client(case: Case) -> None:
    visitor = Visitor()
    page = visitor.get("/inv-1")
    assert [visitor.post("/inv-1/link", page, email="ap@acmecorp.com").status_code for _ in range(4)][-2:] == [200, 429]
    codes = [visitor.post("/inv-1/link", page, email=f"{n}@example.com").status_code for n in range(8)]
    assert codes == [200] * 6 + [429] * 2
    assert LinkRequest.objects.count() == 9


def test_without_its_token_the_form_does_nothing(case: Case) -> None:
    assert Visitor().post("/inv-1/link", email="ap@acmecorp.com").status_code == 403
    assert not LinkRequest.objects.exists()


def test_addresses_in_mails_come_from_no_header() -> None:
    """Every absolute address is made of PUBLIC_URL, or of a proven host: nothing asks the request."""
    from pathlib import Path

    from django.conf import settings

    rooms = ("accounts", "agentcollect", "campaigns", "dashboard", "outreach", "payments", "sandbox", "webhooks")
    asked = re.compile(r"build_absolute_uri|get_current_site|request\.META\[.HTTP_HOST")
    found = [
        str(path)
        for room in rooms
        for path in Path(settings.BASE_DIR / room).rglob("*")
        if path.suffix in {".py", ".html", ".txt"} and asked.search(path.read_text())
    ]
    assert found == []
