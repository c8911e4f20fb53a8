"""Who asked for the link of a page gets it by mail, if what they typed is on file; nobody is told either way.

The mail itself is outreach's: it hears of `link.requested` and plans a notice, which passes the gate as every mail.
"""

from datetime import datetime, timedelta

import structlog

from accounts import timeline
from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from campaigns.operations.facts import about, case_data
from campaigns.queries import debtors_at, people_on_file
from events import operations as events
from events.models import Event
from payments import queries
from payments.models import LinkRequest

log = structlog.get_logger()

# A case's link is mailed once a day, and an address gets no more than these in a day, however many are asked for.
_DAY, PER_ADDRESS = timedelta(days=1), 5
_KEPT = timedelta(days=30)


def resolve_link_requests(*, at: datetime, limit: int = 50) -> int:
    """Decide about what waits, the oldest first; returns how many were decided."""
    waiting = LinkRequest.objects.filter(done_at=None).order_by("created_at", "id")
    return sum(_try(request_id, at) for request_id in list(waiting.values_list("id", flat=True)[:limit]))


def prune_link_requests(*, at: datetime) -> int:
    """Forget what was asked for long ago: the rows hold addresses, of people we know and of others."""
    return LinkRequest.objects.filter(created_at__lt=at - _KEPT).delete()[0]


def _try(request_id: str, at: datetime) -> bool:
    try:
        return _resolve(request_id, at)
    except Exception:
        # One that cannot be decided must not stand before the others for ever; who asked may ask again.
        log.exception("link_request_failed", request=request_id)
        return bool(LinkRequest.objects.filter(id=request_id, done_at=None).update(done_at=at))


def _resolve(request_id: str, at: datetime) -> bool:
    with db.atomic():
        row = db.claimable(LinkRequest.objects.filter(id=request_id, done_at=None)).first()
        if row is None:
            return False
        for case_id in queries.cases_asked_for(row):
            _ask(row, case_id, at=at)
        row.done_at = at
        row.save(update_fields=["done_at"])
        return True


def _ask(row: LinkRequest, case_id: str, *, at: datetime) -> None:
    """Tell that the link of this case was asked for, unless it was mailed today or the address got enough."""
    case = db.locked(Case.objects.filter(id=case_id).select_related("debtor")).get()
    contact = people_on_file(case.debtor_id).filter(email__iexact=row.email).order_by("id").first()
    try:
        moment = timeline.act(case.clock_id) if case.clock_id else at
    except ApiError:  # the clock is being deleted, and the case with it
        return
    if contact is None or not _may(case, row.email, at=moment):
        return
    data = case_data(case, case.debtor.name, email=row.email, contact_id=contact.id, request_id=row.id)
    events.record(
        type="link.requested",
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=data,
        by="debtor",
        at=moment,
        about=about(case),
        cause=contact.id,
    )


def _may(case: Case, email: str, *, at: datetime) -> bool:
    """By what was told in the last day of the story; behind the lock of the case, so that two cannot both be first."""
    today = Event.objects.filter(type="link.requested", created_at__gt=at - _DAY, created_at__lte=at)
    if today.filter(case_id=case.id).exists():
        return False
    reached = debtors_at(email, [case.organisation_id], [case.livemode])
    return today.filter(db.among("debtor_id", reached)).count() < PER_ADDRESS
