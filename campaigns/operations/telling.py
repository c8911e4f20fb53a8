"""A message beside the playbook: what a settlement offer is told by. It asks for money, so it passes the gate as the
playbook's own messages do, and counts towards every cap."""

from datetime import datetime
from typing import Any

from django.db.models import F, Max

from agentcollect.kit import clock, ids
from campaigns.models import Case, Step
from campaigns.operations.facts import whereabouts
from campaigns.operations.tasks import end_tasks
from campaigns.rules.playbook import permitted
from compliance.hours import NeverPermitted

# Beside the playbook, whose own steps count from 0.
_INDEX = -1
INTENT = "settlement_offer"


def tell_offer(*, case: Case, cause: str, facts: dict[str, Any], at: datetime) -> Step:
    """Plan the e-mail that tells of an offer (`cause`) about the locked case (its debtor loaded), for the next
    permitted moment, to whom the playbook writes just now. `facts`: as outreach's letters name them, in JSON."""
    own = Step.objects.filter(case_id=case.id)
    spoken = own.filter(kind="outreach").order_by("-version", "-index", "-attempt").first()
    beside = own.filter(version=1, index=_INDEX, channel="email")
    return Step.objects.create(
        id=ids.new("stp"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        campaign_id=case.campaign_id,
        debtor_id=case.debtor_id,
        case_id=case.id,
        index=_INDEX,
        channel="email",
        attempt=(beside.aggregate(last=Max("attempt"))["last"] or 0) + 1,
        kind="offer",
        intent=INTENT,
        level=spoken.level if spoken else 1,
        cause=cause,
        facts=facts,
        due_at=_moment(case, at),
    )


def _moment(case: Case, at: datetime) -> datetime:
    try:
        return permitted(whereabouts(case.debtor), channel="email", not_before=at)
    except NeverPermitted:
        return at  # the gate says why not


def untell_offer(*, case: Case, cause: str, reason: str, at: datetime) -> None:
    """The offer is over before its mail has left: that one is cancelled, a draft of it that waits for a person too."""
    waiting = (Step.Status.PLANNED, Step.Status.SENDING, Step.Status.NEEDS_HUMAN)
    steps = Step.objects.filter(case_id=case.id, kind="offer", cause=cause, status__in=waiting)
    for step_id in list(steps.values_list("id", flat=True)):
        end_tasks(cause=step_id, by="engine", at=at)
    steps.update(
        status=Step.Status.CANCELLED, reason=reason, resolved_at=at, lease_until=None, lease_token=F("lease_token") + 1
    )
