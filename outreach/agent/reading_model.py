"""The model's reading of a reply, held against the reply itself and against the phrase lists."""

import re
from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from compliance import replies
from outreach.agent import interpreter, prompts, runs, values
from outreach.agent.interpretation import Interpretation, KnownFacts
from outreach.agent.models import LEXICON, Endpoint
from outreach.agent.reports import Report

_MOST_TEXT = 8000
Label = Literal[replies.LABELS]  # type: ignore[valid-type]


class InterpretationOut(BaseModel):
    """What the model may say: a label, how sure it is, and pieces of the text."""

    label: Label
    confidence: float = Field(ge=0, le=1)
    quotes: list[str] = Field(default_factory=list, max_length=8)
    amount_quotes: list[str] = Field(default_factory=list, max_length=8)
    date_quotes: list[str] = Field(default_factory=list, max_length=8)
    contact_name: str = Field(default="", max_length=120)
    contact_email: str = Field(default="", max_length=254)
    contact_phone: str = Field(default="", max_length=40)
    contact_quote: str = Field(default="", max_length=400)
    language: str = Field(default="", max_length=8)


def read(
    shown: str, by_rules: Interpretation, *, where: Endpoint, today: date, currency: str, known: KnownFacts
) -> tuple[Interpretation, Report]:
    """Lists and model together; the lists alone where the model gives nothing usable."""

    def judge(out: InterpretationOut) -> list[str]:
        told = _quoted([*out.quotes, *out.amount_quotes, *out.date_quotes], shown)
        return [] if told or out.label == "other" else ["no quote is a piece of the message: copy it letter by letter"]

    out, report = runs.ask(
        where=where,
        prompt=prompts.load(prompts.INTERPRET),
        question=f"<reply>\n{_fenced(shown)}\n</reply>",
        shape=InterpretationOut,
        judge=judge,
        instead=lambda: None,
    )
    if out is None:
        return by_rules, replace(report, model=LEXICON, output=by_rules.as_json())
    both = _together(out, by_rules, shown, where=where, today=today, currency=currency, known=known)
    return both, replace(report, output=both.as_json())


def _fenced(shown: str) -> str:
    """The text cannot close the marks it stands between."""
    return re.sub(r"</?\s*reply\s*>", " ", shown[:_MOST_TEXT], flags=re.I)


def _quoted(quotes: list[str], shown: str) -> list[str]:
    return [quote for quote in quotes if quote.strip() and quote in shown]


def _together(
    out: InterpretationOut,
    by_rules: Interpretation,
    shown: str,
    *,
    where: Endpoint,
    today: date,
    currency: str,
    known: KnownFacts,
) -> Interpretation:
    """One reading of two. A firm list's label stands; elsewhere the model's, and a person's turn where they differ."""
    said = str(out.label)
    if by_rules.lexicon:
        return replace(by_rules, agrees=by_rules.agrees and said == by_rules.label, model=where.model)
    unclear = by_rules.label == "other" or by_rules.confidence < interpreter.SURE
    language = out.language if out.language in replies.LANGUAGES else by_rules.language
    quotes = _quoted(out.quotes, shown) or list(by_rules.quotes)
    amounts = _amounts(out, shown, said, currency, known)
    days = _days(out, shown, said, today, currency, language or "en")
    return Interpretation(
        label=said,
        confidence=out.confidence,
        amounts=amounts or by_rules.amounts,
        dates=days or by_rules.dates,
        quotes=tuple(quotes),
        contact=_contact(out, shown, known) or by_rules.contact,
        # A text that the model saw in part is a person's.
        agrees=len(shown) <= _MOST_TEXT
        and out.confidence >= interpreter.SURE
        and (said == by_rules.label or unclear)
        and by_rules.agrees | unclear,
        model=where.model,
        language=language,
        heard=by_rules.heard,
    )


def _amounts(
    out: InterpretationOut, shown: str, label: str, currency: str, known: KnownFacts
) -> tuple[tuple[int, str, str], ...]:
    quotes = _quoted(out.amount_quotes, shown)
    return tuple(one for quote in quotes for one in values.amounts(quote, currency=currency, known=known))


def _days(
    out: InterpretationOut, shown: str, label: str, today: date, currency: str, language: str
) -> tuple[tuple[date, str], ...]:
    ahead = label != "paid_claim"
    quotes = _quoted(out.date_quotes, shown)
    read = (values.dates(q, today=today, language=language, currency=currency, ahead=ahead) for q in quotes)
    return tuple(one for found in read for one in found)


def _contact(out: InterpretationOut, shown: str, known: KnownFacts) -> values.NamedContact | None:
    """The person the model saw, if each part of it stands in the text and is nobody's we know."""
    email = out.contact_email if out.contact_email in shown and out.contact_email not in known.own else ""
    name = out.contact_name if out.contact_name in shown else ""
    if not email and not name:
        return None
    phone = out.contact_phone if out.contact_phone in shown else ""
    quote = out.contact_quote if out.contact_quote and out.contact_quote in shown else email or name
    return {"name": name, "email": email, "phone": phone, "quote": quote}
