"""How a message is read: sentences, sums, dates, numbers and links as a debtor would see them.

Both parts of a mail are read, hidden HTML text included: what cannot be seen has no reason to be there.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import urlsplit

from compliance import tables
from compliance.markup import hrefs_in, text_of

# Every list that a guard reads: a language that lacks one, or has it empty, is not offered (LAW.md, "Guards").
LISTS = frozenset(
    {
        *("act_attorney", "act_call", "act_email", "act_letter", "ask", "attorney", "bank", "commitment", "condition"),
        *("discount", "employee", "human", "hurry", "insult", "last_word", "leak", "legal", "legal_advice", "modal"),
        *("money_word", "month", "number_word", "opt_out", "paid", "payment_word", "plan", "pressure", "promise"),
        *("received", "stop_word", "suit", "threat", "weekday"),
    }
)
_LEXICON: dict[str, dict[str, list[str]]] = {
    language: tables.load(f"lexicon_{language}")["lists"] for language in ("en", "fr", "es", "de")
}
LANGUAGES: frozenset[str] = frozenset(name for name, lists in _LEXICON.items() if all(map(lists.get, LISTS)))

_CURRENCIES = {"$": "USD", "US$": "USD", "$US": "USD", "€": "EUR", "£": "GBP", "£GB": "GBP", "¥": "JPY"}
_CURRENCIES |= {"CA$": "CAD", "$CA": "CAD", "A$": "AUD", "AU$": "AUD", "$AU": "AUD", "NZ$": "NZD", "$NZ": "NZD"}
_CURRENCIES |= {"MX$": "MXN", "$MX": "MXN", "R$": "BRL", "CN¥": "CNY", "₹": "INR"}
_SIGN = (
    r"(?:(?:US|CA|AU?|NZ|MX|R)\$|\$(?:US|CA|AU|NZ|MX)\b|£GB\b|CN¥|[$€£¥₹]"
    r"|\b(?:USD|EUR|GBP|CAD|AUD|NZD|CHF|JPY|SEK|NOK|DKK|MXN|BRL|PLN|CZK|INR|CNY)\b)"
)
# French sets its thousands apart by a space, a narrow one as code writes it: "15 000,00 €" is one sum.
_FIGURE = r"(?:(?<!\d)\d{1,3}(?:[ \u00a0\u202f]\d{3}(?!\d))+(?:[.,]\d+)?|\d(?:[\d,.']*\d)?)"
_CENTS = r"(?<![\w.,/-])(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+,|\d[\d,]*\.|\d[\d.]*,)\d\d(?![\w/.-]*\d)"
_AMOUNT = re.compile(rf"(?:{_SIGN}\s?{_FIGURE}|{_FIGURE}\s?{_SIGN}|{_CENTS})", re.I)
_URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.)[^\s<>\"')\]]+", re.I)
_BARE_HOST = re.compile(r"(?<![\w@./-])(?:[\w-]+\.)+(?:com|net|org|io|co|info|biz|link|me|app|xyz)\b(?:/\S*)?", re.I)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w-])\+?\d?[\s.-]?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}(?![\w-]*\d)|(?<!\w)\+\d[\d ().-]{6,}\d"
)
_IDENTIFIER = re.compile(
    r"(?:\b(?:invoices?|case|account|reference|ref|po|factures?|dossier|compte|référence|réf|facturas?|expediente|cuenta"
    r"|referencia|rechnung(?:en)?|vorgang|konto|aktenzeichen|referenz|bestellung)\b\.?"
    r"\s*(?:numbers?|numéro|número|nummer|no\.?|nr\.?|n\.?\s?[°o]\.?|#)?\s*[:#]?\s*|#\s*|\b(?:nr\.|n\.?°|n\.o)\s*)"
    r"([A-Za-z0-9][\w/-]*(?:\.\w+)*)",
    re.I,
)
_LONG_NUMBER = re.compile(r"(?<![\w.-])[A-Z]{0,4}\d(?:[ -]?\d){8,}(?!\w)")
_NUMERIC_DATE = re.compile(r"(?<![\w/.-])(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?![\w/-])")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_FAMILIAR = frozenset({"LLC", "INC", "LLP", "LTD", "GMBH", "CORP", "ACH", "PDF", "FAQ", "VAT", "IBAN", "UTC"})
_FAMILIAR |= {"USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "SARL", "SAS", "SEPA", "TVA", "IVA", "NIF", "CIF"}


_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
# English "I", and AI in four languages: capitals that name nobody.
_NO_NAMES = frozenset({"I", "I'm", "I've", "I'd", "AI", "IA", "KI", "OK"})
_GERMAN_NAME = re.compile(
    r"(?:\b(?:Herrn?|Frau|Firma|Dr\.)\s+([A-ZÄÖÜ][\w-]+)"
    r"|\b((?!(?:Sie|Ihr|Ihre[mnrs]?|Ihnen|Der|Die|Das|Den|Dem|Ein|Eine[mnrs]?)\b)[A-ZÄÖÜ][\w-]+\s+"
    r"(?!(?:Sie|Ihr|Ihre[mnrs]?|Ihnen)\b)[A-ZÄÖÜ][\w-]+))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as it would leave: all placeholders filled. ``html`` "" for none; ``language`` "en".

    ``words``: the drafted paragraphs within ``text``. ``free``: those of their sentences that no approved phrase bank
    holds, each placeholder as "{}". ``intent``: what the message is for.
    """

    subject: str
    text: str
    html: str = ""
    language: str = "en"
    words: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    intent: str = ""

    def parts(self) -> tuple[str, str, str]:
        """Subject, plain text and the HTML's text, in that order, in one spelling of each letter."""
        return plain(self.subject), plain(self.text), plain(text_of(self.html))

    def sentences(self) -> tuple[str, ...]:
        """All sentences of all parts, links taken out, without repeats."""
        return _sentences(self)

    def body_sentences(self) -> tuple[str, ...]:
        """The sentences of the plain text alone."""
        return tuple(sentences_of(without_urls(plain(self.text))))

    def drafted(self) -> tuple[str, ...]:
        """The sentences that were drafted for this message; the whole text's where nobody said which those are."""
        if not self.words:
            return self.body_sentences()
        return tuple(one for text in self.words for one in sentences_of(without_urls(plain(text))))

    def urls(self) -> tuple[str, ...]:
        """Every address a reader could follow: links in any part, and hosts written without a scheme."""
        found = [url for part in self.parts() for url in (*urls_in(part), *bare_hosts_in(part))]
        return tuple(dict.fromkeys([*found, *(h for h in hrefs_in(self.html) if not h.startswith("mailto:"))]))

    def emails(self) -> tuple[str, ...]:
        """Every email address in any part, also behind a mailto link."""
        mailto = [h.removeprefix("mailto:").split("?")[0] for h in hrefs_in(self.html) if h.startswith("mailto:")]
        written = [address for part in self.parts() for address in _EMAIL.findall(without_urls(part))]
        return tuple(dict.fromkeys([*written, *mailto]))


