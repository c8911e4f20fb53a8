"""The port to a payment processor: what the page needs of one, and the one way it may go wrong."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the debtor pays with. Card data lives in memory for one call: it is not stored, logged or printed."""

    method: str
    number: str = field(default="", repr=False)
    expiry: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """One charge. `reference` is ours and makes it unique: asked again with it, a processor answers as before."""

    reference: str
    amount_minor: int
    currency: str
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Charge:
    """How a charge ended: the processor's own reference and fee, or in `failure` why no money moves, for the debtor.

    `pending`: the processor has taken it and tells the outcome by its callback, days later (a bank debit).
    """

    reference: str
    failure: str = ""
    fee_minor: int = 0
    pending: bool = False

    @property
    def succeeded(self) -> bool:
        return not self.failure and not self.pending


@dataclass(frozen=True, slots=True)
class News:
    """What a processor's callback tells about the charge with our `reference`: it `succeeded`, `failed`, or the money
    that had come was taken back (`reversed`). `words`: why, for people."""

    reference: str
    what: str
    words: str = ""
    fee_minor: int = 0


class ProcessorError(Exception):
    """The processor gave no answer. `permanent`: it never will, nothing was charged; else only `find` can tell."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Processor(Protocol):
    """A payment processor. `charge` and `find` may wait on the network: never call them inside a transaction."""

    name: str
    methods: tuple[str, ...]

    def refusals(self, instrument: Instrument, *, today: date) -> dict[str, str]:
        """What is plainly wrong with `instrument`, by form field, in words for the debtor; empty: it may be tried."""

    def charge(self, request: ChargeRequest) -> Charge:
        """Move the money. Raises ProcessorError."""

    def find(self, reference: str) -> Charge | None:
        """How the charge with our `reference` ended, None when nothing was charged. Raises ProcessorError."""
