"""Which invoices is a transfer for? Evidence in, a verdict out; what is not certain is a person's to decide.

Certain is a reference of ours whose check digits hold, and nothing else alone: an invoice's number is certain together
with the exact amount and the payer's name. Everything less is a suggestion with its reasons.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from payments.rules import banking

MATCHED, SUGGESTED, UNMATCHED = "matched", "suggested", "unmatched"
# What a verdict rests on.
EXACT, PARTIAL, MANY, OVER = "exact", "partial", "many", "over"
NAMED, MISREAD, PAYER, AMOUNT, DOUBT = "named", "misread", "payer", "amount", "doubt"
_PIECE = re.compile(r"[^\W_]+")
# An invoice's number may be torn into so many pieces ("INV 2025 08 47").
_PIECES = 5
_JOINTS = ("-", "", "/", " ", ".", "_")
_MOST_KEYS = 600


@dataclass(frozen=True, slots=True)
class Paid:
    """A line of the bank. `doubt`: why it is never booked by itself, in words; "" where nothing speaks against it."""

    minor: int
    currency: str
    payer: str
    text: str
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice that a line may be for. `payer_key`: the debtor's folded name; `wants_person`: why only a person may
    book money to it, in words (it is disputed, closed, …); `twins`: how many open invoices have its number."""

    case_id: str
    debtor_id: str
    payer_key: str
    invoice_number: str
    reference: str
    currency: str
    minor: int
    wants_person: str = ""
    twins: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """What of a line one case gets, and why; in the order in which it is to be paid."""

    case_id: str
    minor: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The parts never add up to more than the line. `outcome`: what it rests on."""

    status: str
    outcome: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Who paid: the folded name, or, where the bank has no column for it, the folded text that it stands in."""

    key: str
    text: str = ""

    def may_be(self, debtor_key: str) -> bool:
        if self.key:
            return agrees(self.key, debtor_key)
        return len(debtor_key) >= _WORD and f" {debtor_key} " in f" {self.text} "


_WORD = 5


def judge(paid: Paid, owed: Sequence[Owed], who: Who) -> Verdict:
    """What `paid` is for, among `owed`; `who` paid it."""
    mine = [one for one in owed if one.currency == paid.currency]
    for look in (_by_reference, _by_number, _by_misread, _by_payer, _by_amount):
        verdict = look(paid, mine, who)
        if verdict is not None:
            return _with_doubt(paid, verdict)
    return Verdict(UNMATCHED)


def _with_doubt(paid: Paid, verdict: Verdict) -> Verdict:
    if not paid.doubt or verdict.status != MATCHED:
        return verdict
    return Verdict(
        SUGGESTED, DOUBT, tuple(replace(part, why=f"{part.why}; but {paid.doubt}") for part in verdict.parts)
    )


# --- certain


def _by_reference(paid: Paid, owed: Sequence[Owed], who: Who) -> Verdict | None:
    """A reference of ours. One case takes what comes, more or less than it owes; several must add up."""
    order = {reference: place for place, reference in enumerate(banking.references_in(paid.text))}
    named = sorted((one for one in owed if one.reference in order), key=lambda one: order[one.reference])
    if not named:
        return None
    also = [one for one in _numbered(paid, owed) if one not in named and one.debtor_id == named[0].debtor_id]
    meant = [*named, *also]
    sure = not any(one.wants_person for one in meant) and len({one.debtor_id for one in meant}) == 1
    why = {one.case_id: f"names the reference {banking.spaced(one.reference)}" for one in named}
    why |= {one.case_id: f"names the invoice {one.invoice_number}" for one in also}
    total = sum(one.minor for one in meant)
    if len(meant) == 1:
        outcome = EXACT if paid.minor == total else PARTIAL if paid.minor < total else OVER
        return _said(MATCHED if sure else SUGGESTED, outcome, paid, meant, why)
    if sure and total == paid.minor:
        return _said(MATCHED, MANY, paid, meant, why)
    theirs = [one for one in meant if one.debtor_id == meant[0].debtor_id]
    but = "the invoices named do not add up to the amount" if len(theirs) == len(meant) else "others are named, too"
    return _said(SUGGESTED, MANY, paid, theirs, why, but)


def _by_number(paid: Paid, owed: Sequence[Owed], who: Who) -> Verdict | None:
    """Invoice numbers: certain where each is one open invoice's alone, the amount is theirs to the cent, and the payer
    is called as their debtor is."""
    named = _numbered(paid, owed)
    if not named:
        return None
    # Numbers of several creditors' customers meet: those of whoever pays, else of whoever is named first.
    debtor = next((one.debtor_id for one in named if who.may_be(one.payer_key)), named[0].debtor_id)
    meant = [one for one in named if one.debtor_id == debtor]
    fits, known = sum(one.minor for one in meant) == paid.minor, who.may_be(meant[0].payer_key)
    alone = all(one.twins == 1 for one in meant) and len(meant) == len(named)
    free = not any(one.wants_person for one in meant)
    why = {one.case_id: f"names the invoice {one.invoice_number}" for one in meant}
    if fits and known and alone and free:
        return _said(MATCHED, EXACT if len(meant) == 1 else MANY, paid, meant, why)
    said = [] if known else ["the payer has another name"]
    said += [] if fits else ["the amount is another"]
    said += [] if alone else ["other invoices have such a number"]
    return _said(SUGGESTED, NAMED, paid, meant, why, ", ".join(said))


# --- likely


