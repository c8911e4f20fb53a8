"""Refunds: money that the creditor gives back, wholly or in part, as often as something of the payment is left.

Money that came to the creditor directly was given back by them: their word settles it at once. Money that a processor
took goes back by it: the intent is committed, a task asks the processor with no lock held and our refund's id as the
key, and the outcome is settled; whoever dies in between leaves a row that is asked for again.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from agentcollect.kit import clock, db, errors, ids, jobs, money
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import LedgerEntry
from campaigns.rules.transitions import refused
from payments import providers, queries, rules, serializers
from payments.models import Payment, Refund
from payments.operations.charging import moment
from payments.operations.returning import Going, Locked, all_of, bring_back, give_back
from payments.operations.reversing import stand, taken_back
from payments.operations.settling import tell
from payments.providers.base import News, ProcessorError, RefundRequest
from payments.rules import Piece

errors.define("nothing_to_refund", 409, "All of this payment was given back already, or is about to be.")
errors.define("amount_above_refundable", 400, "The amount is more than what can still be given back of this payment.")

Status = Refund.Status
_OPEN = (Status.CREATED, Status.PROCESSING)
# The creditor says that they gave it back, as they said that it came.
_SAID = frozenset({Payment.Source.REPORTED, Payment.Source.TRANSFER, Payment.Source.ATTORNEY})
# How long a refund may wait for its task before a sweep takes it up.
_GRACE = timedelta(minutes=2)


def refund(
    *, payment_id: str, amount_minor: int | None = None, reason: str, credited: bool = False, by: str, at: datetime
) -> Refund:
    """Give back `amount_minor` of a payment (None: all that is left). `credited`: the invoices are credited with it, so
    that nothing of it is owed again.

    Succeeded at once for money that the creditor took themselves, else `created`: a task asks the processor. Raises
    ApiError: illegal_transition (it never came, or is reversed), nothing_to_refund, amount_above_refundable.
    """
    with all_of(payment_id) as locked:
        payment = locked.payment
        if payment.status == Payment.Status.REFUNDED:
            raise ApiError("nothing_to_refund")
        if payment.status not in rules.REFUNDABLE:
            raise refused(payment.status, "be refunded")
        minor = _refundable(payment, amount_minor)
        row = _insert(payment, minor, reason=reason, credited=credited, by=by, at=at)
        if payment.source in _SAID:
            _settle(locked, row, "", by=by, at=at)
        else:
            jobs.enqueue("payments.run_refund", refund_id=row.id)
        return row


def _refundable(payment: Payment, asked: int | None) -> int:
    left = queries.refundable(payment)
    if not left:
        raise ApiError("nothing_to_refund")
    if asked is not None and asked > left:
        shown = money.display(left, payment.currency)
        raise ApiError("amount_above_refundable", f"Only {shown} of it can still be given back.", param="amount")
    return left if asked is None else asked


def _insert(payment: Payment, minor: int, *, by: str, at: datetime, **facts: Any) -> Refund:
    refund_id = ids.new("rfd")
    return Refund.objects.create(
        **{
            "id": refund_id,
            "organisation_id": payment.organisation_id,
            "livemode": payment.livemode,
            "created_at": at,
            "recorded_at": clock.now(),
            "updated_at": at,
            "payment": payment,
            "amount_minor": minor,
            "currency": payment.currency,
            "status": Status.CREATED,
            "provider": payment.provider,
            "provider_reference": refund_id,
            "actor": by,
        }
        | facts
    )


# --- the processor


def run_refunds(*, at: datetime, limit: int = 100, waiting: timedelta = _GRACE) -> int:
    """Ask the processors for the refunds that no task has brought to an end, oldest first; the number asked for."""
    rows = Refund.objects.filter(status=Status.CREATED, recorded_at__lte=at - waiting).order_by("recorded_at")
    found = list(rows.values_list("id", flat=True)[:limit])
    for refund_id in found:
        run_refund(refund_id=refund_id, at=at)
    return len(found)


def run_refund(*, refund_id: str, at: datetime) -> Refund:
    """Ask the processor for one refund, with no transaction open. Asked twice, even at once, it is one: the processor
    knows it by our id, and its outcome is settled once."""
    row = Refund.objects.select_related("payment__case").get(id=refund_id)
    processor = providers.processor_named(row.provider)
    if row.status != Status.CREATED or processor is None:
        return row
    story = moment(row.payment, at)
    try:
        outcome = processor.refund(_request(row, story))
    except ProcessorError as error:
        if not error.permanent:
            return row  # nobody knows yet: `run_refunds` asks again
        return fail_refund(refund_id=row.id, failure=str(error), by="engine", at=story)
    if outcome.failure:
        return fail_refund(refund_id=row.id, failure=outcome.failure, by="engine", at=story)
    if outcome.pending:
        return _acknowledged(row.id, outcome.reference, at=story)
    return settle_refund(refund_id=row.id, reference=outcome.reference, by="engine", at=story)


def _request(row: Refund, at: datetime) -> RefundRequest:
    payment = row.payment
    return RefundRequest(
        refund_id=row.id,
        payment_id=payment.id,
        reference=payment.provider_reference,
        charge_reference=payment.reference,
        account=payment.account,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reason=row.reason,
        organisation_id=row.organisation_id,
        at=at,
    )


def _acknowledged(refund_id: str, reference: str, *, at: datetime) -> Refund:
    with db.atomic():
        row = db.locked(Refund.objects.filter(id=refund_id)).get()
        if row.status == Status.CREATED:
            row.status, row.reference, row.updated_at = Status.PROCESSING, reference, at
            row.save(update_fields=["status", "reference", "updated_at"])
        return row


# --- how it ended


def settle_refund(*, refund_id: str, reference: str, by: str, at: datetime) -> Refund:
    """The money has gone back. One that has an outcome already keeps it."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    with all_of(payment_id) as locked:
        row = db.locked(Refund.objects.filter(id=refund_id)).get()
        if row.status in _OPEN:
            _settle(locked, row, reference, by=by, at=at)
        return row


