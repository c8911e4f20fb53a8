"""Our books beside the processor's, over a period: every line of both, and every difference under a name.

Ours are the allocations of what was paid on the page, at the moment it was written down; theirs the lines that the
processor booked (ProcessorEntry), at the moment it did. A payment is compared as a whole: what stands of it here
against what stands of it there. Whatever then differs has one of REASONS, and the differences under them add up to the
difference of the totals, to the cent. Each question is one statement, however much was paid.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from campaigns.models import LedgerEntry
from payments import rules
from payments.models import Allocation, Payment, Payout, ProcessorEntry
from payments.queries.reconciling_sql import DIFFERENCES

Kind = ProcessorEntry.Kind
# What both books know. `again`: a refund that failed, a dispute that was won.
HEADINGS = ("came", "refunded", "taken", "again", "other")
_HEADING = {
    Kind.CHARGE: "came",
    Kind.REFUND: "refunded",
    Kind.DISPUTE: "taken",
    Kind.REFUND_FAILED: "again",
    Kind.DISPUTE_WON: "again",
    Kind.OTHER: "other",
}
# What moves no debtor's money: it is on the way from the lines to the payout.
_OWN = (Kind.FEE, Kind.PAYOUT)
# How many rows of each reason are shown; all are counted, and stand in the file.
SHOWN = 50
EVERY = 1_000_000

# Why the books of a payment differ within a period.
EDGE = "edge"  # they agree by now: one of both wrote it down in another period
HEADING = "heading"  # the same money, under another heading
NO_ENTRY = "no_entry"  # the processor has not booked it yet
NOT_BOOKED = "not_booked"  # the processor has booked it, here it has not come
UNDER_WAY = "under_way"  # a refund has begun and has no outcome here yet
CONVERTED = "converted"  # the processor booked it in another currency
AMOUNT = "amount"  # both have it, and the amounts differ
NOT_OURS = "not_ours"  # a line of the processor's that is about no payment of ours
REASONS = (AMOUNT, NOT_BOOKED, NO_ENTRY, NOT_OURS, UNDER_WAY, CONVERTED, EDGE, HEADING)


class Period(NamedTuple):
    """Whose books, and of which time: from `start` to before `end`."""

    organisation_id: str
    livemode: bool
    start: datetime
    end: datetime

    @property
    def provider(self) -> str:
        """Who takes payments in this mode (payments.providers)."""
        return "stripe" if self.livemode else "sandbox"

    @property
    def tenant(self) -> dict[str, Any]:
        return {"organisation_id": self.organisation_id, "livemode": self.livemode}

    def within(self, name: str) -> dict[str, Any]:
        return {f"{name}__gte": self.start, f"{name}__lt": self.end}


class Line(NamedTuple):
    """One heading of both books, in minor units, signed."""

    heading: str
    ours: int
    theirs: int

    @property
    def difference(self) -> int:
        return self.ours - self.theirs


class Differing(NamedTuple):
    """One payment, or one line of the processor's, that differs. `reference`: the processor's."""

    reason: str
    currency: str
    ours: int
    theirs: int
    payment: Payment | None = None
    entry: ProcessorEntry | None = None

    @property
    def difference(self) -> int:
        return self.ours - self.theirs

    @property
    def reference(self) -> str:
        of = self.entry.reference if self.entry else self.payment.reference if self.payment else ""
        return of

    @property
    def since(self) -> datetime | None:
        """When it happened, as far as is known."""
        if self.entry:
            return self.entry.booked_at
        return (self.payment.received_at or self.payment.created_at) if self.payment else None


@dataclass(slots=True)
class Reason:
    """All that differs for one reason: how many, by how much in all, and the first of them."""

    name: str
    count: int = 0
    difference: int = 0
    rows: list[Differing] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """One currency. `applied`: of ours, what moved the accounts of invoices; the rest of ours is credit. `ledger`: what
    those accounts say themselves. Fees are what was kept of payments, as we know it and as the lines say."""

    currency: str
    lines: list[Line] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    applied: int = 0
    ledger: int = 0
    own_fees: int = 0
    fees: int = 0
    fee_rows: list[Differing] = field(default_factory=list)
    fee_count: int = 0
    kept_besides: int = 0
    paid_out: int = 0
    waiting: int = 0
    waiting_lines: int = 0
    waiting_since: datetime | None = None
    payouts: list[tuple[Payout, int]] = field(default_factory=list)

    @property
    def ours(self) -> int:
        return sum(line.ours for line in self.lines)

    @property
    def theirs(self) -> int:
        return sum(line.theirs for line in self.lines)

    @property
    def difference(self) -> int:
        return self.ours - self.theirs

    @property
    def unexplained(self) -> int:
        """What no reason names: nothing, by the way the reasons are made; shown so that nobody has to believe it."""
        return self.difference - sum(reason.difference for reason in self.reasons)

    @property
    def fee_difference(self) -> int:
        return self.own_fees - self.fees

    @property
    def net(self) -> int:
        """What the processor's lines of the period add up to, less all that it kept."""
        return self.theirs - self.fees - self.kept_besides

    @property
    def agrees(self) -> bool:
        return not (self.difference or self.fee_difference or self.ledger - self.applied) and not self.reasons


