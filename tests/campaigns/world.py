"""A creditor with a campaign that a worker has opened, told over HTTP; and answers held against their own schema."""

from datetime import UTC, datetime
from typing import Any

from jsonschema import Draft202012Validator

from campaigns import operations
from campaigns.models import Campaign, Case, Step
from events.models import Event
from tests import factories

TUESDAY = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
ROW = {
    "company_name": "Acme Corp",
    "contact_email": "ap@acmecorp.com",
    "invoice_amount": 15000,
    "invoice_date": "2025-10-01",
    "invoice_number": "INV-2025-0847",
}


def client(livemode: bool = False, **facts: Any) -> factories.ApiClient:
    """A client of a new organisation."""
    return factories.client(factories.api_key(factories.organisation(**facts), livemode))


def numbered(count: int, begin: int = 0) -> list[dict[str, Any]]:
    """Rows of as many different debtors."""
    return [
        ROW | {"company_name": f"Debtor {n} Inc", "contact_email": f"ap@debtor{n}.com", "invoice_number": f"N-{n}"}
        for n in range(begin, begin + count)
    ]


def placed(api: factories.ApiClient, *rows: dict[str, Any], opened: bool = True, **more: Any) -> Campaign:
    """A campaign of these rows (or the page's one), made over HTTP and opened as a worker would."""
    answer = api.post("/v1/campaigns", {"company": "Your Company Inc.", "debtors": list(rows or [ROW])} | more)
    assert answer.status_code == 201, answer.content
    if opened:
        operations.open_campaign(campaign_id=answer.json()["id"], at=TUESDAY)
    return Campaign.objects.get(id=answer.json()["id"])


def only(campaign: Campaign) -> Case:
    return Case.objects.select_related("debtor", "campaign").get(campaign=campaign)


def planned(case: Case) -> Step:
    return Step.objects.get(case=case, status="planned")


def told(type: str, **about: str) -> list[dict[str, Any]]:
    """The data of every event of `type`, oldest first."""
    return [event.data for event in Event.objects.filter(type=type, **about).order_by("sequence")]


def fits(answer: Any, shape: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """The answer's JSON, which is of `shape`."""
    assert answer.status_code == status, answer.content
    Draft202012Validator(shape).validate(answer.json())
    return answer.json()


def refused(answer: Any, status: int, code: str, param: str = "") -> dict[str, Any]:
    """The error's JSON."""
    said = answer.json()
    assert (answer.status_code, said["error"]) == (status, code), said
    assert not param or param in [said.get("param"), *(one["param"] for one in said.get("errors", []))], said
    return said
