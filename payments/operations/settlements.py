"""Settlement offers against the ledger: what has come for one, the payment that settles it, and money that goes back.

Called by whoever moves money, in the same transaction. Lock order: the case, the payment, then the offer.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from agentcollect.kit import db, money
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Hold, LedgerEntry
from campaigns.operations import holds
from campaigns.operations.cases import CLOSING, close, post
from campaigns.rules import offers as policies
from campaigns.rules import transitions
from payments.models import Offer, Payment
from payments.operations.cases import tell
from payments.rules import offers as rules

Status = Offer.Status
# It binds nobody in these states of its case: something else is agreed, or objected to.
ELSEWHERE = frozenset({Case.Status.DISPUTED, Case.Status.IN_PLAN, Case.Status.CLOSED})
_MONEY = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)


def paid(payment: Payment, case: Case, settled: Any = None, *, by: str, at: datetime) -> bool:
    """Money has come for the locked `case` (its debtor loaded, the ledger posted, the payment told): settle what was
    offered about it, if with this the offer is paid in time. True: the case is closed now.

    The rest of the balance is booked as an adjustment and the case closes `settled`, a merely sent offer being accepted
    by its payment. Short money, late money, and money for an offer that no longer fits are normal partial payments.
    """
    offer = _payable.first(case_id=case.id)
    if offer is None or case.balance_minor <= 0 or not _may_settle(offer, case):
        return False
    was, given_up = offer.status, case.balance_minor
    _book(offer, case, -given_up, "settled by offer", by=by, at=at)
    if was != Status.ACCEPTED:
        transitions.check(transitions.OFFER, was, Status.ACCEPTED)
        offer.status, offer.accepted_at = Status.ACCEPTED, offer.accepted_at or at
    offer.settled_at = offer.ended_at = offer.updated_at = at
    offer.payment_id, offer.ended_by = payment.id, by
    offer.save()
    if was != Status.ACCEPTED:
        record("offer.accepted", offer, case, by=by, at=at)
    if case.closed_at is None:
        close(case=case, reason=Case.CloseReason.SETTLED, by=by, at=at, cause=offer.id)
    return True


def _may_settle(offer: Offer, case: Case) -> bool:
    # Closed as settled it stands where it could not be opened again when its payment went back.
    again = offer.status == Status.VOID and case.close_reason == Case.CloseReason.SETTLED
    return (again or case.status not in ELSEWHERE) and standing(offer, case).reached


@Prepared
def _payable(case_id: str) -> QuerySet[Offer]:
    """The last offer that was sent and may still be settled. Expired: by money that came in time and is told of now.
    Void: where the payment that had settled it went back, and comes again."""
    undone = Q(status=Status.VOID, settled_at__isnull=False)
    open_ = Q(status__in=[Status.SENT, Status.ACCEPTED, Status.EXPIRED], settled_at=None)
    rows = Offer.objects.filter(open_ | undone, case_id=case_id, sent_at__isnull=False)
    return db.locked(rows.order_by("-sent_at", "-id"))


def undo(payment: Payment, case: Case, minor: int, *, by: str, at: datetime) -> int:
    """`minor` of a payment is about to go back and be owed again on the locked `case`: where a settlement stood on it,
    what had been given up is owed again as well. Call it before the money's own ledger line; returns the minor units.

    A payment that the settlement does not need (an older one) leaves it as it is.
    """
    offer, given_up = _undone(payment, case, minor)
    if offer is None:
        return 0
    if given_up:
        _book(offer, case, given_up, "the payment of this settlement went back: offer", by=by, at=at)
    end(offer, case, Status.VOID, "the payment that settled it went back", by=by, at=at)
    return given_up


def would_undo(payment: Payment, case: Case, minor: int) -> int:
    """What `undo` would have owed again. Nothing is written; in a transaction."""
    return _undone(payment, case, minor)[1]


def _undone(payment: Payment, case: Case, minor: int) -> tuple[Offer | None, int]:
    """The settlement that does not stand without `minor` of the payment, and what had been given up in it."""
    offer = _settled.first(case_id=case.id)
    if offer is None:
        return None, 0
    now = standing(offer, case)
    if now.paid_minor - (minor if _in_time(payment, offer, _zone(case)) else 0) >= offer.amount_minor:
        return None, 0
    booked = LedgerEntry.objects.filter(case=case, kind=LedgerEntry.Kind.ADJUSTMENT, reference=offer.id)
    return offer, -int(booked.aggregate(sum=Sum("amount_minor", default=0))["sum"])


_settled = Prepared(
    lambda case_id: db.locked(
        Offer.objects.filter(case_id=case_id, status="accepted", settled_at__isnull=False).order_by("-settled_at")
    )
)


def _book(offer: Offer, case: Case, minor: int, words: str, *, by: str, at: datetime) -> None:
    said = {"reason": f"{words} {offer.id}", "reference": offer.id}
    post(case=case, kind=LedgerEntry.Kind.ADJUSTMENT, amount_minor=minor, by=by, at=at, **said)
    case.save(update_fields=["balance_minor", "updated_at"])


# --- what has come for it


def standing(offer: Offer, case: Case) -> rules.Standing:
    """A sent offer against the account of its case, as the ledger has it now."""
    received = case.collected_minor - offer.collected_minor
    return rules.Standing(
        amount_minor=offer.amount_minor,
        made_on_minor=offer.balance_minor,
        paid_minor=min(received, _paid_in_time(offer, case)) if received else 0,
        received_minor=received,
        balance_minor=case.balance_minor,
    )


def _paid_in_time(offer: Offer, case: Case) -> int:
    moved = LedgerEntry.objects.filter(case=case, kind__in=_MONEY, created_at__gte=offer.sent_at).exclude(payment_id="")
    sums = dict(moved.order_by().values_list("payment_id").annotate(Sum("amount_minor")))
    zone = _zone(case)
    came = Payment.objects.filter(db.among("id", list(sums))).only("id", "source", "created_at", "received_at")
    return -sum(sums[one.id] for one in came if _in_time(one, offer, zone))


def _in_time(payment: Payment, offer: Offer, zone: ZoneInfo) -> bool:
    """Since it was sent, by the creditor's calendar day, and before it ended. What was begun on the page counts from
    then: how long a bank takes over it is not the debtor's."""
    came = payment.received_at or payment.created_at
    begun = payment.created_at if payment.source == Payment.Source.PAGE else came
    sent = offer.sent_at or offer.created_at
    return came.astimezone(zone).date() >= sent.astimezone(zone).date() and begun < offer.valid_until


