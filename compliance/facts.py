"""What a decision may look at. Frozen, so that two rules can never see two truths.

Every moment is an aware ``datetime``. Countries are ISO 3166-1 alpha-2 ("US"), regions the part after the
dash in ISO 3166-2 ("CA" in "US-CA"), zones IANA names, phones E.164 as far as known.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
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
        *("planned", "due", "gated", "drafting", "guarded", "draft", "rejected"),
        *("deferred", "denied", "cancelled", "failed", "needs_human"),
    }
)


LINE_TYPES: frozenset[str] = frozenset({"business_landline", "residential", "wireless", "voip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody agreed to: ``kind`` "express" (to be called by an artificial voice, to get SMS), "person" (to be
    called, with no word of a machine) or "esign" (to get legal notices electronically). ``revoked_at``: from then on
    it is none.
    """

    channel: str
    kind: str
    since: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The one person or box the message would reach.

    ``address``: the email address, phone or postal address used by the channel asked about.
    ``basis``: how the address may be used (R-07): debtor_used, creditor_supplied, published.
    ``party``: "attorney" only for the attorney who represents the debtor. ``role``: what the title says of a found
    person ("finance", "accounts_payable", "executive"; "" nothing). ``sources`` and ``found_at``: where and when an
    address was found; ``verified_at``: when it was last proven to be theirs, by us or by the creditor's word.
    ``line_type``: of LINE_TYPES; "" is unknown. ``number_checked_at``: when the number was last proven to be still
    theirs.
    """

    contact_id: str | None
    address: str
    basis: str | None = None
    source: Literal["creditor", "enrichment", "debtor"] = "creditor"
    party: Literal["debtor", "attorney"] = "debtor"
    role: str = ""
    sources: tuple[str, ...] = ()
    found_at: datetime | None = None
    verified_at: datetime | None = None
    line_type: str = ""
    consents: tuple[Consent, ...] = ()
    number_checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """Of a collector in one region (the part after the dash in ISO 3166-2). ``expires_on`` None: it does not."""

    region: str
    number: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """The legal entity that contacts debtors for the creditor, as operations entered it."""

    legal_name: str
    address: str = ""
    licences: tuple[Licence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What a person of the creditor signed: the debts are due, theirs, and placed with nobody else."""

    signed_at: datetime
    signed_by: str
    due: bool = False
    owned: bool = False
    nowhere_else: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """The debtor's name compared with a sanctions list. ``list_id``: which; ``hit``: the entry it met, "" none."""

    at: datetime
    list_id: str
    hit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttorneyFact:
    """The attorney of this case. ``accepted_at`` None: only offered. ``region``: where licensed."""

    region: str
    accepted_at: datetime | None = None
    authorised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconvenient:
    """A time or place the debtor told us is inconvenient (R-02).

    ``starts`` to ``ends`` on ``days`` (0 is Monday; empty: every day), by the clocks of the debtor; ``starts`` later
    than ``ends`` runs over midnight. No times: never. ``channel`` and ``address``: what it is about; None: all.
    """

    since: datetime
    channel: str | None = None
    address: str | None = None
    days: frozenset[int] = frozenset()
    starts: time | None = None
    ends: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carries:
    """What the message or the call's script carries. None: nobody looked; that fails closed in live mode.

    ``itemised``: the statement, line by line. ``source_notice``: it tells where a found address was found.
    ``sender``: the name it comes from. ``suit`` and ``attorney``: it speaks of a lawsuit, of an attorney.
    ``disclosure``: "first" or "later" (1006.18(e)), "" none. ``validation``: the notice of 1006.34, with end date.
    ``barred``: that a debt past its time is not sued for. ``language``: of the text, "" unknown.
    Calls: ``artificial``: an AI speaks; ``recorded``: it is recorded or transcribed; ``says_…``: what is said before
    anything else; ``callback``: the number that answers; ``local_presence``: the number shown pretends to be local;
    ``voicemail``: what is left on a machine: "none", "limited" (1006.2(j)) or "other".
    """

    itemised: bool | None = None
    source_notice: bool | None = None
    sender: str | None = None
    from_aligned: bool | None = None
    suit: bool = False
    attorney: bool = False
    disclosure: str = ""
    validation: bool = False
    barred: bool = False
    language: str = ""
    artificial: bool | None = None
    recorded: bool | None = None
    says_artificial: bool = False
    says_recorded: bool = False
    says_brand: bool = False
    says_legal_name: bool = False
    callback: str = ""
    local_presence: bool | None = None
    voicemail: str = "other"


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
    ``reason``: "wrong_person" where somebody said that they are not the debtor (R-39).
    """

    address: str | None
    channel: str | None
    since: datetime
    contact_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFact:
    """One message or call, ours ("out") or theirs ("in"), of this debtor over all cases and campaigns.

    ``state``: of the attempt; what counts is told by ``counts``. ``confirms``: see ``Confirms``. ``address``: the
    one it went to, "" unknown. ``conversation``: of a call, that somebody was spoken to.
    """

    at: datetime
    channel: str
    kind: Kind = "outreach"
    direction: Literal["out", "in"] = "out"
    state: str = "handed_over"
    case_id: str | None = None
    contact_id: str | None = None
    confirms: Confirms | None = None
    address: str = ""
    conversation: bool = False

    @property
    def counts(self) -> bool:
        """True unless the message certainly never left: reserved, handed over and unconfirmed all count."""
        return self.direction == "out" and self.state not in NOT_HANDED_OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A locked snapshot of one debtor, taken in the transaction that reserves the attempt.

    ``holds``: every hold on this debtor, its campaign, cases and contacts. ``suppressions``: every opt-out of
    this debtor's addresses. ``history``: every contact of this debtor, over all cases and campaigns, reserved
    attempts included, in any order, for at least the last thirteen months and back to the oldest active hold or
    opt-out. ``opt_out_line`` and ``opt_out_link``: the rendered message carries the visible sentence, and the
    link that works with no login, for the recipient's own address.

    ``enabled_countries``: where this organisation may collect; None is nobody said. ``natural_guarantor``: a natural
    person answers for the debt. ``creditor_total_minor``: what the debtor owes this creditor in all, in US cents.
    ``brand_names``: the names the creditor is known by. ``sanctions_list``: the list in force, "" none is loaded.
    ``owed_since``: when the invoice fell due (else its date). ``amounts_authorised``: every interest or fee on the
    account names its clause or statute; ``ledger_agrees``: the balance shown is the sum of the account's lines.
    ``validation_at``: when a consumer's validation notice went out. Every one of these defaults to what denies, in
    live mode or for a consumer (LAW.md, "Missing inputs"); test mode is given the sandbox's by its reader.
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
    enabled_countries: frozenset[str] | None = None
    natural_guarantor: bool = False
    credit_kind: str = ""
    creditor_total_minor: int | None = None
    brand_names: frozenset[str] = frozenset()
    postal_address: str = ""
    collector: Collector | None = None
    first_party: bool = False
    mandate: Mandate | None = None
    sanctions_list: str = ""
    screening: Screening | None = None
    inconvenient: tuple[Inconvenient, ...] = ()
    owed_since: date | None = None
    amounts_authorised: bool | None = None
    ledger_agrees: bool | None = None
    attorney: AttorneyFact | None = None
    validation_at: datetime | None = None
    message: Carries = field(default_factory=Carries)


# Cal. Civ. Code 1788.2, as amended by SB 1286: covered commercial credit ends above this total, in US cents.
COVERED_TOTAL_MINOR = 50_000_000


def covered_in_california(facts: Facts) -> bool:
    """Whether R-32 asks for the full consumer profile. What nobody said counts as covered."""
    natural = facts.natural_guarantor or facts.debtor_type in ("individual", "sole_proprietor")
    small = facts.creditor_total_minor is None or facts.creditor_total_minor <= COVERED_TOTAL_MINOR
    place = (facts.country or "").upper() == "US" and (facts.region or "").upper() in ("CA", "US-CA")
    return natural and place and small and facts.credit_kind != "trade"


def debt_class_of(facts: Facts) -> DebtClass | None:
    """The class that governs (R-00): a natural person or sole proprietor is consumer whatever was written;
    so is what California covers (R-32); else the class on the row; else the organisation's attestation; None when
    nobody said.
    """
    if facts.debtor_type in ("individual", "sole_proprietor") or covered_in_california(facts):
        return "consumer"
    return facts.debt_class or facts.attested_class


def is_consumer(facts: Facts) -> bool:
    """True unless the debt is known to be commercial: an unknown class gets the stricter rules."""
    return debt_class_of(facts) != "commercial"
