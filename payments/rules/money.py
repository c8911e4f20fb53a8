"""Who gets which part of a payment, and what a payment may become."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

PRINCIPAL, INTEREST, FEES, UNAPPLIED = "principal", "interest", "fees", "unapplied"
COMPONENTS = (PRINCIPAL, INTEREST, FEES)

# What a payment may become (MONEY.md). A refund or a reversal of the whole ends it.
TRANSITIONS: dict[str, frozenset[str]] = {
    "created": frozenset({"processing", "succeeded"}),
    "processing": frozenset({"succeeded", "failed"}),
    "succeeded": frozenset({"partially_refunded", "refunded", "reversed"}),
    "partially_refunded": frozenset({"partially_refunded", "refunded", "reversed"}),
    "failed": frozenset(),
    "refunded": frozenset(),
    "reversed": frozenset(),
}
# In these states the money came (whatever part of it went back later).
COLLECTED = frozenset({"succeeded", "partially_refunded", "refunded", "reversed"})


def may_become(status: str, target: str) -> bool:
    """True when a payment in `status` may change to `target`."""
    return target in TRANSITIONS[status]


def page_state(*, closed: bool, close_reason: str, balance_minor: int, under_way: bool) -> str:
    """What the payment page is about: `processing`, `open`, `paid`, or `closed` (for any other reason)."""
    if under_way:
        return "processing"
    if not closed and balance_minor > 0:
        return "open"
    return "paid" if close_reason in ("paid", "settled") or not closed else "closed"


# --- allocation

# The component that each kind of ledger entry belongs to; a refund or reversal owes the principal again.
_COMPONENT_OF_KIND = {
    "principal": PRINCIPAL,
    "interest": INTEREST,
    "fee": FEES,
    "refund": PRINCIPAL,
    "reversal": PRINCIPAL,
    "credit_note": PRINCIPAL,
    "adjustment": PRINCIPAL,
    "write_off": PRINCIPAL,
}


@dataclass(frozen=True, slots=True)
class Open:
    """What a case still owes of one component, in minor units."""

    case_id: str
    component: str
    minor: int
    disputed: bool = False


def open_components(case_id: str, ledger_by_kind: dict[str, int], allocated_by_component: dict[str, int]) -> list[Open]:
    """What is open per component, from the sums of the ledger (payments apart) and of what payments already paid.

    The parts add up to the case's balance: a component credited below zero (a credit note after the principal was
    paid) lowers the others instead, principal first.
    """
    owed = dict.fromkeys(COMPONENTS, 0)
    for kind, minor in ledger_by_kind.items():
        if kind != "payment":
            owed[_COMPONENT_OF_KIND[kind]] += minor
    left = {component: owed[component] - allocated_by_component.get(component, 0) for component in COMPONENTS}
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


def breakdown(
    amount_minor: int, parts: Iterable[tuple[str, int]], *, processor_fee: int = 0, success_fee: int = 0
) -> dict[str, int]:
    """The public breakdown in minor units: principal + interest + fees + unapplied = amount; `net` is after fees.

    Raises ValueError when the parts do not add up: a wrong breakdown is never shown.
    """
    found = dict.fromkeys((*COMPONENTS, UNAPPLIED), 0)
    for component, minor in parts:
        found[component] += minor
    if sum(found.values()) != amount_minor:
        raise ValueError("the parts of a payment do not add up to it")
    return found | {
        "processor_fee": processor_fee,
        "success_fee": success_fee,
        "net": amount_minor - processor_fee - success_fee,
    }


def days_to_collect(enrolled_at: datetime, paid_at: datetime, zone: str) -> int:
    """Whole calendar days from enrolment to payment where the creditor is; never below zero."""
    place = ZoneInfo(zone)
    return max(0, (paid_at.astimezone(place).date() - enrolled_at.astimezone(place).date()).days)
