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
IMPORTING = {name: value for name, value in CREATED.items() if name != "debtor"} | {
    "status": "importing",
    "debtors_enrolled": 0,
    "debtors_unique": 0,
    "total_amount": 0,
    "first_contact_at": None,
    "message": "Import started. Collection starts when the file is read.",
    "import_id": "imp_0UZ8pq1K9xQk4Fw2aBcDeF",
}
LISTED = {name: value for name, value in CREATED.items() if name not in {"debtor", "message"}} | {
    "name": "",
    "start_at": None,
    "mandate_ends_on": "2027-03-17",
    "escalation": "auto",
    "offer_policy": {"max_instalments": 3, "min_instalment": 500},
    "approval": None,
    "playbook": "default",
    "playbook_version": 3,
    "posture": "preserve",
    "test_clock": None,
    "brand": BRAND,
    "metadata": {},
    "completed_at": None,
    "updated_at": "2026-03-17T13:22:00Z",
}
TERMS = {"brand": {"from_email": "billing@yourcompany.com"}, "mandate_months": 6, "metadata": {"owner": "emea"}}
ADDED = {
    "id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "status": "active",
    "debtors_added": 1,
    "amount_added": 15000,
    "debtors_enrolled": 2,
    "debtors_unique": 2,
    "debtors_held": 0,
    "total_amount": 16000,
    "currency": "USD",
    "first_contact_at": "2026-03-17T15:00:00Z",
    "cases": [
        {
            "id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
            "debtor": "Acme Corp",
            "invoice_number": "INV-2025-0847",
            "amount": 15000,
        }
    ],
    "warnings": [],
    "livemode": False,
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
    "test_clock": None,
    "livemode": False,
    "created_at": "2026-03-17T13:22:00Z",
    "closed_at": None,
    "updated_at": "2026-03-17T15:00:04Z",
}
LEDGER: dict[str, Any] = {
    "id": "led_0UZ8pq1K7Lm3pRx1aBcDeF",
    "kind": "principal",
    "amount": 15000,
    "currency": "USD",
    "reason": "balance placed",
    "reference": None,
    "payment_id": None,
    "actor": "key:key_0UZ8pq1K9xQk4Fw2aBcDeF",
    "created_at": "2026-03-17T13:22:00Z",
}
# What is told of a hold on a case, over the example of one on a debtor.
HOLD = {
    "kind": "creditor_pause",
    "on": "case",
    "debtor_id": None,
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "exclusion_id": None,
    "reason": "They asked for two weeks.",
    "until": "2026-04-01T00:00:00Z",
}
CASE_DETAIL = CASE | {
    "next_contact_at": "2026-04-01T15:00:00Z",
    "amount_paid": 0,
    "invoice_pdf_url": None,
    "notes": None,
    "next_step": {
        "id": "stp_0UZ8pq1K9xQk4Fw2aBcDeF",
        "channel": "email",
        "intent": "second_reminder",
        "level": 1,
        "due_at": "2026-03-21T15:00:00Z",
        "status": "planned",
    },
    "why": {"code": "held", "message": "On hold: creditor_pause. Nothing is sent while it lasts."},
    "ledger": [LEDGER],
    "timeline": [ENTRY],
}
CORRECTION = {"invoice_amount": 12000, "reason": "Three units were returned."}
HOLD_IN = {"kind": "creditor_pause", "until": "2026-04-01T00:00:00Z", "reason": "They asked for two weeks."}
CREDIT_IN = {"amount": 200, "reason": "Goods damaged in transit.", "reference": "CN-1042"}
CREDITED = LEDGER | {
    "kind": "credit_note",
    "amount": -200,
    "reason": "Goods damaged in transit.",
    "reference": "CN-1042",
    "created_at": "2026-03-18T09:00:00Z",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "balance": 14800,
    "case_status": "active",
}
