"""Pay domains."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, MAYBE_TIME, TEXT, TIME, choice, record, whole
from payments.models import PayDomain

_TAG = "Domains"
STATES = [value for value in PayDomain.Status.values if value != PayDomain.Status.REMOVED]
_RECORD = whole({"type": choice(["TXT", "CNAME", "A", "AAAA"]), "name": TEXT, "value": TEXT})
DOMAIN = whole(
    {
        "id": TEXT,
        "host": TEXT,
        "status": choice(STATES)
        | {
            "description": (
                "pending: its records were not found yet. verified: pages are served and new links lead there. broken: "
                "its records have been missing for a day; pages are still served, new links lead to our host."
            )
        },
        "records": {"type": "array", "items": _RECORD, "description": "What your DNS must hold, and keep."},
        "fault": MAYBE_TEXT | {"description": "What the last check missed."},
        "verified_at": MAYBE_TIME,
        "checked_at": MAYBE_TIME,
        "next_check_at": MAYBE_TIME | {"description": "Null: nobody looks by itself any more; ask for `verify`."},
        "livemode": BOOL,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
DOMAIN_IN = record(["host"], host=TEXT | {"minLength": 4, "maxLength": 239})
EXAMPLE: dict[str, Any] = {
    "id": "dom_0UZ8pq1K9xQk4Fw2aBcDeF",
    "host": "pay.yourcompany.com",
    "status": "verified",
    "records": [
        {
            "type": "TXT",
            "name": "_agentcollect.pay.yourcompany.com",
            "value": "agentcollect-0Zk4Fw2aBcDeF9xQ7Lm3pRx1K8pq1K5s",
        },
        {"type": "CNAME", "name": "pay.yourcompany.com", "value": "app.agentcollect.com"},
    ],
    "fault": None,
    "verified_at": "2026-03-17T14:31:00Z",
    "checked_at": "2026-03-18T14:31:00Z",
    "next_check_at": "2026-03-19T14:31:00Z",
    "livemode": True,
    "created_at": "2026-03-17T14:22:00Z",
    "updated_at": "2026-03-17T14:31:00Z",
}
NEW_EXAMPLE = EXAMPLE | {
    "status": "pending",
    "verified_at": None,
    "checked_at": None,
    "next_check_at": "2026-03-17T14:23:00Z",
    "updated_at": "2026-03-17T14:22:00Z",
}


def _answer(value: Any, status: str) -> OpenApiExample:
    return OpenApiExample(f"Answer {status}", value=value, response_only=True, status_codes=[status])


domains = document("list_domains", "List payment page addresses", DOMAIN, EXAMPLE, tag=_TAG)
create_domain = extend_schema_view(
    post=extend_schema(
        operation_id="create_domain",
        summary="Have payment pages under a name of yours",
        description=(
            "Set the `records` of the answer in your DNS; a worker looks for them, every minute at first. The same "
            "host again is answered with the one that stands (200). A key of test mode makes a host for test pages."
        ),
        tags=[_TAG],
        request={"application/json": DOMAIN_IN},
        responses={201: DOMAIN, 200: DOMAIN},
        examples=[
            OpenApiExample("A name below yours", value={"host": "pay.yourcompany.com"}, request_only=True),
            _answer(NEW_EXAMPLE, "201"),
            _answer(EXAMPLE, "200"),
        ],
    )
)
domain = described("get_domain", "Get one payment page address", DOMAIN, EXAMPLE, tag=_TAG)
delete_domain = extend_schema_view(
    delete=extend_schema(
        operation_id="delete_domain",
        summary="Remove a payment page address; links that were sent stop working",
        tags=[_TAG],
        responses={200: record(["id", "deleted"], id=TEXT, deleted={"type": "boolean", "const": True})},
        examples=[_answer({"id": EXAMPLE["id"], "deleted": True}, "200")],
    )
)
verify_domain = extend_schema_view(
    post=extend_schema(
        operation_id="verify_domain",
        summary="Have the records looked for now",
        description="Asks a worker, and answers at once with the address as it stands; look again in a few seconds.",
        tags=[_TAG],
        request=None,
        responses={200: DOMAIN},
        examples=[_answer(NEW_EXAMPLE, "200")],
    )
)
