"""What the tests of settlements start from: a creditor who may give up a fifth of what is long overdue."""

from datetime import datetime, timedelta
from typing import Any

from campaigns.models import Case
from payments import operations
from payments.models import Offer
from tests import factories
from tests.payments.agreed import AT, DAY, case

LADDER = [{"min_age_days": 30, "max_discount_percent": 10}, {"min_age_days": 90, "max_discount_percent": 20}]
# The last day of what `sent` offers by itself, in New York.
LAST = (AT + 10 * DAY).date()


def creditor(**policy: Any) -> Any:
    said = {"settlement": LADDER, "settlement_days": 30, "settlement_approval": "auto"} | policy
    return factories.organisation(timezone="America/New_York", offer_policy=said)


def owed(amount_minor: int = 100_000, age: int = 100, **facts: Any) -> Case:
    """An invoice `age` days past due on the story's day."""
    organisation = facts.pop("organisation", None) or creditor()
    return case(amount_minor, organisation=organisation, due_date=AT.date() - timedelta(days=age), **facts)


def draft(row: Case, amount_minor: int | None = 80_000, at: datetime = AT, **facts: Any) -> Offer:
    asked = {"amount_minor": amount_minor, "valid_until": LAST, "source": "creditor", "evidence": {}} | facts
    return operations.draft_offer(case_id=row.id, **{"by": "key:one"} | asked, at=at)


def sent(row: Case, amount_minor: int | None = 80_000, at: datetime = AT, **facts: Any) -> Offer:
    made = draft(row, amount_minor, at=at, **facts)
    return operations.send_offer(offer_id=made.id, by="key:one", at=at)


def accepted(row: Case, amount_minor: int | None = 80_000, at: datetime = AT) -> Offer:
    made = sent(row, amount_minor, at)
    return operations.accept_offer(offer_id=made.id, evidence={}, by="debtor", at=at)
