"""The rows of a story: what a check reads, and what a test writes by hand.

Every moment is an aware `datetime` of the story. `recorded` is the wall clock's: it orders only what bears one and the
same story time. Sums are in minor units.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The creditor. `countries`: where it may collect; `licences`: (region, last day or None) of its collector;
    `pay_hosts`: names of its own at which it is paid."""

    id: str
    name: str = "Your Company Inc."
    legal_name: str = ""
    postal_address: str = ""
    country: str = "US"
    timezone: str = "America/New_York"
    countries: tuple[str, ...] = ("US",)
    attested_class: str = "commercial"
    consumer_enabled: bool = False
    live_approved: bool = True
    approval: str = "none"
    mandate_signed_at: datetime | None = None
    mandate_signed_by: str = ""
    first_party: bool = True
    licences: tuple[tuple[str, date | None], ...] = ()
    collector: str = ""
    collector_address: str = ""
    pay_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A mandate, until `ends`."""

    id: str
    at: datetime
    ends: datetime
    livemode: bool = False
    clock: str = ""
    creditor: str = ""
    brand: dict[str, Any] = field(default_factory=dict)
    approval: str = ""
    escalation: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """Who owes. `inconvenient`: times they told us (R-02), as the row has them."""

    id: str
    at: datetime
    name: str = ""
    livemode: bool = False
    clock: str = ""
    country: str = "US"
    region: str = ""
    timezone: str = ""
    phone: str = ""
    external_id: str = ""
    address: str = ""
    email_domain: str = ""
    debt_class: str = ""
    debtor_type: str = ""
    inconvenient: tuple[dict[str, Any], ...] = ()
    screened_at: datetime | None = None
    screening_hit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    campaign: str
    debtor: str
    at: datetime
    livemode: bool = False
    status: str = "active"
    currency: str = "USD"
    invoice_number: str = ""
    invoice_date: date | None = None
    due_date: date | None = None
    invoice_minor: int = 0
    balance_minor: int = 0
    credit_kind: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`proven`: every moment at which the address was proven to be theirs."""

    id: str
    debtor: str
    at: datetime
    livemode: bool = False
    name: str = ""
    title: str = ""
    email: str = ""
    phone: str = ""
    source: str = "creditor"
    basis: str = "creditor"
    sources: int = 0
    proven: tuple[datetime, ...] = ()
    updated: datetime | None = None
    line_type: str = ""
    consents: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Touch:
    """One message or call that left, or may have left. `at`: when it was handed over. `others`: further invoices that
    it lists; `confirms`: the stop that it confirms. `script` and `heard` (what we said on the line) are a call's."""

    id: str
    at: datetime
    recorded: datetime
    made: datetime
    campaign: str
    debtor: str
    case: str
    contact: str
    channel: str = "email"
    kind: str = "outreach"
    intent: str = ""
    status: str = "sent"
    address: str = ""
    livemode: bool = False
    clock: str = ""
    step: str = ""
    place: tuple[int, int] = (1, 0)
    others: tuple[str, ...] = ()
    confirms: str = ""
    decision: str = ""
    sent_at: datetime | None = None
    drafter: str = "template"
    approved_at: datetime | None = None
    approved_by: str = ""
    mode: str = ""
    outcome: str = ""
    script: str = ""
    heard: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether we began it: an answer or a notice asks for nothing."""
        return self.kind == "outreach"

    @property
    def cases(self) -> tuple[str, ...]:
        """The invoices that it is about, its own first."""
        return (self.case, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A message exactly as it was written; `headers` as the test mailbox has them, empty where nobody kept any."""

    touch: str
    sender: str
    subject: str
    text: str
    html: str
    language: str = "en"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    id: str
    at: datetime
    case: str
    contact: str
    step: str
    channel: str
    kind: str
    outcome: str
    livemode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    id: str
    at: datetime
    debtor: str
    case: str
    contact: str
    recorded: datetime
    livemode: bool = False
    channel: str = "email"
    label: str = ""
    identity: str = "known"
    handled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`scope` names what `on` is the id of: campaign, debtor, case or contact."""

    id: str
    kind: str
    scope: str
    on: str
    at: datetime
    recorded: datetime
    livemode: bool = False
    clock: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    address: str
    channel: str
    at: datetime
    recorded: datetime
    livemode: bool = False
    clock: str = ""
    contact: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A dispute, a promise, a plan or a payment (`what`), from `at` until it was over."""

    id: str
    what: str
    case: str
    at: datetime
    recorded: datetime
    until: datetime | None = None
    amounts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a case's account."""

    case: str
    kind: str
    minor: int
    at: datetime
    recorded: datetime
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    match: str
    value: str
    effect: str
    at: datetime
    recorded: datetime
    livemode: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    id: str
    case: str
    at: datetime
    status: str
    bar_state: str = ""
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A turn in the life of a campaign or case, or a message that came back; `of`: the id of that row."""

    type: str
    of: str
    at: datetime
    recorded: datetime
