"""What stands still with nobody knowing: rows that have no next step and no reason. In health there are none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns.models import Campaign, Case, Hold, Step, Task
from campaigns.queries import playbook_steps
from campaigns.queries.conversations import WAITING
from campaigns.rules.playbook import following
from outreach.models import Inbound, Message, Reply
from payments.models import Promise

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


def stuck(*, at: datetime, livemode: bool | None = None, patience: timedelta = PATIENCE) -> list[Stuck]:
    """Everything that stands still at `at` (leases: by the wall clock), of one mode or both; at most 500 of a kind."""
    mode = Q() if livemode is None else Q(livemode=livemode)
    return [one for look in LOOKS for one in look(mode, at - patience)]


def _running() -> QuerySet[Campaign]:
    return Campaign.objects.filter(Organisation.running(), status=Campaign.Status.ACTIVE)


def _rows(rows: QuerySet[Any], what: str, since: str, words: str, about: str = "case_id") -> Iterator[Stuck]:
    for row in rows.order_by(since, "pk")[:_MOST]:
        yield Stuck(what, row.pk, getattr(row, about) or "", getattr(row, since), words)


def _due_steps(mode: Q, before: datetime) -> Iterator[Stuck]:
    free = Q(lease_until=None) | Q(lease_until__lt=clock.now())
    late = Step.objects.filter(
        mode, free, status=Step.Status.PLANNED, due_at__lt=before, campaign_id__in=_running().values("id")
    )
    yield from _rows(late, "step", "due_at", "due, and no worker takes it up")


def _leases(mode: Q, before: datetime) -> Iterator[Stuck]:
    over = Q(lease_until=None) | Q(lease_until__lt=clock.now() - PATIENCE)
    out = Step.objects.filter(mode, over, status__in=[Step.Status.SENDING, Step.Status.HANDED_OVER])
    yield from _rows(out, "step", "due_at", "on its way, and no worker holds it: the sweep of leases does not run")


def _steps_of_closed_cases(mode: Q, before: datetime) -> Iterator[Stuck]:
    asked = Step.objects.filter(mode, status=Step.Status.PLANNED, kind="outreach", case__closed_at__lt=before)
    yield from _rows(asked, "step", "due_at", "planned, and its case is closed")


def _left_to_nobody(mode: Q, before: datetime) -> Iterator[Stuck]:
    task = Task.objects.filter(case_id=OuterRef("case_id"), status__in=["open", "claimed"])
    waits = Step.objects.filter(~Exists(task), mode, status__in=["needs_human", "unconfirmed"], recorded_at__lt=before)
    open_ones = waits.filter(case__closed_at=None)
    yield from _rows(open_ones, "step", "due_at", "waits for a person, and no task says so")


def _reservations(mode: Q, before: datetime) -> Iterator[Stuck]:
    step = Step.objects.filter(id=OuterRef("step_id"), status__in=["sending", "handed_over"])
    kept = Message.objects.filter(~Exists(step), mode, status__in=["reserved", "handed_over"], recorded_at__lt=before)
    yield from _rows(kept, "message", "recorded_at", "reserved or handed over, and its step is neither")


def _unopened(mode: Q, before: datetime) -> Iterator[Stuck]:
    waiting = _running().filter(mode, unopened__gt=0, updated_at__lt=before)
    yield from _rows(waiting, "campaign", "updated_at", "cases to open, and no worker opens them", about="id")


def _inbound(mode: Q, before: datetime) -> Iterator[Stuck]:
    unread = Inbound.objects.filter(mode | Q(livemode=None), status=Inbound.Status.NEW, received_at__lt=before)
    yield from _rows(unread, "inbound", "received_at", "came in, and nobody looked whose it is", about="provider")
    unheard = Reply.objects.filter(mode, status=Reply.Status.RECEIVED, recorded_at__lt=before)
    yield from _rows(unheard, "reply", "recorded_at", "a debtor wrote, and it was not understood")


def _promises(mode: Q, before: datetime) -> Iterator[Stuck]:
    over = Promise.objects.filter(mode, status__in=["proposed", "open"], judged_after__lt=before)
    yield from _rows(over, "promise", "judged_after", "its day is over, and nobody judged it")


def _cases(mode: Q, before: datetime) -> Iterator[Stuck]:
    """Active, with nothing planned, nothing that holds it and nobody asked, though its playbook has a further step."""
    steps = Step.objects.filter(case_id=OuterRef("id"))
    last = steps.filter(kind="outreach").order_by("-version", "-index", "-attempt")
    mine = Case.objects.filter(mode, status=Case.Status.ACTIVE, closed_at=None, updated_at__lt=before)
    idle = mine.filter(
        ~Exists(steps.filter(status__in=[*WAITING, Step.Status.UNCONFIRMED])),
        ~Exists(Task.objects.filter(case_id=OuterRef("id"), status__in=["open", "claimed"])),
        ~Exists(_holds()),
        ~Exists(_spoken_for()),
        campaign_id__in=_running().values("id"),
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


LOOKS: tuple[Callable[[Q, datetime], Iterator[Stuck]], ...] = (
    _due_steps,
    _leases,
    _steps_of_closed_cases,
    _left_to_nobody,
    _reservations,
    _unopened,
    _inbound,
    _promises,
    _cases,
)
