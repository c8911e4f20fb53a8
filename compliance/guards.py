"""What a drafted message may not say. Run on the rendered text; a finding means it is not sent.

Sources: 12 CFR 1006.18 (false or misleading statements), 1006.22 (unfair means), 1006.6(e) (opt-out),
1006.18(b)(1)(iii) (attorneys). The word lists are in ``data/lexicon.json``. A guard is a pure function
from text and ``Known`` to complaints; ``GUARDS`` lists them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from compliance import reading
from compliance.reading import LANGUAGES, Rendered, words_of

MOST_WORDS = 180
MOST_EXCLAMATIONS = 1
Complaint = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that this message may mention, as code would write it.

    ``amounts``: as formatted for the message ("$1,250.00"). ``identifiers``: invoice and case numbers.
    ``allowed_hosts``: the campaign's pay and opt-out hosts, lower case. ``emails`` and ``phones``: the
    creditor's own, and no other. ``opt_out_url``: the link for this very address; required when
    ``electronic``. ``attorney_allowed``: an accepted referral (R-33). ``fixed_blocks``: text that code put in
    whole (the statement of invoices, disclosures, the footer) and that the word limit leaves out.
    ``capitals``: further words that may stand in capitals. ``own_links``: whole addresses that code put in,
    good whatever their host or scheme (an embedded run serves http on loopback; a logo is ``cid:``).
    ``names``: names and addresses of the records ("100 Court Street"), which the word lists leave out.
    """

    amounts: frozenset[str]
    dates: frozenset[date]
    identifiers: frozenset[str]
    allowed_hosts: frozenset[str]
    creditor_name: str
    opt_out_url: str | None
    electronic: bool = True
    attorney_allowed: bool = False
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    fixed_blocks: tuple[str, ...] = ()
    capitals: frozenset[str] = frozenset()
    own_links: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GuardFinding:
    """``guard``: which one objects; ``sentence``: to what; ``reason``: why, in plain words."""

    guard: str
    sentence: str
    reason: str


def check(rendered: Rendered, known: Known) -> tuple[GuardFinding, ...]:
    """Every objection to the message, without repeats, in the order of ``GUARDS``; empty means pass.

    A language without word lists, and a guard that fails, are findings themselves.
    """
    if rendered.language not in LANGUAGES:
        return (GuardFinding("language", rendered.language, "no word lists for this language"),)
    found: dict[GuardFinding, None] = {}
    for name, guard in GUARDS.items():
        try:
            complaints = list(guard(rendered, known))
        except Exception as error:
            complaints = [(rendered.subject, f"guard failed: {type(error).__name__}")]
        found |= dict.fromkeys(GuardFinding(name, sentence, reason) for sentence, reason in complaints)
    return tuple(found)


