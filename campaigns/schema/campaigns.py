"""Campaigns, and the timeline."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    METADATA,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    choice,
    named,
    record,
    whole,
)
from campaigns import examples
from campaigns.models import Campaign
from campaigns.rules.playbook import POSTURES
from campaigns.schema.intake import ADD, BRAND, CHANGED_METADATA, CREATE, OFFER_POLICY
from campaigns.schema.words import OPEN, answer, maybe, sent

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
    "start_at": MAYBE_TIME,
    "mandate_ends_on": {"type": "string", "format": "date"},
    "escalation": choice(Campaign.Escalation.values),
    "offer_policy": OFFER_POLICY | {"description": "What it says itself; the rest is your organisation's."},
    "approval": {"enum": [*Campaign.Approval.values, None], "description": "null: as your organisation has it."},
    "playbook": TEXT,
    "playbook_version": WHOLE | {"description": "The version it began with, and keeps."},
    "posture": choice(POSTURES) | {"description": "preserve: half as slow again, and softer."},
    "brand": OPEN,
    "test_clock": MAYBE_TEXT | {"description": "The test clock it lives on; null: the wall."},
    "metadata": METADATA,
    "warnings": {"type": "array", "items": {}},
    "livemode": BOOL,
    "created_at": TIME,
    "completed_at": MAYBE_TIME,
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
ENTRY = named("TimelineEntry", whole({
    "id": TEXT, "at": TIME, "kind": TEXT, "channel": MAYBE_TEXT, "actor": TEXT, "text": TEXT, "case_id": MAYBE_TEXT,
    "event_id": TEXT, "event": TEXT,
}))  # fmt: skip
TIMELINE = {"type": "array", "items": ENTRY, "maxItems": 20}
DETAIL = whole(
    dict(
        **_CAMPAIGN_FIELDS,
        amount_collected=NUMBER,
        amount_outstanding=NUMBER,
        recovery_rate=NUMBER | {"description": "Collected of placed, a fraction with four decimals."},
        cases={"type": "object", "additionalProperties": WHOLE, "description": "How many, by state."},
        next_contact_at=MAYBE_TIME,
        timeline=TIMELINE | {"description": "The latest 20."},
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
        sent("One invoice", {"company": "Acme Corp", "invoice_amount": 15000}),
        sent("A list", examples.LIST),
        sent("Your brand", examples.LIST | {"brand": examples.BRAND}),
        sent("A CSV", examples.CSV),
        answer(examples.CREATED, "201"),
        answer(examples.IMPORTING, "202"),
    ],
)
campaigns = document("list_campaigns", "List campaigns", CAMPAIGN, examples.LISTED, tag="Campaigns")
create_campaign = extend_schema_view(post=_CREATE)
TERMS = record(
    [],
    name=MAYBE_TEXT | {"maxLength": 120},
    metadata=CHANGED_METADATA,
    escalation=choice(Campaign.Escalation.values) | {"description": "For cases that come to an attorney from now on."},
    approval={"enum": [*Campaign.Approval.values, None], "description": "Which messages wait for your word."},
    mandate_months=WHOLE | {"minimum": 1, "maximum": 24, "description": "Counted from the campaign's start."},
    offer_policy=maybe(OFFER_POLICY) | {"description": "What is named is set; null: your organisation's again."},
    brand=maybe(BRAND) | {"description": "Its own parts; null for one of them, or for all, is your default again."},
)
campaign = extend_schema_view(
    get=extend_schema(
        operation_id="get_campaign",
        summary="Get campaign status, collected amount, and timeline",
        tags=["Campaigns"],
        responses={200: DETAIL},
        examples=[answer(examples.DETAIL)],
    ),
    patch=extend_schema(
        operation_id="update_campaign",
        summary="Change a campaign's terms or brand",
        description="Left out: stays. A message carries the brand as it is at the moment it leaves. Over: only `name` "
        "and `metadata`.",
        tags=["Campaigns"],
        request={"application/json": TERMS},
        responses={200: DETAIL},
        examples=[sent("Another sender", examples.TERMS), answer(examples.DETAIL)],
    ),
)
ADDED = whole(
    {
        "id": TEXT | {"description": "The campaign."},
        "campaign_id": TEXT,
        "status": choice(Campaign.Status.values),
        "debtors_added": WHOLE,
        "amount_added": NUMBER,
        "debtors_enrolled": WHOLE,
        "debtors_unique": WHOLE,
        "debtors_held": WHOLE,
        "total_amount": NUMBER,
        "currency": TEXT,
        "first_contact_at": MAYBE_TIME,
        "cases": {
            "type": "array",
            "description": "In the order of the body.",
            "items": whole({"id": TEXT, "debtor": TEXT, "invoice_number": MAYBE_TEXT, "amount": NUMBER}),
        },
        "warnings": {"type": "array", "items": {}},
        "livemode": BOOL,
    }
)
add_debtors = extend_schema_view(
    post=extend_schema(
        operation_id="add_campaign_debtors",
        summary="Add debtors to a running campaign",
        description="All or nothing, with the checks of a create, in the campaign's currency, and never past 500 rows. "
        "A worker opens the new cases; a paused campaign opens them when it is resumed.",
        tags=["Campaigns"],
        request={"application/json": ADD},
        responses={201: ADDED},
        examples=[sent("One more invoice", {"debtors": [examples.INVOICE]}), answer(examples.ADDED, "201")],
    )
)
# Its operation id and summary come from the view's `action` (kit.openapi).
campaign_action = extend_schema_view(
    post=extend_schema(tags=["Campaigns"], request=None, responses={200: DETAIL}, examples=[answer(examples.DETAIL)])
)
campaign_timeline = document(
    "list_campaign_timeline", "List what happened in a campaign", ENTRY, examples.ENTRY, tag="Campaigns"
)
