"""A test clock is deleted with everything on it, or all that an organisation has on the wall in test mode: some debtors
at a time, over all rooms, from the top down."""

from accounts.models import TestClock
from agentcollect.kit import clock as wall_clock
from agentcollect.kit import db, jobs
from agentcollect.kit.due import on_a_clock
from campaigns.models import Campaign, Case, Debtor, Import, Suppression
from campaigns.operations import erasing as campaigns
from campaigns.operations import forgetting
from campaigns.operations.erasing import gone
from outreach.operations import erasing as outreach
from payments.operations import erasing as payments
from sandbox.models import Reaction

BATCH = 50


def erase_some(clock: TestClock) -> bool:
    """Delete the next debtors of a clock, or, after the last of them, its campaigns and itself (False then).

    Each call is one transaction: a worker that dies leaves the rest to another.
    """
    mine = {"clock_id": clock.id}
    with db.atomic():
        gone(Import.objects.filter(campaign__in=Campaign.objects.filter(on_a_clock(), **mine)))
        debtors = list(Debtor.objects.filter(on_a_clock(), **mine).order_by("id").values_list("id", flat=True)[:BATCH])
        if debtors:
            _erase_debtors(debtors)
            TestClock.objects.filter(id=clock.id).update(updated_at=wall_clock.now())
            return True
        found = Campaign.objects.filter(on_a_clock(), **mine).values_list("id", flat=True)
        campaigns.erase_campaigns(campaign_ids=list(found))
        outreach.erase_arrived(clock_id=clock.id)
        gone(Suppression.objects.filter(**mine))
        gone(TestClock.objects.filter(id=clock.id, status=TestClock.Status.DELETING))
        jobs.enqueue(forgetting.TASK)
        return False


def erase_some_of_wall(organisation_id: str) -> bool:
    """Delete the next debtors that this organisation has on the wall in test mode, or, after the last of them, its
    campaigns there (False then). One transaction."""
    mine = {"organisation_id": organisation_id, "livemode": False, "clock_id": ""}
    with db.atomic():
        gone(Import.objects.filter(campaign__in=Campaign.objects.filter(**mine)))
        debtors = list(Debtor.objects.filter(**mine).order_by("id").values_list("id", flat=True)[:BATCH])
        if debtors:
            _erase_debtors(debtors)
            return True
        campaigns.erase_campaigns(campaign_ids=list(Campaign.objects.filter(**mine).values_list("id", flat=True)))
        outreach.erase_arrived_on_wall(organisation_id=organisation_id)
        payments.erase_statements(organisation_id=organisation_id)
        payments.erase_link_requests(organisation_id=organisation_id)
        payments.erase_books(organisation_id=organisation_id)
        payments.erase_bank(organisation_id=organisation_id)
        gone(Suppression.objects.filter(**mine))
        forgetting.forget_test_exports(organisation_id=organisation_id)
        jobs.enqueue(forgetting.TASK)
        return False


def _erase_debtors(debtor_ids: list[str]) -> None:
    """Children before their parents: what a room holds points down the stairs."""
    theirs = Case.objects.filter(db.among("debtor_id", debtor_ids), livemode=False).values_list("id", flat=True)
    gone(Reaction.objects.filter(db.among("case_id", list(theirs)), livemode=False))
    outreach.erase(debtor_ids=debtor_ids)
    payments.erase(debtor_ids=debtor_ids)
    campaigns.erase_debtors(debtor_ids=debtor_ids)
