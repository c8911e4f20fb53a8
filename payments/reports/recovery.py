"""How much of what was placed came, through whom, and how fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least

from agentcollect.kit import clock
from agentcollect.kit import money as minor_units
from campaigns.models import Case, LedgerEntry
from campaigns.queries.portfolio import WITHDRAWN, Totals
from campaigns.rules import figures as statistics
from payments.models import Promise
from payments.reports import money, receivables
from payments.reports.figures import DAYS, MONEY, Figure, amount, count, fraction
from payments.reports.money import SETTLED, Came
from payments.reports.scope import Scope

_JUDGED = (Promise.Status.KEPT, Promise.Status.PARTIALLY_KEPT, Promise.Status.BROKEN)


@dataclass(frozen=True, slots=True)
class Recovery:
    """The report. `curve`: currency → (days since placement, collected until then, part of what was placed)."""

    figures: list[Figure]
    curve: dict[str, list[tuple[int, int, float]]]


def recovery(scope: Scope) -> Recovery:
    """Every figure of each currency, in a handful of grouped statements whatever the number of cases."""
    totals, collected = money.totals(scope), money.collected(scope)
    paid, promised = money.days_to_paid(scope), _promises(scope)
    found = []
    for currency, total in sorted(totals.items()):
        found += _sums(total, collected[currency].came)
        found += _days(currency, collected[currency].days, paid.get(currency, {}))
        found += _kept(currency, promised.get(currency, {}))
    curve = {currency: _curve(steps, totals[currency].placed) for currency, steps in money.by_day(scope).items()}
    return Recovery(_by_currency([*found, *receivables.figures(scope)]), curve)


def _by_currency(found: list[Figure]) -> list[Figure]:
    return sorted(found, key=lambda figure: figure.currency)


def _sums(total: Totals, came: Came) -> list[Figure]:
    currency = total.currency
    net = "net of what was refunded or reversed"
    return [
        count("cases", currency, total.cases, "invoices placed"),
        amount("placed", currency, total.placed, "what was owed on the invoices when they were placed, as corrected"),
        amount("withdrawn", currency, total.withdrawn, "placed on invoices since recalled or upheld as disputed"),
        amount("collected_by_us", currency, came.by_us, f"paid by page, transfer or attorney, {net}"),
        amount("reported_by_you", currency, came.reported, f"reported as paid to you directly, {net}"),
        amount("credited", currency, total.credited, "credit notes, upheld disputes, settlements and write-offs"),
        fraction("recovery_rate", currency, total.collected, total.placed, f"collected, {net} ÷ placed"),
        fraction(
            "adjusted_recovery_rate",
            currency,
            total.collected,
            total.placed - total.withdrawn,
            f"collected, {net} ÷ (placed − recalled and upheld as disputed)",
        ),
    ]


def _days(currency: str, collected: Mapping[int, tuple[int, int]], paid: Mapping[int, int]) -> list[Figure]:
    counts = {day: n for day, (n, _) in collected.items()}
    weighted = sum(day * minor for day, (_, minor) in collected.items())
    minor, payments = sum(minor for _, minor in collected.values()), sum(counts.values())
    spent = sum(day * n for day, n in counts.items())
    what = "days from placement to each payment that stands"
    mean, middle = statistics.mean(counts), statistics.median(counts)
    of_money = round(weighted / minor, 2) if minor > 0 else None
    in_full = statistics.median(paid)
    words = f"{what}, each weighted by its principal: Σ days × amount ÷ Σ amount"
    last = "the middle of the days from placement to closing, of the invoices paid in full"
    return [
        Figure("days_to_collect_mean", currency, mean, DAYS, f"{what} ÷ payments", spent, payments, (DAYS, "count")),
        Figure("days_to_collect_median", currency, middle, DAYS, f"the middle of the {what}", None, payments),
        Figure("days_to_collect_weighted", currency, of_money, DAYS, words, weighted, minor, (MONEY, MONEY)),
        Figure("days_to_paid_median", currency, in_full, DAYS, last, None, sum(paid.values())),
    ]


def _promises(scope: Scope) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Currency → state → (promises, what was promised, what came of it), of those that were judged."""
    rows = Promise.objects.filter(scope.placed("case__"), scope.before("ended_at"), status__in=_JUDGED).order_by()
    sums = {"n": Count("id"), "promised": Sum("amount_minor"), "received": Sum(Least("received_minor", "amount_minor"))}
    found: dict[str, dict[str, tuple[int, int, int]]] = {}
    for row in rows.values("currency", "status").annotate(**sums):
        found.setdefault(row["currency"], {})[row["status"]] = (row["n"], row["promised"], row["received"])
    return found


