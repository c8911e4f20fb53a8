"""What came of a simulated portfolio: figures read from the rows of its clock, and nothing else.

Amounts are minor units, one currency each; times are days since the story began. Everything is sorted, so that the
same story gives the same bytes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, QuerySet, Sum

from agentcollect.kit import clock
from campaigns.models import Campaign, Case, Debtor, Task
from campaigns.models.cases import LedgerEntry
from events.models import Event
from outreach.models import Call, Decision, Message, Reply
from outreach.queries import LEFT
from payments.models import Plan, Promise
from sandbox.personas import of
from sandbox.simulation.portfolio import Order

WEEK = timedelta(days=7)
# A payment within so many days after a contact is counted as following it; the last contact before it gets it.
_FOLLOWS = timedelta(days=10)
_MONEY = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)
Figures = dict[str, Any]


def measure(order: Order, clock_id: str) -> Figures:
    """All figures of the story on `clock_id`, as JSON values."""
    cases = Case.objects.filter(clock_id=clock_id)
    contacts = _contacts(cases)
    return {
        "order": {
            "debtors": order.debtors,
            "months": order.months,
            "seed": order.seed,
            "mix": order.mix,
            "start": clock.iso(order.start),
        },
        "portfolio": _portfolio(clock_id, cases),
        "recovery": _recovery(cases, order),
        "outcomes": _outcomes(cases),
        "by_persona": _by_persona(cases),
        "contacts": _per_debtor(contacts, Debtor.objects.filter(clock_id=clock_id).count()),
        "steps": _lift(cases, contacts),
        "calls": _counted(Call.objects.filter(case__clock_id=clock_id).values_list("outcome", flat=True)),
        "replies": _counted(Reply.objects.filter(case__clock_id=clock_id).values_list("label", flat=True)),
        "decisions": _decisions(clock_id),
        "agreements": _agreements(clock_id),
        "waiting_for_people": _counted(
            Task.objects.filter(clock_id=clock_id, status__in=["open", "claimed"]).values_list("kind", flat=True)
        ),
        "events": _counted(Event.objects.filter(campaign_id__in=_campaigns(clock_id)).values_list("type", flat=True)),
    }


def _campaigns(clock_id: str) -> list[str]:
    return list(Campaign.objects.filter(clock_id=clock_id).values_list("id", flat=True))


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(value or "none" for value in values).items()))


def _portfolio(clock_id: str, cases: QuerySet[Case]) -> Figures:
    money = cases.order_by("currency").values("currency")
    totals = money.annotate(placed=Sum("placed_minor"), collected=Sum("collected_minor"), owed=Sum("balance_minor"))
    return {
        "campaigns": _counted(Campaign.objects.filter(clock_id=clock_id).values_list("status", flat=True)),
        "debtors": Debtor.objects.filter(clock_id=clock_id).count(),
        "invoices": cases.count(),
        "money": {row.pop("currency"): row for row in totals},
    }


# --- money


def _recovery(cases: QuerySet[Case], order: Order) -> dict[str, list[Figures]]:
    """Currency → what had been collected, net of what went back, by the end of each week."""
    entries = LedgerEntry.objects.filter(case_id__in=cases.values("id"), kind__in=_MONEY)
    by_week: dict[str, Counter[int]] = defaultdict(Counter)
    for currency, at, minor in entries.values_list("currency", "created_at", "amount_minor"):
        by_week[currency][(at - order.start) // WEEK] -= minor
    weeks = -(-order.months * 31 // 7)
    return {currency: _running(found, weeks) for currency, found in sorted(by_week.items())}


def _running(by_week: Counter[int], weeks: int) -> list[Figures]:
    total, found = 0, []
    for week in range(weeks):
        total += by_week[week]
        found.append({"week": week + 1, "collected": total})
    return found


# --- what became of the invoices


def _outcomes(cases: QuerySet[Case]) -> list[Figures]:
    rows = cases.values("status", "close_reason").annotate(
        invoices=Count("id"), placed=Sum("placed_minor"), collected=Sum("collected_minor")
    )
    return list(rows.order_by("status", "close_reason"))


def _by_persona(cases: QuerySet[Case]) -> list[Figures]:
    """What each kind of debtor came to: invoices by how they ended, and the part of their money that came."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    columns = ("given_contacts", "status", "close_reason", "placed_minor", "collected_minor")
    for people, status, reason, placed, collected in cases.values_list(*columns):
        counts = found[_persona(people)]
        counts.update({f"{status} {reason}".strip(): 1, "_placed": placed, "_collected": collected})
    return [
        {
            "persona": name,
            "placed": counts.pop("_placed"),
            "collected": counts.pop("_collected"),
            "ended": dict(sorted(counts.items())),
        }
        for name, counts in sorted(found.items())
    ]


