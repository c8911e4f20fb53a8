"""More invoices for a campaign that runs: all or nothing, and never past what a campaign takes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from agentcollect.kit import db, jobs, money
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case
from campaigns.operations.create import TRIES, lost_a_race, plan_first_contact, refuse_duplicates, wait_for_a_place
from campaigns.operations.enrol import Enrolled, enrol
from campaigns.operations.facts import campaign_data
from campaigns.rules import transitions
from campaigns.serializers.intake import MAX_DEBTORS, Row
from events.operations import About, record

_RUNS = (Campaign.Status.ACTIVE, Campaign.Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Added:
    """The campaign after it, and the new rows with the case of each."""

    campaign: Campaign
    enrolled: Enrolled


def add_debtors(*, campaign_id: str, rows: tuple[Row, ...], by: str, at: datetime) -> Added:
    """Enrol checked `rows` into a running campaign; a worker opens their cases.

    Raises ApiError: illegal_transition, too_many_debtors, duplicate_invoice (naming the open case).
    """
    for attempt in range(TRIES):
        try:
            with db.atomic():
                return _add(campaign_id, rows, by=by, at=at)
        except IntegrityError as error:
            if not lost_a_race(error) or attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _add(campaign_id: str, rows: tuple[Row, ...], *, by: str, at: datetime) -> Added:
    found = Campaign.objects.select_related("organisation").filter(id=campaign_id)
    wait_for_a_place(found.get().organisation_id, len(rows))
    campaign = db.locked(found).get()
    if campaign.status not in _RUNS:
        raise transitions.refused(campaign.status, "take more debtors")
    room = MAX_DEBTORS - campaign.debtors_enrolled
    if len(rows) > room:
        words = f"{campaign.debtors_enrolled} are in this campaign; it takes {max(0, room)} more, not {len(rows)}."
        raise ApiError("too_many_debtors", words, param="debtors")
    enrolled = enrol(campaign=campaign, rows=rows, by=by, at=at)
    refuse_duplicates(enrolled)
    _count(campaign, enrolled, at=at)
    _record_added(campaign, enrolled, by=by, at=at)
    jobs.enqueue("campaigns.open_cases")
    return Added(campaign, enrolled)


def _count(campaign: Campaign, enrolled: Enrolled, *, at: datetime) -> None:
    campaign.debtors_enrolled += len(enrolled.rows)
    campaign.unopened += len(enrolled.rows)
    campaign.debtors_unique = Case.objects.filter(campaign=campaign).values("debtor_id").distinct().count()
    campaign.debtors_held += enrolled.held
    campaign.total_minor += sum(row.placed_minor for row in enrolled.rows)
    first, warnings = plan_first_contact(
        enrolled=enrolled,
        organisation=campaign.organisation,
        livemode=campaign.livemode,
        at=max(campaign.start_at or at, at),
        place=campaign.debtors_enrolled - len(enrolled.rows),
    )
    # Once a message has left, `first_contact_at` is the past, and stays.
    campaign.first_contact_at = min((moment for moment in (campaign.first_contact_at, first) if moment), default=None)
    campaign.warnings = [*campaign.warnings, *warnings]
    campaign.updated_at = at
    counted = ("debtors_enrolled", "debtors_unique", "debtors_held", "unopened", "total_minor")
    campaign.save(update_fields=[*counted, "first_contact_at", "warnings", "updated_at"])


def _record_added(campaign: Campaign, enrolled: Enrolled, *, by: str, at: datetime) -> None:
    added, amount = len(enrolled.rows), sum(row.placed_minor for row in enrolled.rows)
    invoices = "invoice" if added == 1 else "invoices"
    before, total = campaign.debtors_enrolled - added, campaign.total_minor
    record(
        type="campaign.updated",
        organisation_id=campaign.organisation_id,
        livemode=campaign.livemode,
        data=campaign_data(
            campaign,
            change=f"{added} {invoices} added, {money.display(amount, campaign.currency)}",
            changes={
                "debtors_enrolled": {"before": before, "after": campaign.debtors_enrolled},
                "total_amount": {
                    "before": money.to_json(total - amount, campaign.currency),
                    "after": money.to_json(total, campaign.currency),
                },
            },
        ),
        by=by,
        at=at,
        about=About(campaign_id=campaign.id),
    )
