"""A story told by the engine itself, without a test clock: every operation is called at the moment it falls due.

What a worker's beat does at any time of the day is done here in the order of the story, on the rows of whatever
database is set up; nothing waits.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from campaigns import operations as campaigns
from campaigns.models import Hold, Step
from outreach import operations as outreach
from payments import operations as payments
from payments.models import Instalment, Promise

Act = tuple[datetime, Callable[[datetime], object]]
# A step that is judged again and again at one and the same moment would never let the story go on.
_PATIENCE = 20
_LATER = timedelta(minutes=1)


def drive(*, begins: datetime, until: datetime, acts: Iterable[Act] = ()) -> int:
    """Do everything that falls due up to `until`, and each of `acts` at its moment. Returns how many moments passed."""
    waiting, at, moments = sorted(acts, key=lambda act: act[0]), begins, 0
    _settle(at)
    while True:
        due = [moment for moment in (_next(), waiting[0][0] if waiting else None) if moment is not None]
        if not due or (moment := max(min(due), at)) > until:
            return moments
        at, moments = moment, moments + 1
        while waiting and waiting[0][0] <= at:
            waiting.pop(0)[1](at)
        _settle(at)
        for _ in range(_PATIENCE):
            if not outreach.send_due(at=at, limit=10):
                break
        else:
            at += _LATER
        _settle(at)


def _settle(at: datetime) -> None:
    """What every beat looks at beside sending."""
    campaigns.open_cases(at=at)
    outreach.enrich_due(at=at)
    outreach.process_inbound(at=at)
    payments.judge_promises(at=at)
    payments.judge_plans(at=at)
    campaigns.release_ended(at=at)
    campaigns.expire_tasks(at=at)
    campaigns.judge_exhausted(at=at)
    outreach.escalate_exhausted(at=at)


def _next() -> datetime | None:
    """The earliest moment at which something of ours falls due."""
    planned = Step.objects.filter(status=Step.Status.PLANNED, channel__in=("email", "call")).order_by("due_at")
    ending = Hold.objects.filter(released_at=None, ends_at__isnull=False).order_by("ends_at")
    promised = Promise.objects.filter(status=Promise.Status.OPEN).order_by("judged_after")
    parts = Instalment.objects.filter(status=Instalment.Status.DUE).order_by("judged_after")
    found = [
        planned.values_list("due_at", flat=True).first(),
        ending.values_list("ends_at", flat=True).first(),
        promised.values_list("judged_after", flat=True).first(),
        parts.values_list("judged_after", flat=True).first(),
    ]
    return min((moment for moment in found if moment is not None), default=None)
