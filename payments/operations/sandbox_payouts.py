"""The sandbox processor pays out, once a day, what stands in its books: the creditor sees what live mode will show.

A day is one of UTC. What was booked before today is paid out today: by the moment of a story that is behind the wall,
by the wall's where a test clock is ahead of it. No money moves.
"""

import hashlib
from datetime import UTC, datetime, time

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Least

from agentcollect.kit import clock, db, ids
from payments.models import Payout, ProcessorEntry

NAME = "sandbox"
_Key = tuple[str, str]


def pay_out(*, at: datetime, organisation_id: str = "") -> int:
    """Pay out, to each organisation (or this one) and in each currency, what was booked before the day of `at`; how
    many payouts were made.

    What adds up to nothing, or less, is carried over, as Stripe does.
    """
    today = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    booked = _booked(today, **({"organisation_id": organisation_id} if organisation_id else {}))
    sums = (
        booked.order_by()
        .values_list("organisation_id", "currency")
        .annotate(net=Sum(F("amount_minor") - F("fee_minor")))
    )
    return sum(_pay_out((organisation, currency), today, at) for organisation, currency, net in sums if net > 0)


def _booked(today: datetime, **whose: str) -> QuerySet[ProcessorEntry]:
    waiting = ProcessorEntry.objects.filter(provider=NAME, livemode=False, payout_reference="", **whose)
    return waiting.alias(booked=Least("booked_at", "recorded_at")).filter(booked__lt=today)


def _pay_out(key: _Key, today: datetime, at: datetime) -> int:
    """One transaction: the payout, its own line, and every line it is made of."""
    organisation_id, currency = key
    reference = "po_sbx_" + hashlib.sha256(f"{organisation_id}|{currency}|{today.date()}".encode()).hexdigest()[:20]
    mine = _booked(today, organisation_id=organisation_id, currency=currency)
    with db.atomic():
        lines = list(db.locked(mine.order_by("id")))
        net = sum(line.amount_minor - line.fee_minor for line in lines)
        if net <= 0 or Payout.objects.filter(organisation_id=organisation_id, livemode=False, reference=reference):
            return 0
        _insert(key, reference, net, at)
        named = [line.id for line in lines]
        ProcessorEntry.objects.filter(db.among("id", named)).update(payout_reference=reference)
        return 1


def _insert(key: _Key, reference: str, minor: int, at: datetime) -> None:
    wall = clock.now()
    shared = {
        "organisation_id": key[0],
        "livemode": False,
        "provider": NAME,
        "currency": key[1],
        "created_at": at,
        "recorded_at": wall,
    }
    Payout.objects.create(
        id=ids.new("pyo"),
        reference=reference,
        amount_minor=minor,
        status=Payout.Status.PAID,
        arrival_on=at.date(),
        destination="Sandbox bank ••0000",
        told_at=wall,
        updated_at=at,
        **shared,
    )
    ProcessorEntry.objects.create(
        id=ids.new("ptx"),
        reference=f"{reference}-line",
        kind=ProcessorEntry.Kind.PAYOUT,
        amount_minor=-minor,
        payout_reference=reference,
        words="payout",
        booked_at=at,
        **shared,
    )
