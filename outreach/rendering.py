"""A message as the debtor sees it: the creditor's brand, the ledger's facts, plain text and HTML of the same content.

Truthful by construction: the footer says that an automated service writes on the creditor's behalf (LAW.md, "White
label"), every message carries the opt-out sentence and link (R-09), and facts come from the rows alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.template.loader import render_to_string

from agentcollect.kit import money
from compliance import guards, reading
from compliance.guards import GuardFinding, Known
from compliance.reading import Rendered
from outreach import drafting, rules
from outreach.drafting import Draft, Placeholders, grammar
from outreach.drafting.labels import LABELS, Labels, line_label

LOGO = "cid:logo"
# A name longer than this is no name; the greeting then goes without it.
_NAME_WORDS = 4
# Words that ask for nothing: no balance and no pay button stand below them. Who is not the debtor, has objected or
# wants no more messages is shown nothing of the debt (LAW.md ); an answer makes no new ask.
_BARE = frozenset(
    {
        *("answer_paid_claim", "answer_dispute", "answer_wrong_person", "answer_referral", "answer_who_writes"),
        *("answer_hardship", "answer_general", "notice_opt_out", "notice_cease", "notice_dispute", "notice_receipt"),
    }
)
# Written only where the policy holds a plan, or one has been agreed.
_ABOUT_PLANS = frozenset({"answer_plan_options", "answer_plan_confirmed", "plan_default"})
# The facts that are names of the records; what else a step's facts hold is none.
_NAMING = frozenset({"contact_name", "documents"})
LAST_STEP = "last_before_next_steps"
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

    def money(self, minor: int, language: str = "en") -> str:
        """A sum of this account as a reader of `language` expects it."""
        return money.display(minor, self.currency, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The only two places a message leads to."""

    pay: str
    opt_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a message is made of, but the words.

    `itemised`: the statement's lines are shown. `language`: en, fr, es or de. `tone`: soft, firm or neutral.
    `others`: further open invoices of the same debtor; the message lists them with a total.
    `facts`: what an answer speaks of, by placeholder: `<name>_minor` (int, this account's currency) fills `{<name>}`,
    `<name>_on` (date or ISO text) a day, any other text or number stands as it is. `plan_lines`: [(day, minor), …].
    `authorised`, `offers`: what this message may announce and offer (see `compliance.guards.Known`).
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

    @property
    def accounts(self) -> tuple[Account, ...]:
        return (self.account, *self.others)

    @property
    def labels(self) -> Labels:
        return LABELS[self.language]

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


def placeholders(letter: Letter) -> Placeholders:
    """The facts of `letter`, as its sentences name them."""
    account, language = letter.account, letter.language
    number = rules.shown_number(account.invoice_number)
    return {
        "creditor": _name(letter.brand.name),
        "debtor": _name(account.debtor),
        "the_invoice": grammar.the_invoices(language)
        if letter.others
        else grammar.the_invoice(language, grammar.isolated(number), account.invoice_date),
        "amount": letter.total,
        "due": "" if letter.others else grammar.due(language, account.due_date),
        **_facts(letter),
    }


def _facts(letter: Letter) -> dict[str, str]:
    """The further facts, written for the reader; what no sentence can name (a list) is left to the statement."""
    written: dict[str, str] = {}
    for name, value in letter.facts.items():
        if name.endswith("_minor") and isinstance(value, int):
            written[name.removesuffix("_minor")] = letter.account.money(value, letter.language)
        elif name.endswith("_on") and value:
            written[name] = day(_date(value), letter.language)
        elif isinstance(value, str | int):
            written[name] = _name(str(value))
    return written


def _date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value[:10])


def _name(text: str, limit: int = 200) -> str:
    return grammar.isolated(rules.one_line(text, limit))


def render(letter: Letter, draft: Draft) -> Rendered:
    """Subject, plain text and HTML of `draft`; both parts say the same. Raises KeyError for a fact that is missing."""
    paragraphs = drafting.fill(draft, placeholders(letter))
    shown = _shown(letter, draft, paragraphs)
    return Rendered(
        subject=_subject(letter),
        text=render_to_string("outreach/email.txt", shown).strip() + "\n",
        html=render_to_string("outreach/email.html", shown),
        language=letter.language,
        words=paragraphs,
        free=drafting.free(draft),
        intent=draft.intent,
    )


def _heading(letter: Letter) -> str:
    number = rules.shown_number(letter.account.invoice_number)
    return letter.labels.invoice.format(number) if number else letter.labels.outstanding


