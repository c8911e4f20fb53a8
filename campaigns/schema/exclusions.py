"""What the creditor keeps us away from."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, TEXT, TIME, choice, record, whole
from campaigns.models import Exclusion
from campaigns.schema.words import answer, sent

_MATCH = choice(Exclusion.Match.values) | {
    "description": "A domain covers those below it; a company is compared without its legal form."
}
_EFFECT = choice(Exclusion.Effect.values) | {
    "description": (
        "never_contact: nothing is sent while the rule stands. ask_first: each invoice waits for your "
        "`POST /v1/cases/{id}/release`. no_calls: no call is planned. no_attorney: never offered to an attorney."
    )
}
EXCLUSION = whole(
    {
        "id": TEXT,
        "match": _MATCH,
        "value": TEXT,
        "effect": _EFFECT,
        "reason": MAYBE_TEXT,
        "settled": BOOL | {"description": "Its holds stand on all that was there. The rule itself holds at once."},
        "livemode": BOOL,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
EXCLUSION_IN = record(
    ["match", "value", "effect"],
    match=_MATCH,
    value=TEXT | {"minLength": 1, "maxLength": 300},
    effect=_EFFECT,
    reason=MAYBE_TEXT | {"maxLength": 300},
)
EXCLUSION_EXAMPLE: dict[str, Any] = {
    "id": "exc_0UZ8pq1K9xQk4Fw2aBcDeF",
    "match": "domain",
    "value": "acmecorp.com",
    "effect": "never_contact",
    "reason": "Strategic account",
    "settled": True,
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "updated_at": "2026-03-17T14:22:00Z",
}

exclusions = document("list_exclusions", "List exclusions", EXCLUSION, EXCLUSION_EXAMPLE, tag="Exclusions")
create_exclusion = extend_schema_view(
    post=extend_schema(
        operation_id="create_exclusion",
        summary="Keep us away from a company, a domain, an address",
        description=(
            "Holds for what is in collection now and for whatever is placed later, from this answer on. The same rule "
            "again is answered with the one that stands (200)."
        ),
        tags=["Exclusions"],
        request={"application/json": EXCLUSION_IN},
        responses={201: EXCLUSION, 200: EXCLUSION},
        examples=[
            sent("A domain", {name: EXCLUSION_EXAMPLE[name] for name in ("match", "value", "effect", "reason")}),
            answer(EXCLUSION_EXAMPLE, "201"),
            answer(EXCLUSION_EXAMPLE, "200"),
        ],
    )
)
exclusion = extend_schema_view(
    get=extend_schema(
        operation_id="get_exclusion",
        summary="Get an exclusion",
        tags=["Exclusions"],
        responses={200: EXCLUSION},
        examples=[answer(EXCLUSION_EXAMPLE)],
    ),
    delete=extend_schema(
        operation_id="delete_exclusion",
        summary="Remove an exclusion; what it held goes on",
        tags=["Exclusions"],
        responses={200: record(["id", "deleted"], id=TEXT, deleted={"type": "boolean", "const": True})},
        examples=[answer({"id": EXCLUSION_EXAMPLE["id"], "deleted": True})],
    ),
)
