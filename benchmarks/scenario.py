"""What ten integrators ask of the API at once: which calls, how often each, about rows that are really there.

70 % reads, 25 % small writes, 5 % creates of 50 debtors. The name of a call is its route as the document has it;
what follows a `?` or a space says which question of it. A new route joins by a line below; `unmeasured` names those
without one.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import orjson

from benchmarks.load import Call, wire

READS, WRITES, CREATES = 0.70, 0.25, 0.05
CREATE_DEBTORS = 50
Body = dict[str, Any] | None
Make = Callable[["Caller", random.Random], tuple[str, Body]]


@dataclass(slots=True)
class Caller:
    """One integrator: its key, and by kind what of its organisation's it may ask about: ids, words, cursors."""

    organisation_id: str
    key: str
    ids: dict[str, list[str]] = field(default_factory=dict)
    made: int = 0

    def one(self, kind: str, rng: random.Random) -> str:
        return rng.choice(self.ids[kind])

    def can(self, op: "Op") -> bool:
        """A small creditor has no second page, or nothing disputed."""
        return not op.needs or bool(self.ids.get(op.needs))


class Op(NamedTuple):
    """A call: how often among its kind, its name, what it asks, and which ids of the caller's it needs for that."""

    weight: float
    name: str
    make: Make
    needs: str = ""


def _get(weight: float, name: str, path: str = "") -> Op:
    """A GET of `path` (left out: the name's own); `{kind}` in it becomes one of the caller's ids of that kind."""
    path = path or name.partition(" ")[2]
    before, brace, rest = path.partition("{")
    kind, _, after = rest.partition("}")

    def make(caller: Caller, rng: random.Random) -> tuple[str, Body]:
        return (f"{before}{caller.one(kind, rng)}{after}" if brace else path), None

    return Op(weight, name, make, kind)


PAGED = ("/v1/campaigns", "/v1/cases", "/v1/payments", "/v1/debtors")


def _page(weight: float, path: str) -> Op:
    """A later page of a list, by a cursor that an earlier page gave."""

    def make(caller: Caller, rng: random.Random) -> tuple[str, Body]:
        return f"{path}?cursor={caller.one(path, rng)}", None

    return Op(weight, f"GET {path}?cursor", make, path)


def _search(caller: Caller, rng: random.Random) -> tuple[str, Body]:
    return f"/v1/cases?q={caller.one('word', rng)}", None