def _kept(currency: str, found: Mapping[str, tuple[int, int, int]]) -> list[Figure]:
    kept = found.get(Promise.Status.KEPT, (0, 0, 0))[0]
    judged, promised, received = (sum(row[place] for row in found.values()) for place in range(3))
    words = "promises kept ÷ promises kept, kept in part or broken"
    money_words = "what came of each promise by its day, at most what it said ÷ what was promised"
    return [
        fraction("promise_kept_rate", currency, kept, judged, words, of="count"),
        fraction("promised_amount_kept_rate", currency, received, promised, money_words),
    ]


def _curve(steps: Mapping[int, int], placed: int) -> list[tuple[int, int, float]]:
    total, found = 0, []
    for day, minor in sorted(steps.items()):
        total += minor
        found.append((day, total, round(total / placed, 4) if placed > 0 else 0.0))
    return found


# --- the rows behind it

# What of a case its rows are made of: it has forty columns more.
NAMED = ("campaign_id", "debtor", "debtor__name", "invoice_number", "currency", "created_at")
_OUTCOME = ("status", "close_reason", "closed_at", "placed_minor", "collected_minor", "balance_minor")


def recovery_rows(scope: Scope) -> QuerySet[Case]:
    """The cases that were placed, each with `collected` and `balance` as of the scope's day."""
    cases = scope.cases().select_related("debtor").only(*NAMED, *_OUTCOME)
    if scope.until is None:
        return cases.annotate(collected=F("collected_minor"), balance=F("balance_minor"))
    ledger = LedgerEntry.objects.filter(scope.before("created_at"), case_id=OuterRef("id")).order_by().values("case_id")
    settled = ledger.filter(kind__in=SETTLED).annotate(minor=Sum("amount_minor")).values("minor")
    owed = ledger.annotate(minor=Sum("amount_minor")).values("minor")
    return cases.annotate(collected=-Coalesce(Subquery(settled), 0), balance=Coalesce(Subquery(owed), 0))


def placed_case(scope: Scope, case: Case) -> dict[str, Any]:
    """A row of `recovery_rows`: what of it stands in the numerator and in the two denominators."""
    closed = bool(case.closed_at and (scope.until is None or case.closed_at < scope.until))
    gone = closed and case.close_reason in WITHDRAWN
    collected, balance = case.collected, case.balance  # type: ignore[attr-defined]
    numbers = {
        "placed": case.placed_minor,
        "placed_adjusted": 0 if gone else case.placed_minor,
        "collected": collected,
        "credited": case.placed_minor - collected - balance,
        "balance": balance,
    }
    return named(case) | {
        "status": case.status,
        "close_reason": case.close_reason or None,
        **{name: minor_units.to_json(minor, case.currency) for name, minor in numbers.items()},
        "currency": case.currency,
        "placed_on": case.created_at.astimezone(scope.zone).date().isoformat(),
        "closed_at": clock.iso(case.closed_at) if case.closed_at else None,
    }


def named(case: Case) -> dict[str, Any]:
    """Which case it is."""
    return {
        "case_id": case.id,
        "campaign_id": case.campaign_id,
        "debtor_id": case.debtor_id,
        "debtor": case.debtor.name,
        "invoice_number": case.invoice_number or None,
    }


def curve(found: Recovery) -> list[dict[str, Any]]:
    """The recovery curve as the API answers it: a point for each day on which something changed."""
    return [
        {"currency": currency, "day": day, "collected": minor_units.to_json(minor, currency), "part": part}
        for currency, points in sorted(found.curve.items())
        for day, minor, part in points
    ]
