"""What tests start from: organisations and their keys through the real operations, rows of other rooms directly."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts import operations as accounts
from accounts.models import Organisation, RequestLog, TestClock
from agentcollect.kit import clock, hosts, ids
from campaigns import operations as campaigns
from campaigns.models import (
    Campaign,
    Case,
    Contact,
    Debtor,
    Document,
    Exclusion,
    Export,
    LedgerEntry,
    SanctionsList,
    Task,
)
from outreach.models import Message, Reply
from payments import operations as payments
from payments.models import PayDomain

BY = "test"

READY = {
    "legal_name": "Your Company Inc.",
    "postal_address": "548 Market Street, San Francisco, CA 94104, USA",
    "country": "US",
    "timezone": "America/New_York",
    "enabled_countries": ["US"],
    "attested_class": "commercial",
    "attested_at": datetime(2026, 1, 1, tzinfo=UTC),
    "attested_by": BY,
    "live_approved": True,
    # Tests of approvals ask for it; nothing else waits for a person.
    "approval": "none",
    "mandate_signed_at": datetime(2026, 1, 1, tzinfo=UTC),
    "mandate_signed_by": BY,
    "first_party": True,
}


def organisation(name: str = "Your Company Inc.", **facts: Any) -> Organisation:
    """An organisation with nothing in its way; `facts` overrule."""
    return accounts.create_organisation(name=name, by=BY, at=clock.now(), **(READY | facts))


def test_clock(organisation: Organisation, frozen_time: datetime, **facts: Any) -> TestClock:
    """A clock of its test mode that stands at `frozen_time`."""
    row = {"livemode": False, "recorded_at": clock.now(), "actor": BY, "updated_at": frozen_time}
    return TestClock.objects.create(
        organisation=organisation, frozen_time=frozen_time, **row | {"created_at": frozen_time} | facts
    )


test_clock.__test__ = False  # type: ignore[attr-defined]  # pytest: a maker, not a test


def api_key(organisation: Organisation, livemode: bool = False, scopes: list[str] | None = None, **more: Any) -> str:
    """A key of it, in clear text; all scopes unless named."""
    made = accounts.create_key(
        organisation_id=organisation.id,
        livemode=livemode,
        name="test",
        scopes=scopes,
        by=BY,
        at=clock.now(),
        **more,
    )
    return made[1]


class ApiClient:
    """Sends JSON with a bearer; answers are Django's, so `.json()`, `.status_code` and `.headers` are there."""

    def __init__(self, key: str = "", **headers: str) -> None:
        self.django = Client()
        self.headers = ({"Authorization": f"Bearer {key}"} if key else {}) | headers

    def get(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        return self.django.get(path, params, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.send("DELETE", path, None, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """`body` goes as JSON, or as it is when it is bytes. Header names take `_` for `-`."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.django.generic(method, path, raw, content_type="application/json", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in more.items()}


def client(key: str = "", **headers: str) -> ApiClient:
    """A client that sends `key` as bearer (none when empty)."""
    return ApiClient(key, **headers)


def campaign(organisation: Organisation, livemode: bool = False, **facts: Any) -> Campaign:
    """An active campaign's row, empty; see `case` for one invoice in it."""
    at = clock.now()
    return Campaign.objects.create(
        **{
            "organisation": organisation,
            "livemode": livemode,
            "creditor": organisation.name,
            "status": Campaign.Status.ACTIVE,
            "currency": "USD",
            "escalation": Campaign.Escalation.AUTO,
            "mandate_ends_at": at + timedelta(days=365),
            "created_by": BY,
            "created_at": at,
            "recorded_at": at,
            "updated_at": at,
        }
        | facts
    )


def sanctions_list() -> SanctionsList:
    """The list in force: one name that nobody here has."""
    lines = ["name", "Nobody We Know"]
    return campaigns.load_sanctions(lines=lines, source="test", by=BY, at=datetime(2026, 1, 1, tzinfo=UTC))


def debtor(organisation: Organisation, livemode: bool = False, **facts: Any) -> Debtor:
    """A company that owes; a live one is screened."""
    at = clock.now()
    if livemode:
        screened = {"screened_at": datetime(2026, 1, 1, tzinfo=UTC), "screened_list": sanctions_list().id}
        facts = screened | facts
    return Debtor.objects.create(
        **{
            "organisation": organisation,
            "livemode": livemode,
            "name": "Acme Corp",
            "identity": ids.new("test"),
            "email_domain": "acmecorp.com",
            "country": "US",
            "enriched_at": at,
            "created_at": at,
            "recorded_at": at,
            "updated_at": at,
        }
        | facts
    )


def contact(debtor: Debtor, **facts: Any) -> Contact:
    """The debtor's accounts-payable mailbox, given by the creditor."""
    at = clock.now()
    return Contact.objects.create(
        **{
            "organisation_id": debtor.organisation_id,
            "livemode": debtor.livemode,
            "debtor": debtor,
            "email": "ap@acmecorp.com",
            "source": Contact.Source.CREDITOR,
            "basis": "creditor",
            "created_at": at,
            "recorded_at": at,
            "updated_at": at,
        }
        | facts
    )


def case(organisation: Organisation, livemode: bool = False, amount_minor: int = 1_500_000, **facts: Any) -> Case:
    """An open invoice in a campaign of its own (or `campaign=`, `debtor=`), with contact and opening ledger entry."""
    at = facts.get("created_at") or clock.now()
    row = Case.objects.create(
        **{
            "organisation": organisation,
            "livemode": livemode,
            "campaign": facts.pop("campaign", None) or campaign(organisation, livemode, debtors_enrolled=1),
            "debtor": facts.pop("debtor", None) or debtor(organisation, livemode),
            "status": Case.Status.ACTIVE,
            "currency": "USD",
            "invoice_number": "INV-2025-0847",
            "invoice_key": "inv-2025-0847",
            "invoice_date": date(2025, 10, 1),
            "due_date": date(2025, 10, 31),
            "invoice_minor": amount_minor,
            "placed_minor": amount_minor,
            "balance_minor": amount_minor,
            "opened_at": at,
            "created_at": at,
            "recorded_at": at,
            "updated_at": at,
        }
        | facts
    )
    if not Contact.objects.filter(debtor=row.debtor).exists():
        contact(row.debtor)
    LedgerEntry.objects.create(
        organisation=organisation,
        livemode=livemode,
        case=row,
        kind=LedgerEntry.Kind.PRINCIPAL,
        amount_minor=amount_minor,
        currency=row.currency,
        actor=BY,
        created_at=at,
        recorded_at=at,
    )
    return row


def logged_call(organisation: Organisation, livemode: bool = False, **facts: Any) -> RequestLog:
    """A call of the API that went well."""
    at = clock.now()
    return RequestLog.objects.create(
        **{
            "organisation": organisation,
            "livemode": livemode,
            "request_id": ids.new("req"),
            "method": "GET",
            "path": "/v1/campaigns",
            "status": 200,
            "duration_ms": 3.2,
            "created_at": at,
            "recorded_at": at,
        }
        | facts
    )


def message(case: Case, **facts: Any) -> Message:
    """An email that was sent to the debtor's first contact."""
    at = clock.now()
    return Message.objects.create(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "campaign_id": case.campaign_id,
            "debtor_id": case.debtor_id,
            "case": case,
            "contact": Contact.objects.filter(debtor_id=case.debtor_id).first(),
            "channel": "email",
            "kind": "outreach",
            "intent": "first_reminder",
            "status": Message.Status.SENT,
            "sender": "ar@yourcompany.com",
            "recipient": "ap@acmecorp.com",
            "subject": "Invoice #2025-0847 — Your Company",
            "text": "Please pay.",
            "html": "<p>Please pay.</p>",
            "rfc_message_id": f"<{ids.new('msg')}@yourcompany.com>",
            "drafter": "template",
            "handed_over_at": at,
            "sent_at": at,
            "created_at": at,
            "recorded_at": at,
        }
        | facts
    )


PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def exclusion(organisation: Organisation, livemode: bool = False, **facts: Any) -> Exclusion:
    """A rule of the creditor's, as the API makes it; about a domain nobody has, unless told otherwise."""
    asked = {"match": "domain", "value": "nobody.example", "effect": "never_contact", "reason": ""} | facts
    tenant = {"organisation_id": organisation.id, "livemode": livemode}
    return campaigns.exclude(**tenant, **asked, by=BY, at=clock.now()).exclusion


def domain(organisation: Organisation, livemode: bool = False, host: str = "", **facts: Any) -> PayDomain:
    """A payment page address as the API makes it; `facts` (a status of "verified") as a worker would leave it."""
    name = host or f"pay.{ids.random62(12).lower()}.example"
    asked = {"organisation_id": organisation.id, "livemode": livemode, "host": name}
    made = payments.add_domain(**asked, by=BY, at=clock.now()).domain
    PayDomain.objects.filter(id=made.id).update(**facts)
    made.refresh_from_db()
    if facts:
        hosts.forget()
    return made


def document(case: Case, raw: bytes = PDF, **facts: Any) -> Document:
    """A document about a case, still in the spool."""
    named = {"name": "INV-2025-0847.pdf", "kind": "invoice"} | facts
    asked = {"on": case, "raw": raw, "media_type": "application/pdf", "facts": named}
    return campaigns.add_document(**asked, by=BY, at=clock.now()).document


def export(organisation: Organisation, livemode: bool = False, kind: str = "cases") -> Export:
    """A list as a file, written."""
    tenant = {"organisation_id": organisation.id, "livemode": livemode}
    made = campaigns.start_export(**tenant, kind=kind, filters={}, metadata={}, by=BY, at=clock.now())
    campaigns.run_exports(at=clock.now())
    return Export.objects.get(id=made.id)


def task(case: Case, **facts: Any) -> Task:
    """Somebody to write to is asked for."""
    asked = {"kind": "contact_needed", "cause": ids.new("test"), "reason": "Nobody is left to write to.", "facts": {}}
    at = clock.now()
    return campaigns.open_task(debtor=case.debtor, case=case, **(asked | {"due_at": at} | facts), by=BY, at=at)


def reply(case: Case, **facts: Any) -> Reply:
    """Something the debtor wrote that waits for a person."""
    at = clock.now()
    return Reply.objects.create(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "campaign_id": case.campaign_id,
            "debtor_id": case.debtor_id,
            "case": case,
            "contact": Contact.objects.filter(debtor_id=case.debtor_id).first(),
            "channel": "email",
            "sender": "ap@acmecorp.com",
            "subject": "Re: Invoice #2025-0847 — Your Company",
            "text": "About the third pallet.",
            "identity": Reply.Identity.KNOWN,
            "status": Reply.Status.NEEDS_HUMAN,
            "label": "other",
            "created_at": at,
            "recorded_at": at,
        }
        | facts
    )
