"""The shapes a rule speaks in: what is asked, what it answers, and the registry of rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from compliance.facts import CHANNELS, CONFIRMATIONS, KINDS, Confirms, Facts

Outcome = Literal["allow", "deny", "defer", "require"]
ALL_KINDS: frozenset[str] = frozenset(KINDS)
OUTREACH: frozenset[str] = frozenset({"outreach"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question: may this kind of message go by this channel at this moment?

    ``case_id``: the invoice it is about; None means all of the debtor's. ``confirms``: the one confirmation a
    stop allows, on a notice only. ``automatic``: False when a person wrote and sends it.
    Raises ValueError for a word outside the vocabulary and for a moment without a zone.
    """

    channel: str
    kind: str
    at: datetime
    case_id: str | None = None
    confirms: Confirms | None = None
    automatic: bool = True

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("at must be an aware datetime")
        if self.channel not in CHANNELS or self.kind not in KINDS:
            raise ValueError(f"unknown channel or kind: {self.channel!r}, {self.kind!r}")
        if self.confirms is not None and (self.kind != "notice" or self.confirms not in CONFIRMATIONS):
            raise ValueError(f"a {self.kind} cannot confirm {self.confirms!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """What one rule says. ``reason``: plain words. ``evidence``: JSON values only.

    ``until``: for a defer, a moment before which the rule certainly will not allow; for a deny that
    ends by itself, when it is worth asking again; else None.
    """

    rule: str
    version: str
    outcome: Outcome
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values; moments as ISO 8601."""
        return {
            "rule": self.rule,
            "version": self.version,
            "outcome": self.outcome,
            "reason": self.reason,
            "evidence": self.evidence,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True, slots=True)
class Says:
    """A rule's answer before the registry signs it with the rule's id and version."""

    outcome: Outcome
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the law. Calling it is pure and never looks beyond its two arguments.

    ``scope``: C consumer only by law, All binds commercial debt too, D not required there but kept on.
    ``kinds``: the kinds of message it binds; it allows every other. ``defers``: whether it may answer defer.
    """

    id: str
    title: str
    citation: str
    version: str
    scope: str
    kinds: frozenset[str]
    defers: bool
    check: Callable[[Facts, Ask], Says]

    def __call__(self, facts: Facts, ask: Ask) -> RuleVerdict:
        """The verdict. Raises whatever the check raises; the gate turns that into a deny."""
        if ask.kind not in self.kinds:
            says = Says("allow", f"binds {', '.join(sorted(self.kinds))} only")
        else:
            says = self.check(facts, ask)
        return RuleVerdict(
            rule=self.id,
            version=self.version,
            outcome=says.outcome,
            reason=says.reason,
            evidence=says.evidence,
            until=says.until,
        )


def rule(
    id: str,
    title: str,
    *,
    citation: str,
    scope: str,
    version: str = "1",
    kinds: frozenset[str] = ALL_KINDS,
    defers: bool = False,
) -> Callable[[Callable[[Facts, Ask], Says]], Rule]:
    """Turn a check into a Rule; it takes part in decisions once it stands in ``rules.RULES``."""

    def register(check: Callable[[Facts, Ask], Says]) -> Rule:
        return Rule(id, title, citation, version, scope, kinds, defers, check)

    return register
