"""How campaigns, cases and contacts are described in the OpenAPI document. Applied to the views as decorators."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_DATE,
    MAYBE_TEXT,
    MAYBE_TIME,
    METADATA,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    choice,
    page,
    page_of,
    record,
    whole,
)
from campaigns import examples
from campaigns.models import Campaign, Case, Contact

_OPEN: dict[str, Any] = {"type": "object"}
_AMOUNT: dict[str, Any] = NUMBER | {"exclusiveMinimum": 0, "maximum": 999999999.99}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"type": [schema["type"], "null"]}


# --- what comes in

_CONTACT_IN = record(
    [], name=MAYBE_TEXT, email=MAYBE_TEXT, phone=MAYBE_TEXT, title=MAYBE_TEXT,
    level={"type": ["integer", "null"], "minimum": 1, "maximum": 3},
)  # fmt: skip
_OWED: dict[str, Any] = {
    "invoice_amount": _AMOUNT | {"description": "Major units: 15000 is fifteen thousand dollars."},
    "amount_paid": _maybe(NUMBER) | {"description": "Already paid; what is left is placed."},
    "contact_email": MAYBE_TEXT | {"description": "Left out: the engine looks for the right person itself."},
    "contact_name": MAYBE_TEXT,
    "contact_phone": MAYBE_TEXT,
    "contacts": {"type": ["array", "null"], "items": _CONTACT_IN, "maxItems": 10},
    "invoice_number": MAYBE_TEXT,
    "invoice_date": MAYBE_DATE | {"description": "YYYY-MM-DD, not of the future."},
    "due_date": MAYBE_DATE | {"description": "Left out: the invoice date and your payment terms."},
    "currency": MAYBE_TEXT | {"description": "ISO 4217; a campaign has one."},
    "address": MAYBE_TEXT,
    "country": MAYBE_TEXT | {"description": "ISO 3166-1, two letters."},
    "state": MAYBE_TEXT,
    "timezone": MAYBE_TEXT | {"description": "IANA name."},
    "language": MAYBE_TEXT,
    "debt_class": MAYBE_TEXT | {"description": "commercial or consumer; left out: your attestation."},
    "debtor_type": MAYBE_TEXT | {"description": "company, sole_proprietor or individual."},
    "credit_kind": MAYBE_TEXT | {"description": "trade, loan, lease or purchased."},
    "external_id": MAYBE_TEXT,
    "po_number": MAYBE_TEXT,
    "invoice_pdf_url": MAYBE_TEXT,
    "notes": MAYBE_TEXT,
    "do_not_contact": _maybe(BOOL),
    "metadata": _maybe(METADATA),
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
_COLORS = _maybe(record([], primary=MAYBE_TEXT, accent=MAYBE_TEXT))
BRAND = record([], **dict.fromkeys(_BRAND_NAMES, MAYBE_TEXT), colors=_COLORS)
_DEBTOR_IN = record(["company_name", "invoice_amount"], company_name=TEXT, **_OWED)
_TERMS: dict[str, Any] = {
    "brand": _maybe(BRAND),
    "name": MAYBE_TEXT,
    "escalation": MAYBE_TEXT | {"description": "auto, ask or never. Live mode has no default; test mode's is auto."},
    "mandate_months": {"type": ["integer", "null"], "minimum": 1, "maximum": 24, "default": 12},
    "start_at": MAYBE_TIME,
}
_SHORTHAND = record(["company", "invoice_amount"], company=TEXT | {"description": "The debtor."}, **_OWED, **_TERMS) | {
    "title": "One invoice: `company` is the debtor"
}
_LIST = record(
    ["company", "debtors"],
    company=TEXT | {"description": "Your display name."},
    debtors={"type": "array", "items": _DEBTOR_IN, "minItems": 1, "maxItems": 500},
    currency=_OWED["currency"],
    metadata=_OWED["metadata"],
    **_TERMS,
) | {"title": "A list: `company` is you, the creditor"}
_CSV = record(
    ["company", "source", "csv_url"],
    company=TEXT | {"description": "Your display name."},
    source={"type": "string", "const": "csv_url"},
    csv_url=TEXT | {"description": "https; fetched by a worker after the answer."},
    currency=_OWED["currency"],
    metadata=_OWED["metadata"],
    **_TERMS,
) | {"title": "A CSV behind an address"}
CREATE = {"oneOf": [_SHORTHAND, _LIST, _CSV]}

# --- what goes out

_CAMPAIGN_FIELDS: dict[str, Any] = {
    "id": TEXT,
    "campaign_id": TEXT | {"description": "The same as `id`."},
    "name": TEXT,
    "status": choice(Campaign.Status.values),
    "creditor": TEXT,
    "debtors_enrolled": WHOLE | {"description": "Rows."},
    "debtors_unique": WHOLE,
    "debtors_held": WHOLE,
    "total_amount": NUMBER,
    "currency": TEXT,
    "first_contact_at": MAYBE_TIME | {"description": "An estimate until the first message left; null: no row may be."},
    "mandate_ends_on": {"type": "string", "format": "date"},
    "escalation": choice(Campaign.Escalation.values),
    "brand": _OPEN,
    "metadata": METADATA,
    "warnings": {"type": "array", "items": {}},
    "livemode": BOOL,
    "created_at": TIME,
    "updated_at": TIME,
}
CAMPAIGN = whole(_CAMPAIGN_FIELDS)
_SAME = [
    "id",
    "campaign_id",
    "status",
    "creditor",
    "debtors_enrolled",
    "debtors_unique",
    "debtors_held",
    "total_amount",
    "currency",
    "first_contact_at",
    "warnings",
    "livemode",
    "created_at",
]
CREATED = record(
    [*_SAME, "message"],
    **{name: _CAMPAIGN_FIELDS[name] for name in _SAME},
    message=TEXT,
    debtor=TEXT | {"description": "For one row: who owes, so that a mistake is seen at once."},
    import_id=TEXT | {"description": "For a CSV."},
)
ENTRY = whole({
    "id": TEXT, "at": TIME, "kind": TEXT, "channel": MAYBE_TEXT, "actor": TEXT, "text": TEXT, "case_id": MAYBE_TEXT,
    "event_id": TEXT, "event": TEXT,
})  # fmt: skip
_TIMELINE = {"type": "array", "items": ENTRY, "maxItems": 20}
DETAIL = whole(
    dict(
        **_CAMPAIGN_FIELDS,
        amount_collected=NUMBER,
        amount_outstanding=NUMBER,
        recovery_rate=NUMBER | {"description": "Collected of placed, a fraction with four decimals."},
        cases={"type": "object", "additionalProperties": WHOLE, "description": "How many, by state."},
        next_contact_at=MAYBE_TIME,
        timeline=_TIMELINE | {"description": "The latest 20."},
    )
)
_CASE_FIELDS: dict[str, Any] = {
    "id": TEXT,
    "campaign_id": TEXT,
    "debtor_id": TEXT,
    "debtor": TEXT,
    "status": choice(Case.Status.values),
    "close_reason": {"enum": [*Case.CloseReason.values, None]},
    "invoice_number": MAYBE_TEXT,
    "invoice_date": MAYBE_DATE,
    "due_date": MAYBE_DATE,
    "invoice_amount": NUMBER,
    "amount_placed": NUMBER,
    "amount_collected": NUMBER,
    "balance": NUMBER,
    "currency": TEXT,
    "external_id": MAYBE_TEXT,
    "po_number": MAYBE_TEXT,
    "next_contact_at": MAYBE_TIME,
    "metadata": METADATA,
    "livemode": BOOL,
    "created_at": TIME,
    "closed_at": MAYBE_TIME,
    "updated_at": TIME,
}
CASE = whole(_CASE_FIELDS)
CASE_DETAIL = whole(_CASE_FIELDS | {"timeline": _TIMELINE})
CONTACT = whole(
    {
        "id": TEXT,
        "debtor_id": TEXT,
        "debtor": TEXT,
        "name": MAYBE_TEXT,
        "title": MAYBE_TEXT,
        "seniority": MAYBE_TEXT,
        "email": MAYBE_TEXT,
        "email_status": TEXT,
        "phone": MAYBE_TEXT,
        "level": WHOLE | {"description": "1 first contact, 2 controller, 3 decision maker."},
        "source": choice(Contact.Source.values),
        "basis": TEXT,
        "confidence": WHOLE,
        "sources": {"type": "array", "items": TEXT},
        "verified_at": MAYBE_TIME,
        "suppressed": BOOL | {"description": "This address has opted out."},
        "livemode": BOOL,
        "created_at": TIME,
    }
)


def _sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def _listed(item: Any) -> OpenApiExample:
    return _answer(page_of(item))


def _answer(value: Any, status: str = "200") -> OpenApiExample:
    return OpenApiExample("Answer", value=value, response_only=True, status_codes=[status])


def _read(operation_id: str, summary: str, schema: dict[str, Any], example: OpenApiExample, tag: str) -> Any:
    return extend_schema_view(
        get=extend_schema(
            operation_id=operation_id, summary=summary, tags=[tag], responses={200: schema}, examples=[example]
        )
    )


_CREATE = extend_schema(
    operation_id="create_campaign",
    summary="Create a collection campaign and enroll debtors",
    description=(
        "**Exactly one of three shapes.** With `invoice_amount` beside it, `company` is the *debtor*; with `debtors` "
        "or `csv_url`, `company` is *you*. All or nothing: every bad row is reported at once. First contact within "
        "1–4 business hours where your debtor is. Over 500 debtors: `csv_url`."
    ),
    tags=["Campaigns"],
    request={"application/json": CREATE},
    responses={201: CREATED, 202: CREATED},
    examples=[
        _sent("One invoice", {"company": "Acme Corp", "invoice_amount": 15000}),
        _sent("A list", examples.LIST),
        _sent("Your brand", examples.LIST | {"brand": examples.BRAND}),
        _sent("A CSV", examples.CSV),
        _answer(examples.CREATED, "201"),
    ],
)
campaigns = extend_schema_view(
    get=extend_schema(
        operation_id="list_campaigns",
        summary="List campaigns",
        tags=["Campaigns"],
        responses={200: page(CAMPAIGN)},
        examples=[_listed(examples.LISTED)],
    ),
    post=_CREATE,
)
campaign = _read(
    "get_campaign",
    "Get campaign status, collected amount, and timeline",
    DETAIL,
    _answer(examples.DETAIL),
    "Campaigns",
)
# Its operation id and summary come from the view's `action` (kit.openapi).
campaign_action = extend_schema_view(
    post=extend_schema(tags=["Campaigns"], request=None, responses={200: DETAIL}, examples=[_answer(examples.DETAIL)])
)
campaign_timeline = _read(
    "list_campaign_timeline", "List what happened in a campaign", page(ENTRY), _listed(examples.ENTRY), "Campaigns"
)
campaign_contacts = _read(
    "list_campaign_contacts",
    "Get enriched contacts discovered for each debtor",
    page(CONTACT),
    _listed(examples.CONTACT),
    "Campaigns",
)
campaign_cases = _read(
    "list_campaign_cases", "List the invoices of a campaign", page(CASE), _listed(examples.CASE), "Cases"
)
cases = _read("list_cases", "List invoices", page(CASE), _listed(examples.CASE), "Cases")
case = _read(
    "get_case", "Get one invoice", CASE_DETAIL, _answer(examples.CASE | {"timeline": [examples.ENTRY]}), "Cases"
)
