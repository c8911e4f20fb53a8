"""What a set of cases adds up to. `campaign.completed`, a campaign's page, Home and the reports all count by this."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from django.db.models import Count, DateField, DurationField, Expression, ExpressionWrapper, QuerySet, Sum
from django.db.models.functions import TruncDate

from campaigns.models import Case
from campaigns.rules import figures

# Closed so, a case was never the debtor's to pay, or is the creditor's own again: the adjusted rate leaves it out.
WITHDRAWN = (Case.CloseReason.RECALLED, Case.CloseReason.DISPUTE_UPHELD)


@dataclass(frozen=True, slots=True)
class Group:
    """The cases of one currency in one state, in minor units. `balance`: what their accounts say is still owed."""

    currency: str
    status: str
    close_reason: str
    cases: int
    placed: int
    collected: int
    balance: int


@dataclass(slots=True)
class Totals:
    """The cases of one currency, in minor units. `owed` counts open cases only, `balance` all."""

    currency: str
    placed: int = 0
    collected: int = 0
    owed: int = 0
    balance: int = 0
    withdrawn: int = 0
    cases: int = 0
    open_cases: int = 0
    escalated: int = 0

    @property
    def recovery(self) -> float | None:
        """Collected of placed."""
        return figures.rate(self.collected, self.placed)

    @property
    def adjusted(self) -> float | None:
        """Collected of what was placed, less what was recalled or upheld as disputed."""
        return figures.rate(self.collected, self.placed - self.withdrawn)

    @property
    def credited(self) -> int:
        """What went off otherwise than by payment: credit notes, upheld disputes, settlements, write-offs."""
        return self.placed - self.collected - self.balance


def groups(cases: QuerySet[Case]) -> list[Group]:
    """`cases` by currency and state: one statement, however many they are."""
    found = cases.order_by().values("currency", "status", "close_reason")
    sums = found.annotate(
        n=Count("id"), placed=Sum("placed_minor"), collected=Sum("collected_minor"), balance=Sum("balance_minor")
    )
    columns = ("currency", "status", "close_reason", "n", "placed", "collected", "balance")
    return [Group(*(row[name] for name in columns)) for row in sums]


def totals(found: Iterable[Group]) -> dict[str, Totals]:
    """The groups of each currency together."""
    added: dict[str, Totals] = {}
    for group in found:
        total = added.setdefault(group.currency, Totals(group.currency))
        total.cases += group.cases
        total.placed += group.placed
        total.collected += group.collected
        total.balance += group.balance
        if group.status != Case.Status.CLOSED:
            total.owed += group.balance
            total.open_cases += group.cases
        if group.close_reason in WITHDRAWN:
            total.withdrawn += group.placed
        if group.status == Case.Status.ESCALATED:
            total.escalated += group.cases
    return added


def days_between(begin: str, end: str, zone: tzinfo) -> Expression:
    """Calendar days in `zone` from the moment of column `begin` to that of `end`, as a duration."""
    first, last = TruncDate(begin, tzinfo=zone), TruncDate(end, tzinfo=zone)
    days = ExpressionWrapper(last, output_field=DateField()) - ExpressionWrapper(first, output_field=DateField())
    return ExpressionWrapper(days, output_field=DurationField())


def days_to_paid(cases: QuerySet[Case], zone: tzinfo) -> dict[str, Counter[int]]:
    """Currency → {whole days from enrolment to the closing payment, where the creditor is: how many paid cases}."""
    paid = cases.filter(close_reason=Case.CloseReason.PAID).order_by()
    rows = paid.values("currency", days=days_between("created_at", "closed_at", zone)).annotate(n=Count("id"))
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        found[row["currency"]][max(0, row["days"].days)] += row["n"]
    return found
