"""Working off what is due: one by one where a mail server is talked to, together where everything is a row.

Test mode's transports write into this database (`in_database`), so that a whole step commits as one, and many steps of
different debtors do: what they are judged on is read, and what comes of it written, in a number of statements that does
not depend on theirs. Judged is each by itself, at its own moment, by the same functions.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.db.models import Q, QuerySet

from agentcollect.kit import db
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Step
from outreach import agent
from outreach.operations import letters, sending
from outreach.operations.claims import Claim
from outreach.operations.letters import Stationery
from outreach.operations.readiness import Rows
from outreach.operations.writes import Writes
from outreach.providers import email, phone

log = structlog.get_logger()

# So many together keep SQLite's one writer, and the debtors' rows, for less than 100 ms.
_SLICE = 10
# In a caller's own transaction, what is held is held until that ends.
_BATCH = 100


class Work(NamedTuple):
    """A claimed step, and when it is worked off."""

    claim: Claim
    at: datetime
    debtor_id: str
    channel: str
    livemode: bool
    clock_id: str
    name_key: str


def send_due(*, at: datetime, limit: int = 50) -> int:
    """Work off at most `limit` steps due on the wall at `at`, oldest first; returns how many were taken up.

    A step that fails unexpectedly is logged, and found again when its lease runs out; the others go on.
    """
    claims = sending._claim(Q(due_at__lte=at, clock_id=""), limit)
    _work_off([(claim, at) for claim in claims], most=_SLICE)
    return len(claims)


def send_step(*, step_id: str, at: datetime, outcome: str = "") -> Step:
    """Work off one planned step now, whatever its due time; returns it as it then stands.

    `outcome`: how a call to the sandbox's peer ends, "" as its number says.
    """
    for claim in sending._claim(Q(id=step_id), 1):
        [work] = _works([(claim, at)])
        if _is_row(work):
            _together([work], outcome=outcome)
        else:
            sending.work(claim, at=at, outcome=outcome)
    return Step.objects.get(id=step_id)


def run_steps(steps: Sequence[tuple[str, datetime]]) -> list[str]:
    """Work off planned steps of test mode in the caller's transaction, each at its own moment; one debtor's in their
    order. Whoever else would take them has to be kept away by that transaction: no lease is taken or looked at.

    Returns the ids of those that failed unexpectedly: logged, and nothing of them stands. Raises ValueError for a step
    whose transport is no row of this database, RuntimeError outside a transaction.
    """
    if not db.in_transaction():
        raise RuntimeError("steps are run in a transaction that keeps them")
    tokens = dict(_tokens(ids=[step_id for step_id, _ in steps]))
    claims = [(Claim(step_id, tokens[step_id]), at) for step_id, at in steps if step_id in tokens]
    works = _works(claims)
    if others := [work.claim.step_id for work in works if not _is_row(work)]:
        raise ValueError(f"not worked off in a transaction: {', '.join(others)}")
    return [name for some in _waves(works, _BATCH) for name in _safely(some)]


def _work_off(claims: Sequence[tuple[Claim, datetime]], *, most: int) -> None:
    works = _works(claims)
    for some in _waves([work for work in works if _is_row(work)], most):
        _safely(some)
    for work in works:
        if not _is_row(work):
            try:
                sending.work(work.claim, at=work.at)
            except Exception:
                log.exception("step_failed", step=work.claim.step_id)


def _works(claims: Sequence[tuple[Claim, datetime]]) -> list[Work]:
    known = {row[0]: row[1:] for row in _about(ids=[claim.step_id for claim, _ in claims])} if claims else {}
    return [Work(claim, at, *known[claim.step_id]) for claim, at in claims if claim.step_id in known]


@PreparedValues
def _about(ids: Any) -> QuerySet[Step, Any]:
    return Step.objects.filter(db.among("id", ids)).values_list(
        *("id", "debtor_id", "channel", "livemode", "clock_id", "debtor__name_key")
    )


@PreparedValues
def _tokens(ids: Any) -> QuerySet[Step, Any]:
    return Step.objects.filter(db.among("id", ids)).values_list("id", "lease_token")


def _is_row(work: Work) -> bool:
    """Whether all of the step happens in this database. A model is waited for outside every transaction."""
    if work.channel == "call":
        line = phone.phone(livemode=work.livemode)
        return line is not None and line.in_database
    return email.transport(livemode=work.livemode).in_database and (bool(work.clock_id) or agent.endpoint() is None)


def _waves(works: Sequence[Work], most: int) -> Iterator[list[Work]]:
    """Their order, cut before a debtor (or one that counts together with it: its namesake) comes twice, and at the
    other mode: what is read for a wave holds for all of it."""
    wave: list[Work] = []
    known: set[str] = set()
    for work in works:
        own = {work.debtor_id, work.name_key} - {""}
        if wave and (len(wave) == most or known & own or work.livemode != wave[0].livemode):
            yield wave
            wave, known = [], set()
        wave.append(work)
        known |= own
    if wave:
        yield wave


def _safely(works: list[Work]) -> list[str]:
    """Work them off; where anything fails, each by itself. Returns the ids of those that failed then too."""
    try:
        _together(works)
    except Exception:
        if len(works) > 1:
            return [name for one in works for name in _safely([one])]
        log.exception("step_failed", step=works[0].claim.step_id)
        return [works[0].claim.step_id]
    return []


def _together(works: list[Work], **more: str) -> None:
    papers: dict[str, Stationery] = {}
    with db.atomic():
        writes = Writes()
        for work, rows in zip(works, Rows.locked_all([(work.claim, work.at) for work in works]), strict=True):
            if rows is None:
                continue
            if rows.late:
                writes.flush()  # whose turn it is hangs on the campaign's other steps
            paper = papers.get(rows.campaign.id) or letters.stationery(rows.campaign, rows.organisation)
            papers[rows.campaign.id] = paper
            sending.TOGETHER[work.channel](work.claim, rows, paper, writes, at=work.at, **more)
        writes.flush()
