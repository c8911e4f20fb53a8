"""What a message may mention, what the guards object to in it, and what it says of the facts the law asks for."""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from agentcollect.kit import money
from compliance import consumer, guards, reading
from compliance.guards import GuardFinding, Known
from compliance.reading import Rendered
from outreach import rules
from outreach.rendering.letters import LOGO, Letter, Links, date_of
from outreach.rendering.writing import truth

# Written only where the policy holds a plan, or one has been agreed.
_ABOUT_PLANS = frozenset({"answer_plan_options", "answer_plan_confirmed", "plan_default"})
# Written only where the creditor has made the offer.
_ABOUT_OFFERS = frozenset({"settlement_offer"})
# The facts that are names of the records; what else a step's facts hold is none.
_NAMING = frozenset({"contact_name", "documents", "payment_id"})
_CAPITALS = re.compile("[A-Z]{3,}")
_LAST_STEP = "last_before_next_steps"


def known(letter: Letter, rendered: Rendered) -> Known:
    """All that this message may mention, for the guards; asked several times of one message, and found once."""
    before = getattr(_last, "asked", None)
    if before is not None and before[0] is letter and before[1] is rendered:
        return before[2]
    found = _known(letter, rendered)
    _last.asked = (letter, rendered, found)
    return found


_last = threading.local()


def _known(letter: Letter, rendered: Rendered) -> Known:
    brand, names = letter.brand, _names(letter)
    # As the guards read them: sentence by sentence, without their links.
    told = {
        one
        for text in letter.told
        for whole in (text, reading.without_urls(reading.plain(text)))
        for one in (text, *reading.sentences_of(whole))
    }
    recorded = " ".join(sorted(names))
    numbers = {
        written
        for number in (*(one.invoice_number for one in letter.accounts), *_receipted(letter))
        for written in (rules.shown_number(number), number)
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
        own_links=frozenset({*_addresses(letter.links), LOGO, *_hosts_in_names(letter, names), *_links_in(told)}),
        creditor_name=rules.one_line(letter.creditor or brand.name),
        opt_out_url=letter.links.opt_out,
        phones=frozenset({brand.phone} - {""}),
        names=frozenset(names | told),
        attorney_allowed=letter.attorney_allowed,
        fixed_blocks=_fixed_blocks(rendered),
        authorised=letter.authorised,
        offers=letter.offers
        | ({"plan"} if rendered.intent in _ABOUT_PLANS else set())
        | ({"discount"} if rendered.intent in _ABOUT_OFFERS else set()),
        paid=_paid(letter),
        last_step=rendered.intent == _LAST_STEP,
        validation_open=letter.validation_open,
        disclosures=(truth(letter), *letter.told),
    )


def _names(letter: Letter) -> set[str]:
    """Every name and address of the records, as the message writes it."""
    brand = letter.brand
    texts = [brand.address, brand.name, brand.legal_name, letter.contact_name, *(one.debtor for one in letter.accounts)]
    texts += [text for name, text in letter.facts.items() if isinstance(text, str) and name in _NAMING]
    # Our own ids are letters and figures by chance: what of them would read as a word in capitals is none.
    texts += _CAPITALS.findall(letter.facts.get("payment_id", ""))
    return _recorded(texts)


def _recorded(texts: Iterable[str]) -> set[str]:
    names = {rules.one_line(text, 300) for text in texts}
    # "Court GmbH & Co. KG" is read as two sentences, so its pieces are names too.
    return (names | {piece for name in names for piece in reading.sentences_of(name)}) - {""}


def _amounts(letter: Letter) -> frozenset[str]:
    language, minors = letter.language, [v for k, v in letter.facts.items() if k.endswith("_minor")]
    minors += [minor for name in ("plan_lines", "paid") for _, minor in letter.facts.get(name) or ()]
    found = {letter.account.money(abs(minor), language) for minor in minors}
    for one in letter.accounts:
        found |= {
            one.money(abs(minor), language) for minor in (one.balance_minor, *(x.amount_minor for x in one.lines))
        }
    return frozenset(found | {money.display(minor, currency, language) for currency, minor in letter.totals.items()})


def _dates(letter: Letter) -> frozenset[date]:
    days: list[date | None] = [date_of(v) for k, v in letter.facts.items() if k.endswith("_on") and v]
    days += [date_of(on) for on, _ in letter.facts.get("plan_lines") or ()]
    days += letter.notice_days
    for one in letter.accounts:
        days += [one.invoice_date, one.due_date, *(line.on for line in one.lines)]
    return frozenset(found for found in days if found)


def _receipted(letter: Letter) -> list[str]:
    """The numbers of the invoices that a receipt is for, and of the payment."""
    return [*(number for number, _ in letter.facts.get("paid") or ()), letter.facts.get("payment_id", "")]


def _paid(letter: Letter) -> bool:
    """A payment succeeded: the ledger shows it, or the fact that this message is about does."""
    shown = any(line.label == "Payment received" for one in letter.accounts for line in one.lines)
    return shown or "paid_amount_minor" in letter.facts


def _addresses(links: Links) -> set[str]:
    return {links.pay, links.opt_out, links.receipt, links.paper} - {""}


def _hosts(links: Links) -> frozenset[str]:
    return frozenset({urlsplit(url).hostname or "" for url in (links.pay, links.opt_out)} - {""})


def _links_in(told: set[str]) -> set[str]:
    """What the law's own words lead to, and a site that an address was found on."""
    return {url for text in told for url in (*reading.urls_in(text), *reading.bare_hosts_in(text))}


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


def carries(letter: Letter, rendered: Rendered) -> dict[str, Any]:
    """What the gate asks of the text (fields of compliance.facts.Carries), read from the text itself."""
    allowed = known(letter, rendered)
    found: dict[str, Any] = {
        "itemised": letter.itemised,
        "source_notice": bool(letter.sources) and guards.stands(rendered, letter.told[0]),
        "suit": guards.speaks(rendered, allowed, "suit"),
        "attorney": guards.speaks(rendered, allowed, "attorney"),
        "language": rendered.language,
    }
    return found | (to_a_consumer(rendered.text, letter.collector, letter.creditor) if letter.collector else {})


def read_again(
    subject: str, words: Sequence[str], *, language: str, texts: Iterable[str], facts: Mapping[str, Any], number: str
) -> dict[str, bool]:
    """`suit` and `attorney` of `carries`, of a message that was written before: its drafted `words` (code puts in no
    such word but names). `texts`: the names and addresses of the records; `facts`: what it speaks of; `number`: the
    invoice's."""
    named = [text for name, text in facts.items() if isinstance(text, str) and name in _NAMING]
    allowed = Known(
        amounts=frozenset(),
        dates=frozenset(),
        identifiers=frozenset({number, rules.shown_number(number), *number.split()} - {""}),
        allowed_hosts=frozenset(),
        creditor_name="",
        opt_out_url=None,
        names=frozenset(_recorded([*texts, *named])),
    )
    written = Rendered(subject=subject, text="\n\n".join(words), language=language)
    return {name: guards.speaks(written, allowed, name) for name in ("suit", "attorney")}


def to_a_consumer(text: str, collector: str, creditor: str) -> dict[str, Any]:
    """The same of what a consumer must be told."""
    said = consumer.told(text, collector=collector, creditor=creditor)
    return {"sender": said.sender, "disclosure": said.disclosure, "validation": said.validation, "barred": said.barred}
