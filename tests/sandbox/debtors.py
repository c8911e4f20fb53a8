"""A campaign of debtors who react, and the beat that lives through their days: the product's own sweeps, one after the
other, at each moment at which something is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Min

from accounts.models import TestClock
from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Hold, Step, Task
from outreach import operations as outreach
from outreach.models import Referral
from payments import operations as payments
from payments.models import Instalment, Promise
from sandbox import clocks, driver, reactions
from sandbox.models import Reaction
from tests import factories
from tests.rows import attorney

# A Tuesday morning.
START = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_MOST_BEATS = 500


def place(monkeypatch: Any, *rows: dict[str, Any], on_a_clock: bool = False, **facts: Any) -> Campaign:
    """A test-mode campaign of these rows (see `row`), made over HTTP at START: on the wall, or on a test clock."""
    attorney()
    organisation = factories.organisation(**facts)
    api = factories.client(factories.api_key(organisation))
    body: dict[str, Any] = {"company": "Your Company Inc.", "debtors": [row(**one) for one in rows]}
    if on_a_clock:
        made = {"livemode": False, "frozen_time": START, "name": "", "by": "test", "at": clock.now()}
        body["test_clock"] = clocks.create(organisation_id=organisation.id, **made).id
    with monkeypatch.context() as still:
        if not on_a_clock:
            still.setattr(clock, "now", lambda: START)
        answer = api.post("/v1/campaigns", body)
    assert answer.status_code == 201, answer.content
    return Campaign.objects.get(id=answer.json()["id"])


def row(persona: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """One invoice of a debtor who is that persona; `persona` may carry a delay (`pays+3d`)."""
    name = persona.partition("+")[0].replace("_", "-")
    return {
        "company_name": f"{name.title()} Inc",
        "contact_email": f"{persona}@{name}.sandbox.agentcollect.com",
        "state": "NY",
        "invoice_amount": 15000,
        "invoice_date": "2025-10-01",
        "due_date": "2025-10-31",
        "invoice_number": f"{persona}-{number}",
    } | more


def advance(clock_id: str, days: int) -> None:
    """Let so many days of the clock pass."""
    row = TestClock.objects.get(id=clock_id)
    clocks.advance(clock_id=clock_id, frozen_time=row.frozen_time + days * DAY, by="test", at=clock.now())
    row.refresh_from_db()
    while row.status != "ready":
        driver.drive(wall=clock.now(), seconds=60, clock_id=clock_id)
        row.refresh_from_db()
        assert row.status != "failed", row.error


def live(days: int, since: datetime = START) -> None:
    """Let so many days pass."""
    at = since
    for _ in range(_MOST_BEATS):
        beat(at)
        coming = [moment for moment in _due() if moment is not None]
        if not coming or min(coming) > since + days * DAY:
            return
        at = max(min(coming), at + HOUR)
    raise AssertionError(f"something is due for ever: {_due()}")


def beat(at: datetime) -> None:
    """Every sweep of the wall once."""
    campaigns.open_cases(at=at)
    outreach.enrich_due(at=at)
    while outreach.process_inbound(at=at):
        pass
    reactions.react_due(at=at)
    while outreach.process_inbound(at=at):
        pass
    campaigns.release_ended(at=at)
    payments.judge_promises(at=at)
    payments.judge_plans(at=at)
    outreach.recall_tasks(at=at)
    campaigns.expire_tasks(at=at)
    outreach.send_due(at=at)
    campaigns.judge_exhausted(at=at)
    outreach.escalate_exhausted(at=at)


def _due() -> list[datetime | None]:
    """The next moment of each kind of thing that waits for one."""

    def first(rows: Any, name: str) -> datetime | None:
        return rows.aggregate(first=Min(name))["first"]

    offered = first(Referral.objects.filter(status="offered"), "offered_at")
    return [
        first(Step.objects.filter(status="planned"), "due_at"),
        first(Reaction.objects.filter(status="planned"), "due_at"),
        first(Hold.objects.filter(released_at=None), "ends_at"),
        first(Promise.objects.filter(status="open"), "judged_after"),
        first(Instalment.objects.filter(status="due", plan__status="active"), "judged_after"),
        first(Task.objects.filter(status__in=("open", "claimed")), "expires_at"),
        first(Referral.objects.filter(status="proposed"), "offer_at"),
        offered and offered + DAY,
    ]


def only(campaign: Campaign) -> Case:
    return Case.objects.select_related("debtor", "campaign").get(campaign=campaign)
