"""A model writes the sentences of a message. It is given the names of facts, never a fact."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from compliance import replies
from outreach.agent import prompts
from outreach.agent.models import Endpoint
from outreach.agent.reports import Report

_LANGUAGES = {"en": "English", "fr": "French", "es": "Spanish", "de": "German"}
_MEANINGS = {
    "creditor": "the company that is owed",
    "debtor": "the company that owes",
    "the_invoice": "the invoice, with its article and number",
    "amount": "the open balance, with its currency",
    "due": "the clause that says when it was due, with its own commas, directly behind {the_invoice}; may be empty",
}
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

if TYPE_CHECKING:
    Sentences = tuple[str, ...]


class DraftOut(BaseModel):
    """The paragraphs of one message, facts left out."""

    sentences: list[str] = Field(min_length=1, max_length=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What the writer is told. `allowed`, `required`: placeholder names; `earlier`: how many messages went before."""

    intent: str
    language: str
    tone: str
    allowed: frozenset[str]
    required: frozenset[str]
    earlier: int = 0

    def text(self) -> str:
        """The task as the model reads it: names and choices, no fact of the case."""
        names = {f"{{{name}}}": _MEANINGS.get(name, name.replace("_", " ")) for name in sorted(self.allowed)}
        task = {
            "task": prompts.goals()[self.intent],
            "language": _LANGUAGES[self.language],
            "tone": self.tone,
            "placeholders": names,
            "required": [f"{{{name}}}" for name in sorted(self.required)],
            "messages_before": min(self.earlier, 9),
        }
        return json.dumps(task, ensure_ascii=False, indent=1)


def draft(
    *,
    where: Endpoint,
    brief: Brief,
    guards: Callable[["Sentences"], list[str]],
    template: Callable[[], "Sentences | None"],
) -> tuple["Sentences | None", Report]:
    """The model's sentences, clean after at most one repair; else the template's; None when neither is.

    `guards`: objections to sentences, after code has filled them; `template`: sentences that passed them, or None.
    """
    from outreach.agent import runs

    def instead() -> DraftOut | None:
        sentences = template()
        return DraftOut(sentences=list(sentences)) if sentences else None

    def judge(out: DraftOut) -> list[str]:
        return misused(out.sentences, brief) or guards(tuple(out.sentences))

    out, report = runs.ask(
        where=where,
        prompt=prompts.load(prompts.DRAFT),
        question=brief.text(),
        shape=DraftOut,
        judge=judge,
        instead=instead,
    )
    return (tuple(out.sentences) if out else None), report


def misused(sentences: list[str], brief: Brief) -> list[str]:
    """What is wrong with the placeholders, with braces that are none, and with the language."""
    text = "\n".join(sentences)
    named = set(_PLACEHOLDER.findall(text))
    found = [f"{{{name}}} is not a placeholder of this message" for name in sorted(named - brief.allowed)]
    found += [f"{{{name}}} is missing" for name in sorted(brief.required - named)]
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        found.append("braces stand around placeholder names only")
    if replies.language_of(_PLACEHOLDER.sub(" ", text)) not in ("", brief.language):
        found.append(f"the words are not {_LANGUAGES[brief.language]}")
    if any(not one.strip() for one in sentences):
        found.append("an empty paragraph")
    return found
