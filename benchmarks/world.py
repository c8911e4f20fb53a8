"""Ten integrators of a seeded database, each with a key and with rows of its own to ask about."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import operations as accounts
from accounts.models import Organisation
from agentcollect.kit import clock
from benchmarks.load import Call, one_by_one, wire
from benchmarks.scenario import PAGED, Caller
from campaigns.models import Campaign, Case, Contact, Debtor
from events.models import Event
from outreach.models import Decision, Message
from payments.models import Payment
from tests import factories
from webhooks.models import Delivery, Endpoint

BY = "ops:benchmark"


def callers(count: int) -> list[Caller]:
    """One caller for each of the first `count` organisations, with a fresh key and some of its rows."""
    organisations = Organisation.objects.order_by("created_at", "id")[:count]
    return [_known(Caller(organisation.id, _key(organisation.id))) for organisation in organisations]


def _key(organisation_id: str) -> str:
    return accounts.create_key(
        organisation_id=organisation_id, livemode=False, name="benchmark", by=BY, at=clock.now()
    )[1]


def with_other_keys(callers: list[Caller]) -> list[Caller]:
    """The same callers with keys of their own, so that what they ask does not count against the first ones' limits."""
    return [replace(caller, key=_key(caller.organisation_id)) for caller in callers]


def _known(caller: Caller) -> Caller:
    """What hangs on a case is found by the drawn cases: drawn from its own table, gigabytes would be read for it."""
    mine = {"organisation_id": caller.organisation_id, "livemode": False}
    campaigns, cases, debtors = (model.objects.filter(**mine) for model in (Campaign, Case, Debtor))
    # Large balances: a thousand payments of 1 leave them open.
    open_cases = cases.filter(status="active", balance_minor__gt=200_000, campaign__status="active")
    chosen = _some(open_cases, 450)
    rows = list(cases.filter(id__in=_some(cases, 400)))
    of_these = {"case_id__in": [case.id for case in rows]}
    at_these = Contact.objects.filter(debtor_id__in={case.debtor_id for case in rows})
    caller.ids = {
        "campaign": _some(campaigns, 60),
        "spare_campaign": _some(campaigns.filter(status="active", debtors_enrolled__lt=200), 8),
        "case": [case.id for case in rows],
        "open_case": chosen[len(chosen) // 9 :],
        "ending_case": chosen[: len(chosen) // 9],
        "external": [case.external_id for case in rows if case.external_id],
        "invoice": [case.invoice_number for case in rows],
        "customer": [case.metadata["customer"] for case in rows if "customer" in case.metadata],
        "customer_number": _some(debtors.exclude(external_id=""), 100, "external_id"),
        "debtor": sorted({case.debtor_id for case in rows}),
        "contact": list(at_these.values_list("id", flat=True)),
        "address": list(at_these.values_list("email", flat=True)),
        "payment": list(Payment.objects.filter(**of_these).values_list("id", flat=True)),
        "message": list(Message.objects.filter(**of_these).values_list("id", flat=True)[:200]),
        "decided": list(Decision.objects.filter(**of_these).values_list("case_id", flat=True)[:200]),
        "event": list(Event.objects.filter(**of_these, sequence__isnull=False).values_list("id", flat=True)[:400]),
        "endpoint": list(Endpoint.objects.filter(**mine, status="active").values_list("id", flat=True)),
        "delivery": list(Delivery.objects.filter(**mine).order_by("-created_at").values_list("id", flat=True)[:100]),
        "exclusion": [_exclusion(caller.organisation_id, number) for number in range(3)],
        "document": [factories.document(rows[0], raw=factories.PDF + bytes([number])).id for number in range(3)],
        "since": [(clock.now() - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (1, 6, 24, 72)],
    }
    caller.ids["word"] = _words(caller.ids["debtor"], caller.ids["case"])
    return caller


def _exclusion(organisation_id: str, number: int) -> str:
    organisation = Organisation.objects.get(id=organisation_id)
    return factories.exclusion(organisation, value=f"nobody-{number}.example").id


def _some(rows: QuerySet[Any], count: int, column: str = "id") -> list[str]:
    """Values drawn from all over the table: the newest alone would all lie in the same warm pages."""
    return list(rows.order_by("?").values_list(column, flat=True)[:count])


def _words(debtors: list[str], cases: list[str]) -> list[str]:
    """What people type into a search: a part of a name, a whole name, an invoice number, the end of one."""
    names = Debtor.objects.filter(id__in=debtors[:40]).values_list("name", flat=True)
    numbers = Case.objects.filter(id__in=cases[:40]).values_list("invoice_number", flat=True)
    found = [word for name in names for word in (name.split()[0], " ".join(name.split()[:2]))]
    found += [word for number in numbers for word in (number, number[-6:])]
    return [re.sub(r"[^A-Za-z0-9-]+", "%20", word) for word in found if len(word) > 2]


def learn_cursors(callers: list[Caller], port: int, pages: int = 5) -> None:
    """Where later pages of the lists begin, from the lists themselves."""
    for caller in callers:
        for path in PAGED:
            found: list[str] = []
            while len(found) < pages and (
                cursor := _next(caller, f"{path}?cursor={found[-1]}" if found else path, port)
            ):
                found.append(cursor)
            caller.ids[path] = found


def _next(caller: Caller, address: str, port: int) -> str:
    raw = wire("GET", address, "127.0.0.1", {"Authorization": f"Bearer {caller.key}"})
    [answer] = one_by_one(port, [lambda: Call("cursor", raw)])
    if answer.status != 200:
        raise SystemExit(f"{address}: {answer.status} {answer.body[:300]!r}")
    return orjson.loads(answer.body)["next_cursor"] or ""


def routes() -> set[str]:
    """`GET /v1/…` of every route there is."""
    found = set()
    for path, callback in _walk(get_resolver().url_patterns, ""):
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        address = "/" + re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", path)
        methods = ("get", "post", "patch", "put", "delete")
        found |= {f"{method.upper()} {address}" for method in methods if view and hasattr(view, method)}
    return found


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path.startswith("v1"):
            yield path, pattern.callback
