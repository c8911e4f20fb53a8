"""Amounts, days and people in a debtor's words, read by code: a model's own figures are never taken.

A day is read for the writer's good where it is open: "next Friday" is the later one. What cannot be read for sure (a
number without a currency, a day that does not exist) is not read at all.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from babel.dates import get_day_names, get_month_names

from agentcollect.kit import money
from compliance import reading
from outreach.agent.interpretation import KnownFacts, NamedContact

_LANGUAGES = ("en", "fr", "es", "de")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_MONEY_WORDS = {"d": "USD", "u": "USD", "b": "USD", "e": "EUR", "p": "GBP", "g": "GBP"}
_WORDED = re.compile(
    r"(?<![\w.,])(\d[\d.,' ]*\d|\d)\s?(k\b)?\s?"
    r"(us dollars?|dollars?|dólares|dollar|bucks|euros?|pounds?|usd|eur|gbp)\b",
    re.I,
)
_THOUSANDS = re.compile(r"([$€£])\s?(\d+(?:[.,]\d)?)\s?k\b", re.I)
_WHOLE = re.compile(
    r"\b(?:in full|full (?:amount|balance|payment|invoice)"
    r"|(?:entire|whole|total|outstanding|open) (?:amount|balance|sum|invoice)"
    r"|en totalité|la totalité|montant total|totalité du|intégralité"
    r"|total de la factura|importe total|saldo total|la totalidad|el total"
    r"|gesamten? (?:betrag|summe)|gesamtbetrag|vollständig|volle[nr]? betrag)\b",
    re.I,
)
_NUMERIC = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}-\d{1,2}-\d{4}"
    r"|(?<![\d/.])\d{1,2}/\d{1,2}(?![\d/])|(?<![\d.])\d{1,2}\.\d{1,2}\.(?!\d)"
)
_COUNTS = (
    {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
    | {"un": 1, "une": 1, "deux": 2, "trois": 3, "quinze": 15, "una": 1, "dos": 2, "tres": 3}
    | {"einem": 1, "einer": 1, "eine": 1, "zwei": 2, "drei": 3}
)
_SPAN = re.compile(
    r"\b(?:in|within|dans|sous|en|binnen|innerhalb von) (?:the next |den nächsten |les |los próximos )?"
    rf"(\d{{1,3}}|{'|'.join(_COUNTS)}) (?:business |working )?"
    r"(?:(days?|jours?|días?|dias?|tag(?:en|e)?)|(weeks?|semaines?|semanas?|wochen?)"
    r"|(months?|mois|mes(?:es)?|monat(?:en|e)?))\b",
    re.I,
)
_NEAR_DAYS = {"today": 0, "tomorrow": 1, "day after tomorrow": 2, "aujourd'hui": 0, "demain": 1, "après-demain": 2} | {
    "hoy": 0,
    "mañana": 1,
    "pasado mañana": 2,
    "heute": 0,
    "morgen": 1,
    "übermorgen": 2,
}
_NEAR = re.compile("|".join(rf"\b{word}\b" for word in sorted(_NEAR_DAYS, key=len, reverse=True)), re.I)
_MONTH_END = re.compile(
    r"end of (?:the|this) month|month[- ]end|fin (?:du|de ce) mois|fin(?:al(?:es)?)? de(?:l| este)? mes"
    r"|ende (?:des|dieses) monats|monatsende",
    re.I,
)
_WEEK_END = re.compile(
    r"end of (?:the|this) week|fin de (?:la|cette|esta) sema(?:ine|na)|ende (?:der|dieser) woche|\beow\b", re.I
)
_ORDINAL = re.compile(
    r"\b(?:on|by|before|until) the (\d{1,2})(?:st|nd|rd|th)\b"
    r"|\b(?:le|el|el día|am|zum|bis zum) (\d{1,2})(?:er\b|\.(?=\s|$)|\b(?!\s?[/.:h%€$]|\d))"
    r"(?!\s*(?:%|usd|eur|uhr|heures|días|jours|tage))",
    re.I,
)
_FOLLOWING = re.compile(r"(?:next|following|próximo|proximo|nächste[nrs]?|kommende[nrs]?)$", re.I)
_TITLE = r"(?:Frau|Herrn?|Ms\.?|Mr\.?|Mrs\.?|Mme|M\.|Sra?\.)"
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_NAMED = re.compile(
    r"(?:contact|email|reach out to|write to|speak (?:to|with)|talk to|ask|colleague|forward(?:ed)? (?:this|it) to"
    rf"|contactez|contacter|avec|à|con|a|an|{_TITLE})\s+((?:{_TITLE}\s+)?{_NAME}(?:\s+{_NAME}){{1,2}})"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
Read = Callable[[re.Match[str], date, str, bool], date | None]


def amounts(quote: str, *, currency: str, known: KnownFacts) -> Iterator[tuple[int, str, str]]:
    """(minor units, currency, quote) of each sum with a currency or two decimals; "in full" is the known balance."""
    seen: set[tuple[int, str]] = set()
    for name, value in _sums(unicodedata.normalize("NFKC", quote)):
        try:
            found = money.to_minor(value, name or currency), name or currency
        except ValueError:
            continue
        if found[0] > 0 and found not in seen:
            seen.add(found)
            yield (*found, quote)
    if not seen and known.balance_minor > 0 and _WHOLE.search(quote):
        yield known.balance_minor, currency, quote


def _sums(text: str) -> Iterator[tuple[str, Decimal]]:
    rest = text
    for match in [*_THOUSANDS.finditer(text)]:
        yield _SIGNS[match[1]], Decimal(match[2].replace(",", ".")) * 1000
        rest = rest.replace(match[0], " ")
    for match in [*_WORDED.finditer(rest)]:
        _, value = reading.amount_key(f"$ {match[1].strip()}")
        yield _MONEY_WORDS[match[3][0].lower()], value * (1000 if match[2] else 1)
        rest = rest.replace(match[0], " ")
    for written in reading.amounts_in(rest):
        yield reading.amount_key(written)


def dates(quote: str, *, today: date, language: str, currency: str, ahead: bool) -> Iterator[tuple[date, str]]:
    """(day, quote) of each day named, in the order they stand. `ahead`: a day without its year is one to come."""
    text = unicodedata.normalize("NFKC", quote)
    order = "MDY" if language == "en" and currency in ("USD", "CAD") else "DMY"
    taken: list[tuple[int, date]] = []
    for pattern, read in _READERS:
        for match in [*pattern().finditer(text)]:
            # Blanked, so that "March 5" is not found again in "Friday, March 5".
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
            if found := read(match, today, order, ahead):
                taken.append((match.start(), found))
    for day in dict.fromkeys(day for _, day in sorted(taken)):
        yield day, quote


def _numeric(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    parts = [int(part) for part in re.findall(r"\d+", match[0])]
    if len(match[0]) > 4 and len(re.match(r"\d+", match[0])[0]) == 4:  # type: ignore[index]
        return _day(parts[0], parts[1], parts[2])
    first, second = parts[:2]
    # A point is a German or French day's, and a first number above twelve is no month.
    month, day = (first, second) if order == "MDY" and first <= 12 and "." not in match[0] else (second, first)
    if len(parts) == 3:
        return _day(parts[2] + (2000 if parts[2] < 100 else 0), month, day)
    return _nearest(month, day, today, ahead)


def _named_month(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    month = _months()[(match["m1"] or match["m2"]).casefold()]
    day = int(match["d1"] or match["d2"])
    year = match["y"]
    return _day(int(year), month, day) if year else _nearest(month, day, today, ahead)


def _end_of_named_month(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    first = _nearest(_months()[match["m"].casefold()], 1, today.replace(day=1), ahead)
    return _last_of(first) if first else None


def _weekday(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    gap = (_weekdays()[match["w"].casefold()] - today.weekday()) % 7 or 7
    if not ahead:
        return today - timedelta(days=7 - gap % 7 if gap % 7 else 7)
    following = bool(_FOLLOWING.search((match["before"] or "").strip()) or match["after"])
    # "Next Friday" said on a Monday is taken for the one of next week: the later reading chases nobody too early.
    same_week = today.weekday() + gap < 7
    return today + timedelta(days=gap + (7 if following and same_week else 0))


def _near(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    return today + timedelta(days=_NEAR_DAYS[match[0].casefold().replace("’", "'")])


def _span(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    count = int(match[1]) if match[1].isdigit() else _COUNTS[match[1].casefold()]
    if match[4]:
        return today + timedelta(days=30 * count)
    if match[3]:
        return today + timedelta(days=7 * count)
    # Business days: five to a week, rounded up.
    businesslike = re.search(r"business|working", match[0], re.I)
    return today + timedelta(days=count + 2 * -(-count // 5) if businesslike else count)


def _month_end(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    return _last_of(today)


def _week_end(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    return today + timedelta(days=(4 - today.weekday()) % 7)


def _ordinal(match: re.Match[str], today: date, order: str, ahead: bool) -> date | None:
    day, moment = int(match[1] or match[2]), today
    for _ in range(3):
        found = _day(moment.year, moment.month, day)
        if found and (found >= today) == ahead:
            return found
        moment = _last_of(moment) + timedelta(days=1) if ahead else moment.replace(day=1) - timedelta(days=1)
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date, ahead: bool) -> date | None:
    """That day of this year, or of the next (before: the last) where it lies on the wrong side of today."""
    found = _day(today.year, month, day) or _day(today.year + 1, month, day)
    if found and ahead and found < today:
        return _day(found.year + 1, month, day)
    return _day(found.year - 1, month, day) if found and not ahead and found > today else found


def _last_of(moment: date) -> date:
    return (moment.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {"sept": 9}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            found |= {
                str(name).casefold().rstrip("."): number
                for number, name in get_month_names(width, locale=language).items()
            }
    return found


@cache
def _weekdays() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in _LANGUAGES:
        found |= {str(name).casefold(): number for number, name in get_day_names("wide", locale=language).items()}
    return found | {"tues": 1, "wed": 2, "thurs": 3, "fri": 4, "mon": 0}


@cache
def _month_pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    first = rf"(?P<m1>{names})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
    second = rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<m2>{names})\b\.?"
    return re.compile(rf"\b(?:{second}|{first})(?:,?\s+(?:de\s+|del\s+)?(?P<y>20\d\d))?", re.I)


@cache
def _named_end_pattern() -> re.Pattern[str]:
    names = "|".join(sorted((re.escape(name) for name in _months() if len(name) > 2), key=len, reverse=True))
    return re.compile(rf"\b(?:end of|late|fin|finales de|fin de|ende)\s+(?P<m>{names})\b", re.I)


@cache
def _weekday_pattern() -> re.Pattern[str]:
    names = "|".join(sorted((re.escape(name) for name in _weekdays() if name != "mon"), key=len, reverse=True))
    # "Mon paiement part vendredi" is French: a lone "Mon" is Monday's where no noun can follow it.
    names += r"|(?:(?<=\bon )|(?<=\bby )|(?<=\bnext )|(?<=\bthis ))mon|mon(?=\s*(?:[.,;:!?)\d–-]|$))"
    before = r"(?P<before>next|this|coming|following|próximo|proximo|nächsten|nächste|kommenden|diesen|este)?\s*"
    return re.compile(
        rf"\b{before}\b(?P<w>{names})\b(?P<after>\s+(?:prochaine?|próximo|proximo|next week|nächster woche))?", re.I
    )


_READERS: tuple[tuple[Callable[[], re.Pattern[str]], Read], ...] = (
    (_month_pattern, _named_month),
    (lambda: _NUMERIC, _numeric),
    (_named_end_pattern, _end_of_named_month),
    (lambda: _MONTH_END, _month_end),
    (lambda: _WEEK_END, _week_end),
    (lambda: _SPAN, _span),
    (_weekday_pattern, _weekday),
    (lambda: _NEAR, _near),
    (lambda: _ORDINAL, _ordinal),
)


def contact(text: str, *, known: KnownFacts) -> NamedContact | None:
    """Somebody else whom the text names: an address that is not known yet, or a name behind "please contact"."""
    own = {one.casefold() for one in known.own}
    for line in (piece for part in text.split("\n") for piece in reading.sentences_of(part)):
        email = next(
            (found.rstrip(".") for found in _EMAIL.findall(line) if found.rstrip(".").casefold() not in own), ""
        )
        named = _NAMED.search(line)
        if email or named:
            phone = next((found for found in reading.phones_in(line, known.identifiers) if found not in known.own), "")
            return {"name": named[1] if named else "", "email": email, "phone": phone, "quote": line[:300]}
    return None