def _zone(case: Case) -> ZoneInfo:
    return ZoneInfo(case.organisation.timezone)


# --- said, and over


def last_day(offer: Offer, case: Case) -> date:
    """The day by whose end it must be paid, where the creditor is."""
    return policies.day_before(offer.valid_until, case.organisation.timezone)


def end(offer: Offer, case: Case, outcome: str, why: str, *, by: str, at: datetime) -> None:
    """End the locked offer of the locked case; who was told of it is told, and what waited for it goes on."""
    transitions.check(transitions.OFFER, offer.status, outcome)
    was, offer.status = offer.status, outcome
    offer.ended_at, offer.ended_by, offer.updated_at = at, by, at
    offer.evidence = offer.evidence | {"ended": why}
    offer.save(update_fields=["status", "ended_at", "ended_by", "updated_at", "evidence"])
    for hold in Hold.objects.filter(id=offer.hold_id) if offer.hold_id else ():
        _end_hold(hold, at=at)
    if was not in (Status.SENT, Status.ACCEPTED):
        return
    if outcome == Status.VOID:
        words = f"the settlement offer is void: {why}"
        tell(
            "case.updated",
            case,
            by=by,
            at=at,
            cause=offer.id,
            change=words,
            status=case.status,
            changes={},
            reason=None,
        )
    else:
        record(f"offer.{outcome}", offer, case, by=by, at=at)


def _end_hold(hold: Hold, *, at: datetime) -> None:
    """For good: a case that is taken up again does not wait for this any more."""
    holds.release(hold=hold, by="engine", at=at)
    Hold.objects.filter(id=hold.id, released_by=CLOSING).update(released_by="engine")


def record(type: str, offer: Offer, case: Case, *, by: str, at: datetime) -> None:
    """An event about the offer: what the debtor may know of it, and nothing of the policy it was made under."""
    tell(
        type,
        case,
        by=by,
        at=at,
        cause=offer.id,
        offer_id=offer.id,
        offer=offer.status,
        amount=money.to_json(offer.amount_minor, offer.currency),
        valid_until=last_day(offer, case).isoformat(),
        balance=money.to_json(case.balance_minor, case.currency),
        source=offer.source,
    )
