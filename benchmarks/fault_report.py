"""What the receiver's ledger says of the fault suite: lost, duplicates, and how long each fault held things up."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from benchmarks import webhook_world as world
from benchmarks.fault_stage import Committed

FLAPPING = "/flap/0"
PATHS = ("/good/0", "/good/1", "/good/2", FLAPPING)
AFTERWARDS = "set ahead"  # no fault: how the end waits
BACK = "receiver back"
Key = tuple[str, str]  # (event id, path)


@dataclass
class Fault:
    """Something that was broken. `flying`: the attempts that it may have cut off."""

    kind: str
    at: float
    flying: set[Key] = field(default_factory=set)


def _posted(fault: Fault, first: dict[Key, float]) -> int:
    """What was claimed at the fault and already with the receiver: cut off between its POST and its settlement.

    With a second for what was on its way; a database that stops cuts off all that is posted until it is back.
    """
    grace = 60.0 if fault.kind == "postgres" else 1.0
    return sum(first.get(key, inf) < fault.at + grace for key in fault.flying)


class Recovered(NamedTuple):
    """Seconds until something that was committed after the fault arrived, and until all had come that it held up."""

    news: float
    rest: float


@dataclass
class Verdict:
    """The whole of what was owed, against the whole of what came."""

    owed: world.Owed
    found: world.Tally
    vanished: int  # events that were confirmed and are gone
    without: int  # deliveries that an event ought to have and has not
    unsettled: int
    claimed: int  # in a sender's hands at a fault
    posted: int  # … of those, what the receiver had already
    unexplained: list[Key]

    @property
    def lost(self) -> int:
        return len(self.found.lost) + self.vanished + self.without

    @property
    def clean(self) -> bool:
        return not (self.lost or self.unexplained or self.unsettled) and len(self.found.repeated) <= self.posted


def judge(
    faults: Sequence[Fault], committed: Sequence[Committed], arrivals: Sequence[world.Arrival], organisation_id: str
) -> Verdict:
    """Reads the database once more; the senders have gone."""
    from events.models import Event
    from webhooks.models import Delivery

    owed = world.owed([organisation_id])
    found = world.tally(owed, arrivals)
    events = set(Event.objects.filter(type="payment.received").values_list("id", flat=True))
    flying = [fault.flying for fault in faults]
    known: set[Key] = set().union(*flying)
    return Verdict(
        owed=owed,
        found=found,
        vanished=len({one.event for one in committed} - events),
        without=len({(event, path) for event in events for path in PATHS} - owed),
        unsettled=Delivery.objects.exclude(status="succeeded").count(),
        claimed=sum(len(keys) for keys in flying),
        posted=sum(_posted(fault, found.first) for fault in faults),
        unexplained=[(one.event, one.path) for one in found.repeated if (one.event, one.path) not in known],
    )


def _recovery(
    faults: Sequence[Fault], committed: Sequence[Committed], verdict: Verdict, arrivals: Sequence[world.Arrival]
) -> dict[str, list[Recovered]]:
    """By kind of fault."""
    table: dict[str, list[Recovered]] = {}
    last = {(one.event, one.path): one.at for one in arrivals if one.taken}
    for fault in faults:
        if fault.kind != AFTERWARDS:
            table.setdefault(fault.kind, []).append(_recovered(fault, committed, verdict.found.first, last))
    return table


def _recovered(
    fault: Fault, committed: Sequence[Committed], first: dict[Key, float], last: dict[Key, float]
) -> Recovered:
    """Of a receiver that is back: the flapping one's backlog. Of all else: what the other endpoints had in flight."""
    fresh = {one.event for one in committed if one.at > fault.at}
    news = min((at - fault.at for (event, _), at in first.items() if event in fresh), default=0.0)
    if fault.kind == BACK:
        missed = [key for key, at in first.items() if key[1] == FLAPPING and at > fault.at and key[0] not in fresh]
    else:
        missed = [key for key in fault.flying if key in last and key[1] != FLAPPING]
    return Recovered(news, max([0.0, *(last[key] - fault.at for key in missed)]))


def show(
    faults: Sequence[Fault], committed: Sequence[Committed], verdict: Verdict, arrivals: Sequence[world.Arrival]
) -> None:
    """The tables, on standard output."""
    print(f"{'seconds until':<20}{'times':>6}{'new work: median':>18}{'worst':>8}{'held up: median':>18}{'worst':>8}")
    for kind, rows in sorted(_recovery(faults, committed, verdict, arrivals).items()):
        news, rest = [row.news for row in rows], [row.rest for row in rows]
        figures = (statistics.median(news), max(news), statistics.median(rest), max(rest))
        print(f"{kind:<20}{len(rows):>6}{figures[0]:>18.2f}{figures[1]:>8.2f}{figures[2]:>18.2f}{figures[3]:>8.2f}")
    failed = sum(not one.taken for one in arrivals)
    print(
        f"{len(verdict.owed):,} deliveries, {len(arrivals):,} requests ({failed} answered 500): lost {verdict.lost} "
        f"(not in the ledger {len(verdict.found.lost)}, events gone {verdict.vanished}, not fanned out "
        f"{verdict.without}); duplicates {len(verdict.found.repeated)}, unexplained {len(verdict.unexplained)}; "
        f"{verdict.claimed} attempts claimed at faults, {verdict.posted} of them posted; unsettled {verdict.unsettled}"
    )
    for name in [*sorted(verdict.found.lost)[:5], *verdict.unexplained[:5]]:
        print(f"  see {name}: {[tuple(one) for one in arrivals if (one.event, one.path) == name]}")
