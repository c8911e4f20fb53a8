"""A story as plain data, with the orders in which the checks read it.

Bodies are not kept: `Story.bodies` reads them one after another, so that a year of ten thousand debtors fits into
memory.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmarks.checker.rows import (
    Agreement,
    Body,
    Campaign,
    Case,
    Contact,
    Debtor,
    Decision,
    Entry,
    Exclusion,
    Hold,
    Moment,
    Organisation,
    Referral,
    Reply,
    Suppression,
    Touch,
)

__all__ = [
    "Agreement",
    "Body",
    "Campaign",
    "Case",
    "Contact",
    "Debtor",
    "Decision",
    "Entry",
    "Exclusion",
    "Hold",
    "Moment",
    "Organisation",
    "Referral",
    "Reply",
    "Story",
    "Suppression",
    "Touch",
    "before",
    "grouped",
    "plain",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Story:
    """Everything about one organisation, or one of its test clocks. `doubts`: steps whose doubt a person was asked."""

    organisation: Organisation
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    debtors: dict[str, Debtor] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    touches: tuple[Touch, ...] = ()
    decisions: dict[str, Decision] = field(default_factory=dict)
    replies: tuple[Reply, ...] = ()
    holds: tuple[Hold, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    entries: tuple[Entry, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    referrals: tuple[Referral, ...] = ()
    moments: tuple[Moment, ...] = ()
    doubts: frozenset[str] = frozenset()
    bodies: Callable[[], Iterable[Body]] = tuple

    @cached_property
    def touch(self) -> dict[str, Touch]:
        return {touch.id: touch for touch in self.touches}

    @cached_property
    def by_debtor(self) -> dict[str, list[Touch]]:
        return grouped(self.touches, "debtor")

    @cached_property
    def by_contact(self) -> dict[str, list[Touch]]:
        return grouped(self.touches, "contact")

    @cached_property
    def by_campaign(self) -> dict[str, list[Touch]]:
        return grouped(self.touches, "campaign")

    @cached_property
    def replies_of(self) -> dict[str, list[Reply]]:
        """By debtor."""
        return grouped(self.replies, "debtor")

    @cached_property
    def people_of(self) -> dict[str, list[Contact]]:
        """By debtor."""
        return grouped(self.contacts.values(), "debtor")

    @cached_property
    def account(self) -> dict[str, list[Entry]]:
        """By case, in order."""
        return grouped(self.entries, "case")

    @cached_property
    def agreed(self) -> dict[str, list[Agreement]]:
        """By case."""
        return grouped(self.agreements, "case")

    @cached_property
    def referred(self) -> dict[str, list[Referral]]:
        """By case."""
        return grouped(self.referrals, "case")

    @cached_property
    def held(self) -> dict[str, list[Hold]]:
        """By debtor: holds on it, its cases and its contacts; and by campaign."""
        whose = {"debtor": lambda id: id, "campaign": lambda id: id}
        whose["case"] = lambda id: self.cases[id].debtor if id in self.cases else ""
        whose["contact"] = lambda id: self.contacts[id].debtor if id in self.contacts else ""
        found: dict[str, list[Hold]] = defaultdict(list)
        for hold in self.holds:
            found[whose[hold.scope](hold.on)].append(hold)
        return found

    @cached_property
    def closed(self) -> dict[tuple[bool, str, str], list[Suppression]]:
        """Opt-outs by mode, timeline and address, as an address is compared."""
        found: dict[tuple[bool, str, str], list[Suppression]] = defaultdict(list)
        for one in self.suppressions:
            found[one.livemode, one.clock, plain(one.address)].append(one)
        return found

    @cached_property
    def closed_by(self) -> dict[str, list[Suppression]]:
        """Opt-outs by the contact who closed something."""
        return grouped(self.suppressions, "contact")

    @cached_property
    def told(self) -> dict[str, list[Moment]]:
        """Moments by what they are of."""
        return grouped(self.moments, "of")

    def holds_at(self, touch: Touch) -> Iterator[Hold]:
        """Every hold of the touch's debtor and campaign that was in force when it left."""
        for hold in (*self.held.get(touch.debtor, ()), *self.held.get(touch.campaign, ())):
            if before(hold, touch) and (hold.until is None or touch.at < hold.until):
                yield hold

    def balance(self, case: str, touch: Touch) -> int:
        """What was open on a case when `touch` left: the sum of its account's lines until then."""
        return sum(entry.minor for entry in self.account.get(case, ()) if before(entry, touch))


def before(row: Any, touch: Touch) -> bool:
    """Whether `row` stood when `touch` left; what bears the same story time is told apart by when it was written."""
    return (row.at, row.recorded) < (touch.at, touch.recorded)


def plain(address: str) -> str:
    """An address or number as two of them are compared."""
    text = address.strip().casefold()
    if "@" in text:
        return text
    digits = "".join(character for character in text if character.isdigit())
    return digits[-10:] if digits else text


def grouped(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    """Rows by one of their fields, in their order."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
