"""Every example of the product page, played as printed with curl against the running product.

Only the host, keys, token, receiver and ids differ; `tests/data/product_page` holds the page's own text.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journeys import page
from tests.journeys.receiver import Receiver
from tests.journeys.world import Tenant, act, debtor, until
from tests.loopback import serving
from tests.processes import RunningProduct

pytestmark = pytest.mark.processes
EVENTS = ("campaign.started", "contact.enriched", "payment.received", "case.escalated", "campaign.completed")


@dataclass(frozen=True)
class Hook:
    path: str
    secret: str


@pytest.fixture(scope="module")
def everything(tenant: Tenant, receiver: Receiver) -> Hook:
    """An endpoint for all of the page's five events, registered before anything happens."""
    return Hook("/all", tenant.hook(f"{receiver.url}/all", *EVENTS)[1])


@pytest.fixture(scope="module")
def token(tenant: Tenant) -> str:
    """Step 1, with the very scope that the page's answer shows: steps 2 and 3 work with it."""
    asked = {"api_key": tenant.test_key, "scope": page.printed("authenticate")["scope"]}
    answer = page.call(tenant.base_url, "/v1/auth", "", asked)
    page.assert_like(answer.json, page.printed("authenticate"))
    assert answer.json["scope"] == asked["scope"]
    return str(answer.json["access_token"])


@pytest.fixture(scope="module")
def hook(tenant: Tenant, receiver: Receiver, token: str) -> Hook:
    """Step 3, before step 2, so that it hears of what happens to the campaign."""
    url = f"{receiver.url}/webhooks/ac"
    words = {"YOUR_TOKEN": token, "https://yourapp.com/webhooks/ac": url}
    answer = page.play("register_webhook", tenant.base_url, **words)
    assert answer.status == 201
    page.assert_like(answer.json, page.printed("register_webhook"))
    return Hook("/webhooks/ac", answer.json["secret"])


@pytest.fixture(scope="module")
def campaign(tenant: Tenant, token: str, hook: Hook, everything: Hook) -> dict[str, Any]:
    """Step 2."""
    answer = page.play("create_campaign", tenant.base_url, YOUR_TOKEN=token)
    assert answer.status == 201
    page.assert_like(answer.json, page.printed("create_campaign"))
    assert answer.json["id"] == answer.json["campaign_id"]
    assert (answer.json["creditor"], answer.json["debtor"]) == ("Your Company Inc.", "Acme Corp")
    return answer.json


@pytest.fixture(scope="module")
def payment(tenant: Tenant, campaign: dict[str, Any]) -> dict[str, Any]:
    """The page's debtor pays: "simulated payment events"."""
    told = {"campaign_id": campaign["id"], "invoice_number": "INV-2025-0847"}
    answer = page.call(tenant.base_url, "/v1/sandbox/payments", tenant.test_key, told)
    assert answer.status == 201
    return answer.json


def test_authenticate(tenant: Tenant) -> None:
    answer = page.play("authenticate", tenant.base_url, your_key_here=tenant.test_key)
    assert answer.status == 200
    page.assert_like(answer.json, page.printed("authenticate"))
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("key", ["test_key", "live_key"])
def test_the_shorthand_works_with_a_key_of_either_mode(tenant: Tenant, key: str, everything: Hook) -> None:
    answer = page.play("shorthand", tenant.base_url, **{"sk_live_...": getattr(tenant, key)})
    assert answer.status == 201
    expected = page.printed("shorthand")
    if key == "live_key":
        # In live mode nobody has told us an address yet, and no moment is promised that nobody can keep.
        assert answer.json["first_contact_at"] is None
        assert answer.json["warnings"][0]["code"] == "not_contactable"
        expected.pop("first_contact_at")
    page.assert_like(answer.json, expected)
    assert (answer.json["debtor"], answer.json["total_amount"]) == ("Acme Corp", 15000)
    assert answer.json["livemode"] is (key == "live_key")


def test_upload_invoices(campaign: dict[str, Any]) -> None:
    assert campaign["status"] == "active"


def test_upload_by_csv_url(tenant: Tenant, token: str, receiver: Receiver, everything: Hook) -> None:
    lines = ["company_name,contact_email,invoice_amount,invoice_date,invoice_number"]
    lines += [f"Debtor {n},ap@debtor{n}.com,100.50,2025-10-01,CSV-{n}" for n in range(3)]
    with serving() as store:
        store.answers["/invoices.csv?X-Amz-Signature=abc"] = (200, "text/csv", "\n".join(lines).encode())
        url = f"{store.url}/invoices.csv?X-Amz-Signature=abc"
        body = {"company": "Your Company Inc.", "source": "csv_url", "csv_url": url}
        answer = page.call(tenant.base_url, "/v1/campaigns", token, body)
        assert (answer.status, answer.json["status"]) == (202, "importing")
        made = answer.json["id"]
        started = receiver.wait(everything.path, "campaign.started", about=made)[0]
    assert started.verify(everything.secret)["data"]["debtors_enrolled"] == 3
    detail = page.call(tenant.base_url, f"/v1/campaigns/{made}", token).json
    assert (detail["status"], detail["total_amount"]) == ("active", 301.5)


