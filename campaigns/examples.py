"""The product page's examples, and answers that go with them, as the OpenAPI document shows them."""

from typing import Any

INVOICE = {
    "company_name": "Acme Corp",
    "contact_email": "ap@acmecorp.com",
    "invoice_amount": 15000,
    "invoice_date": "2025-10-01",
    "invoice_number": "INV-2025-0847",
}
BRAND = {
    "name": "Your Company",
    "logo_url": "https://yourco.com/logo.png",
    "domain": "yourcompany.com",
    "from_email": "ar@yourcompany.com",
    "colors": {"primary": "#1E40AF", "accent": "#10B981"},
}
LIST = {"company": "Your Company Inc.", "debtors": [INVOICE]}
CSV = {"company": "Your Company Inc.", "source": "csv_url", "csv_url": "https://yourco.com/ar.csv"}
CREATED = {
    "id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "status": "active",
    "creditor": "Your Company Inc.",
    "debtor": "Acme Corp",
    "debtors_enrolled": 1,
    "debtors_unique": 1,
    "debtors_held": 0,
    "total_amount": 15000,
    "currency": "USD",
    "first_contact_at": "2026-03-17T15:00:00Z",
    "message": "Collection started. Webhook fires on payment.",
    "warnings": [],
    "livemode": False,
    "created_at": "2026-03-17T13:22:00Z",
}
LISTED = {name: value for name, value in CREATED.items() if name not in {"debtor", "message"}} | {
    "name": "",
    "mandate_ends_on": "2027-03-17",
    "escalation": "auto",
    "brand": BRAND,
    "metadata": {},
    "updated_at": "2026-03-17T13:22:00Z",
}
ENTRY = {
    "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "at": "2026-03-17T15:00:04Z",
    "kind": "message",
    "channel": "email",
    "actor": "engine",
    "text": "Email sent: “Invoice #2025-0847 — Your Company”",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "event_id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "event": "message.sent",
}
DETAIL = LISTED | {
    "amount_collected": 0,
    "amount_outstanding": 15000,
    "recovery_rate": 0,
    "cases": {"active": 1},
    "next_contact_at": "2026-03-21T15:00:00Z",
    "timeline": [ENTRY],
}
CASE: dict[str, Any] = {
    "id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "status": "active",
    "close_reason": None,
    "invoice_number": "INV-2025-0847",
    "invoice_date": "2025-10-01",
    "due_date": "2025-10-31",
    "invoice_amount": 15000,
    "amount_placed": 15000,
    "amount_collected": 0,
    "balance": 15000,
    "currency": "USD",
    "external_id": None,
    "po_number": None,
    "next_contact_at": "2026-03-21T15:00:00Z",
    "metadata": {},
    "livemode": False,
    "created_at": "2026-03-17T13:22:00Z",
    "closed_at": None,
    "updated_at": "2026-03-17T15:00:04Z",
}
CONTACT = {
    "id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "name": "Morgan Reyes",
    "title": "Controller",
    "seniority": "manager",
    "email": "morgan.reyes@acmecorp.com",
    "email_status": "valid",
    "phone": None,
    "level": 2,
    "source": "enrichment",
    "basis": "published",
    "confidence": 92,
    "sources": ["sandbox-directory"],
    "verified_at": "2026-03-17T14:00:00Z",
    "suppressed": False,
    "livemode": False,
    "created_at": "2026-03-17T14:00:00Z",
}
