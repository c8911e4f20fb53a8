"""Stripe's books: the balance transactions of one account (docs.stripe.com/reports/balance-transaction-types)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.models import ProcessorEntry
from payments.providers.stripe import amounts
from payments.providers.stripe.client import ask

Kind = ProcessorEntry.Kind
_KINDS = {
    "charge": Kind.CHARGE,
    "refund": Kind.REFUND,
    "partial_capture_reversal": Kind.REFUND,
    "refund_failure": Kind.REFUND_FAILED,
    "dispute": Kind.DISPUTE,
    "dispute_reversal": Kind.DISPUTE_WON,
    "fee": Kind.FEE,
    "network_cost": Kind.FEE,
    "payout": Kind.PAYOUT,
    "payout_reversal": Kind.PAYOUT,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the books. `amount_minor` is signed and gross, `fee_minor` kept of it; `charge_reference` the payment
    intent it is about, `payout_reference` the payout that it is part of, where known."""

    reference: str
    kind: str
    amount_minor: int
    fee_minor: int
    currency: str
    charge_reference: str
    payout_reference: str
    words: str
    booked_at: datetime


def lines_since(account: str, since: datetime) -> list[Line]:
    """Every line booked at `since` or later, oldest first. Raises ProcessorError."""
    return _lines({"created": {"gte": int(since.timestamp())}}, account, payout_reference="")


def lines_of_payout(payout: str, account: str) -> list[Line]:
    """What an automatic payout pays out, and its own line. Raises ProcessorError."""
    return _lines({"payout": payout}, account, payout_reference=payout)


def _lines(asked: dict[str, Any], account: str, *, payout_reference: str) -> list[Line]:
    params: Any = asked | {"limit": 100, "expand": ["data.source"]}
    options: Any = {"stripe_account": account}
    found = ask(lambda api: list(api.v1.balance_transactions.list(params, options).auto_paging_iter()))
    return [_line(one, payout_reference) for one in reversed(found)]


def _line(one: Any, payout_reference: str) -> Line:
    currency = one.currency.upper()
    source = None if isinstance(one.source, str) else one.source
    kind = _KINDS.get(one.reporting_category, Kind.OTHER)
    return Line(
        reference=one.id,
        kind=kind,
        amount_minor=amounts.from_stripe(one.amount, currency),
        fee_minor=amounts.from_stripe(one.fee, currency),
        currency=currency,
        charge_reference=str(getattr(source, "payment_intent", None) or ""),
        payout_reference=source.id if kind == Kind.PAYOUT and source is not None else payout_reference,
        words=str(one.type).replace("_", " "),
        booked_at=datetime.fromtimestamp(one.created, UTC),
    )
