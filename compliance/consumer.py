"""What a consumer must be told, in fixed words: who writes, that a debt is collected, what can be done about it.

Sources: 12 CFR 1006.18(e) (who writes and why), 1006.34 (validation information and period), 1006.26(b) and 1006.18
(a debt past its time). The words stand in ``data/consumer.json``; they are written in English for the United States,
without the states that ask for words of their own. Where nothing is written, nothing may be sent: `unwritten` says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from compliance import tables
from compliance.hours import public_holidays
from compliance.reading import plain
from compliance.zones import region_code

_TABLE = tables.load("consumer")
_WORDS: dict[str, str] = _TABLE["words"]
# 1006.34(b)(5): thirty days after it is received, which is taken to be five working days after it was sent.
_DAYS, _ON_THE_WAY = 30, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The facts of a validation notice, as the reader writes them: sums and days in words."""

    collector: str
    collector_address: str
    creditor: str
    debtor: str
    the_invoice: str
    itemised_on: str
    itemised_amount: str
    amount: str
    ends_on: str


def unwritten(country: str | None, region: str | None, language: str, state: str) -> str:
    """Why nothing is written for such a consumer; "" where it is. ``state``: see ``rules.amounts.barred``."""
    here = region_code(country, region)
    if (country or "").upper() != _TABLE["country"]:
        return f"the disclosures to consumers are not written for {country or 'a country that nobody knows'}"
    if language not in _TABLE["languages"]:
        return f"the disclosures to consumers are not written in the language {language or 'of the message'}"
    if here is None:
        return "in which state the consumer lives is not known, so neither is what must be told there"
    if law := _TABLE["own_words"].get(here):
        return f"{here} asks for words of its own to consumers ({law}), which are not written"
    if state != "live" and (law := _TABLE["own_barred_words"].get(here)):
        return f"{here} asks for words of its own about a debt past its time ({law}), which are not written"
    return ""


def sender(collector: str, creditor: str) -> str:
    """The one name a consumer hears from (R-22)."""
    return _fill("sender", collector=collector, creditor=creditor)


def disclosure(which: str, collector: str) -> str:
    """1006.18(e): the "first" message's sentence, or a "later" one's; "barred": the debt is past its time."""
    return _fill(which, collector=collector)


def validation(notice: Notice) -> tuple[str, ...]:
    """The paragraphs of the validation notice (1006.34(c)); the statement of the same message itemises it."""
    facts = {name: getattr(notice, name) for name in Notice.__slots__}
    return tuple(_put(text, facts) for text in _TABLE["validation"])


def validation_ends(sent_on: date, country: str) -> date:
    """The last day of the validation period of a notice sent that day. Raises NeverPermitted for unknown holidays."""
    day, left = sent_on, _ON_THE_WAY
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and day not in public_holidays(country, None, day.year)
    return day + timedelta(days=_DAYS)


# The last paragraphs hold no fact of the case: where they stand, the notice stands.
MARK: str = _TABLE["validation"][-1]


@dataclass(frozen=True, slots=True)
class Told:
    """What a text tells a consumer; see ``compliance.facts.Carries`` for the names."""

    sender: str | None
    disclosure: str
    validation: bool
    barred: bool


def told(text: str, *, collector: str, creditor: str) -> Told:
    """Read from the text itself: what does not stand there word for word was not told."""
    stands = _standing(text)
    name = sender(collector, creditor)
    first, later = (stands(disclosure(which, collector)) for which in ("first", "later"))
    notice = all(stands(piece) for text in _TABLE["validation"] for piece in _pieces(text))
    return Told(
        sender=name if collector and stands(name) else None,
        disclosure="first" if first else "later" if later else "",
        validation=notice,
        barred=stands(disclosure("barred", collector)),
    )


def _standing(text: str) -> Callable[[str], bool]:
    whole = " ".join(plain(text).split())
    return lambda wanted: " ".join(plain(wanted).split()) in whole


def _pieces(text: str) -> list[str]:
    """The fixed words of a paragraph, between its facts."""
    parts = text.replace("{", "\x00").replace("}", "\x00").split("\x00")[::2]
    return [part.strip() for part in parts if len(part.split()) > 2]


def _fill(name: str, **facts: str) -> str:
    return _put(_WORDS[name], facts)


def _put(text: str, facts: Mapping[str, str]) -> str:
    """In one pass: a fact that holds braces stays as it is."""
    parts = text.replace("{", "\x00").replace("}", "\x00").split("\x00")
    return "".join(facts[part] if at % 2 else part for at, part in enumerate(parts))
