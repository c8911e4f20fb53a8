"""What a decision may look at. Frozen, so that two rules can never see two truths.

Every moment is an aware ``datetime``. Countries are ISO 3166-1 alpha-2 ("US"), regions the part after the
dash in ISO 3166-2 ("CA" in "US-CA"), zones IANA names, phones E.164 as far as known.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DebtClass = Literal["commercial", "consumer"]
DebtorType = Literal["company", "sole_proprietor", "individual"]
Channel = Literal["email", "call", "letter", "sms"]
Kind = Literal["outreach", "answer", "notice"]
Confirms = Literal["opt_out", "cease", "dispute"]
Scope = Literal["campaign", "debtor", "case", "contact"]

CHANNELS: frozenset[str] = frozenset({"email", "call", "letter", "sms"})
ELECTRONIC: frozenset[str] = frozenset({"email", "sms"})
KINDS: frozenset[str] = frozenset({"outreach", "answer", "notice"})
CONFIRMATIONS: frozenset[str] = frozenset({"opt_out", "cease", "dispute"})

# States in which certainly nothing has left the house. Every other state, also one this table has never heard
# of, counts against the caps: an attempt of unknown fate may have reached the debtor.
NOT_HANDED_OVER: frozenset[str] = frozenset(
    {
        *("planned", "due", "gated", "drafting", "guarded"),
        *("deferred", "denied", "cancelled", "failed", "needs_human"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The one person or box the message would reach.

    ``address``: the email address, phone or postal address used by the channel asked about.
    ``basis``: how the address may be used (R-07): debtor_used, creditor_supplied, published.
    ``party``: "attorney" only for the attorney who represents the debtor.
    """

    contact_id: str | None
    address: str
    basis: str | None = None
    source: Literal["creditor", "enrichment", "debtor"] = "creditor"
    party: Literal["debtor", "attorney"] = "debtor"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFact:
    """A reason to stay silent. ``until`` None means: until a person ends it.

    ``kind``: a hold kind of the engine, such as creditor_pause, dispute, ``opt_out:email``.
    ``case_id`` and ``contact_id`` name what a hold of that scope covers; None covers all of the debtor.
    """

    kind: str
    scope: Scope
    since: datetime
    until: datetime | None = None
    by: str = ""
    case_id: str | None = None
    contact_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionFact:
    """An opt-out. ``address`` None: every address; ``channel`` None: every channel.

    ``contact_id``: who opted out, where known. It tells the same person's other medium from another person.
    """

    address: str | None
    channel: str | None
    since: datetime
    contact_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFact:
    """One message or call, ours ("out") or theirs ("in"), of this debtor over all cases and campaigns.

    ``state``: of the attempt; what counts is told by ``counts``. ``confirms``: see ``Confirms``.
    """

    at: datetime
    channel: str
    kind: Kind = "outreach"
    direction: Literal["out", "in"] = "out"
    state: str = "handed_over"
    case_id: str | None = None
    contact_id: str | None = None
    confirms: Confirms | None = None

    @property
    def counts(self) -> bool:
        """True unless the message certainly never left: reserved, handed over and unconfirmed all count."""
        return self.direction == "out" and self.state not in NOT_HANDED_OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A locked snapshot of one debtor, taken in the transaction that reserves the attempt.

    ``holds``: every hold on this debtor, its campaign, cases and contacts. ``suppressions``: every opt-out of
    this debtor's addresses. ``history``: every contact of this debtor, over all cases and campaigns, reserved
    attempts included, in any order, for at least the last seven days and back to the oldest active hold or
    opt-out. ``opt_out_line`` and ``opt_out_link``: the rendered message carries the visible sentence, and the
    link that works with no login, for the recipient's own address.
    """

    debt_class: DebtClass | None
    attested_class: DebtClass | None
    debtor_type: DebtorType | None
    consumer_enabled: bool = False
    livemode: bool
    country: str | None
    region: str | None = None
    declared_zone: str | None = None
    phone: str | None = None
    recipient: Recipient | None
    holds: tuple[HoldFact, ...] = ()
    suppressions: tuple[SuppressionFact, ...] = ()
    history: tuple[ContactFact, ...] = ()
    opt_out_line: bool = False
    opt_out_link: bool = False


def debt_class_of(facts: Facts) -> DebtClass | None:
    """The class that governs (R-00): a natural person or sole proprietor is consumer whatever was written;
    else the class on the row; else the organisation's attestation; None when nobody said.
    """
    if facts.debtor_type in ("individual", "sole_proprietor"):
        return "consumer"
    return facts.debt_class or facts.attested_class


def is_consumer(facts: Facts) -> bool:
    """True unless the debt is known to be commercial: an unknown class gets the stricter rules."""
    return debt_class_of(facts) != "commercial"
