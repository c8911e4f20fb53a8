"""What follows from a callback, by what it is about: a payment, a payout, the creditor's own account."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from agentcollect.kit import clock, jobs
from payments.models import Payment, ProcessorCallback, Refund, RemitTo
from payments.operations import books, payouts
from payments.operations.catching_up import catch_up, tell
from payments.operations.remitting import TELL
from payments.providers import connected
from payments.providers.base import News
from payments.providers.stripe import callbacks, reading, state
from payments.providers.stripe.state import PaymentState

Act = Callable[[], AbstractContextManager[None]]
BY = "processor"


class MismatchError(Exception):
    """What the processor tells cannot be about the payment it names."""


def act_on(rows: Sequence[ProcessorCallback], act: Act, *, at: datetime) -> bool:
    """Bring our rows to where the subject of `rows` stands; False: it is none of ours.

    Every write happens inside `act()`. Raises ProcessorError, MismatchError, ApiError.
    """
    first, kinds = rows[0], {row.kind for row in rows}
    if not connected.is_known(first.account):
        return False
    if kinds & callbacks.PAYMENT:
        return _payment(first.subject, first.account, kinds, act, at=at)
    if kinds & callbacks.PAYOUT:
        return _payout(first.subject, first.account, act, at=at)
    with act():
        _taken_away(first.account, at=at)
    return True


def _taken_away(account: str, *, at: datetime) -> None:
    """The creditor took our access to their account away: nothing can be paid there any more, and the owners hear of
    it as of every change of where the money goes."""
    named = RemitTo.objects.filter(livemode=True, kind=RemitTo.Kind.STRIPE, details__account=account)
    standing = named.filter(status__in=[RemitTo.Status.PROPOSED, RemitTo.Status.APPROVED, RemitTo.Status.ACTIVE])
    ended = {"status": RemitTo.Status.CANCELLED, "ended_at": at, "ended_by": BY, "updated_at": at}
    if standing.update(**ended):
        jobs.enqueue(TELL)


# --- payments


def _payment(subject: str, account: str, kinds: set[str], act: Act, *, at: datetime) -> bool:
    deep = any("refund" in kind or "dispute" in kind for kind in kinds)
    found = state.payment_of(subject, account, deep=deep)
    payment = _ours(found, account) if found else None
    if found is None or payment is None:
        return False
    with act():
        payment = _came(payment, found, at=at)
    for refund in found.refunds:
        with act():
            _refund(payment, refund, found.currency, at=at)
    for dispute in found.disputes:
        with act():
            _dispute(payment, dispute, found, at=at)
    return True


def _ours(found: PaymentState, account: str) -> Payment | None:
    """The payment that it names, if it was begun on that very account, for that very amount.

    Whoever owns the account can write what they like into their own payments' metadata.
    """
    live = Payment.objects.filter(livemode=True, provider="stripe")
    payment = live.filter(id=found.payment_id, account=account).first()
    if payment is None:
        return None
    if found.charge.succeeded and (found.amount_minor, found.currency) != (payment.amount_minor, payment.currency):
        told = f"{found.amount_minor} {found.currency} came for {payment.amount_minor} {payment.currency}"
        raise MismatchError(f"{payment.id}: {told}")
    return payment


def _came(payment: Payment, found: PaymentState, *, at: datetime) -> Payment:
    if found.method and found.method != payment.method:
        Payment.objects.filter(id=payment.id, status=Payment.Status.PROCESSING).update(method=found.method)
    return catch_up(payment, found.charge, by=BY, at=at)


def _refund(payment: Payment, refund: Any, currency: str, *, at: datetime) -> None:
    """Ours, or one that the creditor made at the processor's own pages."""
    news = reading.news_of_refund(refund, payment.provider_reference, currency)
    if news is None:
        return
    if news.what == "refund_failed" and not _known_refund(payment, news):
        return  # made and failed there: no money moved, and we never said that any did
    tell(payment, news, by=BY, at=at)


def _known_refund(payment: Payment, news: News) -> bool:
    mine = Refund.objects.filter(payment_id=payment.id)
    return mine.filter(id=news.refund_id).exists() or mine.filter(reference=news.refund_reference).exists()


# --- disputes


def _dispute(payment: Payment, dispute: Any, found: PaymentState, *, at: datetime) -> None:
    """The debtor's bank took the money, and may give it again. A dispute about a part of what is left takes that part,
    as a refund of it would; one about all of it reverses the payment."""
    payment = Payment.objects.get(id=payment.id)
    words = reading.dispute_words(dispute)
    minor = reading.disputed_minor(dispute, found.currency)
    if _is_part(payment, dispute.id, minor):
        part = {"amount_minor": minor, "refund_reference": dispute.id}
        taken, over = (News(payment.provider_reference, what, words, **part) for what in ("refunded", "refund_failed"))
    else:
        whole = {"return_reference": dispute.id}
        taken, over = (News(payment.provider_reference, what, words, **whole) for what in ("reversed", "reinstated"))
    if reading.taken(dispute):
        tell(payment, taken, by=BY, at=at)
    elif _was_taken(payment, dispute.id):
        tell(payment, over, by=BY, at=at)


def _is_part(payment: Payment, dispute_id: str, minor: int) -> bool:
    if dispute_id in payment.told:
        return False
    known = Refund.objects.filter(payment_id=payment.id, reference=dispute_id).exists()
    return known or minor < payment.amount_minor - payment.refunded_minor


def _was_taken(payment: Payment, dispute_id: str) -> bool:
    return dispute_id in payment.told or Refund.objects.filter(payment_id=payment.id, reference=dispute_id).exists()


# --- payouts


def _payout(reference: str, account: str, act: Act, *, at: datetime) -> bool:
    named = connected.naming(account)
    asked = clock.now()
    found = state.payout_of(reference, account)
    books.read_account(account, named, at=at)
    lines = books.lines_of_payout(reference, account) if found.automatic else []
    with act():
        payouts.told(found, organisation_id=named.organisation_id, account=account, told_at=asked, at=at)
        books.join(lines, organisation_id=named.organisation_id)
    return True
