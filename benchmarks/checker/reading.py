"""What a reader finds in a message: sums, links, words. Written from LAW.md's guards, with lists of its own."""

import html as entities
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

# ISO 4217: minor digits other than two.
_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "XOF": 0, "XAF": 0, "KWD": 3, "BHD": 3, "JOD": 3, "TND": 3}
_SPACE = "\u00a0\u202f\u2009"
_NUMBER = rf"\d(?:[\d.,'’{_SPACE}]|[ ](?=\d{{3}}(?!\d)))*"
_CODE = "USD|EUR|GBP|CAD|AUD|NZD|CHF|JPY|KRW|INR|MXN|BRL|SEK|NOK|DKK|PLN|CZK|SGD|HKD|ZAR|KWD|BHD"
_SIGN = rf"(?:[A-Z]{{1,3}}\s?)?[$€£¥₹₩]|\b(?:{_CODE})[ {_SPACE}]"
_BEFORE = re.compile(rf"(?P<sign>{_SIGN})[-−]?(?P<number>{_NUMBER})")
_AFTER = re.compile(rf"(?P<number>{_NUMBER})[{_SPACE} ]?(?P<sign>[€£¥₹₩]|\$(?:US|CA|AU)?|US\$|(?:{_CODE})\b)(?!\d)")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_TAG = re.compile(r"<[^>]*>")
_HIDDEN = re.compile(r"<(style|script|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[\w'’]+")
_MONEY = re.compile(rf"[$€£¥₹₩]|\b(?:{_CODE})\b")
_PROSE = re.compile(r"[^\W\d_]{4,}")
_CARD = re.compile(r"(?<![\w-])(?:\d[ -]?){13,19}(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")


def sums(text: str, currency: str) -> set[int]:
    """Every sum of money in `text`, in minor units of `currency`, without its sign."""
    lines = [line for line in text.splitlines() if _MONEY.search(line)]
    found = {match["number"] for line in lines for one in (_BEFORE, _AFTER) for match in one.finditer(line)}
    return {minor for number in found if (minor := _minor(number, _DIGITS.get(currency, 2))) is not None}


def _minor(written: str, digits: int) -> int | None:
    plain = re.sub(rf"[{_SPACE} '’]", "", written).rstrip(".,")
    point = max(plain.rfind("."), plain.rfind(","))
    decimals = len(plain) - point - 1 if point >= 0 else 0
    has_cents = point >= 0 and digits > 0 and decimals == digits
    whole = re.sub(r"\D", "", plain[:point] if has_cents else plain)
    cents = plain[point + 1 :] if has_cents else "0" * digits
    return int(whole or "0") * 10**digits + int(cents or "0") if (whole or cents.strip("0")) else None


def statement(text: str, currency: str) -> set[int]:
    """The sums of the lines of a statement: what a line names, a colon, a sum and nothing else."""
    lines = [line.rpartition(":")[2] for line in text.splitlines() if ":" in line]
    return {minor for line in lines if not _PROSE.search(line) for minor in sums(line, currency)}


def asked_line(text: str, pay_hosts: Iterable[str] = ()) -> str:
    """The line above the payment link, on our own host or on one of the creditor's `pay_hosts`; where there is none,
    the first that names a balance."""
    lines = text.splitlines()
    signs = ("/pay/", *(f"https://{one}/" for one in pay_hosts))
    for number, line in enumerate(lines[1:], start=1):
        if any(sign in line for sign in signs):
            return lines[number - 1]
    return next((line for line in lines if flat(line).startswith(BALANCE)), "")


@lru_cache(maxsize=16)
def visible(html: str) -> str:
    """An HTML body's text."""
    return entities.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", html)))


@lru_cache(maxsize=16)
def links(text: str) -> list[str]:
    """Every address in a text."""
    return [url.rstrip(".,;") for url in _URL.findall(text)]


@lru_cache(maxsize=16)
def without_links(text: str) -> str:
    return _URL.sub(" ", text)


def host(url: str) -> str:
    return urlsplit(url).hostname or ""