def _persona(people: list[dict[str, Any]]) -> str:
    """Of the first person who has an address: a firm's own telephone may stand before them."""
    found = of(next((one["email"] for one in people if one.get("email")), ""))
    return found[0].name if found else "silent"


# --- contacts


# (debtor, when, channel, intent)
_Contact = tuple[str, datetime, str, str]


def _contacts(cases: QuerySet[Case]) -> list[_Contact]:
    """Every message and call of our own accord that left, in order."""
    mine = {"case_id__in": cases.values("id"), "kind": "outreach"}
    mails = Message.objects.filter(**mine, status__in=LEFT).values_list("debtor_id", "handed_over_at", "intent")
    calls = Call.objects.filter(**mine).values_list("debtor_id", "handed_over_at", "outcome")
    found = [(d, at, "email", intent) for d, at, intent in mails if at]
    found += [(d, at, "call", outcome or "none") for d, at, outcome in calls if at]
    return sorted(found, key=lambda one: (one[1], one[2], one[3]))


def _per_debtor(contacts: list[_Contact], debtors: int) -> Figures:
    each = Counter(debtor for debtor, *_ in contacts)
    counts = sorted([*each.values(), *[0] * (debtors - len(each))])
    return {
        "total": len(contacts),
        "by_channel": _counted(channel for _, _, channel, _ in contacts),
        "debtors_by_contacts": {str(n): c for n, c in sorted(Counter(counts).items())},
        "median": median(counts) if counts else 0,
        "most": max(counts, default=0),
    }


def _lift(cases: QuerySet[Case], contacts: list[_Contact]) -> list[Figures]:
    """Of each act of the playbook: how often it was done, and how many payments came within ten days as the next thing.

    The last contact before a payment gets it; one that would have come anyway is counted all the same.
    """
    entries = LedgerEntry.objects.filter(case_id__in=cases.values("id"), kind=LedgerEntry.Kind.PAYMENT)
    owners = dict(cases.values_list("id", "debtor_id"))
    before: dict[str, list[_Contact]] = defaultdict(list)
    for one in contacts:
        before[one[0]].append(one)
    done = Counter((channel, intent) for _, _, channel, intent in contacts)
    paid: Counter[tuple[str, str]] = Counter()
    minor: Counter[tuple[str, str]] = Counter()
    for case_id, at, amount in entries.values_list("case_id", "created_at", "amount_minor"):
        earlier = [one for one in before[owners[case_id]] if one[1] <= at]
        if earlier and at - earlier[-1][1] <= _FOLLOWS:
            act = earlier[-1][2:]
            paid[act] += 1
            minor[act] -= amount
    return [
        {"channel": act[0], "act": act[1], "done": n, "payments": paid[act], "collected": minor[act]}
        for act, n in sorted(done.items())
    ]


# --- the law's and the debtors' words


def _decisions(clock_id: str) -> Figures:
    rows = Decision.objects.filter(case__clock_id=clock_id).values("outcome", "rule").annotate(n=Count("id"))
    found = sorted((row["outcome"], row["rule"], row["n"]) for row in rows.order_by())
    return {
        "total": sum(n for *_, n in found),
        "by_rule": [{"outcome": outcome, "rule": rule, "times": n} for outcome, rule, n in found],
    }


def _agreements(clock_id: str) -> Figures:
    return {
        "promises": _counted(Promise.objects.filter(clock_id=clock_id).values_list("status", flat=True)),
        "plans": _counted(Plan.objects.filter(clock_id=clock_id).values_list("status", flat=True)),
    }
