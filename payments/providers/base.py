"""The port to a payment processor: what the page needs of one, and the one way it may go wrong.

There are two kinds. One takes the instrument itself (`charge`; the sandbox's). The other is `hosted`: it sends the
debtor to a page of its own (`begin`), so that no card or bank data ever touches us.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
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
    """One charge. `reference` is ours and makes it unique: asked again with it, a processor answers as before.

    `organisation_id`, `payment_id`, `at`: for the processor that keeps its books here (the sandbox's).
    """

    reference: str
    amount_minor: int
    currency: str
    instrument: Instrument
    organisation_id: str = ""
    payment_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """How a charge ended: the processor's own reference and fee, or in `failure` why no money moves, for the debtor.

    `pending`: the processor has taken it and tells the outcome by its callback, days later (a bank debit), or the
    debtor has not finished on its page.
    """

    reference: str
    failure: str = ""
    fee_minor: int = 0
    pending: bool = False

    @property
    def succeeded(self) -> bool:
        return not self.failure and not self.pending


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """A payment that the debtor makes on the processor's own page, to the creditor's own `account` there.

    `payment_id` is ours and makes it unique: asked again with it, a processor answers with the same page. `back_url`:
    where the debtor comes back to, paid or not. `words` stand on the page, `statement_words` on the debtor's statement.
    `language` is a code like `en`. `expires_at`: wall time, from then on the page takes no money.
    """

    payment_id: str
    account: str
    amount_minor: int
    currency: str
    case_ids: tuple[str, ...]
    back_url: str
    words: str
    statement_words: str
    language: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Checkout:
    """The processor's page for one payment: its address, the processor's reference of it, and when it ends."""

    url: str
    reference: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money of a charge that goes back. `refund_id` is ours and makes it unique; `charge_reference` the processor's
    (Payment.reference), `reference` ours (Payment.provider_reference)."""

    refund_id: str
    payment_id: str
    reference: str
    charge_reference: str
    account: str
    amount_minor: int
    currency: str
    reason: str = ""
    organisation_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """How a refund stands: the processor's own reference; `pending` until its callback; in `failure` why it failed."""

    reference: str
    pending: bool = False
    failure: str = ""

    @property
    def succeeded(self) -> bool:
        return not self.failure and not self.pending


@dataclass(frozen=True, slots=True)
class News:
    """What a processor tells about the charge with our `reference` (Payment.provider_reference), however often.

    `what`: it `succeeded` or `failed`; its money was taken back (`reversed`), and given again (`reinstated`); a part of
    it was given back (`refunded`), which failed later (`refund_failed`).
    `processing`: a debit is on its way for days. `charge_reference` is the processor's of the charge, where it is only
    known now; `refund_reference` the processor's of a refund, `refund_id` ours where we asked for it, `amount_minor`
    that refund's; `return_reference` the processor's of what took the money back (a dispute), the same when it is given
    again. `words`: why, for people.
    """

    reference: str
    what: str
    words: str = ""
    fee_minor: int = 0
    amount_minor: int = 0
    charge_reference: str = ""
    refund_reference: str = ""
    refund_id: str = ""
    return_reference: str = ""


class ProcessorError(Exception):
    """The processor gave no answer. `permanent`: it never will, nothing was charged; else only `find` can tell."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Processor(Protocol):
    """A payment processor. All but `refusals` may wait on the network: never call them inside a transaction.

    `hosted`: `begin` instead of `charge`. A processor lacks what it cannot do: the other one of the two raises
    NotImplementedError.
    """

    name: str
    hosted: bool
    methods: tuple[str, ...]

    def refusals(self, instrument: Instrument, *, today: date) -> dict[str, str]:
        """What is plainly wrong with `instrument`, by form field, in words for the debtor; empty: it may be tried."""

    def refusal(self, amount_minor: int, currency: str) -> str:
        """Why the processor could never take this amount, in words for the debtor; empty: it may be tried."""

    def charge(self, request: ChargeRequest) -> Charge:
        """Move the money. Raises ProcessorError."""

    def begin(self, request: CheckoutRequest) -> Checkout:
        """A page of the processor's where this payment is made. Raises ProcessorError."""

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back; asked again with the same `refund_id`, it answers how that refund stands now. Raises
        ProcessorError: `permanent` when it never will, and nothing moved."""

    def find(self, reference: str, account: str = "") -> Charge | None:
        """How the charge with our `reference` ended, None when nothing was charged. Raises ProcessorError."""
