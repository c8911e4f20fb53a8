"""What a message is made of, but the words: who writes, about which accounts, with which facts and links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agentcollect.kit import money
from outreach import rules
from outreach.drafting import grammar
from outreach.drafting.labels import LABELS, Labels

LOGO = "cid:logo"
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """Who writes. `palette` as payments.rules.palette gives it; `logo` PNG, JPEG or WebP bytes, or None."""

    name: str
    legal_name: str
    from_email: str
    reply_to: str
    address: str
    phone: str
    palette: dict[str, dict[str, str]]
    logo: bytes | None = None
    logo_subtype: str = "png"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement. `amount_minor` may be negative; `on` is left out for the invoice itself."""

    label: str
    amount_minor: int
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The case as its ledger has it; `lines` add up to `balance_minor`."""

    debtor: str
    invoice_number: str
    invoice_date: date | None
    due_date: date | None
    currency: str
    balance_minor: int
    lines: tuple[Line, ...]

    @property
    def number(self) -> str:
        """The invoice's number as the reader sees it, "" none."""
        return grammar.isolated(rules.shown_number(self.invoice_number))

    def money(self, minor: int, language: str = "en") -> str:
        """A sum of this account as a reader of `language` expects it."""
        return money.display(minor, self.currency, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The only places a message leads to. `receipt`: the page of the payment that it is the receipt of."""

    pay: str
    opt_out: str
    receipt: str = ""

    @property
    def paper(self) -> str:
        """The same receipt as a PDF."""
        return f"{self.receipt}/receipt.pdf" if self.receipt else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a message is made of, but the words.

    `itemised`: the statement's lines are shown. `language`: en, fr, es or de. `tone`: soft, firm or neutral.
    `others`: further open invoices of the same debtor; the message lists them with a total.
    `facts`: what an answer speaks of, by placeholder: `<name>_minor` (int, this account's currency) fills `{<name>}`,
    `<name>_on` (date or ISO text) a day, any other text or number stands as it is. `plan_lines`: [(day, minor), …]; of
    a receipt `paid`: [(invoice number, minor), …], `payment_id`, `credit_minor`.
    `authorised`, `offers`, `attorney_allowed`: what this message may announce, offer and speak of (see
    `compliance.guards.Known`). `sources`: where the recipient's address was found, and the message tells so (R-38).
    To a consumer: `collector` is who writes, and its name stands in `brand`; `creditor` for whom; `notice`: paragraphs
    of the law's own words, with the days `notice_days`.
    """

    brand: Brand
    account: Account
    links: Links
    contact_name: str
    itemised: bool
    language: str = "en"
    tone: str = "neutral"
    others: tuple[Account, ...] = ()
    facts: Facts = field(default_factory=dict)
    authorised: frozenset[str] = frozenset()
    offers: frozenset[str] = frozenset()
    validation_open: bool = False
    attorney_allowed: bool = False
    sources: tuple[str, ...] = ()
    collector: str = ""
    creditor: str = ""
    notice: tuple[str, ...] = ()
    notice_days: frozenset[date] = frozenset()

    @property
    def accounts(self) -> tuple[Account, ...]:
        return (self.account, *self.others)

    @property
    def told(self) -> tuple[str, ...]:
        """What the message must carry word for word, beside who sends it."""
        source = grammar.all_of([rules.one_line(one, 80) for one in self.sources], self.language)
        return (*((self.labels.source.format(source),) if self.sources else ()), *self.notice)

    @property
    def labels(self) -> Labels:
        return LABELS[self.language]

    @property
    def key(self) -> str:
        """What the choice among wordings is spread by: the same invoice reads the same on every test clock."""
        return f"{self.account.debtor}:{self.account.invoice_number}"

    @property
    def total(self) -> str:
        """What is open over all invoices; sums of several currencies stand side by side."""
        return grammar.all_of([money.display(m, c, self.language) for c, m in self.totals.items()], self.language)

    @property
    def totals(self) -> dict[str, int]:
        """Currency → what is open in it, minor units."""
        sums: dict[str, int] = {}
        for account in self.accounts:
            sums[account.currency] = sums.get(account.currency, 0) + account.balance_minor
        return sums


def day(moment: date, language: str = "en") -> str:
    """A date as the debtor reads it: `October 1, 2025`."""
    return grammar.day(moment, language)


def date_of(value: date | str) -> date:
    """A day among a letter's facts: a date, or ISO text."""
    return value if isinstance(value, date) else date.fromisoformat(value[:10])
