"""The one gate: every rule is asked, every verdict kept, and nothing can be sent past a deny.

There is no bypass: letters, receipts, statements and the sandbox pass here too.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from compliance.facts import Confirms, Facts
from compliance.rules import RULES
from compliance.verdicts import Ask, Outcome, Rule, RuleVerdict

# Strongest first: a deny beats a missing requirement, that beats waiting, that beats allowing.
PRECEDENCE: tuple[Outcome, ...] = ("deny", "require", "defer", "allow")
# Each round moves the moment forward; a schedule that needs more has no fixed point.
ROUNDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the law says about one ask at one moment, with the word of every rule.

    ``rule``: the id of the deciding rule, None when all allow. ``until``: for a defer, the earliest moment at
    which every rule that can defer allows; else None. ``verdicts``: one per rule, as of ``at``.
    """

    outcome: Outcome
    reason: str
    rule: str | None
    until: datetime | None
    verdicts: tuple[RuleVerdict, ...]
    at: datetime
    channel: str
    kind: str

    @property
    def allowed(self) -> bool:
        """True for allow and nothing else."""
        return self.outcome == "allow"

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values for the decision row; moments as ISO 8601."""
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "rule": self.rule,
            "until": self.until.isoformat() if self.until else None,
            "at": self.at.isoformat(),
            "channel": self.channel,
            "kind": self.kind,
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
        }


def decide(
    facts: Facts,
    *,
    channel: str,
    kind: str,
    at: datetime,
    case_id: str | None = None,
    confirms: Confirms | None = None,
    automatic: bool = True,
) -> Decision:
    """May this message go now? Pure: the same facts and moment give the same decision.

    ``at``: aware. ``case_id``: the invoice it is about. ``confirms``: the stop this notice confirms.
    ``automatic``: False when a person wrote it. An exception inside a rule denies; a malformed question (a
    word outside the vocabulary, a naive ``at``) raises ValueError, so that nothing is sent on it either.
    """
    ask = Ask(channel=channel, kind=kind, at=at, case_id=case_id, confirms=confirms, automatic=automatic)
    verdicts = tuple(_asked(rule, facts, ask) for rule in RULES)
    deciding, until = _deciding(facts, ask, verdicts)
    allowed = deciding.outcome == "allow"
    return Decision(
        outcome=deciding.outcome,
        reason="every rule allows" if allowed else deciding.reason,
        rule=None if allowed else deciding.rule,
        until=until,
        verdicts=verdicts,
        at=at,
        channel=channel,
        kind=kind,
    )


def _deciding(facts: Facts, ask: Ask, verdicts: tuple[RuleVerdict, ...]) -> tuple[RuleVerdict, datetime | None]:
    """The deciding verdict, and the moment to wait for if it defers."""
    outcome = min((verdict.outcome for verdict in verdicts), key=PRECEDENCE.index)
    if outcome != "defer":
        return next(verdict for verdict in verdicts if verdict.outcome == outcome), None
    return _wait(facts, ask, [verdict for verdict in verdicts if verdict.outcome == "defer"])


def _wait(facts: Facts, ask: Ask, deferring: list[RuleVerdict]) -> tuple[RuleVerdict, datetime | None]:
    """The rule that now holds out longest, and the earliest moment at which none defers.

    Exact because each ``until`` is a moment before which its rule certainly does not allow. If waiting runs
    into a deny (an answer grown too old), that deny decides.
    """
    longest, moment = max(deferring, key=_until), ask.at
    for _ in range(ROUNDS):
        if not deferring:
            return longest, moment
        moment = max(_until(verdict) for verdict in deferring)
        later = [_asked(rule, facts, replace(ask, at=moment)) for rule in RULES if rule.defers]
        if denied := [verdict for verdict in later if verdict.outcome == "deny"]:
            return denied[0], None
        deferring = [verdict for verdict in later if verdict.outcome == "defer"]
    return replace(longest, outcome="deny", reason="no moment suits every rule", until=None), None


def _until(verdict: RuleVerdict) -> datetime:
    if verdict.until is None:
        raise ValueError(f"{verdict.rule} defers without a moment")
    return verdict.until


def _asked(rule: Rule, facts: Facts, ask: Ask) -> RuleVerdict:
    """The rule's verdict; a rule that fails denies, because what could not be checked must not be sent."""
    try:
        verdict = rule(facts, ask)
        if verdict.outcome == "defer" and _until(verdict) <= ask.at:
            raise ValueError(f"{rule.id} defers without moving forward")
        return verdict
    except Exception as error:
        return RuleVerdict(
            rule=rule.id,
            version=rule.version,
            outcome="deny",
            reason="rule failed",
            evidence={"error": type(error).__name__, "detail": str(error)[:200]},
        )
