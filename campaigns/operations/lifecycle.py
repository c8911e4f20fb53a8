"""A campaign's own life: pause, resume, cancel, complete, and the end of its mandate."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from agentcollect.kit import clock, db, money
from campaigns.models import Campaign, Case, Hold
from campaigns.operations.cases import close
from campaigns.operations.facts import campaign_data
from campaigns.queries import portfolio
from campaigns.rules import figures, transitions
from events.models import Event
from events.operations import About, record


def pause(*, campaign_id: str, by: str, at: datetime) -> Campaign:
    """Nothing more is sent until `resume`; what is planned stays planned. Already paused: nothing happens."""
    return _move(campaign_id, Campaign.Status.PAUSED, "campaign.paused", by=by, at=at)


def resume(*, campaign_id: str, by: str, at: datetime) -> Campaign:
    """Go on; a step that was missed meanwhile is caught up once. Already active: nothing happens."""
    return _move(campaign_id, Campaign.Status.ACTIVE, "campaign.resumed", by=by, at=at)


def _move(campaign_id: str, then: str, type: str, *, by: str, at: datetime) -> Campaign:
    with db.atomic():
        campaign = db.locked(Campaign.objects.filter(id=campaign_id)).get()
        if campaign.status == then:
            return campaign
        transitions.check(transitions.CAMPAIGN, campaign.status, then)
        _set(campaign, then, at)
        _record(type, campaign, by=by, at=at)
        return campaign


def cancel(*, campaign_id: str, by: str, at: datetime) -> Campaign:
    """End the mandate at the creditor's word: open cases close as `recalled`, nothing more is sent."""
    with db.atomic():
        campaign = db.locked(Campaign.objects.filter(id=campaign_id)).get()
        if campaign.status == Campaign.Status.CANCELLED:
            return campaign
        transitions.check(transitions.CAMPAIGN, campaign.status, Campaign.Status.CANCELLED)
        open_cases = db.locked(Case.objects.select_related("debtor").filter(campaign=campaign, closed_at=None))
        for case in open_cases.order_by("id"):
            close(case=case, reason=Case.CloseReason.RECALLED, by=by, at=at, cause=campaign.id)
        campaign.unopened = 0
        _set(campaign, Campaign.Status.CANCELLED, at)
        _record("campaign.cancelled", campaign, by=by, at=at)
        return campaign


def complete(*, campaign_id: str, by: str, at: datetime) -> Campaign:
    """End the mandate before its time: nothing more is sent from now on, open cases close as `uncollectible`, and
    `campaign.completed` says what came. A payment on its way is waited for. Completed already: nothing happens."""
    with db.atomic():
        campaign = db.locked(Campaign.objects.select_related("organisation").filter(id=campaign_id)).get()
        if campaign.status == Campaign.Status.COMPLETED:
            return campaign
        if campaign.status != Campaign.Status.COMPLETING:
            transitions.check(transitions.CAMPAIGN, campaign.status, Campaign.Status.COMPLETING)
            _set(campaign, Campaign.Status.COMPLETING, at)
        _finish(campaign, by=by, at=at)
        return campaign


def end_mandates(*, at: datetime, limit: int = 50, clock_id: str = "") -> int:
    """Complete the campaigns whose mandate has ended; one with a payment under way waits for it."""
    over = Q(mandate_ends_at__lte=at) | Q(status=Campaign.Status.COMPLETING)
    ended = Campaign.objects.filter(over, status__in=["active", "paused", "completing"], clock_id=clock_id)
    found = ended.values_list("id", flat=True)[:limit]
    return sum(end_mandate(campaign_id=campaign_id, at=at) for campaign_id in found)


def end_mandate(*, campaign_id: str, at: datetime) -> int:
    """Complete one campaign whose mandate has ended; 0 while a payment is on its way."""
    with db.atomic():
        campaign = (
            db.claimable(Campaign.objects.select_related("organisation"))
            .filter(id=campaign_id, status__in=["active", "paused", "completing"])
            .first()
        )
        if campaign is None:
            return 0
        if campaign.status != Campaign.Status.COMPLETING:
            _set(campaign, Campaign.Status.COMPLETING, at)
        return _finish(campaign, by="engine", at=at)


def _finish(campaign: Campaign, *, by: str, at: datetime) -> int:
    """Complete a locked campaign that is `completing`, unless a payment is still on its way (0)."""
    # Locked before the holds are read: a payment that begins meanwhile waits for us, or we see its hold.
    unfinished = Case.objects.select_related("debtor").filter(campaign=campaign, closed_at=None)
    open_cases = list(db.locked(unfinished).exclude(status=Case.Status.ESCALATED).order_by("id"))
    if Hold.objects.filter(case__campaign=campaign, kind="payment_processing", released_at=None).exists():
        return 0
    summary = summarise(campaign)
    for case in open_cases:
        close(case=case, reason=Case.CloseReason.UNCOLLECTIBLE, by=by, at=at, cause=campaign.id)
    campaign.completed_at, campaign.unopened = at, 0
    _set(campaign, Campaign.Status.COMPLETED, at)
    reason = "mandate_ended" if campaign.mandate_ends_at <= at else "ended_by_you"
    _record("campaign.completed", campaign, by=by, at=at, reason=reason, **summary)
    return 1


def summarise(campaign: Campaign) -> dict[str, Any]:
    """The figures of `campaign.completed`. Rates are fractions with four decimals; the denominators are the names.

    Recovery = collected / placed; adjusted leaves out what was recalled or upheld as disputed; the median is over the
    paid cases (queries.portfolio).
    """
    cases = Case.objects.filter(campaign=campaign)
    total = portfolio.totals(portfolio.groups(cases)).get(campaign.currency, portfolio.Totals(campaign.currency))
    paid = portfolio.days_to_paid(cases, ZoneInfo(campaign.organisation.timezone))
    return {
        "placed": money.to_json(total.placed, campaign.currency),
        "collected": money.to_json(total.collected, campaign.currency),
        "recovery_rate": total.recovery,
        "adjusted_recovery_rate": total.adjusted,
        "median_days_to_collect": figures.median(paid[campaign.currency]),
        "cases": total.cases,
        "escalated": total.escalated,
        "timeline": _last_lines(campaign),
    }


def _last_lines(campaign: Campaign, limit: int = 50) -> list[dict[str, str]]:
    events = Event.objects.filter(campaign_id=campaign.id, sequence__isnull=False).order_by("-created_at", "-id")[
        :limit
    ]
    return [{"at": clock.iso(event.created_at), "event": event.type, "id": event.id} for event in reversed(events)]


def _set(campaign: Campaign, status: str, at: datetime) -> None:
    campaign.status, campaign.updated_at = status, at
    campaign.save(update_fields=["status", "updated_at", "completed_at", "unopened"])


def _record(type: str, campaign: Campaign, *, by: str, at: datetime, **data: Any) -> None:
    record(
        type=type,
        organisation_id=campaign.organisation_id,
        livemode=campaign.livemode,
        data=campaign_data(campaign, **data),
        by=by,
        at=at,
        about=About(campaign_id=campaign.id),
    )
