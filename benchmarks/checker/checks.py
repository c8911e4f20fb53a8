"""What a check is, what it finds, and how it is told apart from one that looked at nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.checker.story import Body, Story, Touch


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that should not have happened. `rule` is LAW.md's id, `check` the one of the table that noticed."""

    check: str
    rule: str
    case_id: str
    debtor_id: str
    at: datetime | None
    words: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A violation before the table signs it with its rule."""

    case: str
    debtor: str
    at: datetime | None
    words: str
    evidence: dict[str, Any]


@dataclass(slots=True)
class Look:
    """Counts what a check examined; `seen` is what it remembers from one message to the next."""

    count: int = 0
    seen: dict[Any, str] = field(default_factory=dict)

    def __call__(self, of: Any = None) -> None:
        self.count += 1


OverStory = Callable[[Story, Look], Iterator[Found]]
OverBody = Callable[[Story, Touch, Body, Look], Iterator[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked for. `over` reads the story once; `body` every message in turn."""

    id: str
    rule: str
    words: str
    citation: str
    over: OverStory | None = None
    body: OverBody | None = None

    def signed(self, found: Found) -> Violation:
        return Violation(
            check=self.id,
            rule=self.rule,
            case_id=found.case,
            debtor_id=found.debtor,
            at=found.at,
            words=found.words,
            evidence=found.evidence,
        )


TABLE: dict[str, Check] = {}


def check(id: str, rule: str, words: str, *, citation: str = "LAW.md") -> Callable[[OverStory], OverStory]:
    """Enter a function over the whole story in the table."""

    def enter(function: OverStory) -> OverStory:
        TABLE[id] = Check(id=id, rule=rule, words=words, citation=citation, over=function)
        return function

    return enter


def reads(id: str, rule: str, words: str, *, citation: str = "LAW.md") -> Callable[[OverBody], OverBody]:
    """Enter a function over one message's body in the table."""

    def enter(function: OverBody) -> OverBody:
        TABLE[id] = Check(id=id, rule=rule, words=words, citation=citation, body=function)
        return function

    return enter


def wrong(touch: Touch, words: str, **evidence: Any) -> Found:
    """Something wrong with one touch."""
    shown = {"touch": touch.id, "channel": touch.channel, "kind": touch.kind, "intent": touch.intent} | evidence
    return Found(case=touch.case, debtor=touch.debtor, at=touch.at, words=words, evidence=shown)
