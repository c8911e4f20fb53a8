"""One window of a test clock: what is due in it happens, in rounds, inside the caller's transaction.

Debtors do not see each other, unless they share an address or a name, so a round does the earliest due thing of every
debtor, whenever in the window that is; what it brings about within the window comes in a later round. Of one debtor,
and of those who share with it, everything happens in the order of time.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import InterfaceError, OperationalError

from agentcollect.kit import clock, db
from agentcollect.kit.due import on_a_clock
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Contact, Task
from outreach import operations as outreach
from sandbox import due
from sandbox.deeds import DEEDS
from sandbox.due import RANK, Item

log = structlog.get_logger()

# About so many acts a window: everybody else who writes on SQLite waits for one (docs/decisions/0017).
MOST = 40
BLINK = timedelta(microseconds=1)
# What is due again at the very moment it was done at waits for something else, and is left to the next window.
_AGAIN = {"step": 3, "inbound": 6}

Tries = Counter[tuple[str, str, datetime]]


class Act(NamedTuple):
    """`item`, done at `at`: its own moment, or the moment its debtor's story has reached, where that is later."""

    item: Item
    at: datetime


@dataclass
class ActFailedError(Exception):
    """An act raised, and raised again when it was done alone."""

    act: Act
    cause: Exception

    @property
    def words(self) -> str:
        item, at = self.act
        return f"{item.kind} {item.id} at {clock.iso(at)}: {type(self.cause).__name__}: {self.cause}"[:300]


class Done(NamedTuple):
    """How far the story has come, and how many acts that took."""

    until: datetime
    acts: int


def run(clock_id: str, *, begin: datetime, until: datetime, tries: Tries) -> Done:
    """Do what is due up to `until`, or as much as one window takes. `tries` counts what was tried at its moment.

    Raises ActFailedError: the caller's transaction must not commit then.
    """
    found = [item for item in due.items(clock_id, until=until) if _may_try(item, max(item.due, begin), tries)]
    found, until, only = _cut(found, begin, until)
    kin, acts = Kin(), 0
    reached: dict[str, datetime] = {}
    seen: dict[str, datetime] = {}
    while batch := _first_of_each(_of(found, only), begin, reached, tries, kin):
        _do(batch)
        acts += len(batch)
        seen |= {act.item.debtor_id: act.at for act in batch if act.item.debtor_id}
        found = due.items(clock_id, until=until)
    _recall_calls(clock_id, seen)
    return Done(until, acts)


class Kin:
    """Which debtors share an address, a number or a name: what closes one's closes the other's, and namesakes count
    together (R-12). Of such debtors everything happens in one order."""

    def __init__(self) -> None:
        self._one: dict[str, str] = {}

    def of(self, debtor_ids: set[str]) -> dict[str, str]:
        """Debtor → the one that stands for all its kin among those asked for so far."""
        if debtor_ids - self._one.keys():
            asked = debtor_ids | self._one.keys()
            self._one = {id: id for id in asked} | _kin(_ask_shared(ids=sorted(asked)))
        return self._one


_ask_shared = PreparedValues(
    lambda ids: Contact.objects.filter(db.among("debtor_id", ids)).values_list(
        "debtor_id", "email", "phone", "debtor__phone", "debtor__name_key"
    )
)


def _kin(rows: Iterable[tuple[str, ...]]) -> dict[str, str]:
    over: dict[str, str] = {}

    def top(id: str) -> str:
        while (next_ := over.get(id, id)) != id:
            id = next_
        return id

    first: dict[str, str] = {}
    for debtor_id, *texts in rows:
        for text in {text.lower() for text in texts} - {""}:
            one, other = sorted((top(first.setdefault(text, debtor_id)), top(debtor_id)))
            over[other] = one
    return {id: top(id) for id in over}


def _cut(found: list[Item], begin: datetime, until: datetime) -> tuple[list[Item], datetime, set[str] | None]:
    """The window made so short that about `MOST` things are due in it. Where more than that are due at one moment and
    nothing before it, it goes up to that moment, for some of the debtors (the third value); the others' turn comes
    next."""
    if len(found) <= MOST:
        return found, until, None
    until = max(found[MOST - 1].due, begin)
    first = [item for item in found if item.due <= until]
    if len(first) <= 2 * MOST:
        return first, until, None
    before = [item for item in first if item.due < until]
    if before and until > begin:
        return before, until - BLINK, None
    return first, until, {_whose(item) for item in first[:MOST]}


def _whose(item: Item) -> str:
    return item.debtor_id or item.id


def _of(found: list[Item], only: set[str] | None) -> list[Item]:
    return found if only is None else [item for item in found if not item.debtor_id or item.debtor_id in only]


def _first_of_each(
    found: list[Item], begin: datetime, reached: dict[str, datetime], tries: Tries, kin: Kin
) -> list[Act]:
    """Of every debtor (and all its kin) what comes first, except what was tried at this moment to no avail. What may be
    anybody's, or is many debtors', comes before everything later of everybody's."""
    batch: dict[str, Act] = {}
    one_of = kin.of({item.debtor_id for item in found} - {""})
    for item in found:
        whose = one_of.get(item.debtor_id, item.id)
        if whose in batch:
            continue
        at = max(item.due, begin, reached.get(whose, begin))
        if _may_try(item, at, tries):
            tries[item.kind, item.id, at] += 1
            batch[whose], reached[whose] = Act(item, at), at
            if not item.debtor_id:
                break
    return sorted(batch.values(), key=lambda act: (act.at, RANK[act.item.kind], act.item.id))


def _may_try(item: Item, at: datetime, tries: Tries) -> bool:
    return tries[item.kind, item.id, at] < _AGAIN.get(item.kind, 1)


def _do(batch: list[Act]) -> None:
    """One round: of each debtor one act, so that their order is theirs alone. Steps are worked off together."""
    steps = [act for act in batch if act.item.kind == "step"]
    failed = set(outreach.run_steps([(act.item.id, act.at) for act in steps])) if steps else set()
    for act in batch:
        if act.item.kind != "step" or act.item.id in failed:
            alone(act)


def alone(act: Act) -> None:
    """Do one act of the window, or nothing of it. Raises ActFailedError."""
    do(act, within=db.atomic)


def do(act: Act, *, within: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
    """Do one act; what raises is tried once more. Raises ActFailedError."""
    for last in (False, True):
        try:
            with within():
                DEEDS[act.item.kind](act.item.id, act.at)
            return
        except (OperationalError, InterfaceError):
            raise  # the database went away, or is too busy: nothing the act could help
        except Exception as error:
            if last:
                raise ActFailedError(act, error) from error
            log.warning("act_tried_again", kind=act.item.kind, id=act.item.id, exc_info=True)


def _recall_calls(clock_id: str, reached: dict[str, datetime]) -> None:
    """Calls given to a person are taken back where what happened forbids them (outreach.recall_tasks on the wall)."""
    if not reached:
        return
    waiting = Task.objects.filter(
        on_a_clock(), db.among("debtor_id", reached), clock_id=clock_id, kind="call", status__in=("open", "claimed")
    )
    for step_id, debtor_id in waiting.filter(cause__startswith="stp_").values_list("cause", "debtor_id"):
        alone(Act(Item("call", step_id, debtor_id, reached[debtor_id]), reached[debtor_id]))
