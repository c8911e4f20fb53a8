"""The bodies that bring invoices in."""

from typing import Any

from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_DATE,
    MAYBE_TEXT,
    MAYBE_TIME,
    METADATA,
    NUMBER,
    TEXT,
    choice,
    named,
    record,
)
from campaigns.rules.offers import APPROVALS, BOUNDS, MAX_RUNGS, MOST_PERCENT, OLDEST_DAYS
from campaigns.schema.words import AMOUNT, maybe

CONTACT_IN = named("ContactInput", record(
    [], name=MAYBE_TEXT, email=MAYBE_TEXT, phone=MAYBE_TEXT, title=MAYBE_TEXT,
    level={"type": ["integer", "null"], "minimum": 1, "maximum": 3},
))  # fmt: skip
_OWED: dict[str, Any] = {
    "invoice_amount": AMOUNT | {"description": "Major units: 15000 is fifteen thousand dollars."},
    "amount_paid": maybe(NUMBER) | {"description": "Already paid; what is left is placed."},
    "contact_email": MAYBE_TEXT | {"description": "Left out: the engine looks for the right person itself."},
    "contact_name": MAYBE_TEXT,
    "contact_phone": MAYBE_TEXT,
    "contacts": {"type": ["array", "null"], "items": CONTACT_IN, "maxItems": 10},
    "invoice_number": MAYBE_TEXT,
    "invoice_date": MAYBE_DATE | {"description": "YYYY-MM-DD, not of the future."},
    "due_date": MAYBE_DATE | {"description": "Left out: the invoice date and your payment terms."},
    "currency": MAYBE_TEXT | {"description": "ISO 4217; a campaign has one."},
    "address": MAYBE_TEXT,
    "country": MAYBE_TEXT | {"description": "ISO 3166-1, two letters."},
    "state": MAYBE_TEXT,
    "timezone": MAYBE_TEXT | {"description": "IANA name."},
    "language": MAYBE_TEXT | {"description": "Of the messages: en, fr, es or de; left out: en."},
    "debt_class": MAYBE_TEXT | {"description": "commercial or consumer; left out: your attestation."},
    "debtor_type": MAYBE_TEXT | {"description": "company, sole_proprietor or individual."},
    "credit_kind": MAYBE_TEXT | {"description": "trade, loan, lease or purchased."},
    "external_id": MAYBE_TEXT,
    "po_number": MAYBE_TEXT,
    "invoice_pdf_url": MAYBE_TEXT,
    "notes": MAYBE_TEXT,
    "do_not_contact": maybe(BOOL),
    "metadata": maybe(METADATA),
}
_BRAND_NAMES = [
    "name",
    "legal_name",
    "logo_url",
    "domain",
    "from_email",
    "reply_to",
    "phone",
    "address",
    "caller_name",
    "pay_domain",
]
_COLORS = maybe(record([], primary=MAYBE_TEXT, accent=MAYBE_TEXT))
BRAND = named("BrandInput", record([], **dict.fromkeys(_BRAND_NAMES, MAYBE_TEXT), colors=_COLORS))
DEBTOR_IN = named("DebtorInput", record(["company_name", "invoice_amount"], company_name=TEXT, **_OWED))
_BETWEEN = {name: {"type": "integer", "minimum": low, "maximum": high} for name, (low, high) in BOUNDS.items()}
del _BETWEEN["min_instalment_minor"]
_RUNG = record(
    ["min_age_days", "max_discount_percent"],
    min_age_days={"type": "integer", "minimum": 0, "maximum": OLDEST_DAYS, "description": "Days past due."},
    max_discount_percent={"type": "integer", "minimum": 1, "maximum": MOST_PERCENT},
)
OFFER_POLICY = named(
    "OfferPolicy",
    record(
        [],
        plans=BOOL,
        min_instalment=AMOUNT,
        **_BETWEEN,
        settlement={
            "type": "array",
            "maxItems": MAX_RUNGS,
            "items": _RUNG,
            "description": "How much of a balance a settlement may give up, by age, the youngest first. Empty, the "
            "default: nothing. No debtor, no message and no event ever shows it.",
        },
        settlement_approval=choice(APPROVALS)
        | {
            "description": "Who says yes to an offer within it: a person, a second_person (not who drafted it), or "
            "nobody (auto)."
        },
    ),
)
_TERMS: dict[str, Any] = {
    "brand": maybe(BRAND),
    "name": MAYBE_TEXT,
    "escalation": MAYBE_TEXT | {"description": "auto, ask or never. Live mode has no default; test mode's is auto."},
    "approval": MAYBE_TEXT
    | {
        "description": "Which messages wait for your word: none, first_message, first_per_debtor, always. null: as "
        "your organisation has it; in test mode none."
    },
    "playbook": MAYBE_TEXT | {"description": "One of yours, or `default`. It takes the newest version, and keeps it."},
    "posture": MAYBE_TEXT | {"description": "preserve (slower, softer; the default) or firm."},
    "test_clock": MAYBE_TEXT | {"description": "The test clock it lives on (test mode): clk_…"},
    "mandate_months": {"type": ["integer", "null"], "minimum": 1, "maximum": 24, "default": 12},
    "start_at": MAYBE_TIME,
    "offer_policy": maybe(OFFER_POLICY),
}
_SHORTHAND = named(
    "CampaignFromInvoice",
    record(["company", "invoice_amount"], company=TEXT | {"description": "The debtor."}, **_OWED, **_TERMS),
) | {"title": "One invoice: `company` is the debtor"}
_LIST = named(
    "CampaignFromDebtors",
    record(
        ["company", "debtors"],
        company=TEXT | {"description": "Your display name."},
        debtors={"type": "array", "items": DEBTOR_IN, "minItems": 1, "maxItems": 500},
        currency=_OWED["currency"],
        metadata=_OWED["metadata"],
        **_TERMS,
    ),
) | {"title": "A list: `company` is you, the creditor"}
_CSV = named(
    "CampaignFromCsv",
    record(
        ["company", "source", "csv_url"],
        company=TEXT | {"description": "Your display name."},
        source={"type": "string", "const": "csv_url"},
        csv_url=TEXT | {"description": "https; fetched by a worker after the answer."},
        currency=_OWED["currency"],
        metadata=_OWED["metadata"],
        **_TERMS,
    ),
) | {"title": "A CSV behind an address"}
CREATE = {"oneOf": [_SHORTHAND, _LIST, _CSV]}
ADD = record(["debtors"], debtors={"type": "array", "items": DEBTOR_IN, "minItems": 1, "maxItems": 500})
CHANGED_METADATA = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "null"]},
    "maxProperties": 50,
    "description": "Keys that are named are set, those named null are removed, the others stay; null clears all.",
}
