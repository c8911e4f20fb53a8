"""What a reply says: phrase lists first, then a model without tools, then code's own reading of their quotes.

A firm reading of the lists (cease, opt-out, bounce, automatic reply, attorney, bankruptcy, death) wins over any model.
Whatever the reply tells the model to do, a label and pieces of the reply are all it can give back.
"""

from dataclasses import replace
from datetime import date

from compliance import replies
from outreach.agent import sanitise, values
from outreach.agent.interpretation import Interpretation, KnownFacts
from outreach.agent.models import LEXICON, Endpoint
from outreach.agent.reports import Report

# Below this a person looks.
SURE = 0.7
# Two readings this close to each other are a mixed message.
_CLOSE = 0.11
# What may be said beside anything else without making it unclear.
_BESIDE = frozenset({"hostile", "channel_preference", "inconvenient_time", "request_info", "refer_to_contact"})
# Where two labels come close, the one with the graver duty.
_GRAVER = (
    "vulnerable",
    "legal_threat",
    "dispute",
    "wrong_person",
    "paid_claim",
    "hardship",
    "payment_plan",
    "asks_if_human",
    "refer_to_contact",
    "vendor_portal",
    "promise_to_pay",
    "request_info",
    "inconvenient_time",
    "channel_preference",
    "hostile",
)
_NEVER_ALONE = frozenset({"mailer-daemon", "postmaster"})


def interpret(
    *,
    text: str,
    subject: str,
    sender: str,
    today: date,
    currency: str,
    known: KnownFacts,
    where: Endpoint | None = None,
) -> Interpretation:
    """What the reply says; with `where`, a model is asked too (never call this with one inside a transaction)."""
    return read(text=text, subject=subject, sender=sender, today=today, currency=currency, known=known, where=where)[0]


def read(
    *,
    text: str,
    subject: str,
    sender: str,
    today: date,
    currency: str,
    known: KnownFacts,
    where: Endpoint | None = None,
) -> tuple[Interpretation, Report]:
    """`interpret`, with what is kept of the run."""
    shown, cut = sanitise.visible(text)
    by_rules = _by_rules(shown, subject, sender, today=today, currency=currency, known=known)
    if cut:
        by_rules = _unsure(by_rules)
    if where is None:
        return by_rules, Report(model=LEXICON, output=by_rules.as_json())
    from outreach.agent import reading_model

    return reading_model.read(shown, by_rules, where=where, today=today, currency=currency, known=known)


def _by_rules(
    shown: str, subject: str, sender: str, *, today: date, currency: str, known: KnownFacts
) -> Interpretation:
    topic = replies.visible(subject)
    # A subject that comes back from us says nothing; any other is the first thing they wrote.
    whole = shown if topic.casefold().startswith(("re:", "aw:", "sv:", "antw:")) else f"{topic}\n\n{shown}"
    found = replies.readings(whole)
    firm = replies.firm(whole)
    lexicon = firm[0].label if firm else ""
    if sender.partition("@")[0].casefold() in _NEVER_ALONE and lexicon != "cease":
        lexicon = "bounce"
    label, confidence = _choose(found, lexicon)
    language = replies.language_of(shown) or known.language
    quotes = [one.quote for one in found if one.label in (label, lexicon) and one.quote in shown]
    amounts, days = facts_of(
        shown, quotes, label, today=today, currency=currency, known=known, language=language or "en"
    )
    if label == "promise_to_pay" and amounts and days:
        confidence = max(confidence, 0.9)
    return Interpretation(
        label=label,
        confidence=confidence,
        amounts=amounts,
        dates=days,
        quotes=tuple(quotes),
        contact=contact_of(shown, label, known, sender),
        lexicon=lexicon,
        # A word of stopping that no list made a stop of: whatever else is in the text, a person reads it first.
        agrees=bool(lexicon) or (confidence >= SURE and not replies.may_be_a_stop(whole)),
        language=language,
        heard=tuple(one.label for one in found),
    )


def _choose(found: tuple[replies.Found, ...], lexicon: str) -> tuple[str, float]:
    """(label, confidence): the firm one, else the strongest; two that are close make both doubtful."""
    if lexicon:
        return lexicon, 0.97
    soft = [one for one in found if one.label in replies.LABELS]
    if not soft:
        return "other", 0.3
    close = [one for one in soft if one.confidence >= soft[0].confidence - _CLOSE]
    chosen = min(close, key=lambda one: _GRAVER.index(one.label) if one.label in _GRAVER else -1)
    rivals = {one.label for one in close} - {chosen.label} - _BESIDE
    return chosen.label, min(chosen.confidence, 0.6) if rivals - _GOES_WITH.get(
        chosen.label, frozenset()
    ) else chosen.confidence


# Beside this label, these are the same wish said in other words.
_GOES_WITH = {
    "payment_plan": frozenset({"promise_to_pay", "hardship"}),
    "hardship": frozenset({"payment_plan"}),
    "vulnerable": frozenset({"hardship", "payment_plan"}),
    "wrong_person": frozenset({"refer_to_contact"}),
    "legal_threat": frozenset({"dispute", "hostile"}),
    "refer_to_contact": frozenset({"wrong_person", "vendor_portal"}),
    "vendor_portal": frozenset({"promise_to_pay"}),
}


def facts_of(
    shown: str,
    quotes: list[str],
    label: str,
    *,
    today: date,
    currency: str,
    known: KnownFacts,
    language: str,
) -> tuple[tuple[tuple[int, str, str], ...], tuple[tuple[date, str], ...]]:
    """Sums and days of the quotes; where those name none, of the sentences around them."""
    ahead = label != "paid_claim"
    around = [one for one in replies.sentences(shown) if one not in quotes] if label in _TELLING else []

    def sums(pieces: list[str]) -> tuple[tuple[int, str, str], ...]:
        return tuple(one for piece in pieces for one in values.amounts(piece, currency=currency, known=known))

    def days(pieces: list[str]) -> tuple[tuple[date, str], ...]:
        read = (values.dates(p, today=today, language=language, currency=currency, ahead=ahead) for p in pieces)
        return tuple(one for found in read for one in found)

    return sums(quotes) or sums(around), days(quotes) or days(around)


_TELLING = frozenset({"promise_to_pay", "payment_plan", "paid_claim", "out_of_office", "dispute", "hardship"})


def contact_of(shown: str, label: str, known: KnownFacts, sender: str) -> values.NamedContact | None:
    """Whom they name instead, where the label is one that names somebody."""
    if label not in ("refer_to_contact", "wrong_person", "out_of_office", "attorney_represented", "vendor_portal"):
        return None
    own = known.own | {sender}
    return values.contact(
        shown, known=KnownFacts(own=own, identifiers=known.identifiers, balance_minor=known.balance_minor)
    )


def _unsure(one: Interpretation) -> Interpretation:
    """The same, for a person: part of the text was not read."""
    return replace(one, agrees=False)
