"""Promises and plans."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    choice,
    record,
    whole,
)
from payments.models import Instalment, Plan, Promise
from payments.models.agreements import Source
from payments.rules.plans import EVERY

DATE = {"type": "string", "format": "date"}
MONEY = NUMBER | {"exclusiveMinimum": 0, "maximum": 999999999.99}


def _about(states: list[str]) -> dict[str, Any]:
    return {
        "id": TEXT,
        "case_id": TEXT,
        "campaign_id": TEXT,
        "debtor_id": TEXT,
        "debtor": TEXT,
        "invoice_number": MAYBE_TEXT,
        "status": choice(states),
        "source": choice(Source.values),
        "currency": TEXT,
        "livemode": BOOL,
        "created_at": TIME,
        "ended_at": MAYBE_TIME,
        "updated_at": TIME,
    }


PROMISE = whole(
    _about(Promise.Status.values)
    | {
        "amount": NUMBER,
        "amount_received": NUMBER | {"description": "What the ledger took in since it was given."},
        "due_on": DATE,
        "judged_after": TIME | {"description": "The end of `due_on` where you are."},
    }
)
_INSTALMENT = whole(
    {
        "id": TEXT,
        "number": WHOLE,
        "due_on": DATE,
        "amount": NUMBER,
        "amount_paid": NUMBER | {"description": "Follows the ledger, the oldest instalment first."},
        "status": choice(Instalment.Status.values),
    }
)
PLAN = whole(
    _about(Plan.Status.values)
    | {
        "total": NUMBER,
        "amount_paid": NUMBER,
        "started_at": MAYBE_TIME,
        "expires_at": MAYBE_TIME | {"description": "Until when an offer can be accepted."},
        "instalments": {"type": "array", "items": _INSTALMENT},
    }
)
PROMISE_IN = record(
    ["due_on"],
    amount=MONEY | {"description": "The balance when left out."},
    due_on=DATE | {"description": "From today to `max_promise_days` of your offer policy, where you are."},
)
PLAN_IN = record(
    [],
    instalments=WHOLE | {"minimum": 2, "maximum": 36, "description": "With `first_on`, instead of `schedule`."},
    first_on=DATE,
    every=choice(EVERY) | {"default": "month"},
    schedule={
        "type": "array",
        "minItems": 2,
        "maxItems": 36,
        "items": record(["due_on", "amount"], due_on=DATE, amount=MONEY),
        "description": "Your own instalments; they add up to the balance.",
    },
    agreed=BOOL | {"default": False, "description": "The debtor has said yes: it starts at once."},
)
ABOUT = {
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "source": "creditor",
    "currency": "USD",
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "ended_at": None,
    "updated_at": "2026-03-17T14:22:00Z",
}
PROMISE_EXAMPLE = ABOUT | {
    "id": "prm_0UZ8pq1K9xQk4Fw2aBcDeF",
    "status": "open",
    "amount": 5000,
    "amount_received": 0,
    "due_on": "2026-03-27",
    "judged_after": "2026-03-28T04:00:00Z",
}
PLAN_EXAMPLE = ABOUT | {
    "id": "pln_0UZ8pq1K9xQk4Fw2aBcDeF",
    "status": "active",
    "total": 15000,
    "amount_paid": 5000,
    "started_at": "2026-03-17T14:22:00Z",
    "expires_at": "2026-03-31T14:22:00Z",
    "instalments": [
        {
            "id": f"ins_0UZ8pq1K9xQk4Fw2aBcDe{number}",
            "number": number,
            "due_on": due_on,
            "amount": 5000,
            "amount_paid": 5000 if number == 1 else 0,
            "status": "paid" if number == 1 else "due",
        }
        for number, due_on in ((1, "2026-03-31"), (2, "2026-04-30"), (3, "2026-05-31"))
    ],
}


def act(
    name: str,
    summary: str,
    description: str,
    shape: Any,
    example: Any,
    status: int = 200,
    body: Any = None,
    sent: dict[str, Any] | None = None,
) -> Any:
    examples = [OpenApiExample("Answer", value=example, response_only=True, status_codes=[str(status)])]
    examples += [OpenApiExample(words, value=value, request_only=True) for words, value in (sent or {}).items()]
    return extend_schema_view(
        post=extend_schema(
            operation_id=name,
            summary=summary,
            description=description,
            tags=["Agreements"],
            request={"application/json": body} if body else None,
            responses={status: shape},
            examples=examples,
        )
    )


promises = document("list_promises", "List promises to pay", PROMISE, PROMISE_EXAMPLE, tag="Agreements")
promise = described("get_promise", "Get one promise", PROMISE, PROMISE_EXAMPLE, tag="Agreements")
make_promise = act(
    "create_promise",
    "Record a promise to pay",
    "Outreach about the case waits. At the end of `due_on` where you are, the ledger alone says whether it was kept.",
    PROMISE,
    PROMISE_EXAMPLE,
    201,
    PROMISE_IN,
    {"A part of it": {"amount": 5000, "due_on": "2026-03-27"}},
)
cancel_promise = act(
    "cancel_promise",
    "Cancel a promise",
    "It is waited for no more, and the playbook goes on. Cancelled already: nothing happens.",
    PROMISE,
    PROMISE_EXAMPLE | {"status": "cancelled", "ended_at": "2026-03-18T09:00:00Z"},
)
confirm_promise = act(
    "confirm_promise",
    "Confirm a proposed promise",
    "A promise that was read out of a reply without a clear amount and day waits for your word.",
    PROMISE,
    PROMISE_EXAMPLE,
)
plans = document("list_plans", "List payment plans", PLAN, PLAN_EXAMPLE, tag="Agreements")
plan = described("get_plan", "Get one payment plan with its instalments", PLAN, PLAN_EXAMPLE, tag="Agreements")
make_plan = act(
    "create_plan",
    "Offer or record a payment plan",
    "Of the whole balance, within your offer policy. Offered: it waits for `accept`, up to 14 days. With `agreed` it "
    "starts at once, and outreach waits while the instalments come.",
    PLAN,
    PLAN_EXAMPLE,
    201,
    PLAN_IN,
    {
        "Three months, agreed": {"instalments": 3, "first_on": "2026-03-31", "agreed": True},
        "Your own instalments": {
            "schedule": [{"due_on": "2026-03-31", "amount": 10000}, {"due_on": "2026-04-30", "amount": 5000}]
        },
    },
)
cancel_plan = act(
    "cancel_plan",
    "Cancel a payment plan, or take an offer back",
    "It is waited for no more, and the playbook goes on. Cancelled already: nothing happens.",
    PLAN,
    PLAN_EXAMPLE | {"status": "cancelled", "ended_at": "2026-03-18T09:00:00Z"},
)
accept_plan = act(
    "accept_plan",
    "Accept an offered payment plan for the debtor",
    "The debtor has said yes. 409 once the offer has ended or the balance has changed.",
    PLAN,
    PLAN_EXAMPLE,
)
