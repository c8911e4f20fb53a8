"""Payouts, and the lines of the processor's books that they are made of."""

from typing import NamedTuple

from django.db.models import F, QuerySet, Sum

from agentcollect.kit.errors import ApiError
from payments.models import Payout, ProcessorEntry

Kind = ProcessorEntry.Kind


class Totals(NamedTuple):
    """What a payout is made of, in minor units, each signed; they add up to the payout, whose own line is left out.

    `fees` are what the processor kept of each line and what it billed apart.
    """

    charges: int
    refunds: int
    disputes: int
    fees: int
    other: int
    net: int


_PARTS = {
    Kind.CHARGE: "charges",
    Kind.REFUND: "refunds",
    Kind.REFUND_FAILED: "refunds",
    Kind.DISPUTE: "disputes",
    Kind.DISPUTE_WON: "disputes",
    Kind.FEE: "fees",
}


def payouts(organisation_id: str, livemode: bool) -> QuerySet[Payout]:
    """The payouts of one organisation in one mode."""
    return Payout.objects.filter(organisation_id=organisation_id, livemode=livemode)


def payout(organisation_id: str, livemode: bool, payout_id: str) -> Payout:
    """One payout. Raises ApiError(not_found)."""
    found = payouts(organisation_id, livemode).filter(id=payout_id.replace("\0", "?")).first()
    if found is None:
        raise ApiError("not_found")
    return found


def entries(payout: Payout) -> QuerySet[ProcessorEntry]:
    """What a payout pays out, line by line; not its own line."""
    rows = ProcessorEntry.objects.filter(organisation_id=payout.organisation_id, livemode=payout.livemode)
    mine = rows.filter(provider=payout.provider, account=payout.account, payout_reference=payout.reference)
    return mine.exclude(kind=Kind.PAYOUT)


def totals(payout: Payout) -> Totals:
    """One question, however many lines there are."""
    found = dict.fromkeys((*_PARTS.values(), "other"), 0)
    kept = F("fee_minor")
    for kind, gross, fee in entries(payout).order_by().values_list("kind").annotate(Sum("amount_minor"), Sum(kept)):
        found[_PARTS.get(kind, "other")] += gross
        found["fees"] -= fee
    return Totals(**found, net=sum(found.values()))
