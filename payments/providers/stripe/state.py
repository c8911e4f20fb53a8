"""How things stand at Stripe now. Callbacks come late, twice and in any order; the present state has one order only."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from payments.models import Payout
from payments.providers.base import Charge
from payments.providers.stripe import amounts, processor, reading
from payments.providers.stripe.client import ask


@dataclass(frozen=True, slots=True)
class PaymentState:
    """A payment at Stripe. `payment_id` is ours as its metadata say, empty for one of the creditor's other business."""

    reference: str
    payment_id: str
    amount_minor: int
    currency: str
    method: str
    charge: Charge
    refunds: tuple[Any, ...] = ()
    disputes: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class PayoutState:
    """A payout at Stripe; `automatic`: Stripe can say which lines of its books it pays out."""

    reference: str
    status: str
    amount_minor: int
    currency: str
    created_at: datetime
    arrival_on: date
    destination: str
    failure: str
    automatic: bool


def payment_of(subject: str, account: str, *, deep: bool) -> PaymentState | None:
    """A payment by its session or payment intent; `deep`: with its refunds and disputes, whatever the charge says.

    None: it has nothing that is ours. Raises ProcessorError.
    """
    if subject.startswith("cs_"):
        session = processor.session_of(subject, account)
        if session.payment_intent is None:
            return _of_session(session)
        intent = session.payment_intent
        charge = reading.charge_of(session)
    else:
        intent = processor.intent(subject, account)
        charge = processor.charge_of_intent(intent, account)
    if not reading.noted(intent, "payment_id"):
        return None
    refunds, disputes = _after(intent, account, deep=deep)
    return _of_intent(intent, charge, refunds, disputes)


def _of_session(session: Any) -> PaymentState | None:
    if not session.client_reference_id or session.amount_total is None:
        return None
    currency = session.currency.upper()
    total = amounts.from_stripe(session.amount_total, currency)
    return PaymentState(session.id, session.client_reference_id, total, currency, "", reading.charge_of(session))


def _of_intent(intent: Any, charge: Charge, refunds: list[Any], disputes: list[Any]) -> PaymentState:
    currency = intent.currency.upper()
    came = intent.amount_received if intent.status == "succeeded" else intent.amount
    return PaymentState(
        reference=intent.id,
        payment_id=reading.noted(intent, "payment_id"),
        amount_minor=amounts.from_stripe(came, currency),
        currency=currency,
        method=reading.method(intent),
        charge=charge,
        refunds=tuple(sorted(refunds, key=lambda one: one.created)),
        disputes=tuple(sorted(disputes, key=lambda one: one.created)),
    )


def _after(intent: Any, account: str, *, deep: bool) -> tuple[list[Any], list[Any]]:
    charge = intent.latest_charge
    if charge is None or intent.status != "succeeded":
        return [], []
    listing: Any = {"payment_intent": intent.id, "limit": 100}
    options: Any = {"stripe_account": account}
    refunds = disputes = []
    if deep or charge.amount_refunded:
        refunds = ask(lambda api: list(api.v1.refunds.list(listing, options).auto_paging_iter()))
    if deep or charge.disputed:
        disputes = ask(lambda api: list(api.v1.disputes.list(listing, options).auto_paging_iter()))
    return refunds, disputes


def payout_of(reference: str, account: str) -> PayoutState:
    """Raises ProcessorError."""
    params: Any = {"expand": ["destination"]}
    options: Any = {"stripe_account": account}
    return _payout(ask(lambda api: api.v1.payouts.retrieve(reference, params, options)))


def payouts_since(account: str, since: datetime) -> list[PayoutState]:
    """Oldest first. Raises ProcessorError."""
    params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100, "expand": ["data.destination"]}
    options: Any = {"stripe_account": account}
    found = ask(lambda api: list(api.v1.payouts.list(params, options).auto_paging_iter()))
    return [_payout(one) for one in reversed(found)]


def _payout(found: Any) -> PayoutState:
    currency = found.currency.upper()
    return PayoutState(
        reference=found.id,
        status=found.status if found.status in Payout.Status.values else Payout.Status.PENDING,
        amount_minor=amounts.from_stripe(found.amount, currency),
        currency=currency,
        created_at=datetime.fromtimestamp(found.created, UTC),
        arrival_on=datetime.fromtimestamp(found.arrival_date, UTC).date(),
        destination=_destination(found.destination),
        failure=str(found.failure_message or "")[:200],
        automatic=bool(found.automatic),
    )


def _destination(account: Any) -> str:
    """`STRIPE TEST BANK ••6789`; empty where Stripe does not say."""
    if account is None or isinstance(account, str):
        return ""
    name = getattr(account, "bank_name", None) or getattr(account, "brand", None) or "account"
    return f"{name[:30]} ••{account.last4}"
