"""Debtors, the people there, and what is closed to us."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    METADATA,
    TEXT,
    TEXTS,
    TIME,
    WHOLE,
    Shape,
    choice,
    record,
    whole,
)
from campaigns import examples
from campaigns.models import Contact, Hold
from campaigns.schema.intake import CHANGED_METADATA
from campaigns.schema.rows import CASE
from campaigns.schema.words import answer, read, sent

MAYBE_BOOL: Shape = {"type": ["boolean", "null"]}
_REASON = MAYBE_TEXT | {"maxLength": 300, "description": "For your own records; kept in the audit."}

# --- what goes out

DEBTOR_FIELDS: dict[str, Any] = {
    "id": TEXT,
    "name": TEXT,
    "external_id": MAYBE_TEXT,
    "domain": MAYBE_TEXT | {"description": "Of its e-mail addresses; free mailboxes have none."},
    "country": TEXT,
    "state": MAYBE_TEXT,
    "timezone": MAYBE_TEXT,
    "phone": MAYBE_TEXT,
    "address": MAYBE_TEXT,
    "language": TEXT,
    "debt_class": {"enum": ["commercial", "consumer", None]},
    "debtor_type": {"enum": ["company", "sole_proprietor", "individual", None]},
    "do_not_contact": BOOL | {"description": "You closed this debtor: nothing is sent about any of its invoices."},
    "metadata": METADATA,
    "test_clock": MAYBE_TEXT | {"description": "The test clock it lives on; null: the wall."},
    "livemode": BOOL,
    "created_at": TIME,
    "updated_at": TIME,
}
DEBTOR = whole(DEBTOR_FIELDS)
_VERIFICATION = whole(
    {
        "status": choice(["none", "pending", "done"]),
        "syntax": MAYBE_BOOL,
        "mx": MAYBE_BOOL | {"description": "Does the domain take mail? null: nobody could say."},
        "detail": MAYBE_TEXT,
        "checked_at": MAYBE_TIME,
    }
)
CONTACT = whole(
    {
        "id": TEXT,
        "debtor_id": TEXT,
        "debtor": TEXT,
        "name": MAYBE_TEXT,
        "title": MAYBE_TEXT,
        "seniority": MAYBE_TEXT,
        "email": MAYBE_TEXT,
        "email_status": TEXT
        | {"description": "valid, accept_all, risky, role, disposable, unknown, or invalid: never written to."},
        "phone": MAYBE_TEXT,
        "level": WHOLE | {"description": "1 first contact, 2 controller, 3 decision maker."},
        "source": choice(Contact.Source.values),
        "basis": TEXT,
        "confidence": WHOLE,
        "sources": TEXTS,
        "verification": _VERIFICATION,
        "verified_at": MAYBE_TIME,
        "suppressed": BOOL | {"description": "Nothing is sent to this contact."},
        "suppressed_at": MAYBE_TIME,
        "suppressed_by": {
            "enum": ["debtor", "creditor", "engine", None],
            "description": "debtor: they opted out, and only they can undo it. creditor: you did. engine: the law did.",
        },
        "livemode": BOOL,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
HOLD = whole(
    {
        "id": TEXT,
        "kind": choice(Hold.Kind.values),
        "on": choice(["campaign", "debtor", "case", "contact"]),
        "campaign_id": MAYBE_TEXT,
        "debtor_id": MAYBE_TEXT,
        "case_id": MAYBE_TEXT,
        "contact_id": MAYBE_TEXT,
        "exclusion_id": MAYBE_TEXT | {"description": "Your rule that placed it."},
        "reason": MAYBE_TEXT,
        "until": MAYBE_TIME | {"description": "It ends then by itself; null: until it is released."},
        "actor": TEXT,
        "yours_to_release": BOOL | {"description": "False for what a debtor or the law set."},
        "created_at": TIME,
    }
)
_CAPS = whole(
    {
        "outreach": WHOLE | {"description": "Messages of ours in the last seven days, over all invoices."},
        "limit": WHOLE,
    }
)
DEBTOR_DETAIL = whole(
    DEBTOR_FIELDS
    | {
        "cases": {"type": "array", "items": CASE, "maxItems": 100, "description": "The latest 100."},
        "contacts": {"type": "array", "items": CONTACT, "maxItems": 100},
        "holds": {"type": "array", "items": HOLD, "description": "Open ones, on the debtor, its people and invoices."},
        "last_7_days": _CAPS,
    }
)
SUPPRESSION = whole(
    {
        "id": TEXT,
        "address": TEXT,
        "channel": choice(["email", "call", "sms", "letter", "all"]),
        "reason": TEXT,
        "contact_id": MAYBE_TEXT,
        "livemode": BOOL,
        "created_at": TIME,
    }
)

# --- what comes in

_PLACE: dict[str, Any] = {
    "address": MAYBE_TEXT | {"maxLength": 300},
    "country": TEXT | {"description": "ISO 3166-1, two letters."},
    "state": MAYBE_TEXT | {"maxLength": 10},
    "timezone": MAYBE_TEXT | {"description": "IANA name."},
    "phone": MAYBE_TEXT | {"maxLength": 32},
    "language": TEXT | {"description": "Of the messages: en, fr, es or de."},
}
DEBTOR_PATCH = record(
    [],
    name=TEXT | {"maxLength": 200},
    external_id=MAYBE_TEXT | {"maxLength": 100},
    **_PLACE,
    debt_class=DEBTOR_FIELDS["debt_class"],
    debtor_type=DEBTOR_FIELDS["debtor_type"],
    do_not_contact=BOOL | {"description": "false lifts only what you set yourself."},
    metadata=CHANGED_METADATA,
    reason=_REASON,
)
_PERSON: dict[str, Any] = {
    "name": MAYBE_TEXT | {"maxLength": 120},
    "email": MAYBE_TEXT | {"maxLength": 254},
    "phone": MAYBE_TEXT | {"maxLength": 32},
    "title": MAYBE_TEXT | {"maxLength": 120},
    "level": WHOLE | {"minimum": 1, "maximum": 3},
}
CONTACT_IN = record(["debtor_id"], debtor_id=TEXT, **_PERSON)
CONTACT_PATCH = record([], **_PERSON, suppressed=BOOL | {"description": "false takes back your own suppression."})
VERIFY_IN = record([], vouched=BOOL | {"description": "You know this person is right: a good check makes it valid."})
SUPPRESS_IN = record([], reason=_REASON)

# --- examples

DEBTOR_EXAMPLE: dict[str, Any] = {
    "id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "name": "Acme Corp",
    "external_id": None,
    "domain": "acmecorp.com",
    "country": "US",
    "state": "TX",
    "timezone": None,
    "phone": None,
    "address": "100 Main St, Austin, TX 78701",
    "language": "en",
    "debt_class": "commercial",
    "debtor_type": "company",
    "do_not_contact": False,
    "metadata": {},
    "test_clock": None,
    "livemode": False,
    "created_at": "2026-03-17T13:22:00Z",
    "updated_at": "2026-03-17T13:22:00Z",
}
CONTACT_EXAMPLE: dict[str, Any] = {
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
    "sources": ["sandbox-directory", "sandbox-site"],
    "verification": {"status": "none", "syntax": None, "mx": None, "detail": None, "checked_at": None},
    "verified_at": "2026-03-17T14:00:00Z",
    "suppressed": False,
    "suppressed_at": None,
    "suppressed_by": None,
    "livemode": False,
    "created_at": "2026-03-17T14:00:00Z",
    "updated_at": "2026-03-17T14:00:00Z",
}
HOLD_EXAMPLE: dict[str, Any] = {
    "id": "hld_0UZ8pq1K9xQk4Fw2aBcDeF",
    "kind": "excluded",
    "on": "debtor",
    "campaign_id": None,
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "case_id": None,
    "contact_id": None,
    "exclusion_id": "exc_0UZ8pq1K9xQk4Fw2aBcDeF",
    "reason": "Strategic account",
    "until": None,
    "actor": "key:key_0UZ8pq1K9xQk4Fw2aBcDeF",
    "yours_to_release": True,
    "created_at": "2026-03-17T14:22:00Z",
}
DETAIL_EXAMPLE: dict[str, Any] = DEBTOR_EXAMPLE | {
    "cases": [examples.CASE],
    "contacts": [CONTACT_EXAMPLE],
    "holds": [HOLD_EXAMPLE],
    "last_7_days": {"outreach": 1, "limit": 3},
}
SUPPRESSION_EXAMPLE: dict[str, Any] = {
    "id": "sup_0UZ8pq1K9xQk4Fw2aBcDeF",
    "address": "ap@acmecorp.com",
    "channel": "email",
    "reason": "opt_out",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "livemode": False,
    "created_at": "2026-03-19T09:12:44Z",
}
_GIVEN = CONTACT_EXAMPLE | {
    "name": "Dana Whitfield",
    "title": None,
    "seniority": None,
    "email": "dana.whitfield@acmecorp.com",
    "email_status": "unknown",
    "level": 1,
    "source": "creditor",
    "basis": "creditor_supplied",
    "confidence": 100,
    "sources": ["creditor"],
    "verified_at": None,
}
_CLOSED = {"suppressed": True, "suppressed_at": "2026-03-19T10:00:00Z", "suppressed_by": "creditor"}
_CHECKING = {"verification": CONTACT_EXAMPLE["verification"] | {"status": "pending"}}

# --- operations

debtors = document("list_debtors", "List debtors", DEBTOR, DEBTOR_EXAMPLE, tag="Debtors")
contacts = document("list_contacts", "List contacts", CONTACT, CONTACT_EXAMPLE, tag="Contacts")
campaign_contacts = document(
    "list_campaign_contacts",
    "Get enriched contacts discovered for each debtor",
    CONTACT,
    CONTACT_EXAMPLE,
    tag="Campaigns",
)
suppressions = document(
    "list_suppressions",
    "List what debtors opted out of",
    SUPPRESSION,
    SUPPRESSION_EXAMPLE,
    tag="Contacts",
    description="Theirs: nobody but they can undo one, so there is no way to remove it here.",
)
update_debtor = extend_schema_view(
    patch=extend_schema(
        operation_id="update_debtor",
        summary="Correct a debtor's facts",
        description=(
            "What is left out stays; `null` clears. A correction counts from the next step on. A consumer mark takes "
            "effect at once: found contacts are closed, and where consumer debt is not enabled it is refused (422). "
            "Later rows still find this debtor under the name it was placed with; `external_id` is the surer key."
        ),
        tags=["Debtors"],
        request={"application/json": DEBTOR_PATCH},
        responses={200: DEBTOR_DETAIL},
        examples=[
            sent("A better address", {"state": "TX", "timezone": "America/Chicago", "reason": "moved"}),
            answer(DETAIL_EXAMPLE),
        ],
    )
)
get_debtor = read(
    "get_debtor", "Get a debtor with its invoices, people and holds", DEBTOR_DETAIL, answer(DETAIL_EXAMPLE), "Debtors"
)
create_contact = extend_schema_view(
    post=extend_schema(
        operation_id="create_contact",
        summary="Add a contact to a debtor",
        description=(
            "Somebody you know there. Used from the next step on, before anybody who was found; invoices that waited "
            "for a contact go on."
        ),
        tags=["Contacts"],
        request={"application/json": CONTACT_IN},
        responses={201: CONTACT},
        examples=[
            sent(
                "Accounts payable",
                {
                    "debtor_id": _GIVEN["debtor_id"],
                    "name": "Dana Whitfield",
                    "email": "dana.whitfield@acmecorp.com",
                    "level": 1,
                },
            ),
            answer(_GIVEN, "201"),
        ],
    )
)
get_contact = read("get_contact", "Get a contact", CONTACT, answer(CONTACT_EXAMPLE), "Contacts")
update_contact = extend_schema_view(
    patch=extend_schema(
        operation_id="update_contact",
        summary="Correct a contact",
        description=(
            "A corrected address counts from the next step on. What the debtor opted out of stays closed for the old "
            "address; `suppressed: false` takes back what you closed yourself."
        ),
        tags=["Contacts"],
        request={"application/json": CONTACT_PATCH},
        responses={200: CONTACT},
        examples=[sent("Spelling", {"email": "dana.whitfield@acmecorp.com"}), answer(_GIVEN)],
    )
)
verify_contact = extend_schema_view(
    post=extend_schema(
        operation_id="verify_contact",
        summary="Check a contact's address",
        description=(
            "Spelling now, the domain's mail servers by a worker after the answer: `verification` shows the outcome. "
            "That a domain takes mail says nothing about one mailbox, so without your word (`vouched`) the best that "
            "comes of it is `unknown` or `role`."
        ),
        tags=["Contacts"],
        request={"application/json": VERIFY_IN},
        responses={202: CONTACT},
        examples=[sent("I know her", {"vouched": True}), answer(_GIVEN | _CHECKING, "202")],
    )
)
suppress_contact = extend_schema_view(
    post=extend_schema(
        operation_id="suppress_contact",
        summary="Send nothing more to a contact",
        description="Others at the debtor may still be written to. For the whole debtor: `do_not_contact`.",
        tags=["Contacts"],
        request={"application/json": SUPPRESS_IN},
        responses={200: CONTACT},
        examples=[sent("Left the company", {"reason": "left the company"}), answer(CONTACT_EXAMPLE | _CLOSED)],
    )
)
