"""What a drafted message may not say. Run on the rendered text; a finding means it is not sent.

Sources: 12 CFR 1006.18 (false or misleading statements), 1006.22 (unfair means), 1006.6(e) (opt-out),
1006.18(b)(1)(iii) (attorneys). The word lists are in ``data/lexicon_<language>.json``. A guard is a pure function
from text and ``Known`` to complaints; ``GUARDS`` lists them all: those over facts (``facts``), then those over words
(``wording``).
"""

from collections.abc import Callable, Iterator

from compliance.guards import facts, wording
from compliance.guards.facts import opt_out, stands
from compliance.guards.known import Complaint, GuardFinding, Known
from compliance.guards.wording import MOST_WORDS, speaks
from compliance.reading import LANGUAGES, Rendered

__all__ = ["GUARDS", "MOST_WORDS", "GuardFinding", "Known", "check", "opt_out", "speaks", "stands"]

GUARDS: dict[str, Callable[[Rendered, Known], Iterator[Complaint]]] = {
    "amounts": facts.amounts,
    "dates": facts.dates,
    "identifiers": facts.identifiers,
    "links": facts.links,
    "phones": facts.phones,
    "bank_data": facts.bank_data,
    "opt_out": facts.opt_out,
    "disclosures": facts.disclosures,
    "attorney": wording.attorney,
    "identity": wording.identity,
    "threats": wording.threats,
    "insults": wording.insults,
    "commitments": wording.commitments,
    "promises": wording.promises,
    "offers": wording.offers,
    "pressure": wording.pressure,
    "urgency": wording.urgency,
    "legal_advice": wording.legal_advice,
    "received": wording.received,
    "leaks": wording.leaks,
    "asks": wording.asks,
    "language": wording.language,
    "free_sentences": wording.free_sentences,
    "length": wording.length,
    "shouting": wording.shouting,
}


def check(rendered: Rendered, known: Known) -> tuple[GuardFinding, ...]:
    """Every objection to the message, without repeats, in the order of ``GUARDS``; empty means pass.

    A language without word lists, and a guard that fails, are findings themselves.
    """
    if rendered.language not in LANGUAGES:
        return (GuardFinding("language", rendered.language, "no word lists for this language"),)
    found: dict[GuardFinding, None] = {}
    for name, guard in GUARDS.items():
        try:
            complaints = list(guard(rendered, known))
        except Exception as error:
            complaints = [(rendered.subject, f"guard failed: {type(error).__name__}")]
        found |= dict.fromkeys(GuardFinding(name, sentence, reason) for sentence, reason in complaints)
    return tuple(found)