def books(period: Period, shown: int = SHOWN) -> list[Book]:
    """A book for each currency in which anything moved, with at most `shown` rows for each reason."""
    found: dict[str, Book] = {}

    def book(currency: str) -> Book:
        return found.setdefault(currency, Book(currency))

    _totals(period, book)
    _name_differences(period, book, shown)
    _name_strangers(period, book, shown)
    _ledger(period, book)
    _fees(period, book, shown)
    _on_the_way(period, book)
    _payouts(period, book)
    for one in found.values():
        one.reasons.sort(key=lambda reason: REASONS.index(reason.name))
    return [found[currency] for currency in sorted(found)]


# --- the totals


def _totals(period: Period, book: Any) -> None:
    ours, theirs = _ours(period, book), _theirs(period, book)
    for currency in {*ours, *theirs}:
        names = [name for name in HEADINGS if name != "other" or theirs[currency].get(name)]
        book(currency).lines = [
            Line(name, ours[currency].get(name, 0), theirs[currency].get(name, 0)) for name in names
        ]


def paid_on_page(period: Period) -> QuerySet[Allocation]:
    """What moved of payments that the processor took, in the period."""
    moved = Allocation.objects.filter(**period.tenant, **period.within("created_at"))
    return moved.filter(payment__provider=period.provider, payment__source=Payment.Source.PAGE)


def _ours(period: Period, book: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    cases = (
        When(cause="", then=Value("came")),
        When(cause__startswith="rfd_", then=Value("refunded")),
        When(cause__startswith="rvs_", then=Value("taken")),
    )
    heading = Case(*cases, default=Value("again"), output_field=CharField())
    back = Q(component=Allocation.Component.RETURNED)
    rows = paid_on_page(period).order_by().annotate(heading=heading).values_list("currency", "heading")
    summed = rows.annotate(
        came=Sum("amount_minor", filter=Q(cause=""), default=0),
        back=Sum("amount_minor", filter=back, default=0),
        applied=Sum("amount_minor", filter=Q(component__in=rules.COMPONENTS), default=0),
    )
    for currency, name, came, gone, applied in summed:
        found[currency][name] = came - gone
        book(currency).applied += applied
    return found


def entries(period: Period) -> QuerySet[ProcessorEntry]:
    """What the processor booked in the period."""
    mine = ProcessorEntry.objects.filter(**period.tenant, provider=period.provider)
    return mine.filter(**period.within("booked_at"))


def _theirs(period: Period, book: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = entries(period).order_by().values_list("currency", "kind")
    for currency, kind, gross, kept in rows.annotate(Sum("amount_minor"), Sum("fee_minor")):
        if kind in _HEADING:
            found[currency][_HEADING[kind]] += gross
        if kind == Kind.CHARGE:
            continue  # what was kept of payments is compared (_fees)
        book(currency).kept_besides += kept - (gross if kind == Kind.FEE else 0)
    return found


def _ledger(period: Period, book: Any) -> None:
    """What the accounts of the invoices say that these payments moved."""
    kinds = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)
    page = Payment.objects.filter(**period.tenant, provider=period.provider, source=Payment.Source.PAGE)
    moved = LedgerEntry.objects.filter(**period.tenant, **period.within("created_at"), kind__in=kinds)
    rows = moved.filter(payment_id__in=page.values("id")).order_by().values_list("currency")
    for currency, minor in rows.annotate(Sum("amount_minor")):
        book(currency).ledger = -minor


# --- the differences, payment by payment


def _name_differences(period: Period, book: Any, shown: int) -> None:
    rows = _differing(period, shown)
    wanted = {row[4] for row in rows}
    payments = Payment.objects.select_related("case__debtor").in_bulk(wanted) if wanted else {}
    for currency, name, many, much, payment_id, ours, theirs in rows:
        reason = _reason(book(currency), name, int(many), int(much))
        reason.rows.append(Differing(name, currency, int(ours), int(theirs), payment=payments[payment_id]))


def _differing(period: Period, shown: int) -> list[tuple[Any, ...]]:
    moment = connection.ops.adapt_datetimefield_value
    params: dict[str, Any] = {
        "whose": period.organisation_id,
        "live": period.livemode,
        "provider": period.provider,
        "start": moment(period.start),
        "end": moment(period.end),
        "shown": shown,
    }
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, params)
        return cursor.fetchall()


