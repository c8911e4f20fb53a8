"""The debtors who react: planned in the transaction that puts our mail into their mailbox, done once in one of its own.

What they do goes through the doors that reality uses (sandbox.moves). A worker that dies on the way leaves the reaction
planned; whatever it did not commit has not happened.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Min, QuerySet

from agentcollect.kit import clock, db, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Case
from outreach.models import Message
from sandbox import moves, personas
from sandbox.models import Reaction
from sandbox.personas import Move, Persona, peer

log = structlog.get_logger()

# A message that is still on its way out is answered when it has arrived.
_STILL_LEAVING = (Message.Status.RESERVED, Message.Status.HANDED_OVER)
_A_LITTLE = timedelta(minutes=1)
Wanted = tuple[Message, Persona, Move, datetime]


# --- planned


def arrived(messages: Sequence[Message]) -> None:
    """Plan what follows from mail that has just arrived. Silent addresses cost no query."""
    wanted = [one for message in messages for one in _wanted(message)]
    if not wanted:
        return
    cases = {message.case_id for message, *_ in wanted}
    clocks = dict(Case.objects.filter(db.among("id", cases)).values_list("id", "clock_id"))
    before = Reaction.objects.filter(db.among("case_id", cases)).values_list("case_id", "contact_id", "act")
    done = set(before)
    rows = []
    for message, persona, move, due_at in wanted:
        once = (message.case_id, message.contact_id, move.act)
        if move.always or once not in done:
            done.add(once)
            rows.append(_row(message, persona, move, clocks[message.case_id], due_at))
    # Told twice of the same message, they still do each thing once.
    Reaction.objects.bulk_create(rows, ignore_conflicts=True)


def _wanted(message: Message) -> Iterator[Wanted]:
    found = personas.of(message.recipient)
    if found is None:
        return
    persona, delay = found
    for move in persona.moves:
        if move.on in (message.kind, message.intent):
            # A payment that goes back comes as soon as anybody answers; the delay is the bank's.
            after = personas.PEOPLE if move.facts.get("goes_back") else delay
            yield message, persona, move, message.created_at + after + move.later


def _row(message: Message, persona: Persona, move: Move, clock_id: str, due_at: datetime) -> Reaction:
    facts = dict(move.facts)
    if facts.get("goes_back"):
        _, delay = personas.of(message.recipient) or (persona, persona.delay)
        facts["goes_back"] = delay.total_seconds()
    return Reaction(
        id=ids.new("rct"),
        organisation_id=message.organisation_id,
        livemode=message.livemode,
        clock_id=clock_id,
        created_at=message.created_at,
        recorded_at=clock.now(),
        case_id=message.case_id,
        contact_id=message.contact_id,
        persona=persona.name,
        act=move.act,
        facts=facts,
        cause=message.id,
        due_at=due_at,
    )


# --- done


def next_due(*, clock_id: str, until: datetime) -> datetime | None:
    """When the next reaction on that clock is due, if by `until`."""
    planned = Reaction.objects.filter(status=Reaction.Status.PLANNED, clock_id=clock_id, due_at__lte=until)
    return planned.aggregate(first=Min("due_at"))["first"]


def react_due(*, at: datetime, clock_id: str = "", limit: int = 100) -> int:
    """Do what is due by `at`, the earliest first; returns how many were taken up.

    On the wall it happens at `at`, on a test clock at its own moment. One that raises is tried once more, and then
    stands as failed; the others go on.
    """
    due = Reaction.objects.filter(status=Reaction.Status.PLANNED, clock_id=clock_id, due_at__lte=at)
    found = list(due.order_by("due_at", "id").values_list("id", "due_at")[:limit])
    for reaction_id, due_at in found:
        _try(reaction_id, at=due_at if clock_id else at)
    return len(found)


def _try(reaction_id: str, *, at: datetime) -> None:
    for last in (False, True):
        try:
            react(reaction_id=reaction_id, at=at)
            return
        except Exception as error:
            log.exception("reaction_failed", reaction=reaction_id)
            if last:
                words = f"{type(error).__name__}: {error}"[:300]
                standing = Reaction.objects.filter(id=reaction_id, status=Reaction.Status.PLANNED)
                standing.update(status=Reaction.Status.FAILED, done_at=at, result=words)


@Prepared
def _planned(id: str) -> QuerySet[Reaction]:
    return db.claimable(Reaction.objects.filter(id=id, status=Reaction.Status.PLANNED))


@PreparedValues
def _still_leaving(id: str) -> QuerySet[Message, Any]:
    return Message.objects.filter(id=id, status__in=_STILL_LEAVING).values_list("id")


def react(*, reaction_id: str, at: datetime) -> Reaction | None:
    """Do one planned reaction, in one transaction; None: it has been done, or somebody is at it.

    What cannot be done as things stand (the case is closed, nothing is owed) is skipped, and says why.
    """
    with db.atomic():
        row = _planned.first(id=reaction_id)
        if row is None:
            return None
        if _still_leaving(id=row.cause):
            Reaction.objects.filter(id=row.id).update(due_at=at + _A_LITTLE)
            return None
        try:
            with db.atomic():
                row.result, row.status = moves.MOVES[row.act](row, at)[:300], Reaction.Status.DONE
        except (moves.NotDoneError, ApiError) as why:
            row.result, row.status = str(why)[:300], Reaction.Status.SKIPPED
        row.done_at = at
        row.save(update_fields=["status", "done_at", "result"])
        return row


__all__ = ["arrived", "next_due", "peer", "react", "react_due"]
