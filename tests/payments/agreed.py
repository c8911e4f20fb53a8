"""What the tests of agreements start from: an invoice whose first reminder is planned, and a day in New York."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agentcollect.kit import clock, ids
from campaigns.models import Case, Hold, Step
from events.models import Event
from payments import operations
from payments.models import Payment, Plan, Promise
from tests import factories

# A Tuesday, 11:00 in New York (summer time) and 15:00 in London.
AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def case(amount_minor: int = 100_000, step: int = 1, **facts: Any) -> Case:
    """An open invoice in its second reminder (index 1), which is planned; campaign and invoice made a month ago."""
    organisation = facts.pop("organisation", None) or factories.organisation(timezone="America/New_York")
    made = facts.pop("campaign", None) or factories.campaign(organisation, created_at=AT - 30 * DAY)
    row = factories.case(organisation, amount_minor=amount_minor, campaign=made, created_at=AT - 30 * DAY, **facts)
    Case.objects.filter(id=row.id).update(updated_at=AT - DAY)
    for index in range(step):
        _step(row, index, status=Step.Status.SENT, resolved_at=AT - (step - index + 2) * DAY)
    _step(row, step)
    row.refresh_from_db()
    return row


INTENTS = ("first_reminder", "second_reminder", "escalate_controller", "last_before_next_steps")


def _step(row: Case, index: int, **facts: Any) -> Step:
    return Step.objects.create(
        **{
            "organisation_id": row.organisation_id,
            "livemode": row.livemode,
            "created_at": AT - 5 * DAY,
            "recorded_at": clock.now(),
            "campaign_id": row.campaign_id,
            "debtor_id": row.debtor_id,
            "case": row,
            "index": index,
            "channel": "email",
            "intent": INTENTS[index],
            "due_at": AT + DAY,
        }
        | facts
    )


def promise(row: Case, amount_minor: int = 50_000, days: int = 10, at: datetime = AT, **facts: Any) -> Promise:
    asked = {"amount_minor": amount_minor, "due_on": (AT + days * DAY).date(), "source": "page", "evidence": {}} | facts
    return operations.make_promise(case_id=row.id, **asked, by="debtor", at=at)


def pay(row: Case, amount_minor: int, at: datetime = AT) -> Payment:
    return operations.record(
        organisation_id=row.organisation_id,
        livemode=row.livemode,
        case_id=row.id,
        amount_minor=amount_minor,
        currency=row.currency,
        method="bank_transfer",
        source="reported",
        provider="reported",
        provider_reference=ids.new("ref"),
        received_at=at,
        by="test",
        at=at,
    )


def held(row: Case) -> list[str]:
    return sorted(Hold.objects.filter(case=row, released_at=None).values_list("kind", flat=True))


def planned(row: Case) -> list[tuple[int, str]]:
    """(index, cause) of what is planned."""
    rows = Step.objects.filter(case=row, status="planned")
    return [(one.index, one.cause) for one in rows]


def told(row: Case) -> list[str]:
    return list(Event.objects.filter(case_id=row.id).order_by("sequence").values_list("type", flat=True))


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


def parts(plan: Plan) -> list[tuple[int, str]]:
    return [(part.paid_minor, part.status) for part in plan.instalments.order_by("number")]
