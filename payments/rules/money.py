"""Who gets which part of a payment, what goes back first, and what a payment may become."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from zoneinfo import ZoneInfo

PRINCIPAL, INTEREST, FEES, UNAPPLIED, RETURNED = "principal", "interest", "fees", "unapplied", "returned"
COMPONENTS = (PRINCIPAL, INTEREST, FEES)

# What a payment may become (MONEY.md). "failed" is left when money came after all: a processor that is asked too early,
# or whose callbacks come in another order. What went back may come again: a dispute that was won, a refund that failed.
TRANSITIONS: dict[str, frozenset[str]] = {
    "created": frozenset({"processing", "succeeded"}),
    "processing": frozenset({"succeeded", "failed"}),
    "failed": frozenset({"succeeded"}),
    "succeeded": frozenset({"partially_refunded", "refunded", "reversed"}),
    "partially_refunded": frozenset({"succeeded", "partially_refunded", "refunded", "reversed"}),
    "refunded": frozenset({"succeeded", "partially_refunded", "reversed"}),
    "reversed": frozenset({"succeeded", "partially_refunded", "refunded"}),
}
# In these states the money came (whatever part of it went back later).
COLLECTED = frozenset({"succeeded", "partially_refunded", "refunded", "reversed"})
# A payment in these can be refunded.
REFUNDABLE = frozenset({"succeeded", "partially_refunded"})


def may_become(status: str, target: str) -> bool:
    """True when a payment in `status` may change to `target`."""
    return target in TRANSITIONS[status]


def status_of(amount_minor: int, *, refunded_minor: int, taken_back: bool) -> str:
    """The state of a payment that came, from what became of its money: however it was told, in whatever order."""
    if refunded_minor >= amount_minor:
        return "refunded"
    if taken_back:
        return "reversed"
    return "partially_refunded" if refunded_minor else "succeeded"


def page_state(*, closed: bool, close_reason: str, balance_minor: int, under_way: bool) -> str:
    """What the payment page is about: `processing`, `open`, `paid`, or `closed` (for any other reason)."""
    if under_way:
        return "processing"
    if not closed and balance_minor > 0:
        return "open"
    return "paid" if close_reason in ("paid", "settled") or not closed else "closed"


# --- allocation


@dataclass(frozen=True, slots=True)
class Open:
    """What a case still owes of one component, in minor units."""

    case_id: str
    component: str
    minor: int
    disputed: bool = False


def open_components(case_id: str, ledger_by_kind: dict[str, int], allocated_by_component: dict[str, int]) -> list[Open]:
    """What is open per component, from the sums of the ledger and of what payments stand allocated with.

    The parts add up to the case's balance (to nothing where it is below zero): interest and fees are what was charged
    less what was paid of them, and all the rest of the balance is principal, whatever lowered or raised it. Where that
    rest is below zero (a credit note after the principal was paid), it lowers the others, principal first.
    """
    balance = sum(ledger_by_kind.values())
    left = {
        INTEREST: ledger_by_kind.get("interest", 0) - allocated_by_component.get(INTEREST, 0),
        FEES: ledger_by_kind.get("fee", 0) - allocated_by_component.get(FEES, 0),
    }
    left[PRINCIPAL] = balance - sum(left.values())
    credit = -sum(minor for minor in left.values() if minor < 0)
    found = []
    for component in COMPONENTS:
        minor = max(0, left[component])
        used = min(credit, minor)
        credit -= used
        if minor > used:
            found.append(Open(case_id, component, minor - used))
    return found


def allocate(amount_minor: int, open_: Iterable[Open], *, case_id: str) -> list[tuple[str, str, int]]:
    """`amount_minor` shared out as (case, component, minor): `case_id` first, then the others as given.

    Principal before interest before fees. A disputed debt is paid by whoever names it, never by itself (MONEY.md). What
    nobody owes is `unapplied` credit of `case_id`. The parts always add
    up to the amount, and none is zero.
    """
    if amount_minor < 0:
        raise ValueError("a payment is not negative")
    waiting = [one for one in open_ if one.case_id == case_id or not one.disputed]
    order = {case: place for place, case in enumerate(dict.fromkeys([case_id, *(o.case_id for o in waiting)]))}
    parts, left = [], amount_minor
    for item in sorted(waiting, key=lambda o: (order[o.case_id], COMPONENTS.index(o.component))):
        part = min(left, item.minor)
        if part > 0:
            parts.append((item.case_id, item.component, part))
            left -= part
    return [*parts, (case_id, UNAPPLIED, left)] if left else parts


# (case id, minor units), in the order in which they are paid.
Instruction = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Owing:
    """An open invoice beside others of its debtor. `waits`: it is disputed, or held for what the debtor says of it, so
    that it is paid only where somebody names it."""

    case_id: str
    minor: int
    due_on: date | None
    invoiced_on: date | None
    waits: bool = False


def oldest_first(amount_minor: int, owing: Iterable[Owing]) -> Instruction:
    """What of `amount_minor` each invoice gets where nobody says which is meant: the oldest first (due date, then
    invoice date, then id; one without a date is the newest), never one that waits. It may come to less than the amount.
    """
    parts, left = [], amount_minor
    last = date.max
    for one in sorted(owing, key=lambda o: (o.due_on or last, o.invoiced_on or last, o.case_id)):
        part = 0 if one.waits else min(left, one.minor)
        if part > 0:
            parts.append((one.case_id, part))
            left -= part
    return tuple(parts)


def shares(amount_minor: int, instruction: Iterable[Sequence], *, case_id: str) -> list[tuple[str, int]]:
    """What each case gets of money that came: as instructed, as far as it goes; what is over is the first one's, or
    `case_id`'s where nothing was said. No case stands there twice, none with nothing; the parts add up."""
    parts: dict[str, int] = {}
    left = amount_minor
    for named, minor in instruction:
        part = min(left, minor)
        if part > 0:
            parts[named] = parts.get(named, 0) + part
            left -= part
    if left:
        first = next(iter(parts), case_id)
        parts[first] = parts.get(first, 0) + left
    return list(parts.items())