def _subject(letter: Letter) -> str:
    """`Invoice #2025-0847 — Your Company`, in the reader's language; all messages of a case keep it, and so thread."""
    return f"{_heading(letter)} — {rules.one_line(letter.brand.name, 120)}".replace("\u00a0", " ")


def _shown(letter: Letter, draft: Draft, paragraphs: tuple[str, ...]) -> dict[str, Any]:
    brand, account, labels = letter.brand, letter.account, letter.labels
    bare = draft.intent in _BARE
    return {
        "language": letter.language,
        "labels": labels,
        "brand": brand,
        "creditor": rules.one_line(brand.name),
        "light": brand.palette["light"],
        "dark": brand.palette["dark"],
        "logo": LOGO if brand.logo else "",
        "title": _heading(letter),
        "heading": labels.invoices if letter.others else _heading(letter),
        "greeting": _greeting(letter),
        "paragraphs": paragraphs,
        "balance": "" if bare else letter.total,
        "due": labels.due.format(day(account.due_date, letter.language))
        if account.due_date and not letter.others
        else "",
        "links": letter.links,
        "statement": [] if bare and not letter.itemised else _statement(letter),
        "signature": grammar.of(rules.one_line(brand.name), labels.signature, letter.language),
        "footer": _footer(letter),
    }


def _greeting(letter: Letter) -> str:
    plain = rules.one_line(letter.contact_name, 80)
    named = plain and len(plain.split()) <= _NAME_WORDS
    return letter.labels.greeting.replace("{}", grammar.isolated(plain)) if named else letter.labels.greeting_plain


def _statement(letter: Letter) -> list[dict[str, Any]]:
    """The statement's sections: each invoice line by line, or all of them in one list; then a plan's instalments.

    A section: `title`, `facts` and `lines` as (label, value) pairs, the last line its sum where `summed`.
    """
    sections = []
    if letter.itemised:
        sections = [_itemised(letter, account) for account in letter.accounts]
    elif letter.others:
        sections = [{"title": letter.labels.statement, "facts": [], "lines": _balances(letter), "summed": True}]
    if letter.itemised and letter.others:
        lines = _balances(letter)
        sections.append({"title": letter.labels.invoices, "facts": [], "lines": lines, "summed": True})
    if plan := letter.facts.get("plan_lines"):
        lines = [(day(_date(on), letter.language), letter.account.money(minor, letter.language)) for on, minor in plan]
        sections.append({"title": letter.labels.plan, "facts": [], "lines": lines, "summed": False})
    return sections


def _itemised(letter: Letter, account: Account) -> dict[str, Any]:
    """Facts of one invoice, then its account line by line, then the sum."""
    labels, language = letter.labels, letter.language
    facts = [(labels.billed_to, _name(account.debtor))]
    facts += [(labels.invoice_date, day(account.invoice_date, language))] if account.invoice_date else []
    facts += [(labels.due_date, day(account.due_date, language))] if account.due_date else []
    lines = [
        (_dated(line_label(line.label, language), line.on, language), account.money(line.amount_minor, language))
        for line in account.lines
    ]
    lines.append((labels.balance, account.money(account.balance_minor, language)))
    title = _named(letter, account) if letter.others else labels.statement
    return {"title": title, "facts": facts, "lines": lines, "summed": True}


def _balances(letter: Letter) -> list[tuple[str, str]]:
    """Each open invoice with what is open on it, then the total."""
    lines = [
        (_named(letter, account), account.money(account.balance_minor, letter.language)) for account in letter.accounts
    ]
    return [*lines, (letter.labels.total, letter.total)]


def _named(letter: Letter, account: Account) -> str:
    number = rules.shown_number(account.invoice_number)
    name = letter.labels.invoice.format(number) if number else letter.labels.outstanding
    return _dated(name, account.due_date, letter.language, letter.labels.due)


def _dated(label: str, on: date | None, language: str, written: str = "{}") -> str:
    return f"{label} ({written.format(day(on, language))})" if on else label


def _footer(letter: Letter) -> dict[str, str]:
    brand = letter.brand
    return {
        "truth": _truth(letter),
        "postal": ", ".join(part for part in (rules.one_line(brand.name), rules.one_line(brand.address, 300)) if part),
        "phone": rules.one_line(brand.phone, 32),
    }


def _truth(letter: Letter) -> str:
    legal = rules.one_line(letter.brand.legal_name or letter.brand.name).rstrip(".")
    return grammar.of(legal, letter.labels.truth, letter.language)


