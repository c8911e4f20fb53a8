"""Simulations on demand: payments with the processor's outcomes, and all of them by the clock of their case."""

from datetime import timedelta
from typing import Any

import pytest

from agentcollect.kit import clock
from campaigns.models import Case, Contact, Dispute, Step, Suppression
from events.models import Event
from outreach import operations as outreach
from outreach.models import Call, Inbound
from payments import schema
from payments.models import Payment
from sandbox import reactions
from sandbox.models import Reaction
from tests import factories
from tests.campaigns.world import fits, refused
from tests.outreach import world
from tests.sandbox import debtors

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(empty_redis: None) -> Case:
    return world.case()


@pytest.fixture
def api(case: Case) -> factories.ApiClient:
    return factories.client(factories.api_key(case.organisation))


def pay(api: factories.ApiClient, case: Case, **body: Any) -> dict[str, Any]:
    return fits(api.post("/v1/sandbox/payments", {"case_id": case.id} | body), schema.PAYMENT, 201)


@pytest.mark.parametrize("outcome", ["card_declined", "insufficient_funds"])
def test_a_card_that_is_declined(api: factories.ApiClient, case: Case, outcome: str) -> None:
    said = pay(api, case, outcome=outcome, amount=100)
    assert (said["status"], said["method"], said["amount"]) == ("failed", "card", 100)
    assert Event.objects.filter(type="payment.failed").count() == 1 and said["failure"]
    case.refresh_from_db()
    assert case.balance_minor == 1_500_000


@pytest.mark.parametrize(
    ("outcome", "first", "then"),
    [
        ("ach_settles", "succeeded", "succeeded"),
        ("ach_fails", "failed", "failed"),
        ("ach_returned", "succeeded", "reversed"),
    ],
)
def test_a_debit_tells_later(api: factories.ApiClient, case: Case, outcome: str, first: str, then: str) -> None:
    said = pay(api, case, outcome=outcome, after="6h")
    assert (said["status"], said["method"]) == ("processing", "ach_debit")
    refused(api.post("/v1/sandbox/payments", {"case_id": case.id, "outcome": outcome}), 409, "payment_in_progress")
    begun = Payment.objects.get().created_at
    reactions.react_due(at=begun + timedelta(hours=5))
    assert Payment.objects.get().status == "processing"
    for hours, status in ((6, first), (12, then)):
        reactions.react_due(at=begun + timedelta(hours=hours))
        assert Payment.objects.get().status == status
    case.refresh_from_db()
    assert case.status == ("closed" if then == "succeeded" else "active")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"outcome": "stolen"}, "outcome"),
        ({"outcome": 7}, "outcome"),
        ({"outcome": "ach_fails", "method": "card"}, "method"),
        ({"outcome": "ach_fails", "after": "soon"}, "after"),
        ({"outcome": "ach_fails", "amount": 20000}, "amount"),
        ({"outcome": "ach_fails", "amount": 0.001}, "amount"),
    ],
)
def test_what_is_wrong_is_named(api: factories.ApiClient, case: Case, body: dict[str, Any], param: str) -> None:
    answer = api.post("/v1/sandbox/payments", {"case_id": case.id} | body)
    said = answer.json()
    assert answer.status_code == 400 and param in [said.get("param"), *(one["param"] for one in said.get("errors", []))]
    assert not Payment.objects.exists()


def test_everything_happens_by_the_clock_of_its_case(monkeypatch: pytest.MonkeyPatch, empty_redis: None) -> None:
    rows = [{"persona": "silent", "company_name": f"Debtor {n}", "invoice_number": f"N-{n}"} for n in range(4)]
    rows = [
        row | {"contact_email": f"ap@debtor{n}.example", "contact_phone": "+12125550100"} for n, row in enumerate(rows)
    ]
    campaign = debtors.place(monkeypatch, *rows, on_a_clock=True)
    debtors.advance(campaign.clock_id, 1)
    now = debtors.START + timedelta(days=1)
    api = factories.client(factories.api_key(campaign.organisation))
    one, two, three, four = Case.objects.filter(campaign=campaign).order_by("invoice_number")

    def ask(what: str, body: dict[str, Any]) -> None:
        answer = api.post(f"/v1/sandbox/{what}", body)
        assert answer.status_code in (201, 202), answer.content

    ask("payments", {"case_id": one.id, "outcome": "ach_settles", "after": "2d"})
    ask("replies", {"case_id": two.id, "template": "thanks"})
    ask("bounces", {"case_id": three.id})
    ask("disputes", {"case_id": four.id, "reason": "quality"})
    ask("opt_outs", {"contact_id": Contact.objects.filter(debtor=two.debtor).first().id, "channel": "call"})  # type: ignore[union-attr]
    moments = [
        Payment.objects.get().created_at,
        *Inbound.objects.values_list("received_at", flat=True),
        Dispute.objects.get().created_at,
        Suppression.objects.get().created_at,
    ]
    assert set(moments) == {now} and set(Inbound.objects.values_list("clock_id", flat=True)) == {campaign.clock_id}
    assert Reaction.objects.get().due_at == now + timedelta(days=2)
    assert reactions.react_due(at=clock.now() + timedelta(days=900)) == 0  # the wall's worker leaves them alone
    assert outreach.process_inbound(at=clock.now()) == 0
    debtors.advance(campaign.clock_id, 3)
    assert Payment.objects.get().status == "succeeded" and Payment.objects.get().received_at == now + timedelta(days=2)
    assert set(Inbound.objects.values_list("status", flat=True)) == {"done"}


def test_a_call_is_not_brought_forward_past_the_law(monkeypatch: pytest.MonkeyPatch, empty_redis: None) -> None:
    """On a clock the call that comes next is judged as of the clock's own time, a day after the first message."""
    campaign = debtors.place(monkeypatch, {"persona": "silent", "contact_phone": "+12125550102"}, on_a_clock=True)
    debtors.advance(campaign.clock_id, 1)
    case = debtors.only(campaign)
    api = factories.client(factories.api_key(campaign.organisation))
    asked = {"case_id": case.id, "outcome": "voicemail"}
    said = refused(api.post("/v1/sandbox/calls", asked), 409, "call_not_made")
    assert "48 hours apart (R-12)" in said["message"] and not Call.objects.exists()
    debtors.advance(campaign.clock_id, 3)
    assert Call.objects.get().outcome == "busy" and Step.objects.get(id=Call.objects.get().step_id).status == "sent"