def in_proportion(total_minor: int, parts: Sequence[int]) -> list[int]:
    """`total_minor` spread over `parts` in proportion to them, to the last unit."""
    whole = sum(parts)
    marks = [total_minor * upto // whole if whole else 0 for upto in accumulate(parts)]
    return [mark - before for mark, before in zip(marks, [0, *marks], strict=False)]


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a payment stands in one component of one case, in minor units."""

    case_id: str
    component: str
    minor: int


def to_give_back(minor: int, pieces: Sequence[Piece]) -> list[Piece]:
    """Which of the standing `pieces` (in the order in which the cases were paid) `minor` of a payment is taken from:
    what was unapplied first, then what the last case got, principal first, then the case before it."""
    places = {case: place for place, case in enumerate(dict.fromkeys(piece.case_id for piece in pieces))}
    ranks = (*COMPONENTS, UNAPPLIED)
    order = sorted(pieces, key=lambda p: (p.component != UNAPPLIED, -places[p.case_id], ranks.index(p.component)))
    taken, left = [], minor
    for piece in order:
        part = min(left, piece.minor)
        if part > 0:
            taken.append(Piece(piece.case_id, piece.component, part))
            left -= part
    return taken


def breakdown(
    amount_minor: int, parts: Iterable[tuple[str, int]], *, processor_fee: int = 0, success_fee: int = 0
) -> dict[str, int]:
    """The public breakdown in minor units: principal + interest + fees + unapplied + returned = amount; `net` is what
    is left of it: neither returned nor a fee.

    Raises ValueError when the parts do not add up: a wrong breakdown is never shown.
    """
    found = dict.fromkeys((*COMPONENTS, UNAPPLIED, RETURNED), 0)
    for component, minor in parts:
        found[component] += minor
    if sum(found.values()) != amount_minor:
        raise ValueError("the parts of a payment do not add up to it")
    return found | {
        "processor_fee": processor_fee,
        "success_fee": success_fee,
        "net": amount_minor - found[RETURNED] - processor_fee - success_fee,
    }


def days_to_collect(enrolled_at: datetime, paid_at: datetime, zone: str) -> int:
    """Whole calendar days from enrolment to payment where the creditor is; never below zero."""
    place = ZoneInfo(zone)
    return max(0, (paid_at.astimezone(place).date() - enrolled_at.astimezone(place).date()).days)
