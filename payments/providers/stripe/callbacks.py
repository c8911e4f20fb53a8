"""Stripe's callbacks: is it Stripe who calls, and about what. Which callbacks we act on stands here."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from payments.providers.stripe.client import live_key

# docs.stripe.com/webhooks, "Preventing replay attacks": Stripe's own libraries take five minutes.
TOLERANCE = 300

# What it is about, by the object it carries. The rest is none of our business.
PAYMENT = frozenset(
    (
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.canceled",
        "charge.refunded",
        "charge.refund.updated",
        "charge.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    )
)
PAYOUT = frozenset(
    (
        "payout.created",
        "payout.updated",
        "payout.paid",
        "payout.failed",
        "payout.canceled",
        "payout.reconciliation_completed",
    )
)
DEAUTHORIZED = "account.application.deauthorized"
KINDS = PAYMENT | PAYOUT | {DEAUTHORIZED}


class RefusedCallback(Exception):
    """Not Stripe's word: no secret to check it by, a wrong or old signature, or no event."""

    def __init__(self, words: str, *, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Told:
    """A callback that Stripe signed. `subject`: the payment intent, session or payout it is about; `ours` False: of a
    kind that we do nothing about, or of Stripe's other mode."""

    event_id: str
    kind: str
    account: str
    subject: str
    happened_at: datetime
    body: str
    ours: bool


def read(body: bytes, signature: str) -> Told:
    """The event in `body`, its signature (header Stripe-Signature) checked against every secret. Raises
    RefusedCallback."""
    text = _verified(body, signature)
    try:
        event = json.loads(text)
        carried = event["data"]["object"]
        happened_at = datetime.fromtimestamp(int(event["created"]), UTC)
        event_id, kind, live = str(event["id"]), str(event["type"]), bool(event["livemode"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise RefusedCallback("This is no event.") from error
    return Told(
        event_id=event_id[:120],
        kind=kind[:80],
        account=str(event.get("account") or "")[:60],
        subject=_subject(carried)[:120],
        happened_at=happened_at,
        body=text,
        # docs.stripe.com/connect/webhooks: an endpoint of live mode hears of both modes.
        ours=kind in KINDS and live == live_key(),
    )


def _verified(body: bytes, signature: str) -> str:
    import stripe

    secrets = settings.STRIPE["webhook_secret"]
    if not secrets:
        raise RefusedCallback("Stripe is not set up here: STRIPE_WEBHOOK_SECRET is missing.", status=503)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise RefusedCallback("This is no text.") from error
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
        except stripe.SignatureVerificationError:
            continue
        if _signed_at(signature) > time.time() + TOLERANCE:
            break  # the SDK looks for old ones only
        return text
    raise RefusedCallback("The signature is missing, wrong or too old.")


def _signed_at(signature: str) -> int:
    return int(next(part[2:] for part in signature.split(",") if part.startswith("t=")))


def _subject(carried: dict[str, Any]) -> str:
    """The payment intent where the object names one: whatever is about one payment is read one at a time."""
    named = carried.get("payment_intent")
    if isinstance(named, dict):
        named = named.get("id")
    return str(named or carried.get("id") or "")