def _reason(book: Book, name: str, count: int, difference: int) -> Reason:
    for reason in book.reasons:
        if reason.name == name:
            return reason
    book.reasons.append(Reason(name, count, difference))
    return book.reasons[-1]


def _name_strangers(period: Period, book: Any, shown: int) -> None:
    """Lines about no payment of ours: the creditor's other business at the same account, or one that cannot be ours."""
    lines = entries(period).filter(payment_id="").exclude(kind__in=_OWN).exclude(amount_minor=0)
    for row in _first(lines, shown, Sum("amount_minor")):
        reason = _reason(book(row.currency), NOT_OURS, row.many, -row.much)
        reason.rows.append(Differing(NOT_OURS, row.currency, 0, row.amount_minor, entry=row))


def _first(rows: QuerySet[Any], shown: int, much: Sum) -> QuerySet[Any]:
    """The first `shown` of each currency, each with how `many` there are in its currency and how `much` in all."""
    by_currency: dict[str, Any] = {"partition_by": [F("currency")]}
    placed = rows.annotate(
        many=Window(Count("id"), **by_currency),
        much=Window(much, **by_currency),
        place=Window(RowNumber(), order_by=[F("booked_at").asc(), F("id").asc()], **by_currency),
    )
    return placed.filter(place__lte=shown).order_by("currency", "place")


# --- fees, and the way to the payout


def _fees(period: Period, book: Any, shown: int) -> None:
    """What the processor kept of payments, as our payments say it and as its lines do."""
    mine = entries(period).filter(kind=Kind.CHARGE)
    for currency, kept in mine.order_by().values_list("currency").annotate(Sum("fee_minor")):
        book(currency).own_fees = book(currency).fees = kept
    payments = Payment.objects.filter(**period.tenant, provider=period.provider)
    known = Subquery(payments.filter(id=OuterRef("payment_id")).values("processor_fee_minor")[:1])
    wrong = mine.exclude(payment_id="").annotate(own_fee=Coalesce(known, 0)).exclude(own_fee=F("fee_minor"))
    rows = list(_first(wrong, shown, Sum(F("own_fee") - F("fee_minor"))))
    paid = payments.select_related("case__debtor").in_bulk({row.payment_id for row in rows}) if rows else {}
    for row in rows:
        one = book(row.currency)
        one.own_fees, one.fee_count = one.fees + row.much, row.many
        fee = Differing("fee", row.currency, row.own_fee, row.fee_minor, payment=paid.get(row.payment_id), entry=row)
        one.fee_rows.append(fee)


def _on_the_way(period: Period, book: Any) -> None:
    """Of the lines of the period: what payouts have taken along, and what stands in the processor's balance still."""
    lines = entries(period).exclude(kind=Kind.PAYOUT).order_by().values_list("currency")
    net, rest = F("amount_minor") - F("fee_minor"), Q(payout_reference="")
    summed = lines.annotate(
        paid=Sum(net, filter=~rest, default=0),
        waiting=Sum(net, filter=rest, default=0),
        count=Count("id", filter=rest & ~Q(amount_minor=0, fee_minor=0)),
        since=Min("booked_at", filter=rest & ~Q(amount_minor=0, fee_minor=0)),
    )
    for currency, paid, waiting, count, since in summed:
        one = book(currency)
        one.paid_out, one.waiting, one.waiting_lines, one.waiting_since = paid, waiting, count, since


def _payouts(period: Period, book: Any) -> None:
    """Payouts of the period whose lines add up to something else: (payout, what is missing)."""
    made = Payout.objects.filter(**period.tenant, **period.within("created_at"), provider=period.provider)
    lines = ProcessorEntry.objects.filter(**period.tenant, provider=period.provider).exclude(kind=Kind.PAYOUT)
    joined = lines.filter(payout_reference__in=made.values("reference")).order_by().values_list("payout_reference")
    sums = dict(joined.annotate(n=Sum(F("amount_minor") - F("fee_minor"))))
    for payout in made.order_by("created_at", "id"):
        missing = payout.amount_minor - sums.get(payout.reference, 0)
        if missing:
            book(payout.currency).payouts.append((payout, missing))