def test_brand_it_fully(tenant: Tenant, token: str) -> None:
    text = (page.DATA / "brand.txt").read_text()
    debtors = json.dumps([debtor("Branded Debtor", "INV-2025-0900")])
    answer = page.call(tenant.base_url, "/v1/campaigns", token, body := json.loads(text.replace("[...]", debtors)))
    assert answer.status == 201
    kept = page.call(tenant.base_url, f"/v1/campaigns/{answer.json['id']}", token).json["brand"]
    assert {name: kept[name] for name in body["brand"]} == body["brand"]


def test_register_a_webhook(hook: Hook) -> None:
    assert hook.secret.startswith("whsec_")


def test_campaign_started(receiver: Receiver, everything: Hook, campaign: dict[str, Any]) -> None:
    event = receiver.wait(everything.path, "campaign.started", about=campaign["id"])[0].verify(everything.secret)
    assert list(event)[:4] == ["event", "id", "created_at", "data"]
    assert event["data"]["first_contact_at"] == campaign["first_contact_at"]


def test_contact_enriched(tenant: Tenant, receiver: Receiver, everything: Hook, campaign: dict[str, Any]) -> None:
    got = receiver.wait(everything.path, "contact.enriched", about=campaign["id"], seconds=60)[0]
    data = got.verify(everything.secret)["data"]
    assert data["debtor"] == "Acme Corp"
    assert data["contact"]["email"].endswith("@acmecorp.com")
    assert len(set(data["contact"]["sources"])) >= 2
    answer = page.call(tenant.base_url, f"/v1/campaigns/{campaign['id']}/contacts", tenant.test_key)
    assert answer.status == 200
    found = {one["email"]: one["source"] for one in answer.json["data"]}
    assert found["ap@acmecorp.com"] == "creditor"
    assert found[data["contact"]["email"]] == "enrichment"


def test_payment_received(receiver: Receiver, hook: Hook, everything: Hook, payment: dict[str, Any]) -> None:
    got = receiver.wait(hook.path, "payment.received", about=payment["id"])[0]
    event, expected = got.verify(hook.secret), page.printed("payment_received")
    page.assert_like(event, expected)
    assert list(event)[:4] == list(expected)
    assert list(event["data"])[:7] == list(expected["data"])
    assert event["data"]["campaign_id"] == payment["campaign_id"]
    twin = receiver.wait(everything.path, "payment.received", about=payment["id"])[0]
    assert twin.body == got.body
    assert twin.verify(everything.secret) == event


def test_status_collected_amount_and_timeline(tenant: Tenant, token: str, payment: dict[str, Any]) -> None:
    detail = page.call(tenant.base_url, f"/v1/campaigns/{payment['campaign_id']}", token).json
    assert (detail["status"], detail["amount_collected"], detail["recovery_rate"]) == ("active", 15000, 1)
    assert "payment.received" in {line["event"] for line in detail["timeline"]}
    for line in detail["timeline"]:
        page.assert_like(line["at"], "2026-03-17T14:22:00Z")
        assert line["text"]


def test_payments_and_their_breakdown(tenant: Tenant, token: str, payment: dict[str, Any]) -> None:
    listed = page.call(tenant.base_url, "/v1/payments?limit=100", token)
    assert listed.status == 200
    assert set(listed.json) == {"data", "has_more", "next_cursor"}
    assert payment["id"] in {one["id"] for one in listed.json["data"]}
    detail = page.call(tenant.base_url, f"/v1/payments/{payment['id']}", token)
    assert (detail.status, detail.json["method"], detail.json["amount"]) == (200, "bank_transfer", 15000)
    parts = detail.json["breakdown"]
    assert parts["principal"] + parts["interest"] + parts["fees"] + parts["unapplied"] == 15000