def _once(read: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    """Most sentences stand in many messages (greeting, statement, footer, the phrase bank's): each is read once. Whole
    texts are not kept."""
    kept = lru_cache(maxsize=4096)(lambda *asked: tuple(read(*asked)))

    @wraps(read)
    def again(text: str, *more: Any) -> list[Any]:
        return list(kept(text, *more) if len(text) <= _SENTENCE else read(text, *more))

    return again


_SENTENCE = 400


def words_of(language: str, name: str) -> tuple[str, ...]:
    """One word list of a language."""
    return tuple(_LEXICON[language][name])


@lru_cache(maxsize=64)  # every guard reads the same parts
def plain(text: str) -> str:
    """One spelling for look-alikes: compatibility forms folded, invisible letters and soft hyphens gone."""
    if text.isascii():
        return text  # nothing to fold, and most letters are
    folded = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")


@lru_cache(maxsize=8)  # every guard reads them
def _sentences(rendered: Rendered) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for part in rendered.parts() for s in sentences_of(without_urls(part))))


def sentences_of(text: str) -> Iterator[str]:
    """The sentences of a text: cut at line ends and after . ! ? before a space, not within "Nr. 7" or "3. Mai"."""
    for piece in _sentence_end().split(text):
        if piece.strip():
            yield piece.strip()


