"""What is owed by how long it is overdue: five buckets of each currency, and apart what has no due date."""

from datetime import timedelta
from typing import Any

from django.db.models import Case as Choice
from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from agentcollect.kit import money
from campaigns.models import Case, LedgerEntry
from payments.reports.figures import Figure, amount, count, fraction
from payments.reports.money import moved
from payments.reports.recovery import NAMED, named
from payments.reports.scope import Scope

# Bucket → the most days overdue that it takes; the last takes the rest.
_DAYS = {"current": 0, "1-30": 30, "31-60": 60, "61-90": 90}
OLDEST, NO_DUE_DATE = "90+", "no_due_date"
BUCKETS = (*_DAYS, OLDEST, NO_DUE_DATE)


def aging(scope: Scope) -> list[Figure]:
    """The buckets of each currency: their amounts add up to what the open cases owe. Two statements at most."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for (currency, bucket), owed in _open(scope).items():
        found.setdefault(currency, {})[bucket] = owed
    return [figure for currency in sorted(found) for figure in _figures(currency, found[currency])]


def _figures(currency: str, buckets: dict[str, tuple[int, int]]) -> list[Figure]:
    owed = sum(minor for minor, _ in buckets.values())
    figures = [
        amount("owed", currency, owed, "what the open invoices owe"),
        count("cases", currency, sum(cases for _, cases in buckets.values()), "open invoices"),
    ]
    for bucket in BUCKETS:
        minor, cases = buckets.get(bucket, (0, 0))
        said = _said(bucket)
        figures += [
            amount(f"owed_{bucket}", currency, minor, f"owed on open invoices {said}"),
            count(f"cases_{bucket}", currency, cases, f"open invoices {said}"),
            fraction(f"share_{bucket}", currency, minor, owed, f"owed on open invoices {said} ÷ all that is owed"),
        ]
    return figures


def _said(bucket: str) -> str:
    if bucket == NO_DUE_DATE:
        return "without a due date"
    if bucket == "current":
        return "not yet overdue"
    return "more than 90 days overdue" if bucket == OLDEST else f"{bucket.replace('-', '–')} days overdue"


def _bucket(scope: Scope, path: str = "") -> Choice:
    """The bucket of a due date: one that is due on the day itself is current."""
    due = f"{path}due_date"
    whens = [When(**{f"{due}__isnull": True}, then=Value(NO_DUE_DATE))]
    whens += [
        When(**{f"{due}__gte": scope.day - timedelta(days=days)}, then=Value(bucket)) for bucket, days in _DAYS.items()
    ]
    return Choice(*whens, default=Value(OLDEST), output_field=CharField())


def _open(scope: Scope) -> dict[tuple[str, str], tuple[int, int]]:
    """(currency, bucket) → (minor units, cases): what the accounts say now, less what moved them since `as_of`."""
    cases = Case.objects.filter(scope.open_then()).order_by().annotate(bucket=_bucket(scope))
    rows = cases.values_list("currency", "bucket").annotate(minor=Sum("balance_minor"), n=Count("id"))
    found = {(currency, bucket): (minor, n) for currency, bucket, minor, n in rows}
    if scope.until is not None:
        since = moved(scope).filter(scope.open_then("case__"), created_at__gte=scope.until)
        since = since.annotate(bucket=_bucket(scope, "case__"))
        for currency, bucket, later in since.values_list("case__currency", "bucket").annotate(Sum("amount_minor")):
            minor, n = found[currency, bucket]
            found[currency, bucket] = (minor - later, n)
    return found


# --- the rows behind it


def aging_rows(scope: Scope, bucket: str = "") -> QuerySet[Case]:
    """The open cases with `bucket` and `balance` as of the scope's day; of one bucket where it is named."""
    rows = Case.objects.filter(scope.open_then()).select_related("debtor").annotate(bucket=_bucket(scope))
    rows = rows.only(*NAMED, "invoice_date", "due_date", "balance_minor")
    if bucket:
        rows = rows.filter(bucket=bucket)
    if scope.until is None:
        return rows.annotate(balance=F("balance_minor"))
    ledger = LedgerEntry.objects.filter(scope.before("created_at"), case_id=OuterRef("id")).order_by().values("case_id")
    return rows.annotate(balance=Coalesce(Subquery(ledger.annotate(minor=Sum("amount_minor")).values("minor")), 0))


def open_case(scope: Scope, case: Case) -> dict[str, Any]:
    """A row of `aging_rows`. Days overdue are negative before the due date."""
    return named(case) | {
        "invoice_date": case.invoice_date.isoformat() if case.invoice_date else None,
        "due_date": case.due_date.isoformat() if case.due_date else None,
        "days_overdue": (scope.day - case.due_date).days if case.due_date else None,
        "bucket": case.bucket,  # type: ignore[attr-defined]
        "balance": money.to_json(case.balance, case.currency),  # type: ignore[attr-defined]
        "currency": case.currency,
    }