def known(letter: Letter, rendered: Rendered) -> Known:
    """All that this message may mention, for the guards."""
    brand, names = letter.brand, _names(letter)
    recorded = " ".join(sorted(names))
    numbers = {
        written for one in letter.accounts for written in (rules.shown_number(one.invoice_number), one.invoice_number)
    }
    return Known(
        amounts=_amounts(letter),
        dates=_dates(letter),
        # A number with spaces is read word by word; a street or company may carry a number of its own.
        identifiers=frozenset(
            {*numbers, *(piece for number in numbers for piece in number.split())} - {""}
            | {*reading.identifiers_in(recorded)}
        ),
        allowed_hosts=_hosts(letter.links),
        own_links=frozenset({letter.links.pay, letter.links.opt_out, LOGO, *_hosts_in_names(letter, names)}),
        creditor_name=rules.one_line(brand.name),
        opt_out_url=letter.links.opt_out,
        phones=frozenset({brand.phone} - {""}),
        names=frozenset(names),
        fixed_blocks=_fixed_blocks(rendered),
        authorised=letter.authorised,
        offers=letter.offers | ({"plan"} if rendered.intent in _ABOUT_PLANS else set()),
        paid=_paid(letter),
        last_step=rendered.intent == LAST_STEP,
        validation_open=letter.validation_open,
        disclosures=(_truth(letter),),
    )


def _names(letter: Letter) -> set[str]:
    """Every name and address of the records, as the message writes it."""
    brand = letter.brand
    texts = [brand.address, brand.legal_name, letter.contact_name, *(one.debtor for one in letter.accounts)]
    texts += [text for name, text in letter.facts.items() if isinstance(text, str) and name in _NAMING]
    names = {rules.one_line(text, 300) for text in texts}
    # "Court GmbH & Co. KG" is read as two sentences, so its pieces are names too.
    return (names | {piece for name in names for piece in reading.sentences_of(name)}) - {""}


def _amounts(letter: Letter) -> frozenset[str]:
    language, minors = letter.language, [v for k, v in letter.facts.items() if k.endswith("_minor")]
    minors += [minor for _, minor in letter.facts.get("plan_lines") or ()]
    found = {letter.account.money(abs(minor), language) for minor in minors}
    for one in letter.accounts:
        found |= {
            one.money(abs(minor), language) for minor in (one.balance_minor, *(x.amount_minor for x in one.lines))
        }
    return frozenset(found | {money.display(minor, currency, language) for currency, minor in letter.totals.items()})


def _dates(letter: Letter) -> frozenset[date]:
    days: list[date | None] = [_date(v) for k, v in letter.facts.items() if k.endswith("_on") and v]
    days += [_date(on) for on, _ in letter.facts.get("plan_lines") or ()]
    for one in letter.accounts:
        days += [one.invoice_date, one.due_date, *(line.on for line in one.lines)]
    return frozenset(found for found in days if found)


def _paid(letter: Letter) -> bool:
    """A payment succeeded: the ledger shows it, or the fact that this message is about does."""
    shown = any(line.label == "Payment received" for one in letter.accounts for line in one.lines)
    return shown or "paid_amount_minor" in letter.facts


def _hosts(links: Links) -> frozenset[str]:
    return frozenset({urlsplit(url).hostname or "" for url in (links.pay, links.opt_out)} - {""})


def _hosts_in_names(letter: Letter, names: set[str]) -> set[str]:
    """A company called "Acme.com" is named by its name; a path behind it would be an invitation, and is refused."""
    found = [host for name in {*names, rules.one_line(letter.brand.name)} for host in reading.bare_hosts_in(name)]
    return {host for host in found if "/" not in host}


def _fixed_blocks(rendered: Rendered) -> tuple[str, ...]:
    """What code put in whole: everything after the drafted paragraphs."""
    words = "\n\n".join(rendered.words)
    start = rendered.text.find(words) + len(words) if words and words in rendered.text else -1
    return (rendered.text[start:],) if start >= 0 else ()


def check(letter: Letter, rendered: Rendered) -> tuple[GuardFinding, ...]:
    """What the guards object to; empty means that it may be sent, as far as words go."""
    return guards.check(rendered, known(letter, rendered))


def offers_opt_out(letter: Letter, rendered: Rendered) -> tuple[bool, bool]:
    """(the visible sentence is there, the link of this very address is there): R-09's two facts, read from the text."""
    missing = [reason for _, reason in guards.opt_out(rendered, known(letter, rendered))]
    return "no sentence says how to opt out" not in missing, not any("link" in reason for reason in missing)
