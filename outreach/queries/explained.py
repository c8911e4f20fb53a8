"""What is known of why a case stands as it does, gathered for people."""

from datetime import datetime

from agentcollect.kit.errors import ApiError
from campaigns import queries as campaigns
from campaigns.models import Case, Step
from campaigns.rules import standing
from outreach import explaining
from outreach.models import Decision


def explained(case_id: str, *, at: datetime, limit: int = 10) -> str:
    """The case in plain words: why it waits, what was and is planned, what the rules said.

    Raises ApiError(not_found).
    """
    row = Case.objects.select_related("campaign__organisation").filter(id=case_id).first()
    if row is None:
        raise ApiError("not_found", f"There is no case {case_id[:40]}.")
    said = Decision.objects.filter(case_id=row.id).order_by("-created_at", "-id")[:limit]
    return explaining.case(
        why=why(row, at=at),
        steps=[step_words(one) for one in Step.objects.filter(case_id=row.id).order_by("created_at", "id")],
        decisions=[f"{explaining.moment(one.created_at)}: {decision_words(one)}" for one in said],
        next_at=row.next_contact_at,
    )


def why(row: Case, *, at: datetime) -> str:
    """The one reason that comes first (campaigns.rules.standing); the campaign and its organisation are loaded."""
    step = campaigns.latest_step(row.id)
    return standing.why(
        status=row.status,
        close_reason=row.close_reason,
        opened=row.opened_at is not None,
        campaign_status=row.campaign.status,
        organisation_paused=row.campaign.organisation.paused_since(row.livemode) is not None,
        held_by=[hold.kind for hold in campaigns.blocking(campaigns.holds_on(row, at=at))],
        step=(step.status, step.reason) if step else None,
    ).message


def step_words(row: Step) -> str:
    at = row.due_at if row.status == Step.Status.PLANNED else row.resolved_at or row.handed_over_at or row.due_at
    return explaining.step(intent=row.intent, channel=row.channel, status=row.status, at=at, reason=row.reason)


def decision_words(row: Decision) -> str:
    return explaining.decision(
        outcome=row.outcome,
        rule=row.rule,
        reason=row.reason,
        until=row.until,
        channel=row.channel,
        kind=row.kind,
        verdicts=row.verdicts,
    )
