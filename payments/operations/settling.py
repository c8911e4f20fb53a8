"""Money comes to a case: ledger, allocations, fee, `payment.received`, the closing of what is paid, what was agreed.

Everything here is called with the cases and then the payment locked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db, money
from campaigns import operations as campaigns
from campaigns.models import Case, Task
from events import operations as events
from payments import queries, rules, serializers
from payments.models import Allocation, Payment
from payments.operations import fees, settlements
from payments.operations.following import follow
from payments.rules import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Money that comes to one case. `leaves`: where else in the payment it stood until now; `cause`: what moves it;
    `said`: what its event has besides."""

    minor: int
    processor_fee_minor: int = 0
    leaves: Sequence[Piece] = ()
    cause: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    again: bool = False


def settle(payment: Payment, cases: Mapping[str, Case], *, by: str, at: datetime) -> None:
    """Give each case what the payment is meant for: ledger, allocation and event first, then the case that is paid is
    closed, then what was agreed about it is looked at. The payment has succeeded."""
    parts = rules.shares(payment.amount_minor, payment.instruction, case_id=payment.case_id)
    costs = rules.in_proportion(payment.processor_fee_minor, [minor for _, minor in parts])
    for (case_id, minor), cost in zip(parts, costs, strict=True):
        come(payment, cases[case_id], Coming(minor=minor, processor_fee_minor=cost), by=by, at=at)


def come(payment: Payment, case: Case, coming: Coming, *, by: str, at: datetime) -> None:
    """`coming` lowers what `case` owes, as far as it owes anything; the rest is credit, and a task says so."""
    open_, was = queries.open_components(case), case.status
    settled = campaigns.settle(
        case_id=case.id,
        amount_minor=coming.minor,
        payment_id=payment.id,
        by=by,
        at=at,
        again=coming.again,
        announce=lambda settled: _came(payment, coming, settled, open_, by=by, at=at),
    )
    if settled.applied_minor and not settled.closed:
        settlements.paid(payment, settled.case, settled, by=by, at=at)
    follow(case=settled.case, was=was, by=by, at=at)
    if settled.unapplied_minor:
        ask_for_credit(payment, settled.case, by=by, at=at)


def _came(
    payment: Payment, coming: Coming, settled: campaigns.Settlement, open_: list[rules.Open], *, by: str, at: datetime
) -> None:
    case = settled.case
    parts = [(part, minor) for _, part, minor in rules.allocate(settled.applied_minor, open_, case_id=case.id)]
    if settled.unapplied_minor:
        parts.append((rules.UNAPPLIED, settled.unapplied_minor))
    left = [Piece(one.case_id, one.component, -one.minor) for one in coming.leaves]
    move(payment, [*left, *(Piece(case.id, component, minor) for component, minor in parts)], coming.cause, at=at)
    fee = fees.earned(payment=payment, case=case, minor=settled.applied_minor, by=by, at=at)
    charge(payment, fee)
    data = serializers.received(
        payment,
        case,
        parts,
        balance_minor=settled.balance_minor,
        zone=case.organisation.timezone,
        costs=(coming.processor_fee_minor, fee),
    )
    tell("payment.received", payment, case, data | coming.said, by=by, at=at, cause="")


def move(payment: Payment, pieces: Iterable[Piece], cause: str, *, at: datetime) -> None:
    """Write down where money of `payment` stands from now on; pieces of one cause and place are one row."""
    sums: dict[tuple[str, str], int] = {}
    for piece in pieces:
        place = (piece.case_id, piece.component)
        sums[place] = sums.get(place, 0) + piece.minor
    recorded_at = clock.now()
    rows = [
        Allocation(
            organisation_id=payment.organisation_id,
            livemode=payment.livemode,
            payment=payment,
            case_id=case_id,
            component=component,
            amount_minor=minor,
            currency=payment.currency,
            cause=cause,
            aside=case_id != payment.case_id,
            created_at=at,
            recorded_at=recorded_at,
        )
        for (case_id, component), minor in sums.items()
        if minor
    ]
    db.bulk_insert(Allocation, rows)


def charge(payment: Payment, fee_minor: int) -> None:
    """A success fee is earned by the payment, or (below zero) given back."""
    if fee_minor:
        payment.success_fee_minor = max(0, payment.success_fee_minor + fee_minor)
        payment.save(update_fields=["success_fee_minor"])


def ask_for_credit(payment: Payment, case: Case, *, by: str, at: datetime) -> None:
    """More came than was owed: a person decides what becomes of it, and it is not kept in silence."""
    minor = queries.credit(payment)
    words = money.display(minor, payment.currency)
    campaigns.open_task(
        kind=Task.Kind.RETURN_CREDIT,
        debtor=case.debtor,
        case=case,
        cause=payment.id,
        reason=f"{words} more came than was owed: give it back, or use it for another invoice.",
        facts={"payment_id": payment.id, "amount": money.to_json(minor, payment.currency)},
        due_at=campaigns.due_in(case.organisation, 3, at=at),
        by=by,
        at=at,
    )


def end_credit(payment: Payment, outcome: str, *, by: str, at: datetime) -> None:
    """Once nothing of it is unapplied any more, nobody needs to decide."""
    if not any(piece.component == rules.UNAPPLIED for piece in queries.standing(payment)):
        named = {"cause": payment.id, "kind": Task.Kind.RETURN_CREDIT, "status": Task.Status.DONE}
        campaigns.end_tasks(**named, outcome=outcome, by=by, at=at)


def tell(type: str, payment: Payment, case: Case, data: dict[str, Any], *, by: str, at: datetime, cause: str) -> None:
    """An event about `payment` on one of its cases."""
    events.record(
        type=type,
        organisation_id=payment.organisation_id,
        livemode=payment.livemode,
        data=data,
        by=by,
        at=at,
        about=events.About(campaign_id=case.campaign_id, case_id=case.id, debtor_id=case.debtor_id),
        cause=cause,
    )
