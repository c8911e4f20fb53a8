"""What a reply is understood to say. Every part of it stands in the reply itself, as a quote."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypedDict


class NamedContact(TypedDict):
    """Somebody else whom the writer names, as they wrote it; what they did not write is ""."""

    name: str
    email: str
    phone: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFacts:
    """What the reader may compare a reply with. Nothing of it is shown to a model.

    `balance_minor`: what "in full" means. `own`: addresses and phones that are ours or the creditor's, and the
    sender's: they name nobody new. `identifiers`: invoice and case numbers, which are no phone numbers.
    """

    balance_minor: int = 0
    identifiers: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """`label`: one of compliance.replies.LABELS. `amounts`: (minor units, currency, quote); `dates`: (day, quote).

    `lexicon`: the firm phrase list that spoke, "" for none.
    `agrees`: lexicon, rules and model say the same, with enough confidence; False is a person's turn.
    `model`: who read it: "lexicon", or the model's name.
    """

    label: str
    confidence: float
    amounts: tuple[tuple[int, str, str], ...] = ()
    dates: tuple[tuple[date, str], ...] = ()
    quotes: tuple[str, ...] = ()
    contact: NamedContact | None = None
    lexicon: str = ""
    agrees: bool = True
    model: str = "lexicon"
    language: str = ""
    # Every label the words speak for, strongest first: a person who decides sees what else was heard.
    heard: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {
            "label": self.label,
            "confidence": round(self.confidence, 3),
            "amounts": [
                {"minor": minor, "currency": currency, "quote": quote} for minor, currency, quote in self.amounts
            ],
            "dates": [{"on": on.isoformat(), "quote": quote} for on, quote in self.dates],
            "quotes": list(self.quotes),
            "contact": dict(self.contact) if self.contact else None,
            "lexicon": self.lexicon,
            "agrees": self.agrees,
            "model": self.model,
            "language": self.language,
            "heard": list(self.heard),
        }
