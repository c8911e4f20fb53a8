"""A message as the debtor sees it: the creditor's brand, the ledger's facts, plain text and HTML of the same content.

Truthful by construction: the footer says that an automated service writes on the creditor's behalf (LAW.md, "White
label"), every message carries the opt-out sentence and link (R-09), and facts come from the rows alone.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from django.template.loader import render_to_string

from agentcollect.kit import money
from compliance import guards, reading
from compliance.guards import GuardFinding, Known
from compliance.reading import Rendered
from outreach import rules
from outreach.drafting import Draft, Placeholders

LOGO = "cid:logo"
# A name longer than this is no name; the greeting then goes without it.
_NAME_WORDS = 4


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

    def money(self, minor: int) -> str:
        return money.display(minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The only two places a message leads to."""

    pay: str
    opt_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a message is made of, but the words. `itemised`: the statement's lines are shown."""

    brand: Brand
    account: Account
    links: Links
    contact_name: str
    itemised: bool


def day(moment: date) -> str:
    """A date as the debtor reads it: `October 1, 2025`."""
    return format_date(moment, format="long", locale="en_US")


def placeholders(letter: Letter) -> Placeholders:
    """The facts of `letter`, as its sentences name them."""
    account = letter.account
    return Placeholders(
        creditor=rules.one_line(letter.brand.name),
        debtor=rules.one_line(account.debtor),
        the_invoice=_the_invoice(account),
        amount=account.money(account.balance_minor),
        due=f", which was due on {day(account.due_date)}," if account.due_date else "",
    )


def _the_invoice(account: Account) -> str:
    if account.invoice_number:
        return f"invoice #{rules.shown_number(account.invoice_number)}"
    return f"the invoice of {day(account.invoice_date)}" if account.invoice_date else "an invoice"


def render(letter: Letter, draft: Draft) -> Rendered:
    """Subject, plain text and HTML of `draft`; both parts say the same."""
    shown = _shown(letter, draft)
    return Rendered(
        subject=rules.subject(letter.account.invoice_number, letter.brand.name),
        text=render_to_string("outreach/email.txt", shown).strip() + "\n",
        html=render_to_string("outreach/email.html", shown),
    )


def _shown(letter: Letter, draft: Draft) -> dict[str, Any]:
    brand, account = letter.brand, letter.account
    number = rules.shown_number(account.invoice_number)
    return {
        "brand": brand,
        "creditor": rules.one_line(brand.name),
        "light": brand.palette["light"],
        "dark": brand.palette["dark"],
        "logo": LOGO if brand.logo else "",
        "heading": f"Invoice #{number}" if number else "Outstanding balance",
        "greeting": _greeting(letter.contact_name),
        "paragraphs": draft.paragraphs,
        "balance": account.money(account.balance_minor),
        "due": day(account.due_date) if account.due_date else "",
        "links": letter.links,
        "statement": _statement(letter),
        "footer": _footer(brand),
    }


def _greeting(name: str) -> str:
    plain = rules.one_line(name, 80)
    return f"Hello {plain}," if plain and len(plain.split()) <= _NAME_WORDS else "Hello,"


def _statement(letter: Letter) -> dict[str, Any]:
    """The itemised statement: facts of the invoice, then its account line by line, then the sum."""
    if not letter.itemised:
        return {}
    account = letter.account
    facts = [("Billed to", rules.one_line(account.debtor))]
    facts += [("Invoice date", day(account.invoice_date))] if account.invoice_date else []
    facts += [("Due date", day(account.due_date))] if account.due_date else []
    lines = [
        (f"{line.label} ({day(line.on)})" if line.on else line.label, account.money(line.amount_minor))
        for line in account.lines
    ]
    lines.append(("Balance", account.money(account.balance_minor)))
    return {"facts": facts, "lines": lines, "width": max(len(label) for label, _ in lines) + 3}


def _footer(brand: Brand) -> dict[str, str]:
    legal = rules.one_line(brand.legal_name or brand.name).rstrip(".")
    return {
        "truth": f"An automated service writes and sends this message on behalf of {legal}.",
        "postal": ", ".join(part for part in (rules.one_line(brand.name), rules.one_line(brand.address, 300)) if part),
        "phone": rules.one_line(brand.phone, 32),
    }


def known(letter: Letter, rendered: Rendered) -> Known:
    """All that this message may mention, for the guards."""
    account, brand = letter.account, letter.brand
    amounts = {account.balance_minor, *(line.amount_minor for line in account.lines)}
    names = {
        rules.one_line(text, 300) for text in (account.debtor, brand.address, brand.legal_name, letter.contact_name)
    }
    # "Court GmbH & Co. KG" is read as two sentences, so its pieces are names too.
    names |= {piece for name in names for piece in reading.sentences_of(name)}
    names.discard("")
    number = rules.shown_number(account.invoice_number)
    recorded = " ".join(sorted(names))
    return Known(
        amounts=frozenset(account.money(abs(minor)) for minor in amounts),
        dates=frozenset(
            {d for d in (account.invoice_date, account.due_date, *(line.on for line in account.lines)) if d}
        ),
        # A number with spaces is read word by word; a street or company may carry a number of its own.
        identifiers=frozenset(
            {number, account.invoice_number, *number.split(), *reading.identifiers_in(recorded)} - {""}
        ),
        allowed_hosts=_hosts(letter.links),
        own_links=frozenset({letter.links.pay, letter.links.opt_out, LOGO, *_hosts_in_names(letter, names)}),
        creditor_name=rules.one_line(brand.name),
        opt_out_url=letter.links.opt_out,
        phones=frozenset({brand.phone} - {""}),
        names=frozenset(names),
        fixed_blocks=_fixed_blocks(rendered.text),
    )


def _hosts(links: Links) -> frozenset[str]:
    return frozenset({urlsplit(url).hostname or "" for url in (links.pay, links.opt_out)} - {""})


def _hosts_in_names(letter: Letter, names: set[str]) -> set[str]:
    """A company called "Acme.com" is named by its name; a path behind it would be an invitation, and is refused."""
    found = [host for name in {*names, rules.one_line(letter.brand.name)} for host in reading.bare_hosts_in(name)]
    return {host for host in found if "/" not in host}


def _fixed_blocks(text: str) -> tuple[str, ...]:
    """What code put in whole: everything from the statement (or the signature) on."""
    start = text.find("\n-- \n")
    statement = text.find("\nStatement\n")
    cut = statement if statement >= 0 else start
    return (text[cut:],) if cut >= 0 else ()


def check(letter: Letter, rendered: Rendered) -> tuple[GuardFinding, ...]:
    """What the guards object to; empty means that it may be sent, as far as words go."""
    return guards.check(rendered, known(letter, rendered))


def offers_opt_out(letter: Letter, rendered: Rendered) -> tuple[bool, bool]:
    """(the visible sentence is there, the link of this very address is there): R-09's two facts, read from the text."""
    missing = [reason for _, reason in guards.opt_out(rendered, known(letter, rendered))]
    return "no sentence says how to opt out" not in missing, not any("link" in reason for reason in missing)
