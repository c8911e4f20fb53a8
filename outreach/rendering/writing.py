"""The words of a message put on the page: subject, plain text and HTML of one content."""

from datetime import date
from typing import Any

from django.template.loader import render_to_string

from compliance.reading import Rendered
from outreach import drafting, rules
from outreach.drafting import Draft, Placeholders, grammar
from outreach.drafting.labels import line_label
from outreach.rendering.letters import LOGO, Account, Letter, date_of, day

# A name longer than this is no name; the greeting then goes without it.
_NAME_WORDS = 4
# Words that ask for nothing: no balance and no pay button stand below them. Who is not the debtor, has objected or
# wants no more messages is shown nothing of the debt (LAW.md ); an answer makes no new ask.
_BARE = frozenset(
    {
        *("answer_paid_claim", "answer_dispute", "answer_wrong_person", "answer_referral", "answer_who_writes"),
        *("answer_hardship", "answer_general", "answer_copy_coming"),
        *("notice_opt_out", "notice_cease", "notice_dispute", "notice_receipt", "notice_link"),
    }
)


def placeholders(letter: Letter) -> Placeholders:
    """The facts of `letter`, as its sentences name them."""
    account, language = letter.account, letter.language
    number = rules.shown_number(account.invoice_number)
    several = bool(letter.others) or len(letter.facts.get("paid") or ()) > 1
    return {
        "creditor": _name(letter.creditor or letter.brand.name),
        "debtor": _name(account.debtor),
        "the_invoice": grammar.the_invoices(language)
        if several
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
            written[name] = day(date_of(value), letter.language)
        elif isinstance(value, str | int):
            written[name] = _name(str(value))
    return written


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
    if letter.collector:
        return _heading(letter)  # whoever sees a consumer's list of mails learns of no debt (1006.6(d))
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
        "ways": _ways(letter, draft.intent),
        "statement": _receipt(letter) or ([] if bare and not letter.itemised else _statement(letter)),
        "signature": rules.one_line(brand.name)
        if letter.collector
        else grammar.of(rules.one_line(brand.name), labels.signature, letter.language),
        "notice": letter.notice,
        "footer": _footer(letter),
    }


def _ways(letter: Letter, intent: str) -> list[tuple[str, str]]:
    """(label, address) of what a notice leads to; the first is its button."""
    links, labels = letter.links, letter.labels
    if links.receipt:
        return [(labels.receipt, links.receipt), (labels.receipt_paper, links.paper)]
    return [(labels.page, links.pay)] if intent == "notice_link" else []


def _receipt(letter: Letter) -> list[dict[str, Any]]:
    """A receipt's own section: what came and when, each invoice's part of it, what none of them took, what is left.

    It names the payment by our own id, as the page and the paper do: what a payer or a bank wrote beside it may say
    anything, and stands in no message of ours.
    """
    facts, labels, language = letter.facts, letter.labels, letter.language
    if "payment_id" not in facts:
        return []

    def sum_of(minor: int) -> str:
        return letter.account.money(minor, language)

    came = _dated(line_label("Payment received", language), date_of(facts["paid_on"]), language)
    lines = [(came, sum_of(facts["paid_amount_minor"]))]
    if len(facts["paid"]) > 1 or facts["credit_minor"]:
        lines += [(_numbered(letter, number), sum_of(minor)) for number, minor in facts["paid"]]
    lines += [(labels.credit, sum_of(facts["credit_minor"]))] if facts["credit_minor"] else []
    lines.append((labels.balance, sum_of(facts["amount_minor"])))
    named = [(labels.reference, facts["payment_id"])]
    return [{"title": labels.receipt, "facts": named, "lines": lines, "summed": False}]


def _numbered(letter: Letter, number: str) -> str:
    shown = grammar.isolated(rules.shown_number(number))
    return letter.labels.invoice.format(shown) if shown else letter.labels.outstanding


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
        money = letter.account.money
        lines = [(day(date_of(on), letter.language), money(minor, letter.language)) for on, minor in plan]
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
        "truth": truth(letter),
        "source": next(iter(letter.told), "") if letter.sources else "",
        "postal": ", ".join(part for part in (rules.one_line(brand.name), rules.one_line(brand.address, 300)) if part),
        "phone": rules.one_line(brand.phone, 32),
    }


def truth(letter: Letter) -> str:
    """The footer's sentence of who writes, and for whom."""
    legal = rules.one_line(letter.brand.legal_name or letter.brand.name).rstrip(".")
    return grammar.of(legal, letter.labels.truth, letter.language)
