"""When, by what, and on which number a debtor wants to be reached, read from their words by code alone.

Sources: 12 CFR 1006.6(b)(1) (inconvenient times), 1006.14(h) (media), 47 USC 227(b)(1)(A) (consent to calls). Only what
is plain is read: "don't call before 10", "not on Fridays", "e-mail only, no calls", "you may call me on +1 …". What
looks like such a wish and cannot be read is reported as unclear, so that a person reads it. The lists are in
``data/replies/wishes.json``.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from compliance import reading, tables

_DAY_ENDS = 24 * 60
# A wish is a short sentence; whoever writes a longer one is read by a person.
_MOST_TEXT = 400
_LISTS = tables.load("replies/wishes")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """A time or medium that does not suit, as ``Debtor.inconvenient`` keeps one. ``channel`` "" is every one.

    ``days``: 0 is Monday, none is every day. ``starts`` and ``ends`` "HH:MM" by the debtor's clocks, "" is the day's
    own beginning or end. ``quote``: the sentence it was read from.
    """

    channel: str
    days: tuple[int, ...] = ()
    starts: str = ""
    ends: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Consented:
    """They may be reached by ``channel`` ("call" or "sms") on ``phone``, as written; ``quote``: where they say so."""

    channel: str
    phone: str
    quote: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that a text asks for. ``unclear``: sentences that seem to ask for more than could be read."""

    windows: tuple[Window, ...] = ()
    consents: tuple[Consented, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(slots=True)
class _Clause:
    """One clause, folded. ``sure`` False: something in it is not understood, so nothing in it is."""

    text: str
    channels: frozenset[str] = frozenset()
    never: bool = False
    only: bool = False
    spans: list[Span] = field(default_factory=list)
    days: frozenset[int] = frozenset()
    sure: bool = True

    @property
    def timed(self) -> bool:
        return bool(self.spans or self.days)


def read(sentences: Iterator[str] | list[str]) -> Wishes:
    """What the sentences ask for, as their writer wrote them; quotes are the sentences themselves."""
    windows: dict[Window, None] = {}
    consents: dict[Consented, None] = {}
    unclear: dict[str, None] = {}
    for sentence in sentences:
        found, sure = _windows(sentence)
        windows |= dict.fromkeys(found)
        consents |= dict.fromkeys(_consents(sentence))
        if not sure:
            unclear[sentence[:300]] = None
    return Wishes(tuple(windows), tuple(consents), tuple(unclear))


def told(sentence: str) -> bool:
    """Whether the whole sentence says when or by what not to be reached, and nothing that could be a stop besides.

    "Do not contact me before 10" is no demand for silence; "do not contact me before 10, or ever again" is.
    """
    found, sure = _windows(sentence)
    clauses = [one for one in _clauses(sentence) if one.text]
    # "No more letters, no more emails" closes what only a stop can close.
    plain = all(one.timed or (one.channels and (one.only or one.channels == {"call"})) for one in clauses)
    return bool(found) and sure and plain and not any(_has(one.text, "lasting") for one in clauses)


# --- windows


def _windows(sentence: str) -> tuple[list[Window], bool]:
    """(what does not suit, whether all that seems to be about it was read)."""
    found: list[Window] = []
    clauses = _clauses(sentence) if len(sentence) <= _MOST_TEXT else []
    sure = True
    channels: frozenset[str] = frozenset()
    for clause in clauses:
        speaks = clause.never or clause.only
        if not speaks or not (clause.timed or clause.channels):
            sure = sure and not (clause.timed and clause.channels and not speaks and _imperative(clause.text))
            channels = clause.channels or channels
            continue
        named = clause.channels or channels
        if not clause.sure or (clause.never and clause.only) or not (named or _short(clause.text)):
            sure = sure and not named
            continue
        channels = named
        found += [_quoted(window, sentence) for window in _said(clause, named)]
    return found, sure


def _said(clause: _Clause, named: frozenset[str]) -> Iterator[Window]:
    if not clause.timed:
        yield from _media(clause)
        return
    # Named both ways, or not at all: it holds for everything.
    channel = next(iter(named)) if len(named) == 1 and named <= {"call", "email"} else ""
    for days, (start, end) in _closed(clause):
        yield Window(channel, tuple(sorted(days)), _clock(start), _clock(end))


def _media(clause: _Clause) -> Iterator[Window]:
    """No time is named: a medium that they do not want at all, or the only one that they want."""
    if clause.never:
        # No e-mail at all is an opt-out, which the phrase lists hear.
        closed = {"call", "sms"} if "call" in clause.channels else set()
    elif "written" in clause.channels:
        closed = {"call", "sms"}
    else:
        closed = {"call", "email", "letter", "sms"} - clause.channels
        closed -= {"sms"} if "call" in clause.channels else set()
    if clause.channels & {"call", "email", "letter", "written"} and len(clause.channels - {"written"}) <= 1:
        yield from (Window(channel) for channel in sorted(closed))


def _closed(clause: _Clause) -> Iterator[tuple[frozenset[int], Span]]:
    """The days and minutes that do not suit."""
    whole = (0, _DAY_ENDS)
    if clause.never:
        for span in clause.spans or [whole]:
            yield clause.days, span
        return
    if clause.days and (others := frozenset(range(7)) - clause.days):
        yield others, whole
    for span in _between(clause.spans) if clause.spans else []:
        yield clause.days, span


def _between(spans: list[Span]) -> Iterator[Span]:
    """What is left of a day around the spans that suit."""
    at = 0
    for start, end in sorted(spans):
        if start > at:
            yield at, start
        at = max(at, end)
    if at < _DAY_ENDS:
        yield at, _DAY_ENDS


def _quoted(window: Window, sentence: str) -> Window:
    return Window(window.channel, window.days, window.starts, window.ends, sentence[:300])


def _clock(minute: int) -> str:
    return "" if minute in (0, _DAY_ENDS) else f"{minute // 60:02}:{minute % 60:02}"


# --- one clause


@cache
def _splitting() -> re.Pattern[str]:
    again = "|".join((_alternatives("never"), _alternatives("only"), "please", "bitte", _alternatives("call")))
    return re.compile(rf"[,;:!?]\s|\.\s|\s[–—-]\s|\s(?:and|but|und|aber|et|mais|y|pero)\s(?=(?:{again})\b)")


def _clauses(sentence: str) -> list[_Clause]:
    folded = re.sub(r"\b([ap])\. ?m\b\.?", r"\1m", _fold(sentence)).strip(" .!?,;")
    pieces = (" ".join(piece.split()) for piece in _splitting().split(f"{folded} "))
    return [_clause(piece) for piece in pieces if piece and not _pattern("polite").fullmatch(piece)]


def _clause(text: str) -> _Clause:
    # "I do not want to be called" asks as "do not call" does; any other word of their own doings does not.
    asked = re.sub(rf"\b(?:{_alternatives('wanting')})", "not ", text)
    made = _Clause(asked)
    rest, made.spans, plain = _times(asked)
    made.days = _days(rest)
    made.channels = frozenset(_channels(asked))
    made.only = _has(asked, "only") or bool(re.search(r"\bn\w* .*\bque\b", asked) and not re.search(r"\bpas\b", asked))
    made.never = (_has(asked, "never") and not made.only) or (made.timed and _has(asked, "bad"))
    made.never |= _has(asked, "stopping") and made.channels == {"call"}
    if _has(asked, "only") and re.search(r"\bnot only\b|\bpas seulement\b|\bno solo\b|\bnicht nur\b", asked):
        made.sure = False
    recurring = not made.days or any(re.search(rf"\b{one}\b", rest) for one in _LISTS["recurring"])
    made.sure &= plain and recurring and not any(_has(rest, name) for name in ("veto", "own", "dated"))
    return made


# "Do not contact us by phone" is about the phone.
_BY_WHAT = re.compile(
    r"\b(?:by|per|via|through|over|on|par|por)\s(?:the |my |our |e?l[ae]? )?(?:tele|phone|e-?mail|letter)"
)


def _channels(text: str) -> Iterator[str]:
    """The media named; "" is not among them: contact in general names none."""
    for name in ("call", "email", "letter", "written"):
        if _has(text, name):
            yield name
    if _has(text, "write") and not _has(text, "written"):
        yield "email"
    if _has(text, "any") and not _BY_WHAT.search(text):
        yield "any"


def _imperative(text: str) -> bool:
    """Asked to be reached at a time, but not said that other times are wrong: a person reads that."""
    return not any(_has(text, name) for name in ("veto", "own"))


def _short(text: str) -> bool:
    """ "Not on Fridays", all alone."""
    return len(text.split()) <= 6


@cache
def _day_numbers() -> tuple[tuple[frozenset[int], re.Pattern[str]], ...]:
    groups = {"weekend": {5, 6}, "weekdays": {0, 1, 2, 3, 4}}
    return tuple(
        (frozenset(groups.get(name) or {int(name)}), re.compile(rf"\b(?:{'|'.join(words)})\b"))
        for name, words in _LISTS["days"].items()
    )


def _days(text: str) -> frozenset[int]:
    found = [(match.start(), match.end(), days) for days, one in _day_numbers() for match in one.finditer(text)]
    found.sort(key=lambda one: one[0])
    if len(found) == 2 and re.fullmatch(
        r"\s*(?:to|through|thru|a|au|bis|-)\s*(?:los )?", text[found[0][1] : found[1][0]]
    ):
        first, last = min(found[0][2]), min(found[1][2])
        return frozenset(range(first, last + 1)) if first <= last else frozenset()
    return frozenset().union(*(days for *_, days in found))


# --- times


@cache
def _time() -> str:
    hours = rf"\d{{1,2}}(?:[:.h]\d{{2}})?\s?(?:am|pm|o clock|{_alternatives('twenty_four')})?"
    return rf"(?:las |la |the |um |at |des )?(?:{hours}|{_alternatives('noon')})(?![\w%$€£/.:,-]*\d)(?:\b|$)"


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    t = _time()
    between = rf"\b(?:{_alternatives('between')})\s(?P<a>{t})\s?(?:{_alternatives('and')})\s?(?P<b>{t})"
    return (
        ("between", re.compile(between)),
        ("before", re.compile(rf"\b(?:{_alternatives('before')})\s(?P<a>{t})")),
        ("after", re.compile(rf"\b(?:{_alternatives('after')})\s(?P<a>{t})")),
    )


def _times(text: str) -> tuple[str, list[Span], bool]:
    """(the clause without its times, the spans of the day it names, whether every figure in it was read)."""
    spans: list[Span] = []
    plain = True
    for span, words in _LISTS["parts"].items():
        pattern = re.compile(rf"\b(?:{'|'.join(words)})\b")
        if pattern.search(text):
            start, _, end = span.partition("-")
            spans.append((_minutes(start), _minutes(end) if end else _DAY_ENDS))
            text = pattern.sub(" ", text)
    for kind, pattern in _patterns():
        while match := pattern.search(text):
            span = _span(kind, match)
            plain = plain and span is not None
            spans += [span] if span else []
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return text, spans, plain and not any(letter.isdigit() for letter in text)


def _span(kind: str, match: re.Match[str]) -> Span | None:
    """The minutes of the day that the words name; None where morning or evening is open."""
    first = _moment(match["a"], late=kind == "after")
    if first is None:
        return None
    if kind == "before":
        return (0, first) if first else None
    if kind == "after":
        return (first, _DAY_ENDS) if first < _DAY_ENDS else None
    second = _moment(match["b"], late=False)
    if second is not None and second <= first and second + 12 * 60 < _DAY_ENDS:
        second += 12 * 60
    return (first, second) if second is not None and first < second else None


def _moment(written: str, *, late: bool) -> int | None:
    """Minutes after midnight. A bare 1 to 7 is of the afternoon: nobody is reached at such an hour of the night.

    ``late``: "after 8" may be of the morning or the evening, so a bare 8 to 11 is None.
    """
    if re.search(rf"\b(?:{_alternatives('noon')})\b", written):
        return 12 * 60
    hour, minute = (int(found) for found in re.search(r"(\d+)[:.h]?(\d{2})?", written).groups(default="0"))  # type: ignore[union-attr]
    if hour > 23 or minute > 59:
        return None
    half = re.search(r"(am|pm)$", written.strip())
    if half:
        hour = hour % 12 + (12 if half[1] == "pm" else 0)
    elif not re.search(rf"\d\s?(?:{_alternatives('twenty_four')})\b|h\d", written):
        if late and 8 <= hour <= 11:
            return None
        hour += 12 if 1 <= hour <= 7 else 0
    return hour * 60 + minute


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


# --- consent


@cache
def _allowing() -> tuple[tuple[str, re.Pattern[str]], ...]:
    pairs = (("call", "may"), ("sms", "may_text"))
    return tuple((channel, re.compile(rf"\b(?:{'|'.join(_LISTS[name])})")) for channel, name in pairs)


def _consents(sentence: str) -> Iterator[Consented]:
    """A plain "you may", with the number in the same sentence, and no word that takes it back."""
    folded = _fold(sentence)
    phones = reading.phones_in(sentence, frozenset())
    if len(phones) != 1 or _has(folded, "never") or _has(folded, "veto"):
        return
    for channel, pattern in _allowing():
        if pattern.search(folded):
            yield Consented(channel, phones[0], sentence[:300])


# --- words


@cache
def _alternatives(name: str) -> str:
    return "|".join(sorted(_LISTS["words"][name], key=len, reverse=True))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_alternatives(name)})(?!\w)")


def _has(text: str, name: str) -> bool:
    return _pattern(name).search(text) is not None


def _fold(text: str) -> str:
    """Lower case, accents gone, apostrophes and line ends as spaces; the marks between clauses stay."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"['’ʼ`´‘]", " ", plain).split())
