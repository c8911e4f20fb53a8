"""The template engine: approved sentences, chosen by the case, filled from the ledger."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from compliance.reading import sentences_of
from outreach.drafting import grammar
from outreach.drafting.phrases import BANK

# What a debtor's posture is called where it colours the words.
_TONES = {"preserve": "soft"}
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# What code writes from a mapping: name → text, already written for the reader.
Placeholders = Mapping[str, str]

INTENTS: frozenset[str] = frozenset(BANK["en"])
LANGUAGES: frozenset[str] = frozenset(BANK)


class Unwritable(KeyError):
    """No words can be made of this: `args[0]` names what is missing, a fact or the intent; `why` tells a person."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name)
        self.why = why


@dataclass(frozen=True, slots=True)
class Draft:
    """Words of one message, facts left out: `sentences` are its paragraphs, each with its `{placeholders}`.

    `variant` names the wording, for the record: "first_reminder/soft/a". `drafter`: "template", "person" or a model.
    `prompt` and `run_id` name what a model was asked and the row that keeps its answer. `whole`: the facts are in it.
    """

    intent: str
    variant: str
    sentences: tuple[str, ...]
    drafter: str = "template"
    language: str = "en"
    tone: str = "neutral"
    prompt: str = ""
    run_id: str = ""
    whole: bool = False


def drafts(intent: str, *, language: str, tone: str, key: str, last_variant: str = "") -> Iterator[Draft]:
    """Every wording of `intent` in `tone`: the one that `key` chooses first, `last_variant` never before another.

    `tone`: soft or firm (a posture, preserve or firm, is understood too); an intent without it has "neutral" words.
    `key`: what the choice hangs on (case or step id): the same key always reads the same words.
    Raises Unwritable (a KeyError) for an intent or language without sentences.
    """
    tones = BANK.get(language, {}).get(intent)
    if tones is None:
        raise Unwritable(intent, f"no sentences are written for {intent} in {language}")
    asked = _TONES.get(tone, tone)
    tone = asked if asked in tones else "neutral" if "neutral" in tones else "soft"
    names = sorted(tones[tone])
    start = hashlib.sha256(f"{key}:{intent}".encode()).digest()[0] % len(names)
    order = [f"{intent}/{tone}/{name}" for name in names[start:] + names[:start]]
    for variant in sorted(order, key=lambda one: one == last_variant):
        yield Draft(intent, variant, tones[tone][variant.rpartition("/")[2]], language=language, tone=tone)


def fill(draft: Draft, placeholders: Placeholders) -> tuple[str, ...]:
    """The paragraphs of `draft` with its facts. Raises Unwritable, naming a placeholder that has none.

    What was shown to a person and approved is whole: a debtor named "{amount}" in it stays a name.
    """
    if draft.whole:
        return draft.sentences
    return tuple(_fill(sentence, placeholders, draft.language) for sentence in draft.sentences)


def free(draft: Draft) -> tuple[str, ...]:
    """The sentences of `draft` that the phrase bank does not hold, each placeholder as "{}".

    A person answers for their own words, so theirs count as none: every other guard reads them.
    """
    if draft.drafter == "person":
        return ()
    approved = _approved(draft.language)
    found = (one.strip() for text in draft.sentences for one in sentences_of(text))
    return tuple(_PLACEHOLDER.sub("{}", one) for one in found if one not in approved)


@cache
def _approved(language: str) -> frozenset[str]:
    wordings = [
        words for tones in BANK[language].values() for variants in tones.values() for words in variants.values()
    ]
    return frozenset(one.strip() for words in wordings for text in words for one in sentences_of(text))


def needs(intent: str) -> frozenset[str]:
    """The placeholders that the wordings of `intent` use, over all languages and tones."""
    wordings = [words for bank in BANK.values() for tones in bank[intent].values() for words in tones.values()]
    return frozenset(name for words in wordings for text in words for name in _PLACEHOLDER.findall(text))


def _fill(sentence: str, placeholders: Placeholders, language: str) -> str:
    """One pass over our own sentence: braces inside a fact (a company named "{amount}") stay as they are.

    Nothing but a plain name is a placeholder: "{creditor.__class__}" in a model's words stays a text.
    """
    joined = grammar.joined(sentence, placeholders, language)

    def written(match: re.Match[str]) -> str:
        # A name keeps its own first letter; "the invoice …" begins a sentence with a capital.
        if match[1] not in placeholders:
            raise Unwritable(match[1], f"the fact that its words need is not known: {match[1]}")
        fact, before = placeholders[match[1]], joined[: match.start()].rstrip()
        begins = match[1] == "the_invoice" and (not before or before[-1] in ".!?")
        return fact[:1].upper() + fact[1:] if begins else fact

    # The commas around `due`, and the stop of "Acme Inc.", meet the sentence's own marks.
    return re.sub(r",(?=\u00a0?[.,?;:])|\.(?=[.?](?:\s|$))", "", _PLACEHOLDER.sub(written, joined))
