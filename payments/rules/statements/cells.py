"""A cell as a person reads it: amounts and days, as banks of different countries write them."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from agentcollect.kit import money

_SIGNS = {"−": "-", "–": "-", "’": "'", "´": "'", "`": "'"}
_MARKED = re.compile(
    r"(?P<open>\()?\s*(?P<before>[+-])?\s*(?P<number>[0-9.,'][0-9.,']*)\s*(?P<after>[+-])?\s*(?(open)\))"
    r"\s*(?P<side>CR|DR|C|D|H|S)?",
)
_MONEY_MARK = r"[A-Z]{3}(?![A-Z])|[$€£¥]|FR\.|KR\.?|ZŁ"
_NO_AMOUNT = "is no amount"


def signed_amount(text: str, currency: str, decimal: str = "") -> int:
    """Minor units with their sign (below zero: money that went out). Raises ValueError in plain words.

    `decimal`: which sign separates decimals where the number alone does not tell; empty: asks by `Ambiguous`.
    """
    plain = "".join(_SIGNS.get(letter, letter) for letter in unicodedata.normalize("NFKC", text))
    plain = _without_money_mark("".join(plain.split()).upper())
    match = _MARKED.fullmatch(plain)
    if match is None or len(plain) > 30 or not plain.isascii():
        raise ValueError(_NO_AMOUNT)
    minor = money.to_minor(_number(match["number"], currency, decimal), currency)
    out = "-" in (match["before"], match["after"]) or bool(match["open"]) or match["side"] in ("DR", "D", "S")
    return -minor if out else minor


def _without_money_mark(text: str) -> str:
    """`EUR1.234,50`, `$5`, `12,00 €`: the amount alone. A side (CR, DR) stays."""
    for place in (r"^(?P<sign>[+(-]?)(?:{})", r"(?:{})(?P<sign>\)?)$"):
        text = re.sub(place.format(_MONEY_MARK), r"\g<sign>", text, count=1)
    return text


class Ambiguous(ValueError):
    """One and the same number, a thousand times apart."""


def _number(body: str, currency: str, decimal: str) -> Decimal:
    body = body.replace("'", "")
    sign = decimal_sign(body, currency) or decimal
    if sign == "?":
        if not decimal:
            raise Ambiguous("can be read in two ways: say which sign separates decimals")
        sign = decimal
    group = "," if sign == "." else "."
    whole, _, part = body.partition(sign) if sign else (body, "", "")
    if not _whole(whole, group) or not re.fullmatch(r"[0-9]*", part) or not (whole or part):
        raise ValueError(_NO_AMOUNT)
    return Decimal(f"{whole.replace(group, '') or '0'}.{part or '0'}")


def _whole(text: str, group: str) -> bool:
    """Figures, grouped by three (or, as in India, by two before the last three) or not at all."""
    mark = re.escape(group)
    return bool(re.fullmatch(rf"[0-9]*|[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}", text))


def decimal_sign(body: str, currency: str) -> str:
    """Which sign of `body` separates decimals: "." or ","; "" where none does; "?" where nobody can tell.

    Three figures behind the only sign are decimals in a currency that has three (KWD), a group of thousands in every
    other: no bank writes a tenth of a cent.
    """
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return "." if body.rfind(".") > body.rfind(",") else ","
    if not points and not commas:
        return ""
    sign, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other
    before, _, behind = body.partition(sign)
    if len(behind) != 3 or len(before) > 3 or before in ("", "0"):
        return sign
    return "?" if money.exponent(currency) == 3 else other


# --- days

_YEAR_FIRST = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[Tt ]\d{1,2}[:.]\d{2}.*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([./ -])(\d{1,2})\2(\d{4}|\d{2})(?:,? \d{1,2}:\d{2}.*)?")
_NAMED = re.compile(r"(?:(\d{1,2})[. -]+([a-zäéû]{3,9})|([a-zäéû]{3,9})[. -]+(\d{1,2})),?[. -]+(\d{4}|\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_MONTHS = {"mai": 5, "mär": 3, "mrz": 3, "okt": 10, "dez": 12, "fév": 2, "avr": 4, "aoû": 8, "déc": 12}
_OTHER_MONTHS |= {"ene": 1, "abr": 4, "ago": 8, "dic": 12}
DMY, MDY = "dmy", "mdy"


def date_order(text: str) -> str:
    """What a cell says about the order of day and month: "dmy", "mdy", "?" (it may be either), "" (it does not ask).

    Points mean day first everywhere they are used; slashes and dashes mean either.
    """
    match = _YEAR_LAST.fullmatch(text.strip())
    if match is None or match[2] == ".":
        return ""
    first, second = int(match[1]), int(match[3])
    if first == second:
        return ""
    return DMY if first > 12 else MDY if second > 12 else "?"


def day(text: str, order: str) -> date:
    """The day. `order` is that of the whole file. Raises ValueError in plain words."""
    plain = text.strip().lower()
    if match := _YEAR_FIRST.fullmatch(plain):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _YEAR_LAST.fullmatch(plain):
        first, second = int(match[1]), int(match[3])
        month_first = match[2] != "." and order == MDY
        return _date(_year(match[4]), *((first, second) if month_first else (second, first)))
    if match := _NAMED.fullmatch(plain):
        return _date(_year(match[5]), _month(match[2] or match[3]), int(match[1] or match[4]))
    raise ValueError("is no day")


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _month(name: str) -> int:
    short = name[:3]
    return _MONTHS.index(short) + 1 if short in _MONTHS else _OTHER_MONTHS.get(short, 0)


def _date(year: int, month: int, number: int) -> date:
    try:
        found = date(year, month, number)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    if not 2000 <= found.year < 2100:
        raise ValueError("lies outside this century")
    return found