@lru_cache(maxsize=1)
def _sentence_end() -> re.Pattern[str]:
    months = "|".join(name for language in _LEXICON for names in words_of(language, "month") for name in names.split())
    within = rf"(?<!\bnr\.)(?<!\bno\.)(?<!\bn\.)(?<!\bn\.o)(?!(?<=\d\.)\s+(?:{months})\b)"
    return re.compile(rf"(?<=[.!?]){within}\s+|\n+", re.I)


@_once
def phrases_in(sentence: str, phrases: tuple[str, ...]) -> list[str]:
    """The phrases that stand in the sentence as whole words, whatever the case."""
    return list(dict.fromkeys(match.lower() for match in _phrase_pattern(phrases).findall(sentence)))


@_once
def amounts_in(sentence: str) -> list[str]:
    """Every sum of money in figures: with a currency before or behind, or with two decimals."""
    return [match.group().strip() for match in _AMOUNT.finditer(sentence)]


def amount_key(text: str) -> tuple[str, Decimal]:
    """(currency, value), so that "$1,250" and "USD 1,250.00" are one; the currency "" where none stands."""
    figure = re.search(_FIGURE, text)
    sign = re.search(_SIGN, text, re.I)
    name = sign.group().upper() if sign else ""
    return _CURRENCIES.get(name, name), _value(figure.group() if figure else "0")


def money_in_words(sentence: str, language: str) -> bool:
    """True for a word of money ("dollars"): code writes sums as figures with a sign."""
    return bool(phrases_in(sentence, words_of(language, "money_word")))


@_once
def dates_in(sentence: str) -> Iterator[tuple[str, tuple[date, ...], int | None]]:
    """Every date, in whichever language: its text, the days it can mean (both orders of 3/4/2026), its weekday."""
    for match in _NUMERIC_DATE.finditer(sentence):
        if days := _numeric_days(*match.groups()):
            yield match.group(), days, None
    for match in _date_pattern().finditer(sentence):
        day, name = match["day"] or match["day2"], match["m"] or match["m2"]
        weekday = _weekdays()[match["weekday"].lower()] if match["weekday"] else None
        yield match.group().strip(), tuple(_days((match["year"], _months()[name.lower()], day))), weekday


@_once
def identifiers_in(sentence: str) -> list[str]:
    """Every number introduced as an invoice, a case, an account or by '#', if it holds a digit."""
    # "Fecha de la factura: 1 de octubre de 2025" is a date and read as one; a sum after the word is a sum.
    rest = _AMOUNT.sub(" ", _date_pattern().sub(" ", sentence))
    found = (match.group(1).rstrip(".,;:") for match in _IDENTIFIER.finditer(rest))
    return [text for text in found if any(letter.isdigit() for letter in text)]


@_once
def long_numbers_in(sentence: str) -> list[str]:
    """Every run of nine digits or more: bank accounts, cards, numbers of somebody else."""
    return [match.group() for match in _LONG_NUMBER.finditer(_AMOUNT.sub(" ", sentence))]


def phones_in(sentence: str, identifiers: frozenset[str]) -> list[str]:
    """Every phone number, own identifiers and sums of money taken out first."""
    for known in sorted(identifiers, key=len, reverse=True):
        sentence = sentence.replace(known, " ")
    return [match.group().strip() for match in _PHONE.finditer(_AMOUNT.sub(" ", sentence))]


def placeholders_in(sentence: str) -> list[str]:
    """Every `{name}` that was not filled in."""
    return _PLACEHOLDER.findall(sentence)


def spoken(language: str, name: str) -> tuple[str, ...]:
    """A word list whose entries hold several names each ("january jan"), one by one; the others as they are."""
    return tuple(one for entry in words_of(language, name) for one in (entry.split() if name == "month" else [entry]))


def stop_words_in(text: str, language: str) -> int:
    """How many words of the text are stop words of the language."""
    stops = _stop_words(language)
    return sum(word.lower() in stops for word in _WORD.findall(text))


def names_in(sentence: str, language: str) -> list[str]:
    """Words written as names: a capital that no sentence begins with; in German, where every noun has one, two in a row
    ("Hans Weber") or one after a title."""
    if language == "de":
        return [found[0] or found[1] for found in _GERMAN_NAME.findall(sentence)]
    words = list(_WORD.finditer(sentence))
    inside = (word for word in words[1:] if not sentence[: word.start()].rstrip().endswith((".", "!", "?", ":")))
    return [word.group() for word in inside if word.group()[0].isupper() and word.group() not in _NO_NAMES]


