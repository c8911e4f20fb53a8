"""How a fact stands in a sentence of each language: the invoice, the day it was due, a name after "de".

In French, Spanish and German `{the_invoice}` carries its article and is feminine, singular or plural; in German it is
an accusative. So the sentences of the bank stand as they are, whatever is filled in.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from babel.dates import format_date
from babel.lists import format_list

LOCALES = {"en": "en_US", "fr": "fr_FR", "es": "es_ES", "de": "de_DE"}

_NUMBERED = {
    "en": "invoice #{}",
    "fr": "la facture n°\u00a0{}",
    "es": "la factura n.º\u00a0{}",
    "de": "die Rechnung Nr.\u00a0{}",
}
_DATED = {"en": "the invoice of {}", "fr": "la facture du {}", "es": "la factura del {}", "de": "die Rechnung vom {}"}
_BARE = {"en": "an invoice", "fr": "une facture", "es": "una factura", "de": "eine Rechnung"}
_SEVERAL = {
    "en": "the invoices listed below",
    "fr": "les factures indiquées ci-dessous",
    "es": "las facturas indicadas más abajo",
    "de": "die unten aufgeführten Rechnungen",
}
_DUE = {
    "en": ", which was due on {},",
    "fr": ", échue le {},",
    "es": ", con vencimiento el {},",
    "de": ", fällig seit dem {},",
}

_ELIDED = re.compile(r"\b([Dd]|[Qq]u)e (?=\{([a-z_]+)\})")
_VOWELS = frozenset("aeiouàâäéèêëîïôöùûüœæ")


@lru_cache(maxsize=2048)
def day(moment: date, language: str = "en") -> str:
    """A date as the reader writes it: `October 1, 2025`, `1er octobre 2025`, `1. Oktober 2025`."""
    written = format_date(moment, format="long", locale=LOCALES[language])
    # Babel knows no French ordinal: the first of a month has one, the other days have none.
    return re.sub(r"^1 ", "1er ", written) if language == "fr" else written


def all_of(parts: list[str], language: str) -> str:
    """`a, b and c`, as the language joins them."""
    return format_list(parts, locale=LOCALES[language])


def the_invoice(language: str, number: str, dated: date | None) -> str:
    """One invoice, by its number, else its date; `number` as shown, "" for none."""
    if number:
        return _NUMBERED[language].format(number)
    return _DATED[language].format(day(dated, language)) if dated else _BARE[language]


def the_invoices(language: str) -> str:
    """Several invoices: the statement lists them."""
    return _SEVERAL[language]


def due(language: str, moment: date | None) -> str:
    """The day the invoice was due, between its own commas; "" for none."""
    return _DUE[language].format(day(moment, language)) if moment else ""


def isolated(name: str) -> str:
    """A name in a right-to-left script, kept from turning the words and figures around it (UAX 9, isolates)."""
    turns = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in name)
    return f"\u2068{name}\u2069" if turns else name


def joined(sentence: str, placeholders: Mapping[str, str], language: str) -> str:
    """`sentence` fitted to the facts that follow: French "de Acme" is "d'Acme", and its marks keep their space."""
    if language != "fr":
        return sentence

    def elide(match: re.Match[str]) -> str:
        return f"{match[1]}’" if _begins_with_vowel(placeholders.get(match[2], "")) else match[0]

    return re.sub(r" (?=[?!:;»])", "\u00a0", _ELIDED.sub(elide, sentence))


def of(name: str, sentence: str, language: str) -> str:
    """`sentence` with `name` in its one `{}`, elided in French."""
    if language == "fr" and _begins_with_vowel(name):
        sentence = sentence.replace("de {}", "d’{}")
    return sentence.replace("{}", name)


def _begins_with_vowel(name: str) -> bool:
    return name[:1].lower() in _VOWELS