READ_OPS = [
    _get(2, "GET /v1/organisation"),
    _get(6, "GET /v1/campaigns"),
    _get(2, "GET /v1/campaigns?status", "/v1/campaigns?status=active"),
    _page(1, "/v1/campaigns"),
    _get(8, "GET /v1/campaigns/{campaign_id}", "/v1/campaigns/{campaign}"),
    _get(3, "GET /v1/campaigns/{campaign_id}/cases", "/v1/campaigns/{campaign}/cases"),
    _get(3, "GET /v1/campaigns/{campaign_id}/timeline", "/v1/campaigns/{campaign}/timeline"),
    _get(2, "GET /v1/campaigns/{campaign_id}/contacts", "/v1/campaigns/{campaign}/contacts"),
    _get(2, "GET /v1/campaigns/{campaign_id}/payments", "/v1/campaigns/{campaign}/payments"),
    _get(2, "GET /v1/campaigns/{campaign_id}/messages", "/v1/campaigns/{campaign}/messages"),
    _get(5, "GET /v1/cases"),
    _get(2, "GET /v1/cases?limit=100"),
    _get(1, "GET /v1/cases?expand", "/v1/cases?expand=debtor,campaign"),
    _page(2, "/v1/cases"),
    _get(3, "GET /v1/cases?status", "/v1/cases?status=disputed"),
    _get(1, "GET /v1/cases?close_reason", "/v1/cases?close_reason=bankrupt"),
    _get(1, "GET /v1/cases?hold", "/v1/cases?hold=promise"),
    _get(2, "GET /v1/cases?debtor_id", "/v1/cases?debtor_id={debtor}"),
    _get(2, "GET /v1/cases?external_id", "/v1/cases?external_id={external}"),
    _get(2, "GET /v1/cases?invoice_number", "/v1/cases?invoice_number={invoice}"),
    _get(1, "GET /v1/cases?metadata", "/v1/cases?metadata[customer]={customer}"),
    _get(2, "GET /v1/cases?updated_since", "/v1/cases?updated_since={since}"),
    Op(3, "GET /v1/cases?q", _search, "word"),
    _get(10, "GET /v1/cases/{case_id}", "/v1/cases/{case}"),
    _get(2, "GET /v1/cases/{case_id}/decisions", "/v1/cases/{decided}/decisions"),
    _get(1, "GET /v1/cases/{case_id}/documents", "/v1/cases/{case}/documents"),
    _get(3, "GET /v1/debtors"),
    _page(1, "/v1/debtors"),
    _get(1, "GET /v1/debtors?external_id", "/v1/debtors?external_id={customer_number}"),
    _get(3, "GET /v1/debtors/{debtor_id}", "/v1/debtors/{debtor}"),
    _get(2, "GET /v1/contacts"),
    _get(1, "GET /v1/contacts?email", "/v1/contacts?email={address}"),
    _get(2, "GET /v1/contacts/{contact_id}", "/v1/contacts/{contact}"),
    _get(1, "GET /v1/suppressions"),
    _get(1, "GET /v1/exclusions"),
    _get(1, "GET /v1/exclusions/{exclusion_id}", "/v1/exclusions/{exclusion}"),
    _get(1, "GET /v1/documents"),
    _get(1, "GET /v1/documents/{document_id}", "/v1/documents/{document}"),
    _get(1, "GET /v1/exports"),
    _get(2, "GET /v1/messages/{message_id}", "/v1/messages/{message}"),
    _get(6, "GET /v1/payments"),
    _page(2, "/v1/payments"),
    _get(2, "GET /v1/payments?method", "/v1/payments?method=check"),
    _get(8, "GET /v1/payments/{payment_id}", "/v1/payments/{payment}"),
    _get(4, "GET /v1/events?after", "/v1/events?after={event}"),
    _get(2, "GET /v1/events?types", "/v1/events?after={event}&types=payment.received"),
    _get(1, "GET /v1/events?case_id", "/v1/events?case_id={case}"),
    _get(3, "GET /v1/events/{event_id}", "/v1/events/{event}"),
    _get(1, "GET /v1/webhooks"),
    _get(1, "GET /v1/webhooks/{webhook_id}", "/v1/webhooks/{endpoint}"),
    _get(2, "GET /v1/webhooks/{webhook_id}/deliveries", "/v1/webhooks/{endpoint}/deliveries"),
    _get(1, "GET /v1/webhooks/{webhook_id}/deliveries?status", "/v1/webhooks/{endpoint}/deliveries?status=failed"),
    _get(2, "GET /v1/webhooks/deliveries/{delivery_id}", "/v1/webhooks/deliveries/{delivery}"),
    _get(2, "GET /v1/request_logs"),
    _get(1, "GET /v1/request_logs?status", "/v1/request_logs?status=4xx"),
]


def _write(weight: float, name: str, kind: str, body: Callable[[Caller, random.Random], dict[str, Any]]) -> Op:
    """A write to the route of `name`; what stands in its braces becomes one of the caller's ids of `kind`."""
    path = name.partition(" (")[0].partition(" ")[2]
    before, brace, rest = path.partition("{")
    after = rest.partition("}")[2]

    def make(caller: Caller, rng: random.Random) -> tuple[str, Body]:
        return (f"{before}{caller.one(kind, rng)}{after}" if brace else path), body(caller, rng)

    return Op(weight, name, make, kind)


def _nothing(caller: Caller, rng: random.Random) -> dict[str, Any]:
    return {}


def _number(rng: random.Random) -> str:
    """Not `rng`'s: another run on the same database must not repeat it."""
    return f"{secrets.randbelow(10**12):012}"


def _one_debtor(rng: random.Random) -> dict[str, Any]:
    number = _number(rng)
    return {"contact_email": f"ap@one-{number}.com", "invoice_amount": 1500, "invoice_number": f"INV-{number}"}


def _shorthand(caller: Caller, rng: random.Random) -> dict[str, Any]:
    return {"company": f"Debtor {_number(rng)} Inc", **_one_debtor(rng)}


