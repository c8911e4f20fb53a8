"""Money came for a case: what was agreed about it is looked at in the same transaction, before anybody else can."""

from datetime import datetime

from agentcollect.kit import db
from campaigns import operations as campaigns
from campaigns.models import Case
from payments.models import Plan, Promise
from payments.operations import plans, promises


def follow(*, case: Case, was: str, by: str, at: datetime) -> None:
    """`case` is locked and settled; `was` is the state it was in before the money came."""
    if was == Case.Status.PROMISED:
        for promise in db.locked(Promise.objects.filter(case=case, status=Promise.Status.OPEN)):
            promises.judge(promise, case, by=by, at=at)
    if was == Case.Status.IN_PLAN:
        for plan in db.locked(Plan.objects.filter(case=case, status=Plan.Status.ACTIVE)):
            plans.judge(plan, case, by=by, at=at)
    if case.closed_at is None:
        campaigns.end_paid_claim(case_id=case.id, outcome="received", by="engine", at=at)
