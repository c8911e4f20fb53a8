"""A small world that fills every page, built through the product's own API and operations."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts import operations as accounts
from accounts.models import Member, Organisation
from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Step
from events.models import Event
from outreach import operations as outreach
from outreach.models import Message
from payments import operations as payments
from payments.rules import plans as plan_rules
from sandbox import operations as sandbox
from tests import factories
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.operations import create_endpoint

PASSWORD = "correct horse battery"
BRAND = {
    "name": "Your Company",
    "domain": "yourcompany.com",
    "from_email": "ar@yourcompany.com",
    "colors": {"primary": "#1E40AF", "accent": "#10B981"},
}
DEBTORS = (
    ("Acme Corp", "acmecorp.com", 15000, "INV-2025-0847"),
    ("Northwind Traders", "northwind.example.com", 8420.5, "INV-2025-0851"),
    ("Globex Manufacturing", "globex-mfg.com", 23980, "INV-2025-0862"),
    ("Initech Systems", "initech-systems.com", 4310, "INV-2025-0866"),
    ("Stark Logistics", "starklogistics.net", 12750.75, "INV-2025-0871"),
)


@dataclass(slots=True)
class World:
    """Ids of the rows that tests open."""

    organisation: Organisation
    campaign_id: str
    debtor_id: str
    case_id: str
    delivery_id: str
    endpoint_id: str
    event_id: str


def member(organisation: Organisation, role: str = "owner", email: str = "") -> Member:
    """A person who can sign in with PASSWORD."""
    return accounts.add_member(
        organisation_id=organisation.id,
        email=email or f"{role}@{organisation.id.lower().replace('_', '-')}.example.com",
        password=PASSWORD,
        role=role,
        by="test",
        at=clock.now(),
    )


def fill(organisation: Organisation, *, sends: int = 6) -> World:
    """A running campaign with mails, one paid and one part-paid invoice, an endpoint, a failed delivery."""
    endpoint, _ = create_endpoint(
        organisation_id=organisation.id,
        livemode=False,
        url="http://127.0.0.1:9/webhooks/ac",
        events=["payment.received", "campaign.started", "case.escalated"],
        by="test",
        at=clock.now(),
    )
    campaign_id = create_campaign(organisation)
    run(campaign_id, sends=sends)
    cases = list(Case.objects.filter(campaign_id=campaign_id).order_by("invoice_number"))
    pay(cases[0], cases[0].balance_minor)
    pay(cases[2], 500_000)
    campaigns.hold(kind="dispute", on=cases[3], by="debtor", at=clock.now())
    failed = fail_one(endpoint)
    event = Event.objects.filter(campaign_id=campaign_id, sequence__isnull=False).latest("sequence")
    return World(organisation, campaign_id, cases[0].debtor_id, cases[0].id, failed.id, endpoint.id, event.id)


@dataclass(slots=True)
class Busy:
    """Ids of what waits for a person."""

    organisation: Organisation
    draft_id: str
    reply_task_id: str
    contact_task_id: str
    promised: Case
    in_plan: Case
    disputed: Case
    talking: Case


def busy(organisation: Organisation, series: str = "B") -> Busy:
    """A draft that waits, tasks (one overdue), a promise, a plan, an objection, a reply: all that needs a person."""
    names = ("Acme Tools", "Borealis GmbH", "Cyan Labs", "Delta Freight", "Evergreen Supplies")
    rows = tuple(
        (name, f"{name.split()[0].lower()}.example.org", 900 + n, f"{series}-{n}") for n, name in enumerate(names)
    )
    campaign_id = create_campaign(organisation, rows)
    run(campaign_id, sends=0)
    cases = list(Case.objects.filter(campaign_id=campaign_id).order_by("invoice_number"))
    Campaign.objects.filter(id=campaign_id).update(approval="always")
    sandbox.run_next_step(case_id=cases[0].id, by="member:test")
    draft = Message.objects.get(case=cases[0], status="draft")
    at, ours = clock.now(), {"source": "creditor", "evidence": {}, "by": "member:test"}
    payments.make_promise(
        case_id=cases[1].id, amount_minor=cases[1].balance_minor, due_on=at.date() + timedelta(days=5), **ours, at=at
    )
    parts = plan_rules.schedule(cases[2].balance_minor, 3, at.date() + timedelta(days=7))
    payments.start_plan(case_id=cases[2].id, schedule=parts, **ours, at=at)
    campaigns.open_dispute(
        case_id=cases[3].id, reason="quality", text="Half of it <b>broke</b>.", amount_minor=None, **ours, at=at
    )
    quotes = {"quotes": ["we sent the third pallet back"]}
    text = "<script>alert(1)</script> About the third pallet: we sent the third pallet back."
    heard = factories.reply(cases[4], text=text, confidence=0.55, interpretation=quotes, outcome="left to a person")
    facts = {"reply_id": heard.id, "from": heard.sender, "subject": heard.subject, "text": heard.text}
    asked = {"kind": "review_reply", "cause": heard.id, "reason": "They wrote something unclear.", "facts": facts}
    read = factories.task(cases[4], **asked, due_at=at - timedelta(days=2))
    needed = factories.task(cases[4], due_at=at + timedelta(days=2))
    return Busy(organisation, draft.id, read.id, needed.id, cases[1], cases[2], cases[3], cases[4])


def create_campaign(organisation: Organisation, debtors: tuple[Any, ...] = DEBTORS, **more: Any) -> str:
    """A campaign made by the API call of the product page."""
    rows = [
        {
            "company_name": name,
            "contact_email": f"ap@{domain}",
            "invoice_amount": amount,
            "invoice_date": "2025-10-01",
            "invoice_number": number,
            "state": "NY",
        }
        for name, domain, amount, number in debtors
    ]
    body = {"company": organisation.name, "brand": BRAND, "debtors": rows} | more
    made = factories.client(factories.api_key(organisation)).post("/v1/campaigns", body)
    assert made.status_code == 201, made.content
    return made.json()["campaign_id"]


def run(campaign_id: str, *, sends: int) -> None:
    """Open the cases, find their contacts, run the next steps in story time."""
    campaigns.open_cases(at=clock.now())
    outreach.enrich_due(at=clock.now())
    for _ in range(sends):
        if Step.objects.filter(campaign_id=campaign_id, status=Step.Status.PLANNED).exists():
            sandbox.run_next_step(campaign_id=campaign_id, by="member:test")


def pay(case: Case, amount_minor: int) -> None:
    """Money for `case`, through the ledger."""
    payments.record(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case_id=case.id,
        amount_minor=amount_minor,
        currency=case.currency,
        method="bank_transfer",
        source="page",
        provider="sandbox",
        provider_reference=f"ref-{case.id}-{amount_minor}",
        received_at=clock.now(),
        by="debtor",
        at=clock.now(),
    )


def fail_one(endpoint: Endpoint) -> Delivery:
    """Let the endpoint's payment delivery fail four times, and its first one succeed, with what a sender records."""
    at = clock.now()
    failed = Delivery.objects.filter(endpoint=endpoint, event_type="payment.received").order_by("id").first()
    other = Delivery.objects.filter(endpoint=endpoint, event_type="campaign.started").first()
    settle(failed, "failed", attempts=4, code=503, error="the endpoint answered 503", at=at)
    settle(other, "succeeded", attempts=1, code=200, error="", at=at)
    return failed


def settle(row: Delivery, status: str, *, attempts: int, code: int, error: str, at: Any) -> None:
    Delivery.objects.filter(id=row.id).update(
        status=status,
        attempts_made=attempts,
        failures_in_row=attempts if error else 0,
        next_attempt_at=None,
        settled_at=at,
        last_status_code=code,
        last_error=error,
    )
    for number, wait in zip(range(1, attempts + 1), (0, 1, 6, 36), strict=False):
        moment = at + timedelta(seconds=wait)
        Attempt.objects.create(
            organisation_id=row.organisation_id,
            livemode=row.livemode,
            delivery=row,
            number=number,
            status_code=code,
            error=error,
            request_headers={
                "Content-Type": "application/json",
                "X-AgentCollect-Signature": "t=1773757320,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e7",
                "webhook-id": row.event_id,
                "X-AgentCollect-Attempt": str(number),
            },
            response_headers={"content-type": "text/plain", "server": "nginx"},
            response_body="upstream is restarting" if error else "ok",
            address="127.0.0.1",
            timings={"connect_ms": 0.4, "first_byte_ms": 12.8, "total_ms": 13.1},
            created_at=moment,
            recorded_at=moment,
        )