def test_case_escalated_and_campaign_completed(
    product: RunningProduct, tenant: Tenant, receiver: Receiver, hook: Hook, everything: Hook
) -> None:
    silent, payer = debtor("Silent Corp", "INV-2025-0901", state="NY"), debtor("Payer Corp", "INV-2025-0902", 5000)
    made = tenant.create(silent, payer, mandate_months=2)
    tenant.cases(made)
    told = {"campaign_id": made, "invoice_number": "INV-2025-0902"}
    assert page.call(tenant.base_url, "/v1/sandbox/payments", tenant.test_key, told).status == 201
    passed = act(product, "story", campaign_id=made)
    asked = [line for line in passed["sent"] if line.endswith(": sent") and not line.startswith("notice_receipt")]
    assert len(asked) == 4, passed
    for listener in (hook, everything):
        escalated = receiver.wait(listener.path, "case.escalated", about=made)[0].verify(listener.secret)["data"]
        assert (escalated["debtor"], escalated["balance"]) == ("Silent Corp", 15000)
        assert escalated["contacts_made"] == 4
        assert set(escalated["attorney"]) >= {"name", "bar_state", "bar_number"}
        done = receiver.wait(listener.path, "campaign.completed", about=made)[0].verify(listener.secret)["data"]
        assert (done["placed"], done["collected"], done["recovery_rate"]) == (20000, 5000, 0.25)
        assert (done["cases"], done["escalated"]) == (2, 1)
        assert done["timeline"]


def test_a_webhook_hears_only_of_what_it_asked_for(receiver: Receiver, hook: Hook, payment: dict[str, Any]) -> None:
    receiver.wait(hook.path, "payment.received", about=payment["id"])
    asked = {"payment.received", "case.escalated", "campaign.completed"}
    assert {one.event["event"] for one in receiver.at(hook.path)} <= asked


def test_rate_limit_headers(tenant: Tenant, token: str) -> None:
    expected = dict(line.split(": ") for line in (page.DATA / "rate_limit_headers.txt").read_text().splitlines())
    first = page.call(tenant.base_url, "/v1/payments", token).headers
    second = page.call(tenant.base_url, "/v1/payments", token).headers
    for name in expected:
        assert re.fullmatch(r"\d+", first[name.lower()]), name
    assert first["x-ratelimit-limit"] == expected["X-RateLimit-Limit"]
    # The window may have turned over between the two.
    if first["x-ratelimit-reset"] == second["x-ratelimit-reset"]:
        assert int(second["x-ratelimit-remaining"]) < int(first["x-ratelimit-remaining"])


def test_the_thousand_and_first_request_in_a_minute(reader: Tenant) -> None:
    """With a live key whose minute nobody else here needs."""
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\n", "--noproxy", "*"]
    url = f"{reader.base_url}/v1/organisation#[1-1001]"
    bearer = f"Authorization: Bearer {reader.live_key}"
    done = subprocess.run([*command, "-H", bearer, url], capture_output=True, text=True, check=True, timeout=55)
    assert set(done.stdout.split()[:900]) == {"200"}
    assert done.stdout.split()[-1] == "429"
    answer = page.call(reader.base_url, "/v1/organisation", reader.live_key)
    assert answer.status == 429
    page.assert_like(answer.json, page.printed("error"))
    assert 1 <= answer.json["retry_after"] <= 60
    assert answer.headers["retry-after"] == str(answer.json["retry_after"])
    assert answer.headers["x-ratelimit-remaining"] == "0"


@pytest.mark.parametrize(
    ("path", "key", "body", "status", "error"),
    [
        ("/v1/campaigns", "sk_live_...", {"company": "Acme Corp", "invoice_amount": 15000}, 401, "invalid_api_key"),
        ("/v1/auth", "", {"api_key": "your_key_here"}, 401, "invalid_api_key"),
        ("/v1/campaigns", "test_key", {"company": "Acme Corp", "invoice_amount": 0}, 400, "invalid_amount"),
        ("/v1/payments/pay_9xQk4Fw2", "test_key", None, 404, "not_found"),
    ],
)
def test_every_error_has_the_page_s_format(
    tenant: Tenant, path: str, key: str, body: Any, status: int, error: str
) -> None:
    answer = page.call(tenant.base_url, path, getattr(tenant, key, key), body)
    assert (answer.status, answer.json["status"], answer.json["error"]) == (status, status, error)
    assert answer.json["message"]


def test_a_sandbox_key_has_the_page_s_form(tenant: Tenant, product: RunningProduct) -> None:
    for key in (tenant.test_key, product.api_key):
        assert re.fullmatch(r"sk_test_[0-9A-Za-z]{24,}", key)


def test_nothing_is_left_undelivered(tenant: Tenant, everything: Hook, payment: dict[str, Any]) -> None:
    def pending() -> bool:
        with tenant.api() as api:
            hooks = [one["id"] for one in api.get("/v1/webhooks").json()["data"]]
            lists = [api.get(f"/v1/webhooks/{one}/deliveries?limit=100").json()["data"] for one in hooks]
        return any(one["status"] != "succeeded" for rows in lists for one in rows)

    until(lambda: not pending())
