"""The template engine: approved sentences, chosen by the case, filled from the ledger."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from outreach.drafting.phrases import PHRASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """All that a sentence may name, already written for the reader.

    `the_invoice`: "invoice #2025-0847", with or without number; `due`: ", which was due on October 31, 2025," or "".
    """

    creditor: str
    debtor: str
    the_invoice: str
    amount: str
    due: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Paragraphs of one message, facts filled in. `variant` names the wording, for the record."""

    intent: str
    variant: str
    paragraphs: tuple[str, ...]
    drafter: str = "template"


def drafts(intent: str, placeholders: Placeholders, *, case_id: str) -> Iterator[Draft]:
    """Every wording of `intent`, the case's own first: the same case always reads the same words.

    Raises KeyError for an intent without sentences.
    """
    variants = PHRASES[intent]
    names = sorted(variants)
    start = hashlib.sha256(f"{case_id}:{intent}".encode()).digest()[0] % len(names)
    for name in names[start:] + names[:start]:
        paragraphs = tuple(_fill(sentence, placeholders) for sentence in variants[name])
        yield Draft(intent, f"{intent}/{name}", paragraphs)


def _fill(sentence: str, placeholders: Placeholders) -> str:
    """One pass over our own sentence: braces inside a fact (a company named "{amount}") stay as they are."""
    filled = sentence.format_map(asdict(placeholders))
    # The commas around `due`, and the stop of "Acme Inc.", meet the sentence's own marks.
    tidy = re.sub(r",(?=[.,?])|\.(?=[.?](?:\s|$))", "", filled)
    return tidy[:1].upper() + tidy[1:]
