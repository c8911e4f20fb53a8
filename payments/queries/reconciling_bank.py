"""What came to the creditor's own bank beside the payments made of it, and what nobody can be asked about.

A transfer is compared by the day on which the bank booked it: a payment made of a line was received on that day.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from payments.models import BankLine, Payment
from payments.queries.reconciling import SHOWN, Period
from payments.rules import COLLECTED

Status = BankLine.Status
NO_LINE = "no_line"  # a payment by transfer that no line of a statement stands for
NO_PAYMENT = "no_payment"  # a booked line whose payment does not stand any more, or stands in another month
LINE_AMOUNT = "line_amount"  # a booked line of another amount than its payment


@dataclass(slots=True)
class Bank:
    """One currency. `booked`: lines that became payments; `ours`: payments by transfer that stand; `open`: lines that
    wait for a decision; `aside`: the creditor's own business. Each (how many, minor units)."""

    currency: str
    booked: tuple[int, int] = (0, 0)
    ours: tuple[int, int] = (0, 0)
    open: tuple[int, int] = (0, 0)
    aside: tuple[int, int] = (0, 0)
    rows: list[tuple[str, int, BankLine | None, Payment | None]] = field(default_factory=list)
    named: int = 0

    @property
    def difference(self) -> int:
        return self.ours[1] - self.booked[1]

    @property
    def unexplained(self) -> int:
        """What is not under a name below; a list that is cut short names the rest as a whole."""
        return self.difference - self.named

    @property
    def agrees(self) -> bool:
        return not self.difference and not self.rows


def banks(period: Period, zone: ZoneInfo, shown: int = SHOWN) -> list[Bank]:
    """A side for each currency in which a line was booked by the bank, or a transfer received, in the period."""
    found: dict[str, Bank] = {}

    def bank(currency: str) -> Bank:
        return found.setdefault(currency, Bank(currency))

    lines = _lines(period, zone)
    for currency, status, count, minor in (
        lines.order_by().values_list("currency", "status").annotate(Count("id"), Sum("amount_minor"))
    ):
        name = {Status.MATCHED: "booked", Status.IGNORED: "aside"}.get(status, "open")
        before = getattr(bank(currency), name)
        setattr(bank(currency), name, (before[0] + count, before[1] + minor))
    for currency, count, minor in _by_currency(_transfers(period)):
        bank(currency).ours = (count, minor)
    _name_lines(period, lines, bank, shown)
    _name_payments(period, lines, bank, shown)
    return [found[currency] for currency in sorted(found)]


def _lines(period: Period, zone: ZoneInfo) -> QuerySet[BankLine]:
    first = period.start.astimezone(zone).date()
    last = (period.end.astimezone(zone) - timedelta(microseconds=1)).date()
    return BankLine.objects.filter(**period.tenant, booked_on__gte=first, booked_on__lte=last)


def _transfers(period: Period) -> QuerySet[Payment]:
    """Payments by transfer that stand: one that was taken back with its line is neither here nor there."""
    mine = Payment.objects.filter(**period.tenant, source=Payment.Source.TRANSFER, status__in=COLLECTED)
    return mine.exclude(status=Payment.Status.REVERSED).filter(**period.within("received_at"))


def _by_currency(rows: QuerySet[Payment]) -> QuerySet[Payment, Any]:
    return rows.order_by().values_list("currency").annotate(Count("id"), Sum("amount_minor"))


def _name_lines(period: Period, lines: QuerySet[BankLine], bank: Any, shown: int) -> None:
    stands = _transfers(period).filter(id=OuterRef("payment_id")).values("amount_minor")[:1]
    wrong = lines.filter(status=Status.MATCHED).annotate(paid=Subquery(stands))
    wrong = wrong.filter(Q(paid=None) | ~Q(paid=F("amount_minor"))).order_by("booked_on", "id")
    for line in wrong[:shown]:
        paid: int | None = line.paid
        difference = (paid or 0) - line.amount_minor
        bank(line.currency).rows.append((NO_PAYMENT if paid is None else LINE_AMOUNT, difference, line, None))
        bank(line.currency).named += difference


def _name_payments(period: Period, lines: QuerySet[BankLine], bank: Any, shown: int) -> None:
    booked = lines.filter(status=Status.MATCHED).exclude(payment_id="").values("payment_id")
    loose = _transfers(period).exclude(id__in=booked).select_related("case__debtor").order_by("received_at", "id")
    for payment in loose[:shown]:
        bank(payment.currency).rows.append((NO_LINE, payment.amount_minor, None, payment))
        bank(payment.currency).named += payment.amount_minor


# --- nobody to reconcile with

_APART = (Payment.Source.REPORTED, Payment.Source.ATTORNEY, Payment.Source.SANDBOX)


def apart(period: Period) -> list[tuple[str, str, int, int]]:
    """(source, currency, how many, minor units less what went back) of money that the creditor, or their attorney, says
    came; in test mode also what was only pretended."""
    mine = Payment.objects.filter(**period.tenant, source__in=_APART, status__in=COLLECTED)
    stands = mine.exclude(status=Payment.Status.REVERSED).filter(**period.within("received_at"))
    rows = stands.order_by().values_list("source", "currency")
    summed = rows.annotate(n=Count("id"), minor=Sum(F("amount_minor") - F("refunded_minor")))
    return sorted((source, currency, n, minor) for source, currency, n, minor in summed)