def digits(text: str) -> str:
    """The digits of a text, in order."""
    return "".join(letter for letter in text if letter.isdigit())


@_once
def urls_in(text: str) -> list[str]:
    """Every link written with a scheme or www, without the stop that ends its sentence."""
    return [url.rstrip(".,;:!?") for url in _URL.findall(text)]


@_once
def bare_hosts_in(text: str) -> list[str]:
    """Hosts written without a scheme: mail programs make links of them."""
    return [host.rstrip(".,;:!?") for host in _BARE_HOST.findall(_EMAIL.sub(" ", _URL.sub(" ", text)))]


def without_urls(text: str) -> str:
    """The text with its links taken out."""
    return _URL.sub(" ", text)


def host_of(url: str) -> str:
    """The lower-case host of an https link; "" for every other scheme, a user part, a port or odd letters."""
    try:
        parts = urlsplit(url if "://" in url or ":" in url.split("/")[0] else f"https://{url}")
        plain_host = (parts.hostname or "").isascii() and parts.username is None and parts.port is None
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme == "https" and plain_host else ""


def shouted(sentence: str, names: frozenset[str]) -> str:
    """The first shout: a word of five or more capitals, or two of three or more in a row; else ""."""
    words = [word for word in _WORD.findall(_EMAIL.sub(" ", sentence)) if len(word) > 2 or not word.isupper()]
    for before, word in zip(["", *words], words, strict=False):
        if _is_loud(word, names) and (len(word) >= 5 or _is_loud(before, names)):
            return str(word)
    return ""


@lru_cache(maxsize=256)
def _phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    written = [
        phrase[1:] if phrase.startswith("~") else re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest_first
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)", re.I)


@lru_cache(maxsize=8)
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(words_of(language, "stop_word"))


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """A month's names and abbreviations in every language; none means two months."""
    named = [(number, names) for lists in _LEXICON.values() for number, names in enumerate(lists["month"], 1)]
    return {name: number for number, names in named for name in names.split()}


@lru_cache(maxsize=1)
def _weekdays() -> dict[str, int]:
    return {name: number for lists in _LEXICON.values() for number, name in enumerate(lists["weekday"])}


@lru_cache(maxsize=1)
def _date_pattern() -> re.Pattern[str]:
    names = "|".join(sorted(_months(), key=len, reverse=True))
    article = r"(?:(?:the|le|el|den|dem)\s+)?"
    weekday = rf"(?:(?P<weekday>{'|'.join(_weekdays())}),?\s+{article})?"
    first = rf"(?P<m>{names})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
    second = rf"(?P<day2>\d{{1,2}})(?:st|nd|rd|th|er|o|\.)?\s+(?:(?:of|de)\s+)?(?P<m2>{names})\.?"
    return re.compile(rf"\b{weekday}(?:{first}|{second})(?!\w)(?:,?\s+(?:del?\s+)?(?P<year>\d{{4}}))?", re.I)


def _numeric_days(one: str, two: str, three: str) -> tuple[date, ...]:
    orders = [(one, two, three)] if len(one) == 4 else [(three, one, two), (three, two, one)]
    return tuple(day for order in orders for day in _days(order))


def _days(order: tuple[str | int | None, str | int, str | int]) -> Iterator[date]:
    year, month, day = order
    # A date without its year names no day for sure; code always writes the year.
    if year is None:
        return
    try:
        yield date(int(year) + (2000 if int(year) < 100 else 0), int(month), int(day))
    except ValueError:
        return


def _value(figure: str) -> Decimal:
    """1,250.00, 1.250,00, 1 250 and 1250 as numbers: the last mark before two digits is the decimal one."""
    whole, fraction = figure, ""
    if match := re.fullmatch(r"(.*)[.,](\d{1,2})", figure):
        whole, fraction = match.groups()
    return Decimal(f"{digits(whole) or '0'}.{fraction or '0'}")


def _is_loud(word: str, names: frozenset[str]) -> bool:
    return word.isupper() and len(word) >= 3 and word not in names and word not in _FAMILIAR
