"""Bank statements and their lines as their pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from agentcollect.kit import db, money
from campaigns.models import Case
from campaigns.queries import searched
from dashboard.access import Seat
from payments import queries
from payments.models import BankLine, BankReference, BankStatement, Payment
from payments.queries.banking import candidates
from payments.rules import read_amount
from payments.rules.banking import references_in

_OFFERED = 12
# In this order on the page: what a person has to do first.
STATUSES = ("suggested", "unmatched", "matched", "ignored", "new")
FIELD = "amount."
_TODO = ("suggested", "unmatched")


def statements(seat: Seat) -> QuerySet[BankStatement]:
    return seat.rows(BankStatement)


def counts(seat: Seat, shown: Iterable[BankStatement]) -> dict[str, dict[str, int]]:
    """Statement → status → how many of its lines stand so, in one read; `todo`: those that wait for a person."""
    found: dict[str, dict[str, int]] = {}
    mine = seat.rows(BankLine).filter(db.among("statement_id", [statement.id for statement in shown]))
    grouped = mine.order_by("statement_id", "status").values_list("statement_id", "status").annotate(Count("id"))
    for statement_id, status, count in grouped:
        of = found.setdefault(statement_id, {"todo": 0})
        of[status] = count
        of["todo"] += count if status in _TODO else 0
    return found


def lines(seat: Seat, *, statement: str = "", status: str = "", q: str = "") -> QuerySet[BankLine]:
    rows = seat.rows(BankLine).select_related("statement")
    rows = rows.filter(statement_id=statement) if statement else rows
    rows = rows.filter(status=status) if status in BankLine.Status.values else rows
    return rows.filter(payer__icontains=q) | rows.filter(text__icontains=q) if q else rows


@dataclass(frozen=True, slots=True)
class Total:
    """What came in one currency, and where it stands. `difference` is what the parts do not explain: zero."""

    currency: str
    minor: int
    parts: list[tuple[str, int, int]]
    known: tuple[int, int] = (0, 0)

    @property
    def difference(self) -> int:
        return self.minor - self.known[1] - sum(minor for _, _, minor in self.parts)


def totals(seat: Seat, statement: BankStatement | None) -> list[Total]:
    """Per currency: of one statement against what its file says; of all, what all of their files say."""
    sums = queries.line_totals(seat.organisation.id, seat.livemode, statement.id if statement else "")
    files = [statement] if statement else list(statements(seat).only("totals"))
    found = []
    for currency in sorted({*sums, *(one for file in files for one in file.totals)}):
        said = [file.totals.get(currency, {}) for file in files]
        credits, known = (_added(one.get(kind) for one in said) for kind in ("credits", "known"))
        parts = [(status, *sums[currency][status]) for status in STATUSES if status in sums.get(currency, {})]
        if credits[0]:
            found.append(Total(currency, credits[1], parts, known))
    return found


def _added(pairs: Iterable[list[int] | None]) -> tuple[int, int]:
    kept = [pair for pair in pairs if pair]
    return sum(pair[0] for pair in kept), sum(pair[1] for pair in kept)


# --- one line


@dataclass(slots=True)
class Choice:
    """An invoice that the line may be booked to, with what was typed beside it."""

    case: Case
    why: str = ""
    typed: str = ""
    minor: int = 0
    fault: str = ""

    @property
    def name(self) -> str:
        return f"{FIELD}{self.case.id}"


@dataclass(slots=True)
class Sum:
    """What the typed amounts come to, and what of the line is left."""

    line: BankLine
    choices: list[Choice] = field(default_factory=list)

    @property
    def minor(self) -> int:
        return sum(choice.minor for choice in self.choices)

    @property
    def left(self) -> int:
        return self.line.amount_minor - self.minor

    @property
    def parts(self) -> list[tuple[str, int]]:
        return [(choice.case.id, choice.minor) for choice in self.choices if choice.minor]

    @property
    def wrong(self) -> bool:
        return self.left < 0 or any(choice.fault for choice in self.choices)

    @property
    def debtors(self) -> int:
        return len({choice.case.debtor_id for choice in self.choices if choice.minor})


def choices(seat: Seat, line: BankLine, said: Mapping[str, str], q: str) -> Sum:
    """The invoices offered for `line`: those suggested, those typed for, and what a search (or the text) finds."""
    suggested = {part["case_id"]: part for part in line.suggestion}
    typed = {name.removeprefix(FIELD): value for name, value in said.items() if name.startswith(FIELD)}
    cases = seat.rows(Case).filter(currency=line.currency).select_related("debtor")
    named = {case.id: case for case in cases.filter(db.among("id", {*suggested, *typed}))}
    order = [*suggested, *(case_id for case_id in typed if typed[case_id].strip())]
    found = [named[case_id] for case_id in dict.fromkeys(order) if case_id in named]
    more = _searched(seat, cases, q) if q else _likely(seat, cases, line)
    listed = {case.id: case for case in [*found, *more]}
    first = {} if typed else {case_id: part["minor"] for case_id, part in suggested.items()}
    return Sum(line, [_choice(case, line, suggested, typed, first) for case in listed.values()])


def _searched(seat: Seat, cases: QuerySet[Case], q: str) -> list[Case]:
    if references := references_in(q):
        known = seat.rows(BankReference).filter(reference__in=references).values_list("case_id", flat=True)
        return list(cases.filter(id__in=list(known)))
    return list(searched(cases, q).order_by("closed_at", "due_date", "id")[:_OFFERED])


def _likely(seat: Seat, cases: QuerySet[Case], line: BankLine) -> list[Case]:
    likely = [one.case_id for one in candidates(seat.organisation.id, seat.livemode, [line])]
    return list(cases.filter(db.among("id", likely), closed_at=None).order_by("due_date", "id")[:_OFFERED])


def _choice(
    case: Case, line: BankLine, suggested: Mapping[str, Any], typed: Mapping[str, str], first: Mapping[str, int]
) -> Choice:
    found = Choice(case, why=suggested.get(case.id, {}).get("why", ""))
    if case.id in first:
        found.minor = first[case.id]
        found.typed = str(money.to_major(found.minor, line.currency))
    elif text := typed.get(case.id, "").strip():
        found.typed = text[:30]
        try:
            found.minor = money.to_minor(read_amount(text), line.currency)
        except ValueError as error:
            found.fault = str(error)
    return found


def payments_of(seat: Seat, shown: Iterable[BankLine]) -> dict[str, Payment]:
    """The payments of booked lines, by id: one that has gone back says so."""
    ids = [line.payment_id for line in shown if line.payment_id]
    return {row.id: row for row in seat.rows(Payment).filter(db.among("id", ids))}


def cases_of(seat: Seat, shown: Iterable[BankLine]) -> dict[str, Case]:
    """Every invoice that these lines name, by id."""
    ids = {part["case_id"] for line in shown for part in line.suggestion}
    return {case.id: case for case in seat.rows(Case).filter(db.among("id", ids)).select_related("debtor")}
