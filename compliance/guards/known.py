"""What a message may mention, and what a guard answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from compliance import reading
from compliance.reading import Rendered, words_of

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
    ``authorised``: channels of the steps that are scheduled and authorised ("email", "call", "letter", "attorney"):
    only these may be announced. ``offers``: what the creditor's policy allows to offer ("plan", "discount").
    ``paid``: a payment on this account succeeded. ``last_step``: this is the series' last message.
    ``validation_open``: a consumer's validation period has not ended (1006.38(b), 1006.34). ``disclosures``: texts that
    each part must carry word for word.
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
    authorised: frozenset[str] = frozenset()
    offers: frozenset[str] = frozenset()
    paid: bool = False
    last_step: bool = False
    validation_open: bool = False
    disclosures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardFinding:
    """``guard``: which one objects; ``sentence``: to what; ``reason``: why, in plain words."""

    guard: str
    sentence: str
    reason: str


def listed(rendered: Rendered, known: Known, name: str, reason: str) -> Iterator[Complaint]:
    """A complaint for each phrase of the list `name` in any part of the message, records left out."""
    phrases, pairs = words_of(rendered.language, name), without_records(rendered.sentences(), known)
    if not reading.phrases_in(_joined(pairs), phrases):
        return  # one look instead of one per sentence: a list seldom has a hit
    for sentence, words in pairs:
        for phrase in reading.phrases_in(words, phrases):
            yield sentence, f'{reason}: "{phrase}"'


def without_records(sentences: tuple[str, ...], known: Known) -> tuple[tuple[str, str], ...]:
    """Each sentence with its words: a creditor may be called "Court Street Supply", which is no threat."""
    recorded = frozenset({known.creditor_name, *known.names, *known.identifiers} - {""})
    return _without(sentences, recorded)


@lru_cache(maxsize=16)
def _joined(pairs: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(words for _, words in pairs)


@lru_cache(maxsize=16)  # every guard with a list asks for the same ones
def _without(sentences: tuple[str, ...], recorded: frozenset[str]) -> tuple[tuple[str, str], ...]:
    plain = sorted((reading.plain(record) for record in recorded), key=len, reverse=True)
    found = []
    for sentence in sentences:
        words = sentence
        for record in plain:
            words = words.replace(record, " ")
        found.append((sentence, words))
    return tuple(found)