def _row(caller: Caller, rng: random.Random) -> dict[str, Any]:
    return {"debtors": [{"company_name": f"Debtor {_number(rng)} Inc", **_one_debtor(rng)}]}


def _paid(caller: Caller, rng: random.Random) -> dict[str, Any]:
    return {"case_id": caller.one("open_case", rng), "amount": 1, "method": "bank_transfer"}


def _noted(caller: Caller, rng: random.Random) -> dict[str, Any]:
    return {"metadata": {"note": _number(rng)}}


def _person(caller: Caller, rng: random.Random) -> dict[str, Any]:
    number = _number(rng)
    return {"debtor_id": caller.one("debtor", rng), "email": f"p{number}@one-{number}.com", "name": "Robin Vance"}


WRITE_OPS = [
    _write(8, "POST /v1/payments", "open_case", _paid),
    _write(2, "POST /v1/sandbox/payments", "open_case", lambda c, r: {"case_id": c.one("open_case", r), "amount": 1}),
    _write(3, "POST /v1/campaigns (one debtor)", "", _shorthand),
    _write(1, "POST /v1/campaigns/preview", "", _shorthand),
    _write(2, "POST /v1/campaigns/{campaign_id}/debtors", "spare_campaign", _row),
    _write(2, "PATCH /v1/campaigns/{campaign_id}", "spare_campaign", _noted),
    _write(1, "POST /v1/campaigns/{campaign_id}/pause", "spare_campaign", _nothing),
    _write(1, "POST /v1/campaigns/{campaign_id}/resume", "spare_campaign", _nothing),
    _write(4, "PATCH /v1/cases/{case_id}", "open_case", lambda c, r: {"notes": _number(r), "reason": "benchmark"}),
    _write(
        3, "POST /v1/cases/{case_id}/hold", "open_case", lambda c, r: {"kind": "creditor_pause", "reason": "benchmark"}
    ),
    _write(3, "POST /v1/cases/{case_id}/release", "open_case", lambda c, r: {"kind": "creditor_pause"}),
    _write(1, "POST /v1/cases/{case_id}/credits", "open_case", lambda c, r: {"amount": 0.01, "reason": "benchmark"}),
    _write(1, "POST /v1/cases/{case_id}/close", "ending_case", lambda c, r: {"reason": "recalled"}),
    _write(2, "PATCH /v1/debtors/{debtor_id}", "debtor", _noted),
    _write(2, "POST /v1/contacts", "debtor", _person),
    _write(2, "PATCH /v1/contacts/{contact_id}", "contact", lambda c, r: {"title": f"Clerk {r.randrange(100)}"}),
    _write(
        1,
        "POST /v1/exclusions",
        "",
        lambda c, r: {"match": "domain", "value": f"no-{_number(r)}.com", "effect": "never_contact"},
    ),
    _write(1, "PATCH /v1/documents/{document_id}", "document", lambda c, r: {"share_with_debtor": r.random() < 0.5}),
    _write(1, "PATCH /v1/webhooks/{webhook_id}", "endpoint", lambda c, r: {"description": _number(r)}),
    _write(1, "POST /v1/webhooks/{webhook_id}/test", "endpoint", _nothing),
    _write(0.4, "POST /v1/auth", "", lambda c, r: {"api_key": c.key}),
]

# Routes that no call asks, and why.
LEFT_OUT = {
    "DELETE /v1/exclusions/{exclusion_id}": "as PATCH of a webhook: one row",
    "DELETE /v1/webhooks/{webhook_id}": "ends what the others ask about",
    "GET /v1/documents/{document_id}/content": "a file, not an answer of the database",
    "GET /v1/exports/{export_id}": "made by a worker; nothing to ask about at this rate",
    "GET /v1/exports/{export_id}/content": "a file, not an answer of the database",
    "GET /v1/request_logs/{log_id}": "as the list, one row",
    "POST /v1/campaigns/{campaign_id}/cancel": "ends what the others ask about",
    "POST /v1/campaigns/{campaign_id}/complete": "ends what the others ask about",
    "POST /v1/cases/{case_id}/enrich": "work for a worker; the request is one row",
    "POST /v1/cases/{case_id}/escalate": "ends what the others ask about",
    "POST /v1/cases/{case_id}/unrecall": "as close, the other way",
    "POST /v1/contacts/{contact_id}/suppress": "ends what the others ask about",
    "POST /v1/contacts/{contact_id}/verify": "work for a worker; the request is one row",
    "POST /v1/documents": "a file upload, bounded by its own size",
    "POST /v1/exports": "work for a worker; the request is one row",
    "POST /v1/oauth/introspect": "as /v1/auth; counted per address, sixty a minute for all",
    "POST /v1/oauth/revoke": "as /v1/auth; counted per address, sixty a minute for all",
    "POST /v1/oauth/token": "as /v1/auth; counted per address, sixty a minute for all",
    "POST /v1/organisation/pause": "stops what the others ask about",
    "POST /v1/organisation/resume": "stops what the others ask about",
    "POST /v1/secret_scanning": "GitHub's, a few a year",
    "POST /v1/webhooks": "every endpoint more is a delivery more for each event",
    "POST /v1/webhooks/deliveries/{delivery_id}/replay": "work for the sender; the request is one row",
}


