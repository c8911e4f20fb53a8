"""Campaigns on test clocks, placed over HTTP, and their story as it can be held against another one."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import TestClock
from agentcollect.kit import clock
from campaigns.models import Campaign, Case
from events.models import Event
from sandbox import driver
from tests import factories
from tests.rows import attorney

# A Tuesday morning in New York, far from the wall's year.
START = datetime(2031, 3, 4, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=375)  # past the mandate's last midnight


def creditor() -> factories.ApiClient:
    """A client of a new organisation; there is an attorney for its cases."""
    attorney()
    return factories.client(factories.api_key(factories.organisation()))


def rows(count: int) -> list[dict[str, Any]]:
    """As many debtors in New York who never answer, each with one invoice a month overdue in the story."""
    return [
        {
            "company_name": f"Firm {number} LLC",
            "contact_email": f"ap@firm{number}.example",
            "contact_phone": f"+1212555{number:04}",
            "invoice_amount": 1000 + number,
            "invoice_number": f"I-{number}",
            "invoice_date": "2031-01-02",
            "due_date": "2031-02-02",
            "country": "US",
            "state": "NY",
        }
        for number in range(count)
    ]


def make(api: factories.ApiClient, at: datetime = START, name: str = "") -> str:
    """The id of a new clock."""
    answer = api.post("/v1/sandbox/clocks", {"frozen_time": clock.iso(at), "name": name})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def place(api: factories.ApiClient, clock_id: str, count: int = 3, **more: Any) -> Campaign:
    body = {"company": "Your Company Inc.", "debtors": rows(count), "test_clock": clock_id} | more
    answer = api.post("/v1/campaigns", body)
    assert answer.status_code == 201, answer.content
    return Campaign.objects.get(id=answer.json()["id"])


def advance(api: factories.ApiClient, clock_id: str, until: datetime) -> TestClock:
    """Ask for it, and drive until it is there or has failed."""
    answer = api.post(f"/v1/sandbox/clocks/{clock_id}/advance", {"frozen_time": clock.iso(until)})
    assert answer.status_code == 202, answer.content
    return drive(clock_id)


def drive(clock_id: str) -> TestClock:
    """As the worker would, until nothing is left to do."""
    for _ in range(50):
        driver.drive(wall=clock.now(), clock_id=clock_id)
        row = TestClock.objects.get(id=clock_id)
        if row.status != TestClock.Status.ADVANCING:
            return row
    raise AssertionError(f"the clock stands at {row.frozen_time}")


def story(campaign: Campaign) -> dict[str, Any]:
    """Everything that two runs of the same story must have in common: no ids, no wall times."""
    told = Event.objects.filter(campaign_id=campaign.id, sequence__isnull=False)
    numbers = dict(Case.objects.filter(campaign=campaign).values_list("id", "invoice_number"))
    happened = Counter((numbers.get(one.case_id, ""), one.type, one.created_at) for one in told)
    cases = Case.objects.filter(campaign=campaign)
    return {"told": happened, "cases": Counter(cases.values_list("invoice_number", "status", "balance_minor"))}
