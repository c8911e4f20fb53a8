"""What several rules ask of holds and opt-outs: which are in force, what they reach, and how they are shown."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from compliance.facts import Facts, HoldFact, SuppressionFact
from compliance.verdicts import Ask, Says

FINAL_HOLDS = frozenset({"bankruptcy", "deceased", "servicemember"})
# Holds that another rule speaks for; H-01 speaks for all the rest, also for kinds it has never heard of.
NAMED_HOLDS = FINAL_HOLDS | {"attorney_represented", "cease", "dispute"}


def active(facts: Facts, at: datetime, kinds: frozenset[str]) -> list[HoldFact]:
    """The holds of these kinds that bind at ``at``."""
    # A hold counts even before its ``since``: a clock that runs behind must not hide one that was read.
    return [h for h in facts.holds if h.kind in kinds and (h.until is None or at < h.until)]


def covering(facts: Facts, ask: Ask, found: Iterable[HoldFact]) -> list[HoldFact]:
    """The holds that reach this invoice and this recipient; an unnamed case or contact is reached by all."""
    contact = facts.recipient.contact_id if facts.recipient else None
    kept = [h for h in found if h.scope != "case" or may_be(h.case_id, ask.case_id)]
    return [h for h in kept if h.scope != "contact" or may_be(h.contact_id, contact)]


def may_be(one: str | None, other: str | None) -> bool:
    """Whether two ids may name the same thing: what is not known may be anything."""
    return one is None or other is None or one == other


def stopped(found: list[HoldFact], reason: str) -> Says:
    """Deny while any of ``found`` lasts, until the last of them ends where all have an end."""
    if not found:
        return Says("allow", "no such hold")
    ends = [hold.until for hold in found if hold.until is not None]
    until = max(ends) if len(ends) == len(found) else None
    kinds = ", ".join(sorted({hold.kind for hold in found}))
    return Says("deny", f"on hold ({kinds}): {reason}", {"holds": [shown(hold) for hold in found]}, until)


def stopped_but_one(facts: Facts, ask: Ask, found: list[HoldFact], what: str, reason: str) -> Says:
    """The same, save the one acknowledgement of ``what``."""
    says = stopped(found, reason)
    since = min((hold.since for hold in found), default=ask.at)
    if found and ask.confirms == what and not confirmed(facts, ask, what, since):
        return Says("allow", f"the one acknowledgement of a {what}", says.evidence)
    return says


def confirmed(facts: Facts, ask: Ask, what: str, since: datetime) -> bool:
    """Whether the one confirmation was handed over already: per contact, per debtor, or per case."""
    sent = [c for c in facts.history if c.confirms == what and c.counts and c.at >= since]
    if what == "opt_out" and facts.recipient:
        sent = [c for c in sent if c.contact_id in (None, facts.recipient.contact_id)]
    if what == "dispute" and ask.case_id:
        sent = [c for c in sent if c.case_id in (None, ask.case_id)]
    return bool(sent)


def plain(address: str) -> str:
    """An address without differences that do not matter: case, outer spaces, and the spelling of a number."""
    text = address.strip().casefold()
    if "@" in text or any(letter.isalpha() for letter in text):
        return text
    return "".join(character for character in text if character.isdigit())


def shown(entry: HoldFact | SuppressionFact) -> dict[str, Any]:
    """A fact as evidence: JSON values, without the address itself (decisions outlive an erasure request)."""
    names = ("kind", "scope", "channel", "case_id", "contact_id", "by")
    found = {name: getattr(entry, name) for name in names if getattr(entry, name, None)}
    moments = {name: getattr(entry, name, None) for name in ("since", "until")}
    return found | {name: at.isoformat() for name, at in moments.items() if at is not None}
