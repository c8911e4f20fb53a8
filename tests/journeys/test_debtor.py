"""What the debtor sees: the mail by a real SMTP server or in the sandbox mailbox, the page, and what paying tells."""

import json
from email.message import EmailMessage
from email.utils import getaddresses

import httpx
import pytest

from tests.journeys import page
from tests.journeys.receiver import Receiver
from tests.journeys.world import Dashboard, Tenant, act, debtor, pay, pay_link
from tests.outreach.mail_server import Keeper
from tests.processes import RunningProduct

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def live_campaign(tenant: Tenant) -> str:
    """The page's brand and the page's debtor, in live mode."""
    text = (page.DATA / "create_campaign.sh").read_text()
    debtors = json.loads(text[text.index("{") : text.rindex("}") + 1])["debtors"]
    branded = json.loads((page.DATA / "brand.txt").read_text().replace("[...]", json.dumps(debtors)))
    with tenant.api(live=True) as api:
        made = api.post("/v1/campaigns", json=branded)
    assert made.status_code == 201, made.text
    tenant.cases(made.json()["id"], live=True)
    return str(made.json()["id"])


@pytest.fixture(scope="module")
def mail(product: RunningProduct, tenant: Tenant, live_campaign: str, mails: Keeper) -> EmailMessage:
    """The first live message: written, read by a person of the creditor's, sent."""
    written = act(product, "send_due", campaign_id=live_campaign)
    assert (written["status"], mails.mails) == ("needs_human", []), written
    with tenant.api(live=True) as api:
        [draft] = api.get("/v1/approvals").json()["data"]
        approved = api.post(f"/v1/messages/{draft['id']}/approve", json={})
    assert approved.status_code == 200, approved.text
    sent = act(product, "send_due", campaign_id=live_campaign)
    assert sent["status"] == "sent", sent
    return mails.mails[-1]


def test_from_and_subject_are_the_page_s(mail: EmailMessage, mails: Keeper) -> None:
    assert getaddresses([mail["From"]]) == [("Your Company", "ar@yourcompany.com")]
    assert mail["Subject"] == "Invoice #2025-0847 — Your Company"
    assert mails.taken[-1].mail_from == "ar@yourcompany.com"
    assert mails.taken[-1].rcpt_tos == ["ap@acmecorp.com"]


def test_it_lets_the_reader_leave(mail: EmailMessage) -> None:
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    shown = httpx.get(link)
    assert (shown.status_code, "a…@acmecorp.com" in shown.text) == (200, True)
    assert "Unsubscribe" in shown.text or "unsubscribe" in shown.text or "Stop" in shown.text


def test_it_says_the_same_as_text_and_as_html(mail: EmailMessage, tenant: Tenant) -> None:
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    links = {pay_link(tenant.base_url, part.get_content()) for part in (text, html)}
    assert len(links) == 1
    for part in (text.get_content(), html.get_content()):
        assert "$15,000.00" in part
        assert "AgentCollect" not in part


def test_its_pay_link_opens_the_branded_page(mail: EmailMessage, tenant: Tenant) -> None:
    text = mail.get_body(("plain",))
    assert text is not None
    link = pay_link(tenant.base_url, text.get_content())
    assert "/pay/inv-2025-0847-" in link
    shown = httpx.get(link)
    assert shown.status_code == 200
    assert "Your Company" in shown.text
    assert "$15,000.00" in shown.text
    assert "AgentCollect" not in shown.text


def test_paying_on_the_page_tells_within_two_seconds(
    product: RunningProduct, tenant: Tenant, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    _, secret = tenant.hook(f"{receiver.url}/paid", "payment.received")
    made = tenant.create(debtor("Paying Corp", "INV-2025-1000"))
    tenant.cases(made)
    done = product.manage("send_next", made)
    assert done.stdout.strip() == "first_reminder: sent", (done.stdout, done.stderr[-2000:])
    dashboard = Dashboard(tenant.base_url, tenant.email, tenant.password)
    link = pay_link(tenant.base_url, dashboard.mail_to("ap@payingcorp.com"))
    took = []
    for typed in ({"how_much": "part", "amount": "5,000.00"}, {"how_much": "full"}):
        began, shown = pay(link, **typed)
        assert shown.status_code == 200, shown.text
        assert "/payments/pay_" in str(shown.url), shown.text
        got = receiver.wait("/paid", count=len(took) + 1, seconds=10)[-1]
        took.append(got.at - began)
        data = got.verify(secret)["data"]
        assert (data["campaign_id"], data["method"], data["source"]) == (made, "card", "page")
    assert data["amount_collected"] == 10000
    assert data["balance"] == 0
    with capsys.disabled():
        print(f"\npayment form sent → webhook received: {', '.join(f'{one * 1000:.0f} ms' for one in took)}")
    assert max(took) < 2