def fail_refund(*, refund_id: str, failure: str, by: str, at: datetime) -> Refund:
    """The money has not gone back, or has come again: what had been booked of it is paid again. Failed is final."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    with all_of(payment_id) as locked:
        row = db.locked(Refund.objects.filter(id=refund_id)).get()
        if row.status != Status.FAILED:
            _fail(locked, row, failure, by=by, at=at)
        return row


def _settle(locked: Locked, row: Refund, reference: str, *, by: str, at: datetime) -> None:
    """Unapplied credit goes first, then what the last case got. Of a payment that has gone back as a whole, nothing
    stands any more: the refund is a part of what has gone, and only a credit is booked."""
    payment, back = locked.payment, taken_back(locked.payment)
    minor = min(row.amount_minor, payment.amount_minor - payment.refunded_minor)
    gone = _gone_already(payment, minor) if back else []
    payment.refunded_minor += minor
    stand(payment, at=at)
    row.status, row.reference, row.settled_at, row.updated_at = Status.SUCCEEDED, reference or row.reference, at, at
    row.save(update_fields=["status", "reference", "settled_at", "updated_at"])
    if back:
        _credit_gone(locked, row, gone, by=by, at=at)
        return
    going = Going(
        kind=LedgerEntry.Kind.REFUND,
        cause=row.id,
        reason=row.reason,
        type="payment.refunded",
        tells=lambda case, total, applied: serializers.refunded(payment, row, case, total, applied_minor=applied),
        credited=row.credited,
    )
    give_back(locked, rules.to_give_back(minor, queries.standing(payment)), going, by=by, at=at)


def _gone_already(payment: Payment, minor: int) -> list[Piece]:
    """Which pieces `minor` would have been taken from, had it been told before the payment went back."""
    gone = queries.last_return(payment)
    stood = sum(piece.minor for piece in gone)
    since = max(0, payment.refunded_minor - (payment.amount_minor - stood))
    first = rules.to_give_back(since, gone)
    sums = {(piece.case_id, piece.component): piece.minor for piece in first}
    rest = [Piece(p.case_id, p.component, p.minor - sums.get((p.case_id, p.component), 0)) for p in gone]
    return rules.to_give_back(minor, rest)


def _credit_gone(locked: Locked, row: Refund, gone: list[Piece], *, by: str, at: datetime) -> None:
    for case_id in dict.fromkeys(piece.case_id for piece in gone):
        mine = [piece for piece in gone if piece.case_id == case_id]
        case, total = locked.cases[case_id], sum(piece.minor for piece in mine)
        if row.credited:
            applied = sum(piece.minor for piece in mine if piece.component != rules.UNAPPLIED)
            named = {"reference": row.id, "reason": row.reason}
            case = campaigns.credit_returned(case_id=case_id, amount_minor=applied, **named, by=by, at=at)
        data = serializers.refunded(locked.payment, row, case, total, applied_minor=0)
        tell("payment.refunded", locked.payment, case, data, by=by, at=at, cause=row.id)


def _fail(locked: Locked, row: Refund, failure: str, *, by: str, at: datetime) -> None:
    payment, was = locked.payment, row.status
    row.status, row.failure, row.updated_at = Status.FAILED, failure[:200], at
    row.save(update_fields=["status", "failure", "updated_at"])
    if was != Status.SUCCEEDED:
        return
    payment.refunded_minor -= min(row.amount_minor, payment.refunded_minor)
    stand(payment, at=at)
    if not taken_back(payment):
        minor = sum(queries.returned(payment).values()) - payment.refunded_minor
        first = queries.left_by(payment, row.id)
        said = {"reinstated": True}
        bring_back(locked, minor, cause=ids.new("rst"), first=first, said=said, by=by, at=at)


# --- what a processor tells of refunds that were made there


def refund_told(*, payment: Payment, news: News, by: str, at: datetime) -> None:
    """A refund succeeded, or failed in the end, whoever had asked for it: ours is known by our id, one that was made at
    the processor by its reference there."""
    failed = news.what == "refund_failed"
    with all_of(payment.id) as locked:
        row = _known(locked.payment, news)
        if row is None:
            reference = news.refund_reference
            facts = {"provider_reference": reference, "reference": reference, "reason": news.words[:300]}
            row = _insert(locked.payment, news.amount_minor, **facts, by=by, at=at)
        if failed and row.status != Status.FAILED:
            _fail(locked, row, news.words, by=by, at=at)
        elif not failed and row.status in _OPEN:
            _settle(locked, row, news.refund_reference, by=by, at=at)


def _known(payment: Payment, news: News) -> Refund | None:
    rows: QuerySet[Refund] = db.locked(Refund.objects.filter(payment_id=payment.id))
    found = rows.filter(id=news.refund_id).first() if news.refund_id else None
    named = news.refund_reference
    return found or (rows.filter(reference=named).first() if named else None)
