"""Money of a payment goes back to who paid it, from each case that it stands on, and may come again.

One way for refunds and reversals alike: the ledger owes it again, the allocation says `returned`, the success fee is
given back in proportion, the event says so, a case that it had closed is active again, agreements are looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agentcollect.kit import db
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, LedgerEntry
from payments import queries, rules
from payments.models import Payment, Plan, Promise
from payments.operations import fees, plans, promises, settlements
from payments.operations.money import lock_case
from payments.operations.settling import Coming, charge, come, end_credit, move, tell
from payments.rules import Piece


@dataclass(frozen=True, slots=True)
class Locked:
    """A payment with every case that it pays and their campaigns, locked in this order: campaigns, cases, payment."""

    payment: Payment
    cases: dict[str, Case]
    campaigns: dict[str, Campaign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Why money goes back: the kind of ledger entry, what it follows from (a refund's id), words for people, and what
    its event says of one case (`tells`, given the case, all that leaves it, and what of that had paid it)."""

    kind: str
    cause: str
    reason: str
    type: str
    tells: Callable[[Case, int, int], dict[str, Any]]
    credited: bool = False


class _MovedError(Exception):
    """Credit of the payment was used for one more case while its locks were waited for."""


@contextmanager
def all_of(payment_id: str, *, also: str = "") -> Iterator[Locked]:
    """A transaction in which the payment, its cases (and the case `also`) and their campaigns are locked."""
    with db.atomic():
        yield _lock(payment_id, also)


def _lock(payment_id: str, also: str) -> Locked:
    for _ in range(5):
        try:
            with db.atomic():
                return _try_to_lock(payment_id, also)
        except _MovedError:
            continue
    raise RuntimeError(f"{payment_id}: its cases change faster than they can be locked")


def _try_to_lock(payment_id: str, also: str) -> Locked:
    found = Payment.objects.only("organisation_id", "livemode", "case_id", "instruction").get(id=payment_id)
    theirs = queries.cases_of(found)
    named = sorted({*theirs, also} - {""})
    held = {one: campaigns.lock_campaign(one) for one in queries.campaigns_of(named)}
    cases = {one: lock_case(found.organisation_id, found.livemode, one) for one in named}
    payment = db.locked(Payment.objects.filter(id=payment_id)).get()
    if queries.cases_of(payment) != theirs:
        raise _MovedError
    payment.case = cases[payment.case_id]
    return Locked(payment, cases, held)


def give_back(locked: Locked, pieces: Sequence[Piece], going: Going, *, by: str, at: datetime) -> None:
    """Take `pieces`, which stand, out of their cases, one case after the other, and look at what was agreed there."""
    for case_id in dict.fromkeys(piece.case_id for piece in pieces):
        mine = [piece for piece in pieces if piece.case_id == case_id]
        case = _out_of(locked, case_id, mine, going, by=by, at=at)
        locked.cases[case_id] = case
        _look_at_agreements(case, by=by, at=at)
    locked.payment.case = locked.cases[locked.payment.case_id]
    if any(piece.component == rules.UNAPPLIED for piece in pieces):
        end_credit(locked.payment, "returned", by=by, at=at)


def _out_of(locked: Locked, case_id: str, pieces: Sequence[Piece], going: Going, *, by: str, at: datetime) -> Case:
    payment, total = locked.payment, sum(piece.minor for piece in pieces)
    applied = sum(piece.minor for piece in pieces if piece.component != rules.UNAPPLIED)
    left = [Piece(case_id, piece.component, -piece.minor) for piece in pieces]
    move(payment, [*left, Piece(case_id, rules.RETURNED, total)], going.cause, at=at)
    case = locked.cases[case_id]
    fee = fees.given_back(payment=payment, case=case, minor=applied, cause=going.cause, by=by, at=at)
    charge(payment, -fee)
    if applied and not going.credited:
        settlements.undo(payment, case, applied, by=by, at=at)
    returned = campaigns.take_back(
        campaign=locked.campaigns[case.campaign_id],
        case_id=case_id,
        amount_minor=applied,
        payment_id=payment.id,
        reason=going.reason,
        by=by,
        at=at,
        kind=going.kind,
        credited=going.cause if going.credited else "",
        announce=lambda returned: tell(
            going.type, payment, returned.case, going.tells(returned.case, total, applied), by=by, at=at,
            cause=going.cause if going.kind == LedgerEntry.Kind.REFUND else payment.id,
        ),
    )  # fmt: skip
    return returned.case


def bring_back(
    locked: Locked, minor: int, *, cause: str, first: Sequence[str] = (), said: dict[str, Any], by: str, at: datetime
) -> None:
    """`minor` of what was returned comes again, to the cases that it had left: to `first` before the others, else in
    the order in which they were paid. What a case owes no more is credit."""
    payment = locked.payment
    places = [*first, *queries.cases_in_order(payment)]
    gone = queries.returned(payment)
    for case_id in dict.fromkeys(places):
        part = min(minor, gone.get(case_id, 0))
        minor -= part
        if part:
            leaves = [Piece(case_id, rules.RETURNED, part)]
            coming = Coming(minor=part, leaves=leaves, cause=cause, said=said, again=True)
            come(payment, locked.cases[case_id], coming, by=by, at=at)


def _look_at_agreements(case: Case, *, by: str, at: datetime) -> None:
    """A part of what was promised, or of a plan, has not come after all."""
    if case.status == Case.Status.PROMISED:
        for promise in db.locked(Promise.objects.filter(case=case, status=Promise.Status.OPEN)):
            promises.judge(promise, case, by=by, at=at)
    if case.status == Case.Status.IN_PLAN:
        for plan in db.locked(Plan.objects.filter(case=case, status=Plan.Status.ACTIVE)):
            plans.judge(plan, case, by=by, at=at)
