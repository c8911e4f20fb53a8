"""How well what is owed is kept low: collection effectiveness (CEI) and days sales outstanding (DSO).

Both look at the accounts of a whole portfolio at the beginning and the end of a period, cases that were recalled or
upheld as disputed apart. The sales they need are the invoices placed: others were never ours to see.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import DateField, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate, TruncMonth

from campaigns.models import Case, LedgerEntry
from campaigns.queries.portfolio import WITHDRAWN
from payments.reports import money
from payments.reports.figures import DAYS, FRACTION, MONEY, Figure
from payments.reports.scope import Scope

_CEI = (
    "(owed at the beginning + placed in the period − owed at the end) ÷ "
    "(owed at the beginning + placed in the period − of that not yet due at the end)"
)
_SIMPLE = "owed at the end ÷ invoiced in the period × days of the period; sales are the invoices placed"
_COUNT_BACK = (
    "owed at the end, less the sales of each month backwards: the days of the months it fills, and a part of the last; "
    "sales are the invoices placed"
)


@dataclass(slots=True)
class Owed:
    """The accounts of one currency over a period, in minor units. `current`: of `end`, what is not due yet."""

    begin: int
    placed: int
    end: int
    current: int


def figures(scope: Scope) -> list[Figure]:
    """CEI, simple and count-back DSO of each currency: three statements."""
    first, last = scope.period
    sales = _sales(scope, first, last)
    return [
        figure
        for currency, owed in sorted(_owed(scope, first, last).items())
        for figure in (
            effectiveness(currency, owed),
            simple(currency, owed.end, sales[currency].in_period, (last - first).days + 1),
            count_back(currency, owed.end, sales[currency].by_month, last),
        )
    ]


def effectiveness(currency: str, owed: Owed) -> Figure:
    """CEI as a fraction: 1 when all that was due was collected."""
    above = owed.begin + owed.placed - owed.end
    below = owed.begin + owed.placed - owed.current
    value = round(above / below, 4) if below > 0 else None
    return Figure("collection_effectiveness", currency, value, FRACTION, _CEI, above, below, (MONEY, MONEY))


def simple(currency: str, owed: int, sales: int, days: int) -> Figure:
    value = round(owed / sales * days, 1) if sales > 0 else None
    return Figure("dso_simple", currency, value, DAYS, _SIMPLE, owed, sales, (MONEY, MONEY))


def count_back(currency: str, owed: int, by_month: dict[date, int], last: date) -> Figure:
    """The denominator is the sales of the months that were counted."""
    left, days, counted, month, until = owed, 0.0, 0, last.replace(day=1), last
    while left > 0 and by_month and month >= min(by_month):
        sales, length = by_month.get(month, 0), (until - month).days + 1
        part = min(1.0, left / sales) if sales else 1.0
        days, counted, left = days + length * part, counted + sales, left - sales
        until = month - timedelta(days=1)
        month = until.replace(day=1)
    value = round(days, 1) if counted and left <= 0 else None
    return Figure("dso_count_back", currency, value, DAYS, _COUNT_BACK, owed, counted, (MONEY, MONEY))


def _owed(scope: Scope, first: date, last: date) -> dict[str, Owed]:
    """Currency → its accounts: what the cases owe now, less what moved since. Two statements.

    A case's principal is its balance less all that ever moved it; at a moment it owed its balance less what moved
    later.
    """
    begins, ends = scope.midnight(first), scope.midnight_after(last)
    kept = scope.whole() & Q(created_at__lt=ends) & ~Q(close_reason__in=WITHDRAWN)
    found: dict[str, Owed] = {}
    for row in _balances(Case.objects.filter(kept), begins, last):
        currency = row.pop("currency")
        found[currency] = Owed(**row)
    rows = money.moved(scope).filter(scope.whole("case__"), case__created_at__lt=ends)
    for row in _moved(rows.exclude(case__close_reason__in=WITHDRAWN), begins, ends, last):
        owed = found[row["case__currency"]]
        owed.begin -= row["begin"]
        owed.placed -= row["placed"]
        owed.end -= row["end"]
        owed.current -= row["current"]
    return found


def _balances(cases: QuerySet[Case], begins: datetime, last: date) -> QuerySet[Any, Any]:
    new, current = Q(created_at__gte=begins), Q(due_date__gte=last)
    sums = {
        "begin": Sum("balance_minor", filter=~new, default=0),
        "placed": Sum("balance_minor", filter=new, default=0),
        "end": Sum("balance_minor"),
        "current": Sum("balance_minor", filter=current, default=0),
    }
    return cases.order_by().values("currency").annotate(**sums)


def _moved(rows: QuerySet[LedgerEntry], begins: datetime, ends: datetime, last: date) -> QuerySet[Any, Any]:
    new, later = Q(case__created_at__gte=begins), Q(created_at__gte=ends)
    sums = {
        "begin": Sum("amount_minor", filter=~new & Q(created_at__gte=begins), default=0),
        "placed": Sum("amount_minor", filter=new, default=0),
        "end": Sum("amount_minor", filter=later, default=0),
        "current": Sum("amount_minor", filter=later & Q(case__due_date__gte=last), default=0),
    }
    return rows.values("case__currency").annotate(**sums)


@dataclass(slots=True)
class _Sales:
    in_period: int
    by_month: dict[date, int]


def _sales(scope: Scope, first: date, last: date) -> dict[str, _Sales]:
    """Currency → what was invoiced, by the day of the invoice (of its placing, where it names none)."""
    placed_on = TruncDate("created_at", tzinfo=scope.zone)
    day = Coalesce("invoice_date", placed_on, output_field=DateField())
    cases = Case.objects.filter(scope.whole(), created_at__lt=scope.midnight_after(last))
    cases = cases.exclude(close_reason__in=WITHDRAWN).order_by().alias(day=day).filter(day__lte=last)
    sums = {"minor": Sum("placed_minor"), "within": Sum("placed_minor", filter=Q(day__gte=first), default=0)}
    found: dict[str, _Sales] = defaultdict(lambda: _Sales(0, {}))
    for row in cases.values("currency", month=TruncMonth("day")).annotate(**sums):
        found[row["currency"]].in_period += row["within"]
        found[row["currency"]].by_month[row["month"]] = row["minor"]
    return found