def bodies(debtors: int, name: str) -> dict[str, Any]:
    """A create body of `debtors` rows that no other body repeats."""
    return {
        "company": "Your Company Inc.",
        "debtors": [
            {
                "company_name": f"Debtor {name} {n} Inc",
                "contact_email": f"ap@d-{name}-{n}.com",
                "contact_name": "Accounts Payable",
                "invoice_amount": 1000 + n,
                "invoice_date": "2025-10-01",
                "invoice_number": f"INV-{name}-{n}",
                "state": "NY",
            }
            for n in range(debtors)
        ],
    }


def _create(caller: Caller, rng: random.Random) -> tuple[str, Body]:
    caller.made += 1
    return "/v1/campaigns", bodies(CREATE_DEBTORS, f"{caller.key[-6:]}-{caller.made}-{_number(rng)}")


CREATE_OPS = [Op(1, f"POST /v1/campaigns ({CREATE_DEBTORS} debtors)", _create)]


# --- calls in order


def mixed(callers: list[Caller], count: int, seed: int) -> Iterator[Callable[[], Call]]:
    """`count` calls, the callers in turn, the kinds by their shares; each built when it is due."""
    rng = random.Random(seed)
    kinds = rng.choices((READ_OPS, WRITE_OPS, CREATE_OPS), (READS, WRITES, CREATES), k=count)
    for number, ops in enumerate(kinds):
        yield _built(ops, callers[number % len(callers)], rng)


def reads(callers: list[Caller], count: int, seed: int) -> Iterator[Callable[[], Call]]:
    """The reads alone."""
    rng = random.Random(seed)
    for number in range(count):
        yield _built(READ_OPS, callers[number % len(callers)], rng)


def each_once(callers: list[Caller], seed: int) -> Iterator[Callable[[], Call]]:
    """Every call of the scenario for the first caller that can: to warm up, and to see that each is answered."""
    rng = random.Random(seed)
    for op in (*READ_OPS, *WRITE_OPS, *CREATE_OPS):
        if caller := next((caller for caller in callers if caller.can(op)), None):
            yield partial(call, op, caller, rng)


def _built(ops: list[Op], caller: Caller, rng: random.Random) -> Callable[[], Call]:
    able = [op for op in ops if caller.can(op)]
    return partial(call, rng.choices(able, [op.weight for op in able])[0], caller, rng)


def call(op: Op, caller: Caller, rng: random.Random) -> Call:
    """`op` of `caller` on the wire; every POST carries an idempotency key, as a careful client's does."""
    path, body = op.make(caller, rng)
    method = op.name.partition(" ")[0]
    headers = {"Authorization": f"Bearer {caller.key}"}
    if method == "POST":
        headers["Idempotency-Key"] = secrets.token_hex(16)
    raw = b"" if body is None else orjson.dumps(body)
    return Call(op.name, wire(method, path, "127.0.0.1", headers, raw))


def unmeasured(routes: set[str]) -> list[str]:
    """The routes (`GET /v1/…`) that no call asks and that nobody said a reason for."""
    asked = {op.name.partition("?")[0].partition(" (")[0] for op in (*READ_OPS, *WRITE_OPS, *CREATE_OPS)}
    return sorted(routes - asked - LEFT_OUT.keys())
