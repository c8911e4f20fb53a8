"""Every read of fees and statements worth a name."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.models import Organisation
from agentcollect.kit.errors import ApiError
from campaigns.models import LedgerEntry
from payments import rules
from payments.models import FeeEntry, FeeSchedule, Payment, Statement

_BACK = (LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)


class Period(NamedTuple):
    """One organisation's month in one mode, on the wall: `month` is its first day, `start` ≤ moments < `until`.

    Test clocks tell stories of their own: their money is on no statement.
    """

    organisation_id: str
    livemode: bool
    month: date
    start: datetime
    until: datetime

    def rows(self) -> dict[str, Any]:
        """What a row of the period has in common with every other."""
        within = {"created_at__gte": self.start, "created_at__lt": self.until}
        return {"organisation_id": self.organisation_id, "livemode": self.livemode} | within


def period(organisation: Organisation, livemode: bool, month: date) -> Period:
    """`month` where the organisation is. It begins where the statement before it ended, should the organisation have
    moved to another zone since: nothing is charged twice, and nothing falls between."""
    start, until = rules.month_bounds(month, organisation.timezone)
    before = statements(organisation.id, livemode).filter(month=rules.month_before(month)).first()
    return Period(
        organisation.id, livemode, month, datetime.fromisoformat(before.totals["until"]) if before else start, until
    )


def entries(of: Period) -> QuerySet[FeeEntry]:
    """The fees of a period, as they were earned and given back."""
    rows = FeeEntry.objects.filter(**of.rows(), case__clock_id="").select_related("case__debtor")
    return rows.order_by("created_at", "id")


def totals(of: Period) -> dict[str, dict[str, int]]:
    """By currency with any movement, in minor units: what was collected (by us, reported by the creditor), credited and
    returned, three figures and what went back, never one sum; and the fees by kind, what of them was given back, and
    `net`, their sum."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for currency, name, minor in _moved(of):
        found[currency][name] += minor
    for currency, name, minor, count in _fees(of):
        found[currency][name] += minor
        found[currency]["net"] += minor
        found[currency]["lines"] += count
    return dict(found)


FIGURES = (
    *("collected_by_us", "reported_by_you", "credited", "returned"),
    *(FeeEntry.Kind.SUCCESS, FeeEntry.Kind.CARD, FeeEntry.Kind.DISCOVERY, "given_back", "net", "lines"),
)


def _moved(of: Period) -> list[tuple[str, str, int]]:
    """(currency, figure, minor units) of what moved on the accounts of cases, corrections of amounts apart."""
    source = Subquery(Payment.objects.filter(id=OuterRef("payment_id")).values("source")[:1])
    rows = LedgerEntry.objects.filter(**of.rows(), case__clock_id="").exclude(kind=LedgerEntry.Kind.PRINCIPAL)
    sums = rows.values_list("currency", "kind", source).annotate(Sum("amount_minor"))
    named = ((currency, _figure(kind, source), kind, minor) for currency, kind, source, minor in sums.order_by())
    return [(currency, name, minor if kind in _BACK else -minor) for currency, name, kind, minor in named if name]


def _figure(kind: str, source: str | None) -> str:
    if kind == LedgerEntry.Kind.PAYMENT:
        return "reported_by_you" if source == Payment.Source.REPORTED else "collected_by_us"
    if kind in _BACK:
        return "returned"
    return "credited" if kind == LedgerEntry.Kind.CREDIT_NOTE else ""


def _fees(of: Period) -> list[tuple[str, str, int, int]]:
    """(currency, kind or `given_back`, minor units, lines)."""
    earned = Q(amount_minor__gt=0) | Q(amount_minor=0, basis_minor__gt=0)
    rows = FeeEntry.objects.filter(**of.rows(), case__clock_id="")
    charged = rows.filter(earned).values_list("currency", "kind").annotate(Sum("amount_minor"), Count("id"))
    back = rows.exclude(earned).values_list("currency").annotate(Sum("amount_minor"), Count("id"))
    return [
        *charged.order_by(),
        *((currency, "given_back", minor, count) for currency, minor, count in back.order_by()),
    ]


# --- statements


def statements(organisation_id: str, livemode: bool) -> QuerySet[Statement]:
    """The statements of one organisation in one mode."""
    return Statement.objects.filter(organisation_id=organisation_id, livemode=livemode, clock_id="")


def statement(organisation_id: str, livemode: bool, statement_id: str) -> Statement:
    """One statement. Raises ApiError(not_found)."""
    found = statements(organisation_id, livemode).filter(id=statement_id.replace("\0", "?")).first()
    if found is None:
        raise ApiError("not_found", f"There is no statement {statement_id}.")
    return found


def schedules(organisation_id: str) -> QuerySet[FeeSchedule]:
    """What an organisation is charged by, latest first."""
    return FeeSchedule.objects.filter(organisation_id=organisation_id).order_by("-effective_at")
