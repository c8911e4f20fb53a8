"""What came of what was placed: from the cases' own columns for now, from their ledgers for a day that is past."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from campaigns.models import Case, LedgerEntry
from campaigns.queries import portfolio
from campaigns.queries.portfolio import WITHDRAWN, Totals, days_between
from payments import rules
from payments.models import Allocation, Payment
from payments.reports.scope import Scope

# Ledger kinds that say what payments settled, net of what went back.
SETTLED = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)
# Payments that came and still stand, the whole or a part of them.
STANDING = (Payment.Status.SUCCEEDED, Payment.Status.PARTIALLY_REFUNDED)


def moved(scope: Scope) -> QuerySet[LedgerEntry]:
    """What moved the accounts of the organisation. What was placed is the rest: balance = principal + what moved."""
    return LedgerEntry.objects.filter(~Q(kind=LedgerEntry.Kind.PRINCIPAL), **scope.tenant).order_by()


def totals(scope: Scope) -> dict[str, Totals]:
    """Currency → what was placed and what came of it. Two statements at most."""
    if scope.until is None:
        return portfolio.totals(portfolio.groups(scope.cases()))
    found = {row["currency"]: Totals(**row) for row in _placed_then(scope)}
    # What happened since is taken back from the accounts, and what came since from what came.
    since = Q(created_at__gte=scope.until)
    sums = {"later": Sum("amount_minor", filter=since, default=0)}
    sums |= {"settled": Sum("amount_minor", filter=~since & Q(kind__in=SETTLED), default=0)}
    for row in moved(scope).filter(scope.placed("case__")).values("case__currency").annotate(**sums):
        total = found[row["case__currency"]]
        total.balance, total.collected = total.balance - row["later"], -row["settled"]
    return found


def _placed_then(scope: Scope) -> QuerySet:
    gone = Q(close_reason__in=WITHDRAWN) & scope.before("closed_at")
    sums = {
        "cases": Count("id"),
        "placed": Sum("placed_minor"),
        "balance": Sum("balance_minor"),
        "withdrawn": Sum("placed_minor", filter=gone, default=0),
    }
    return scope.cases().order_by().values("currency").annotate(**sums)


@dataclass(slots=True)
class Came:
    """What payments settled, net of what went back, in minor units: two figures, never one sum."""

    by_us: int = 0
    reported: int = 0


@dataclass(slots=True)
class Collected:
    """One currency's money that came. `days`: days since enrolment → (payments, minor units)."""

    came: Came = field(default_factory=Came)
    days: dict[int, tuple[int, int]] = field(default_factory=dict)


def collected(scope: Scope) -> dict[str, Collected]:
    """Currency → what came through us (the payment page, a transfer, an attorney) and what the creditor reported; and
    of the payments that stand, the days they took. One statement.

    What went back has taken its part out of the allocations (payments.models.Allocation), so their sum is net. Days
    are those that `payment.received` tells (payments.rules.days_to_collect): from enrolment to the day the money was
    received. What is counted for them is the principal that each payment still settles.
    """
    found: dict[str, Collected] = defaultdict(Collected)
    for row in _allocated(scope):
        each = found[row["currency"]]
        if row["payment__source"] == Payment.Source.REPORTED:
            each.came.reported += row["minor"]
        else:
            each.came.by_us += row["minor"]
        day = max(0, row["days"].days)
        n, minor = each.days.get(day, (0, 0))
        if row["n"] or row["principal"]:
            each.days[day] = (n + row["n"], minor + row["principal"])
    return found


def _allocated(scope: Scope) -> QuerySet[Any, Any]:
    days = days_between("case__created_at", "payment__received_at", scope.zone)
    mine = Allocation.objects.filter(scope.placed("case__"), scope.before("created_at"), **scope.tenant)
    applied = mine.filter(component__in=rules.COMPONENTS, **{f"payment__{k}": v for k, v in scope.tenant.items()})
    stands = Q(component=rules.PRINCIPAL, payment__status__in=STANDING)
    sums = {
        "minor": Sum("amount_minor"),
        "principal": Sum("amount_minor", filter=stands, default=0),
        # One payment has one row of its own for each invoice; rows with a cause are what of it moved later.
        "n": Count("id", filter=stands & Q(cause="")),
    }
    return applied.order_by().values("currency", "payment__source", days=days).annotate(**sums)


def by_day(scope: Scope) -> dict[str, dict[int, int]]:
    """Currency → {days since placement: minor units settled on that day, net of what went back}: the curve's steps."""
    days = days_between("case__created_at", "created_at", scope.zone)
    rows = moved(scope).filter(scope.placed("case__"), scope.before("created_at"), kind__in=SETTLED)
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows.values("case__currency", days=days).annotate(minor=Sum("amount_minor")):
        found[row["case__currency"]][max(0, row["days"].days)] -= row["minor"]
    return found


def days_to_paid(scope: Scope) -> dict[str, Counter[int]]:
    """Currency → {days: cases paid in full}, as `campaign.completed` counts them."""
    return portfolio.days_to_paid(Case.objects.filter(scope.placed(), scope.before("closed_at")), scope.zone)
