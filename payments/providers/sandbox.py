"""The sandbox processor: Stripe's well-known test numbers, no network, no money.

A card's fate stands in its number, so nothing needs to be remembered. Any other number is refused before a payment
exists: nobody's real card belongs on a test page.
"""

import hashlib
import re
from datetime import date

from payments import rules
from payments.providers.base import Charge, ChargeRequest, Instrument

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


class SandboxProcessor:
    """Test mode only. A bank transfer or direct debit succeeds at once."""

    name = "sandbox"
    methods: tuple[str, ...] = ("card", "bank_transfer", "ach_debit")

    def refusals(self, instrument: Instrument, *, today: date) -> dict[str, str]:
        if instrument.method != "card":
            return {}
        found = {
            "card_number": _number_refusal(_digits(instrument.number)),
            "expiry": _expiry_refusal(instrument.expiry, today),
            "code": "" if re.fullmatch(r"[0-9]{3,4}", instrument.code.strip()) else "Enter the 3 or 4 figures.",
        }
        return {name: words for name, words in found.items() if words}

    def charge(self, request: ChargeRequest) -> Charge:
        failure = ""
        if request.instrument.method == "card":
            failure = _FAILS.get(_digits(request.instrument.number), "")
        return Charge(reference=_own_reference(request.reference), failure=failure)

    def find(self, reference: str) -> Charge | None:
        """None: a sandbox charge leaves no trace but our own row, so one without an outcome never happened."""
        return None


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


def _own_reference(reference: str) -> str:
    return "sbx_" + hashlib.sha256(reference.encode()).hexdigest()[:20]