@lru_cache(maxsize=16)
def flat(text: str) -> str:
    """Words apart by one space, folded."""
    return " ".join(text.split()).casefold()


def accounts(text: str) -> list[str]:
    """Card and account numbers (R-34): sixteen digits that a card could have, or an IBAN."""
    cards = [found.group() for found in _CARD.finditer(text) if _luhn(re.sub(r"\D", "", found.group()))]
    return cards + [found.group() for found in _IBAN.finditer(text)]


def _luhn(digits: str) -> bool:
    doubled = [int(d) * 2 - 9 * (int(d) > 4) if n % 2 else int(d) for n, d in enumerate(reversed(digits))]
    return len(digits) >= 13 and sum(doubled) % 10 == 0


def said(text: str, words: Iterable[str]) -> Iterator[str]:
    """Those of `words` (whole ones, or several in a row) that stand in a folded text."""
    single, whole = _tokens(text)
    return (word for word in words if (f" {word} " in whole if " " in word else word in single))


@lru_cache(maxsize=16)
def _tokens(text: str) -> tuple[frozenset[str], str]:
    found = _WORD.findall(text)
    return frozenset(found), f" {' '.join(found)} "


# --- lists: LAW.md, "Guards over a drafted message"; 12 CFR 1006.18, 1006.22

_THREATS = """
arrest|arrested|jail|prison|police|sheriff|criminal|garnish|garnishment|seize|seizure|repossess|foreclose|lien|levy|sue|
sued|lawsuit|litigation|court|judgment|summons|prosecute|legal action|legal proceedings|credit report|credit rating|
credit bureau|blacklist|or else|consequences|
arrêté|saisie|huissier|tribunal|poursuites|poursuites judiciaires|mise en demeure|plainte pénale|
embargo|demanda judicial|juzgado|tribunales|acciones legales|embargar|denuncia|
gericht|klage|pfändung|gerichtsvollzieher|strafanzeige|zwangsvollstreckung|schufa|mahnbescheid
"""
_ATTORNEYS = """
attorney|attorneys|lawyer|lawyers|law firm|legal team|legal department|legal counsel|solicitor|barrister|
avocat|avocats|cabinet d'avocats|abogado|abogados|bufete|anwalt|anwälte|rechtsanwalt|kanzlei
"""
_URGENCY = """
urgent|urgently|act now|last chance|final warning|immediately|within the hour|expires today|time is running out|
immédiatement|dernière chance|inmediatamente|última oportunidad|sofort|letzte chance|dringend
"""
_LAST = "final notice|final reminder|last notice|last warning|dernier avis|último aviso|letzte mahnung"
_INSULTS = "deadbeat|shame|shameful|liar|thief|crook|idiot|stupid|dishonest|voleur|honte|ladrón|vergüenza|betrüger"
_HUMAN = """
i am human|i'm human|i am a person|a real person is writing|not a robot|not a bot|as an employee|i work for|
employee of|je suis humain|soy humano|ich bin ein mensch
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("\n", " ").split("|") if word.strip())


THREATS, ATTORNEYS, URGENCY, LAST = map(_words, (_THREATS, _ATTORNEYS, _URGENCY, _LAST))
INSULTS, HUMAN = map(_words, (_INSULTS, _HUMAN))
# how each language says that no more mails need come; and that no person writes ("White label").
OPT_OUT = ("opt out", "unsubscribe", "désinscrire", "darse de baja", "abmelden")
AUTOMATED = ("automated", "automatisé", "automatizado", "automatisierter", "artificial")
BALANCE = ("balance", "total", "solde", "saldo pendiente", "saldo", "offener betrag", "gesamtbetrag")
# where an address was found.
FOUND = ("was found", "we found", "obtained from", "a été trouvée", "se encontró", "gefunden")
FREE_MAIL = frozenset(
    "gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com msn.com aol.com icloud.com me.com gmx.com "
    "gmx.de gmx.net web.de mail.com proton.me protonmail.com comcast.net verizon.net att.net orange.fr free.fr".split()
)
