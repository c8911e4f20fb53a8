"""What stands still with nobody knowing: rows that have no next step and no reason. In health there are none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns.models import Campaign, Case, Hold, Step, Task
from campaigns.queries import playbook_steps
from campaigns.queries.conversations import WAITING
from campaigns.rules.playbook import following
from outreach.models import Inbound, Message, Reply
from payments.models import ProcessorCallback, Promise

# So long a row may be late before it counts: every sweep has come by several times.
PATIENCE = timedelta(minutes=15)
_MOST = 500


@dataclass(frozen=True, slots=True)
class Stuck:
    """A row that stands still: what it is, since when, and why that should not be."""

    what: str
    id: str
    about: str
    since: datetime
    words: str


class Asked(NamedTuple):
    """Which rows are looked at: of a `mode`, on a timeline, late at `before` of the story, written by `written`."""

    mode: Q
    clock_id: str
    before: datetime
    written: datetime


def stuck(
    *, at: datetime, livemode: bool | None = None, patience: timedelta = PATIENCE, clock_id: str = ""
) -> list[Stuck]:
    """Everything on the wall that stands still at `at`, of one mode or both; at most 500 of a kind. What is on a test
    clock waits for somebody to move that clock: with its `clock_id`, `at` is what it shows."""
    mode = Q() if livemode is None else Q(livemode=livemode)
    written = clock.now() if clock_id else at - patience
    asked = Asked(mode, clock_id, at if clock_id else at - patience, written)
    return [one for look in LOOKS for one in look(asked)]


def _running(asked: Asked) -> QuerySet[Campaign]:
    return Campaign.objects.filter(Organisation.running(), status=Campaign.Status.ACTIVE, clock_id=asked.clock_id)


def _rows(rows: QuerySet[Any], what: str, since: str, words: str, about: str = "case_id") -> Iterator[Stuck]:
    for row in rows.order_by(since, "pk")[:_MOST]:
        yield Stuck(what, row.pk, getattr(row, about) or "", getattr(row, since), words)


def _due_steps(asked: Asked) -> Iterator[Stuck]:
    free = Q(lease_until=None) | Q(lease_until__lt=clock.now())
    late = Step.objects.filter(
        asked.mode, free, status=Step.Status.PLANNED, due_at__lt=asked.before, clock_id=asked.clock_id
    )
    late = late.filter(campaign_id__in=_running(asked).values("id"))
    yield from _rows(late, "step", "due_at", "due, and no worker takes it up")


def _leases(asked: Asked) -> Iterator[Stuck]:
    over = Q(lease_until=None) | Q(lease_until__lt=clock.now() - PATIENCE)
    out = Step.objects.filter(
        asked.mode, over, status__in=[Step.Status.SENDING, Step.Status.HANDED_OVER], clock_id=asked.clock_id
    )
    yield from _rows(out, "step", "due_at", "on its way, and no worker holds it: the sweep of leases does not run")


def _steps_of_closed_cases(asked: Asked) -> Iterator[Stuck]:
    planned = Step.objects.filter(asked.mode, status=Step.Status.PLANNED, kind="outreach", clock_id=asked.clock_id)
    moot = planned.filter(case__closed_at__lt=asked.before)
    yield from _rows(moot, "step", "due_at", "planned, and its case is closed")


def _left_to_nobody(asked: Asked) -> Iterator[Stuck]:
    task = Task.objects.filter(case_id=OuterRef("case_id"), status__in=["open", "claimed"])
    waits = Step.objects.filter(
        ~Exists(task), asked.mode, status__in=["needs_human", "unconfirmed"], recorded_at__lt=asked.written
    )
    open_ones = waits.filter(case__closed_at=None, clock_id=asked.clock_id)
    yield from _rows(open_ones, "step", "due_at", "waits for a person, and no task says so")


def _reservations(asked: Asked) -> Iterator[Stuck]:
    step = Step.objects.filter(id=OuterRef("step_id"), status__in=["sending", "handed_over"])
    reserved = Message.objects.filter(asked.mode, status__in=["reserved", "handed_over"], case__clock_id=asked.clock_id)
    kept = reserved.filter(~Exists(step), recorded_at__lt=asked.written)
    yield from _rows(kept, "message", "recorded_at", "reserved or handed over, and its step is neither")


def _unopened(asked: Asked) -> Iterator[Stuck]:
    waiting = _running(asked).filter(asked.mode, unopened__gt=0, updated_at__lt=asked.before)
    yield from _rows(waiting, "campaign", "updated_at", "cases to open, and no worker opens them", about="id")


def _inbound(asked: Asked) -> Iterator[Stuck]:
    unread = Inbound.objects.filter(asked.mode | Q(livemode=None), status=Inbound.Status.NEW, clock_id=asked.clock_id)
    unread = unread.filter(received_at__lt=asked.before)
    yield from _rows(unread, "inbound", "received_at", "came in, and nobody looked whose it is", about="provider")
    unheard = Reply.objects.filter(
        asked.mode, status=Reply.Status.RECEIVED, recorded_at__lt=asked.written, case__clock_id=asked.clock_id
    )
    yield from _rows(unheard, "reply", "recorded_at", "a debtor wrote, and it was not understood")


def _callbacks(asked: Asked) -> Iterator[Stuck]:
    """What processors told: of live mode and of the wall only."""
    if asked.clock_id or asked.mode == Q(livemode=False):
        return
    free = Q(lease_until=None) | Q(lease_until__lt=clock.now())
    unread = ProcessorCallback.objects.filter(free, status=ProcessorCallback.Status.NEW, due_at__lt=asked.before)
    yield from _rows(unread, "callback", "received_at", "a processor told it, and nobody read it", about="subject")
    given_up = ProcessorCallback.objects.filter(status=ProcessorCallback.Status.FAILED)
    yield from _rows(given_up, "callback", "received_at", "given up: try it again in the admin", about="subject")


def _promises(asked: Asked) -> Iterator[Stuck]:
    over = Promise.objects.filter(
        asked.mode, status__in=["proposed", "open"], judged_after__lt=asked.before, clock_id=asked.clock_id
    )
    yield from _rows(over, "promise", "judged_after", "its day is over, and nobody judged it")


def _cases(asked: Asked) -> Iterator[Stuck]:
    """Active, with nothing planned, nothing that holds it and nobody asked, though its playbook has a further step."""
    steps = Step.objects.filter(case_id=OuterRef("id"))
    last = steps.filter(kind="outreach").order_by("-version", "-index", "-attempt")
    mine = Case.objects.filter(
        asked.mode, status=Case.Status.ACTIVE, closed_at=None, updated_at__lt=asked.before, clock_id=asked.clock_id
    )
    idle = mine.filter(
        ~Exists(steps.filter(status__in=[*WAITING, Step.Status.UNCONFIRMED])),
        ~Exists(Task.objects.filter(case_id=OuterRef("id"), status__in=["open", "claimed"])),
        ~Exists(_holds()),
        ~Exists(_spoken_for()),
        campaign_id__in=_running(asked).values("id"),
        opened_at__isnull=False,
    )
    found = idle.annotate(
        last_index=Subquery(last.values("index")[:1]),
        last_version=Subquery(last.values("version")[:1]),
        last_says=Subquery(last.filter(status__in=["denied", "failed"]).values("reason")[:1]),
    )
    for case in found.select_related("campaign").order_by("updated_at", "id")[:_MOST]:
        if not case.last_says and following(playbook_steps(case.campaign, case.last_version), case.last_index):
            words = "active, with no step, hold or task, and its playbook is not over"
            yield Stuck("case", case.id, case.campaign_id, case.updated_at, words)


def _holds() -> QuerySet[Hold]:
    covers = Q(case_id=OuterRef("id")) | Q(debtor_id=OuterRef("debtor_id")) | Q(campaign_id=OuterRef("campaign_id"))
    return Hold.objects.filter(covers, released_at=None)


def _spoken_for() -> QuerySet[Step]:
    """One conversation per debtor: another invoice's step speaks for it."""
    same = {"debtor_id": OuterRef("debtor_id"), "campaign_id": OuterRef("campaign_id")}
    return Step.objects.filter(status__in=[*WAITING, Step.Status.UNCONFIRMED], **same)


LOOKS: tuple[Callable[[Asked], Iterator[Stuck]], ...] = (
    _due_steps,
    _leases,
    _steps_of_closed_cases,
    _left_to_nobody,
    _reservations,
    _unopened,
    _inbound,
    _callbacks,
    _promises,
    _cases,
)
