"""What a developer makes happen in test mode: the story's next step, without waiting for its day."""

from datetime import datetime

import structlog
from django.db.models import QuerySet

from accounts import timeline
from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Step, Task
from campaigns.queries import story
from outreach import operations as outreach
from outreach.models import Call

log = structlog.get_logger()

errors.define("test_mode_only", 422, "The sandbox is for test keys; a live key moves real things.")
errors.define("no_call_planned", 409, "No call comes next on this case, and none waits for a person.")
errors.define("call_not_made", 409, "The rule engine did not let the call be made; the message says why.")
errors.define("nothing_planned", 409, "Nothing is planned here: the case is closed, waits for something, or is over.")

# A step due at night moves to the morning, then perhaps past a holiday and an earlier message: a few moves, no more.
_MOVES = 6


def run_next_step(*, by: str, campaign_id: str = "", case_id: str = "") -> Step:
    """Send the earliest planned step of a test campaign or case now, in story time: at its own due moment.

    The gate judges it at that moment like any other; what it defers is tried at the moment it names. Returns the step
    as it then stands. Raises ApiError: not_found, test_mode_only, nothing_planned.
    """
    at = story.act(case_id=case_id) if case_id else story.act(campaign_id=campaign_id)
    _test_mode(campaign_id, case_id)
    step = _planned(campaign_id, case_id) or _past_offer(campaign_id, case_id) or _wake(campaign_id, case_id, at=at)
    for _ in range(_MOVES):
        step = outreach.send_step(step_id=step.id, at=_moment(step, at))
        if step.status == Step.Status.SKIPPED:
            # A call to a debtor without a number: the story goes on with what follows it.
            step = _planned(campaign_id, case_id) or step
        if step.status != Step.Status.PLANNED or step.lease_until is not None:
            break
    log.info("next_step_run", by=by, step=step.id, status=step.status)
    return step


def call(*, case: Case, outcome: str, by: str) -> Call:
    """The call that comes next on a test case is made, and ends with `outcome`: by the sandbox's peer, in story time at
    its own due moment, or by the person it waits for. The gate judges it like any other.

    Raises ApiError: no_call_planned, call_not_made.
    """
    at = timeline.act(case.clock_id)
    task = Task.objects.filter(case=case, kind=Task.Kind.CALL, status__in=("open", "claimed")).first()
    if task is not None:
        by = task.claimed_by or by
        campaigns.complete_task(task_id=task.id, outcome=outcome, note="", by=by, at=at)
        return Call.objects.get(step_id=task.cause)
    step = _planned("", case.id)
    if step is None or step.channel != "call":
        raise ApiError("no_call_planned")
    for _ in range(_MOVES):
        step = outreach.send_step(step_id=step.id, at=_moment(step, at), outcome=outcome)
        if step.status != Step.Status.PLANNED or step.lease_until is not None:
            break
    made = Call.objects.filter(step_id=step.id).first()
    if made is None or step.status != Step.Status.SENT:
        raise ApiError("call_not_made", f"No call was made: {step.reason or step.status}.", state=step.status)
    return made


def _test_mode(campaign_id: str, case_id: str) -> None:
    of_case = Case.objects.filter(id=case_id).values("campaign_id")
    found = Campaign.objects.filter(id__in=[campaign_id] if campaign_id else of_case).first()
    if found is None:
        raise ApiError("not_found")
    if found.livemode:
        raise ApiError("test_mode_only", "Only a test campaign can be hurried; a live one mails real people.")


def _moment(step: Step, at: datetime) -> datetime:
    """On the wall a story runs ahead of it, step by step; on a test clock nothing happens before its time."""
    return at if step.clock_id else max(at, step.due_at)


def _planned(campaign_id: str, case_id: str) -> Step | None:
    planned = _all_planned(campaign_id, case_id)
    return planned.filter(channel__in=("email", "call")).order_by("due_at", "id").first()


def _all_planned(campaign_id: str, case_id: str) -> QuerySet[Step]:
    named = Step.objects.filter(case_id=case_id) if case_id else Step.objects.filter(campaign_id=campaign_id)
    return named.filter(status=Step.Status.PLANNED)


def _past_offer(campaign_id: str, case_id: str) -> Step | None:
    """What follows the playbook's offer to an attorney, where that comes next: the story does not wait for the
    creditor's two days."""
    offers = _all_planned(campaign_id, case_id).filter(channel="attorney", intent="offer")
    offer = offers.order_by("due_at", "id").first()
    if offer is not None:
        campaigns.hurry_past_offer(case_id=offer.case_id, at=offer.due_at)
    return _planned(campaign_id, case_id) if offer else None


def _wake(campaign_id: str, case_id: str, *, at: datetime) -> Step:
    """A campaign just created may not have been opened by a worker yet: open it, find its people, and look again."""
    campaigns.open_cases(at=at)
    outreach.enrich_due(at=at)
    step = _planned(campaign_id, case_id)
    if step is None:
        raise ApiError("nothing_planned")
    return step
