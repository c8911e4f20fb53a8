"""Stripe behind the port: a hosted Checkout page on the creditor's own account (a direct charge).

docs.stripe.com/connect/direct-charges: the money goes straight to the creditor, Stripe's fee is theirs, and we never
hold any. Card and bank data are typed on Stripe's page only.
"""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

from agentcollect.kit import ids
from payments.providers.base import (
    Charge,
    ChargeRequest,
    Checkout,
    CheckoutRequest,
    Instrument,
    ProcessorError,
    RefundOutcome,
    RefundRequest,
)
from payments.providers.stripe import amounts, reading
from payments.providers.stripe.client import ask

NAME = "stripe"
# What may be offered on the page, where the creditor's account can take it.
_METHODS = {"USD": ["card", "us_bank_account"], "EUR": ["card", "sepa_debit"]}
# Where a session of ours was begun at the earliest and latest, seen from its payment's id.
_AROUND = timedelta(minutes=2), timedelta(hours=1)
# The pay page waits for us: one thread of a process at a time, so that a slow Stripe never takes the whole process.
_one_page = threading.Semaphore(1)
_PAGE_PATIENCE = 5.0


class StripeProcessor:
    """Live mode, for creditors whose own account is connected."""

    name = NAME
    hosted = True
    methods: tuple[str, ...] = ("card",)

    def refusals(self, instrument: Instrument, *, today: date) -> dict[str, str]:
        return {}

    def refusal(self, amount_minor: int, currency: str) -> str:
        return amounts.refusal(amount_minor, currency)

    def charge(self, request: ChargeRequest) -> Charge:
        raise NotImplementedError("Stripe takes the payment on its own page.")

    def begin(self, request: CheckoutRequest) -> Checkout:
        """The same `payment_id` is the same session for a day (docs.stripe.com/api/idempotent_requests)."""
        if not _one_page.acquire(timeout=_PAGE_PATIENCE):
            raise ProcessorError("Too many debtors begin to pay at once.", permanent=True)
        try:
            options: Any = {"stripe_account": request.account, "idempotency_key": request.payment_id}
            session = ask(lambda api: api.v1.checkout.sessions.create(_session(request), options), page=True)
        finally:
            _one_page.release()
        return _checkout(session)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """An idempotency key is forgotten after a day, what was refunded is not: so it is looked for first."""
        options: Any = {"stripe_account": request.account}
        listing: Any = {"payment_intent": request.charge_reference, "limit": 100}
        made = ask(lambda api: list(api.v1.refunds.list(listing, options).auto_paging_iter()))
        for refund in made:
            if reading.noted(refund, "refund_id") == request.refund_id:
                return reading.refund_outcome(refund)
        params: Any = {
            "payment_intent": request.charge_reference,
            "amount": amounts.to_stripe(request.amount_minor, request.currency),
            "metadata": {"refund_id": request.refund_id, "payment_id": request.payment_id},
        }
        once: Any = options | {"idempotency_key": request.refund_id}
        return reading.refund_outcome(ask(lambda api: api.v1.refunds.create(params, once)))

    def find(self, reference: str, account: str = "") -> Charge | None:
        """By the payment's id (the session's `client_reference_id`), the session's own, or the payment intent's."""
        if reference.startswith("pi_"):
            return charge_of_intent(intent(reference, account), account)
        session = session_of(reference, account)
        return reading.charge_of(session) if session else None

    def find_checkout(self, payment_id: str, account: str) -> Checkout | None:
        """The session that was begun for a payment, where our own note of it was lost; None: none was."""
        session = session_of(payment_id, account)
        return _checkout(session) if session else None

    def end(self, reference: str, account: str) -> Charge:
        """Close a session so that no money can come by it any more, and how it stands then: it may have been paid.

        Raises ProcessorError.
        """
        options: Any = {"stripe_account": account}
        try:
            session = ask(lambda api: api.v1.checkout.sessions.expire(reference, options=options), page=True)
        except ProcessorError as error:
            if not error.permanent:
                raise
            session = session_of(reference, account)  # closed already, by payment or by time
        return reading.charge_of(session)


def _session(request: CheckoutRequest) -> Any:
    """docs.stripe.com/api/checkout/sessions/create. No e-mail address: Stripe need not know whom we wrote to."""
    metadata = {"payment_id": request.payment_id, "case_ids": " ".join(request.case_ids)[:500]}
    amount = amounts.to_stripe(request.amount_minor, request.currency)
    intent: dict[str, Any] = {"metadata": metadata, "description": request.words[:500]}
    if suffix := statement_suffix(request.statement_words):
        intent["statement_descriptor_suffix"] = suffix
    priced = {
        "currency": request.currency.lower(),
        "unit_amount": amount,
        "product_data": {"name": request.words[:250]},
    }
    return {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": priced}],
        "payment_intent_data": intent,
        "metadata": metadata,
        "client_reference_id": request.payment_id,
        # What is owed is owed in its own currency.
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": _METHODS.get(request.currency, ["card"]),
        "success_url": request.back_url,
        "cancel_url": request.back_url,
        "locale": request.language or "auto",
        "expires_at": int(request.expires_at.timestamp()),
    }


def statement_suffix(words: str) -> str:
    """docs.stripe.com/get-started/account/statement-descriptors: Latin letters, not <>\\'"*, one letter at least."""
    plain = re.sub(r"[^A-Za-z0-9 .,&-]", "", words).strip()[:10].strip()
    return plain if re.search("[A-Za-z]", plain) else ""


def intent(reference: str, account: str) -> Any:
    """A payment intent with its charge and what was booked of it. Raises ProcessorError."""
    params: Any = {"expand": ["latest_charge.balance_transaction"]}
    options: Any = {"stripe_account": account}
    return ask(lambda api: api.v1.payment_intents.retrieve(reference, params, options))


def charge_of_intent(found: Any, account: str) -> Charge:
    """How a payment intent stands; one that still waits for a way to pay is what its session is. Raises
    ProcessorError."""
    if found.status in ("succeeded", "processing", "canceled"):
        return reading.charge(found)
    params: Any = {"payment_intent": found.id, "limit": 1, "expand": ["data.payment_intent"]}
    options: Any = {"stripe_account": account}
    sessions = ask(lambda api: api.v1.checkout.sessions.list(params, options)).data
    return reading.charge_of(sessions[0]) if sessions else Charge("", pending=True)


def _checkout(session: Any) -> Checkout:
    return Checkout(session.url or "", session.id, datetime.fromtimestamp(session.expires_at, UTC))


def session_of(reference: str, account: str) -> Any:
    """A checkout session with its payment intent, by its own id or its payment's. Raises ProcessorError."""
    options: Any = {"stripe_account": account}
    expand = ["payment_intent.latest_charge.balance_transaction"]
    if reference.startswith("cs_"):
        return ask(lambda api: api.v1.checkout.sessions.retrieve(reference, {"expand": expand}, options))
    begun = ids.moment(reference)
    window = {"gte": int((begun - _AROUND[0]).timestamp()), "lte": int((begun + _AROUND[1]).timestamp())}
    listing: Any = {"created": window, "limit": 100, "expand": [f"data.{path}" for path in expand]}
    found = ask(lambda api: list(api.v1.checkout.sessions.list(listing, options).auto_paging_iter()))
    return next((one for one in found if one.client_reference_id == reference), None)
