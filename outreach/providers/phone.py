"""The port for phone calls spoken by a machine, with the sandbox's peer beside it.

A call is answered, or it is not: both are results. An error means that no call was placed. Whatever else goes wrong
while the line is open leaves the call in doubt, and it is never dialled again by itself.
"""

from dataclasses import dataclass
from typing import Protocol

from outreach.providers.sandbox import debtors

# What a debtor may ring back in test mode, where the brand names no number of its own.
SANDBOX_CALLBACK = "+1 202 555 0100"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """One call to be placed. `first_words` are said whole and cannot be interrupted (R-13, R-25, R-26); `message` only
    to the person asked for; `voicemail` is all that a machine may be left (R-28)."""

    call_id: str
    number: str
    caller_name: str
    person: str
    first_words: str
    message: str
    voicemail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """What came of it: `outcome` of outreach.models.Call.Outcome, `transcript` as (who, words), who "us" or "them"."""

    outcome: str
    transcript: tuple[tuple[str, str], ...] = ()


class PhoneError(Exception):
    """No call was placed. `permanent`: asking again gives the same answer."""

    def __init__(self, words: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(" ".join(words.split())[:280])


class Phone(Protocol):
    """A way to place a call. `in_database`: nobody is rung; the call is nothing but rows of this database."""

    in_database: bool

    def line_type(self, number: str) -> str:
        """What kind of line it is (compliance.facts.LINE_TYPES); "" is unknown, and then no machine calls it (R-23)."""

    def call(self, order: CallOrder) -> CallResult:
        """Place the call and stay until it is over. Raises PhoneError."""


class SandboxPhone:
    """Test mode: nobody is rung. The number says who picks up (settings.SANDBOX_DEBTORS), if anybody does.

    `outcome`: what comes of it whatever the number.
    """

    in_database = True

    def __init__(self, outcome: str = "") -> None:
        self.outcome = outcome

    def line_type(self, number: str) -> str:
        return "business_landline"

    def call(self, order: CallOrder) -> CallResult:
        peer = debtors().peer(order.number)
        if not self.outcome and peer is not None and not peer.outcome:
            raise PhoneError(f"the sandbox places no call to {order.number}", permanent=peer.permanent)
        outcome = self.outcome or (peer.outcome if peer else "no_answer")
        return CallResult(outcome=outcome, transcript=_said(outcome, order))


def _said(outcome: str, order: CallOrder) -> tuple[tuple[str, str], ...]:
    """A short exchange that keeps to the script: to anybody else than the person asked for, no word of the invoice."""
    opened = ("us", order.first_words)
    if outcome == "conversation":
        return (
            opened,
            ("them", f"Yes, this is {order.person or 'the right department'}."),
            ("us", order.message),
            ("them", "I will look into it and come back to you."),
            ("us", "Thank you. Goodbye."),
        )
    if outcome == "voicemail":
        return (("them", "Please leave a message after the tone."), ("us", order.voicemail))
    if outcome == "refused_recording":
        return (opened, ("them", "I do not want to be recorded."), ("us", "I understand, and end this call. Goodbye."))
    if outcome == "wrong_number":
        return (opened, ("them", "You have the wrong number."), ("us", "I am sorry. We will not call it again."))
    return ()


def phone(*, livemode: bool, outcome: str = "") -> Phone | None:
    """Who places calls by itself: the sandbox's peer in test mode; nobody in live mode, where a person dials."""
    return None if livemode else SandboxPhone(outcome)
