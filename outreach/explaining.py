"""Plain words for what the law said: why a debtor was or was not contacted, and when next.

Pure: what rows hold goes in, sentences come out.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from compliance.rules import RULES

_TITLES = {rule.id: rule.title for rule in RULES}
_CHANNELS = {"email": "an email", "call": "a call", "letter": "a letter", "sms": "a text message"}
_KINDS = {"answer": "an answer to their message", "notice": "a notice"}
_STRENGTH = ("deny", "require", "defer")
_OPENING = {
    "deny": "Not allowed: {what}.",
    "require": "Not sent as it was written: {what}.",
    "defer": "Not yet: {what}.",
}
_STEPS = {
    "planned": "planned for {when}",
    "sending": "on its way since {when}",
    "handed_over": "handed over {when}, and not confirmed yet",
    "sent": "sent {when}",
    "denied": "given up {when}",
    "cancelled": "cancelled {when}",
    "failed": "failed {when}",
    "unconfirmed": "in doubt since {when}: a person must say whether it left",
    "needs_human": "waiting for a person since {when}",
    "skipped": "passed over {when}",
}


def moment(at: datetime) -> str:
    """ "Tuesday 17 March 2026, 15:00 UTC": one clock for all readers."""
    return f"{at.astimezone(UTC):%A} {at.astimezone(UTC).day} {at.astimezone(UTC):%B %Y, %H:%M} UTC"


def decision(
    *,
    outcome: str,
    rule: str,
    reason: str,
    until: datetime | None,
    channel: str,
    kind: str,
    verdicts: Iterable[Mapping[str, Any]],
) -> str:
    """One answer of the gate in a few sentences. `verdicts` as the decision's row keeps them."""
    rows = list(verdicts)
    what = _what(channel, kind)
    if outcome == "allow":
        return f"Allowed: {what}. None of the {len(rows)} rules objects."
    said = [_OPENING.get(outcome, "Not allowed: {what}.").format(what=what), _because(rule, reason)]
    others = [row for row in rows if row.get("outcome") in _STRENGTH and row.get("rule") != rule]
    if others:
        others.sort(key=lambda row: _STRENGTH.index(row["outcome"]))
        said.append("Also in the way: " + "; ".join(_named(row["rule"], row["reason"]) for row in others) + ".")
    return " ".join([*said, _next(outcome, until, rows)])


def step(*, intent: str, channel: str, status: str, at: datetime, reason: str, cause: str = "") -> str:
    """One line of the plan: what, by what, how it stands, and why."""
    name = intent.replace("_", " ")
    by = "" if channel == "call" else f" by {channel}"
    line = f"{name[:1].upper()}{name[1:]}{by}: {_STEPS.get(status, status).format(when=moment(at))}"
    return f"{line} ({reason})" if reason else line


def case(*, why: str, steps: Iterable[str], decisions: Iterable[str], next_at: datetime | None) -> str:
    """Everything about a case, as the command prints it."""
    following = f"The next contact may be made on {moment(next_at)}." if next_at else "No next contact is planned."
    parts = [why, following]
    parts += ["", "Steps:", *(f"  {line}" for line in steps)]
    parts += ["", "What the rules said, the latest first:", *(f"  {line}" for line in decisions)]
    return "\n".join(parts)


def _what(channel: str, kind: str) -> str:
    if kind in _KINDS:
        return f"{_KINDS[kind]} by {channel}"
    return _CHANNELS.get(channel, f"a message by {channel}")


def _because(rule: str, reason: str) -> str:
    sentence = reason[:1].upper() + reason[1:]
    return f"{sentence} ({_label(rule)})." if rule else f"{sentence}."


def _named(rule: str, reason: str) -> str:
    return f"{reason} ({_label(rule)})"


def _label(rule: str) -> str:
    return f"{rule}, {_TITLES[rule]}" if rule in _TITLES else rule


def _next(outcome: str, until: datetime | None, rows: list[Mapping[str, Any]]) -> str:
    """When the next contact may be made: told by the gate, else by the ends of all that denies, else nobody knows."""
    if outcome == "defer" and until is not None:
        return f"It may be made on {moment(until)}."
    if outcome == "require":
        return "It may be made as soon as that is there."
    ends = [row.get("until") for row in rows if row.get("outcome") == "deny"]
    if ends and all(ends):
        latest = max(datetime.fromisoformat(str(end)) for end in ends)
        return f"It is asked again on {moment(latest)}."
    return "It has no end of itself: a person, the debtor or a new fact must change it."