def _by_misread(paid: Paid, owed: Sequence[Owed], who: Who) -> Verdict | None:
    """A reference without its check digits, or with wrong ones."""
    bodies = set(banking.bodies_in(paid.text))
    named = [one for one in owed if one.reference and one.reference in bodies]
    if not named:
        return None
    why = {one.case_id: f"seems to mean the reference {banking.spaced(one.reference)}" for one in named}
    return _said(SUGGESTED, MISREAD, paid, named[:1], why)


def _by_payer(paid: Paid, owed: Sequence[Owed], who: Who) -> Verdict | None:
    """The payer is called as a debtor is: their invoice of that amount, all of them together, or the first ones."""
    theirs = [one for one in owed if who.may_be(one.payer_key) and one.minor > 0]
    if not theirs:
        return None
    equal = [one for one in theirs if one.minor == paid.minor]
    same = [one for one in theirs if one.debtor_id == theirs[0].debtor_id]
    if equal:
        chosen, words = equal[:1], "the payer's name and the amount fit"
    elif sum(one.minor for one in same) == paid.minor:
        chosen, words = same, "the payer's open invoices add up to the amount"
    else:
        chosen, words = same, "the payer's name fits"
    if len(equal) > 1:
        words += f"; {len(equal)} of their invoices have this amount"
    return _said(SUGGESTED, PAYER, paid, chosen, {one.case_id: words for one in chosen})


def _by_amount(paid: Paid, owed: Sequence[Owed], who: Who) -> Verdict | None:
    """Nothing but the amount, and that of one invoice alone."""
    equal = [one for one in owed if one.minor == paid.minor]
    if len(equal) != 1:
        return None
    return _said(SUGGESTED, AMOUNT, paid, equal, {equal[0].case_id: "the only open invoice of this amount"})


def _said(status: str, outcome: str, paid: Paid, meant: Sequence[Owed], why: dict[str, str], but: str = "") -> Verdict:
    """The verdict with its parts: each invoice what it owes, as far as the money goes; what is over is the first's."""
    parts, left = [], paid.minor
    for one in meant:
        share = min(left, max(one.minor, 0))
        words = "; but ".join(filter(None, (why[one.case_id], one.wants_person, but)))
        if share > 0:
            parts.append(Part(one.case_id, share, words))
            left -= share
        elif len(meant) == 1:  # nothing is owed: all of it would be credit
            parts.append(Part(one.case_id, left, words))
            left = 0
    if left and parts and (outcome == OVER or (status == SUGGESTED and outcome in (EXACT, PARTIAL))):
        parts[0] = replace(parts[0], minor=parts[0].minor + left)
    return Verdict(status if parts else UNMATCHED, outcome if parts else "", tuple(parts))


# --- what a text names


def _numbered(paid: Paid, owed: Sequence[Owed]) -> list[Owed]:
    """The invoices whose number stands in the text, in its order."""
    said = _windows(paid.text)
    found = [(said[key], one) for one in owed if (key := _compact(one.invoice_number)) in said and _telling(key)]
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].case_id))]


def invoice_keys_in(text: str) -> list[str]:
    """Every text that may be an invoice number, as the database keeps them (campaigns.rules.identity.invoice_key):
    pieces that stand side by side, joined as they stand there and as people join them."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    pieces = list(_PIECE.finditer(folded))
    keys: dict[str, None] = {}
    for first in range(len(pieces)):
        for size in range(1, min(_PIECES, len(pieces) - first) + 1):
            run = pieces[first : first + size]
            words = [piece.group() for piece in run]
            if _telling("".join(words)) and len(keys) < _MOST_KEYS:
                written = " ".join(folded[run[0].start() : run[-1].end()].split())
                keys |= dict.fromkeys([written, *(joint.join(words) for joint in _JOINTS)])
    return [key for key in keys if len(key) <= _LONGEST_KEY]


_LONGEST_KEY = 60


def _windows(text: str) -> dict[str, int]:
    """Pieces of the text run together, up to five at a time → where they begin."""
    pieces = _PIECE.findall(unicodedata.normalize("NFKC", text).casefold())
    found: dict[str, int] = {}
    for first in range(len(pieces)):
        key = ""
        for piece in pieces[first : first + _PIECES]:
            key += piece
            found.setdefault(key, first)
    return found


@lru_cache(maxsize=10_000)
def _compact(number: str) -> str:
    return "".join(_PIECE.findall(unicodedata.normalize("NFKC", number).casefold()))


def _telling(key: str) -> bool:
    """A text that can be an invoice number: a figure in it, and not only two of them (a day, a quantity)."""
    return any(letter.isdigit() for letter in key) and len(key) >= (4 if key.isdigit() else 3)


def agrees(payer_key: str, debtor_key: str) -> bool:
    """Do two folded names mean one company? Equal, or one cut short (banks keep 27 or 35 characters) behind at least
    eight letters of it."""
    if not payer_key or not debtor_key:
        return False
    short, long = sorted((payer_key, debtor_key), key=len)
    return short == long or (len(short) >= _CUT and long.startswith(short))


_CUT = 8


def fits(parts: Iterable[tuple[str, int]], minor: int) -> bool:
    """May a line of `minor` be booked so? Every part is positive, no case stands there twice, and they fit in it."""
    listed = list(parts)
    positive = all(part > 0 for _, part in listed)
    once = len({case_id for case_id, _ in listed}) == len(listed)
    return bool(listed) and positive and once and sum(part for _, part in listed) <= minor