def amounts(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every sum of money is one of ``known.amounts``, in figures and in the same currency."""
    allowed = {reading.amount_key(text) for text in known.amounts}
    # In a table the currency stands in the heading: a bare figure may be any known sum.
    allowed |= {("", value) for _, value in allowed}
    for sentence in rendered.sentences():
        for text in reading.amounts_in(sentence):
            if reading.amount_key(text) not in allowed:
                yield sentence, f"the amount {text} is not one of this case"
        if reading.money_in_words(sentence, rendered.language):
            yield sentence, "an amount of money in words"


def dates(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every date is one of ``known.dates``, and a weekday beside it is the right one."""
    for sentence in rendered.sentences():
        for text, readings, weekday in reading.dates_in(sentence, rendered.language):
            right = [day for day in readings if day in known.dates]
            if not right:
                yield sentence, f"the date {text} is not one of this case"
            elif weekday is not None and weekday not in {day.weekday() for day in right}:
                yield sentence, f"the wrong weekday for {text}"


def identifiers(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every invoice, case or other long number is one of ``known.identifiers`` (or a known phone)."""
    allowed = {identifier.casefold() for identifier in known.identifiers}
    numbers = {reading.digits(text)[-10:] for text in (*known.identifiers, *known.phones)}
    for sentence in rendered.sentences():
        for text in reading.identifiers_in(sentence):
            if text.casefold() not in allowed:
                yield sentence, f"the number {text} does not belong to this case"
        for text in reading.long_numbers_in(sentence):
            if reading.digits(text)[-10:] not in numbers:
                yield sentence, f"the number {text} is not known"


def links(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every link is our own, or https to an allowed host in plain letters; every email address is known."""
    for url in rendered.urls():
        if url not in known.own_links and reading.host_of(url) not in known.allowed_hosts:
            yield url, "a link to a host that is not allowed"
    allowed = {address.casefold() for address in known.emails}
    for address in rendered.emails():
        if address.casefold() not in allowed:
            yield address, "an email address that is not the creditor's"


def phones(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every phone number is one of ``known.phones``, compared by its last ten digits."""
    allowed = {reading.digits(phone)[-10:] for phone in known.phones}
    for sentence in rendered.sentences():
        for text in reading.phones_in(sentence, known.identifiers):
            if reading.digits(text)[-10:] not in allowed:
                yield sentence, "a phone number that is not the creditor's"


def opt_out(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """An electronic message tells in words how to opt out, and carries the link for this address (R-09)."""
    if not known.electronic:
        return
    sayings = words_of(rendered.language, "opt_out")
    if not any(reading.phrases_in(sentence, sayings) for sentence in rendered.body_sentences()):
        yield "", "no sentence says how to opt out"
    if known.opt_out_url is None or known.opt_out_url not in reading.urls_in(rendered.text):
        yield "", "the opt-out link of this address is missing"
    if rendered.html and known.opt_out_url not in reading.hrefs_in(rendered.html):
        yield "", "the opt-out link of this address is missing from the HTML part"


def attorney(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No attorney, government or hint of either before a referral is accepted (R-33)."""
    if not known.attorney_allowed:
        yield from _listed(rendered, known, "attorney", "hints at an attorney or a government")


def identity(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Never claims to be human, nor the creditor's employee."""
    yield from _listed(rendered, known, "human", "claims to be human")
    yield from _listed(rendered, known, "employee", "claims to be an employee")


def threats(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No word of the threat list (1006.18(c), 1006.22)."""
    yield from _listed(rendered, known, "threat", "threatens")


def insults(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No shaming (1006.14(c))."""
    yield from _listed(rendered, known, "insult", "shames or insults")


def length(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """At most 180 words of running text: links and ``known.fixed_blocks`` left out."""
    text = rendered.text
    for block in known.fixed_blocks:
        text = text.replace(block, " ", 1)
    count = len(reading.without_urls(text).split())
    if count > MOST_WORDS:
        yield "", f"{count} words; at most {MOST_WORDS}"
    if not rendered.text.strip():
        yield "", "no plain-text part"


def shouting(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No word of five letters in capitals, nor two of three in a row, save names; at most one '!'."""
    named = " ".join([known.creditor_name, *known.identifiers, *known.capitals, *known.names])
    for sentence in rendered.sentences():
        if loud := reading.shouted(sentence, frozenset(named.split())):
            yield sentence, f"shouts: {loud}"
    for part in rendered.parts():
        if part.count("!") > MOST_EXCLAMATIONS:
            yield part[:120], "more than one exclamation mark"


def _listed(rendered: Rendered, known: Known, name: str, reason: str) -> Iterator[Complaint]:
    phrases = words_of(rendered.language, name)
    # A creditor may be called "Court Street Supply", or have its office there: neither is a threat.
    recorded = sorted({known.creditor_name, *known.names} - {""}, key=len, reverse=True)
    for sentence in rendered.sentences():
        words = sentence
        for record in recorded:
            words = words.replace(reading.plain(record), " ")
        for phrase in reading.phrases_in(words, phrases):
            yield sentence, f'{reason}: "{phrase}"'


GUARDS: dict[str, Callable[[Rendered, Known], Iterator[Complaint]]] = {
    "amounts": amounts,
    "dates": dates,
    "identifiers": identifiers,
    "links": links,
    "phones": phones,
    "opt_out": opt_out,
    "attorney": attorney,
    "identity": identity,
    "threats": threats,
    "insults": insults,
    "length": length,
    "shouting": shouting,
}
