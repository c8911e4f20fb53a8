"""How well replies are read and messages are written, over a set of cases; the same measure for lists and models."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outreach.agent import interpreter
from outreach.agent.interpretation import Interpretation, KnownFacts
from outreach.agent.models import Endpoint

# Contact must end: none of these may be read as anything else.
STOPS = frozenset({"cease", "unsubscribe"})


@dataclass(slots=True)
class Score:
    """Counts over a set of replies; `wrong` names each miss: (id, what was expected, what was read)."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    stops: int = 0
    stops_heard: int = 0
    cost_micros: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        return sum(self.right.values()) / max(1, sum(self.asked.values()))


def read_all(
    cases: Iterable[dict[str, Any]],
    *,
    today: date,
    balance_minor: int,
    currency: str,
    sender: str,
    where: Endpoint | None = None,
) -> Score:
    """Read every case and count; `labels` of a case lists the readings that are right, its first one names the row."""
    score = Score()
    for case in cases:
        found, report = interpreter.read(
            text=case["text"],
            subject=case.get("subject", "Re: Invoice"),
            sender=sender,
            today=today,
            currency=currency,
            known=KnownFacts(balance_minor=balance_minor),
            where=where,
        )
        score.cost_micros += report.cost_micros
        _count(score, case, found)
    return score


def _count(score: Score, case: dict[str, Any], found: Interpretation) -> None:
    expected = case["labels"][0]
    score.asked[expected] += 1
    missing = misses(case, found)
    score.right[expected] += not missing
    if missing:
        score.wrong.append((case["id"], "/".join(case["labels"]), f"{found.label}: {', '.join(missing)}"))
    if case.get("stop", expected == "cease"):
        score.stops += 1
        score.stops_heard += found.label in STOPS


def misses(case: dict[str, Any], found: Interpretation) -> list[str]:
    """What of the case was not read as it should be, in a word each."""
    wrong = [] if found.label in case["labels"] else ["label"]
    if "amount" in case and (case["amount"], case.get("currency", "USD")) not in {one[:2] for one in found.amounts}:
        wrong.append("amount")
    if "on" in case and case["on"] not in {day.isoformat() for day, _ in found.dates}:
        wrong.append("day")
    if "contact" in case and case["contact"] != (found.contact["email"] if found.contact else ""):
        wrong.append("contact")
    if "agrees" in case and case["agrees"] != found.agrees:
        wrong.append("agreement")
    if case.get("stop") and found.lexicon not in STOPS:
        wrong.append("stop")
    if case.get("no_promise") and opens_a_promise(found):
        wrong.append("promise")
    return wrong


def opens_a_promise(found: Interpretation) -> bool:
    """A promise opens by itself on an explicit sum and day, read alike by all who read."""
    return found.label == "promise_to_pay" and found.agrees and bool(found.amounts) and bool(found.dates)
