"""The sandbox processor: Stripe's well-known test numbers, no network, no money.

A card's or a bank account's fate stands in its number. Any other number is refused before a payment exists: nobody's
real card belongs on a test page. What it took and gave back stands in its own books (sandbox_books), written before it
answers, as a processor's would be: asked after a crash, it knows.
"""

import hashlib
import re
from datetime import date, datetime
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings

from payments import rules
from payments.providers import sandbox_books
from payments.providers.base import (
    Charge,
    ChargeRequest,
    Checkout,
    CheckoutRequest,
    Instrument,
    RefundOutcome,
    RefundRequest,
)

# docs.stripe.com/testing, "Cards by brand" and "Declined payments".
_SUCCEEDS = frozenset(
    (
        "4242424242424242",
        "4000056655665556",
        "5555555555554444",
        "2223003122003222",
        "5200828282828210",
        "5105105105105100",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "3056930009020004",
        "3566002020360505",
        "6200000000000005",
    )
)
_FAILS = {
    "4000000000000002": "The card was declined.",
    "4000000000009995": "The card was declined: not enough funds.",
    "4000000000009987": "The card was declined: it was reported lost.",
    "4000000000000069": "The card was declined: it has expired.",
    "4000000000000127": "The card was declined: the security code is wrong.",
    "4000000000000119": "The card could not be processed. Nothing was charged.",
}
# docs.stripe.com/testing, "Test account numbers" (ACH): what its callback tells later, in order; the words are the
# return codes of the ACH network (Nacha Operating Rules, R01 and R10).
ACCOUNTS: dict[str, tuple[tuple[str, str], ...]] = {
    "000123456789": (("succeeded", ""),),
    "000222222227": (("failed", "The account does not hold enough (R01)."),),
    "000555555559": (("succeeded", ""), ("reversed", "The customer says it was not authorised (R10).")),
}


class SandboxProcessor:
    """Test mode only. A bank transfer succeeds at once, and so does a direct debit that names no account."""

    name = "sandbox"
    hosted = False
    methods: tuple[str, ...] = ("card", "bank_transfer", "ach_debit")

    def refusals(self, instrument: Instrument, *, today: date) -> dict[str, str]:
        if instrument.method != "card":
            known = not instrument.number or instrument.number in ACCOUNTS
            return {} if known else {"account_number": "Test mode takes test account numbers only."}
        found = {
            "card_number": _number_refusal(_digits(instrument.number)),
            "expiry": _expiry_refusal(instrument.expiry, today),
            "code": "" if re.fullmatch(r"[0-9]{3,4}", instrument.code.strip()) else "Enter the 3 or 4 figures.",
        }
        return {name: words for name, words in found.items() if words}

    def refusal(self, amount_minor: int, currency: str) -> str:
        return ""

    def charge(self, request: ChargeRequest) -> Charge:
        failure, number = "", request.instrument.number
        if request.instrument.method == "card":
            failure = _FAILS.get(_digits(number), "")
        pending = request.instrument.method == "ach_debit" and number in ACCOUNTS
        reference = own_reference(request.reference)
        if not failure:
            sandbox_books.charged(request, reference, pending=pending)
        if pending and request.payment_id and request.at:
            _bank().debited(payment_id=request.payment_id, number=number, at=request.at)
        return Charge(reference=reference, failure=failure, pending=pending)

    def begin(self, request: CheckoutRequest) -> Checkout:
        raise NotImplementedError("The sandbox takes the instrument itself.")

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Given back at once."""
        reference = own_reference(request.refund_id)
        sandbox_books.refunded(request, reference)
        return RefundOutcome(reference)

    def find(self, reference: str, account: str = "") -> Charge | None:
        """From its books: None when it charged nothing."""
        return sandbox_books.find(own_reference(reference))


class Bank(Protocol):
    """What tells the outcome of a debit later; it lives above this room, so settings name it."""

    def debited(self, *, payment_id: str, number: str, at: datetime) -> None: ...


def _bank() -> Bank:
    return cast(Bank, import_module(settings.SANDBOX_BANK))


def _digits(number: str) -> str:
    return re.sub(r"[ -]", "", number)


def _number_refusal(number: str) -> str:
    if not number:
        return "Enter a card number."
    if not rules.passes_luhn(number):
        return "This is not a card number: a figure is missing or wrong."
    if number not in _SUCCEEDS and number not in _FAILS:
        return "Test mode takes test card numbers only, such as 4242 4242 4242 4242."
    return ""


def _expiry_refusal(text: str, today: date) -> str:
    expiry = rules.read_expiry(text)
    if expiry is None:
        return "Enter the month and year, like 09/30."
    return "This date has passed." if rules.has_expired(expiry, today) else ""


def own_reference(reference: str) -> str:
    """What the sandbox calls a charge or refund that we call `reference`."""
    return "sbx_" + hashlib.sha256(reference.encode()).hexdigest()[:20]
