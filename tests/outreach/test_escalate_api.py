"""`POST /v1/cases/{id}/escalate`: the creditor authorises an attorney for one case, now."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Debtor, Step
from campaigns.schema.cases import CASE_DETAIL
from events.models import Event
from outreach import operations
from outreach.models import Referral
from tests import factories
from tests.campaigns.world import fits, refused
from tests.outreach import world
from tests.outreach.test_escalation import attorney
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(empty_redis: None) -> Case:
    found = world.case()
    Debtor.objects.update(region="NY")  # an attorney is asked only where one is licensed
    world.step(found)
    return found


@pytest.fixture
def api(case: Case) -> factories.ApiClient:
    return factories.client(factories.api_key(case.organisation))


def test_an_attorney_is_asked_and_our_own_messages_end(api: factories.ApiClient, case: Case) -> None:
    asked = attorney()
    for _ in range(2):
        said = fits(api.post(f"/v1/cases/{case.id}/escalate"), CASE_DETAIL)
        assert (said["status"], said["why"]["code"]) == ("escalation_pending", "escalation_pending")
    referral = Referral.objects.get()
    assert (referral.status, referral.attorney_id) == ("offered", asked.id) and referral.actor.startswith("key:")
    assert Step.objects.get(case=case).status == "cancelled"
    assert Event.objects.filter(type="case.updated").count() == 1

    operations.escalate_exhausted(at=referral.created_at + 4 * DAY)
    assert Event.objects.get(type="case.escalated").data["referral_id"] == referral.id
    assert api.post(f"/v1/cases/{case.id}/escalate").json()["status"] == "escalated"


def test_a_proposal_that_waited_for_the_creditor_is_offered(api: factories.ApiClient, case: Case) -> None:
    attorney()
    Campaign.objects.update(escalation="ask")
    Case.objects.update(status="escalation_pending")
    operations.escalate_exhausted(at=AT)
    assert Referral.objects.get().status == "proposed"
    api.post(f"/v1/cases/{case.id}/escalate")
    assert Referral.objects.get().status == "offered"


def test_asking_is_not_forbidden_by_ask(api: factories.ApiClient, case: Case) -> None:
    attorney()
    Campaign.objects.update(escalation="ask")
    assert api.post(f"/v1/cases/{case.id}/escalate").status_code == 200
    assert Referral.objects.get().status == "offered"


@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        (lambda case: Campaign.objects.update(escalation="never"), "escalation_not_authorised"),
        (lambda case: Campaign.objects.update(status="paused"), "illegal_transition"),
        (lambda case: Case.objects.update(status="needs_contact"), "illegal_transition"),
        (lambda case: campaigns.hold(kind="dispute", on=case, by="debtor", at=AT), "case_held"),
        (lambda case: campaigns.hold(kind="bankruptcy", on=case.debtor, by="debtor", at=AT), "case_held"),
        (
            lambda case: campaigns.close_case(case_id=case.id, reason="recalled", note="", by="t", at=AT),
            "illegal_transition",
        ),
    ],
    ids=["never", "paused", "needs contact", "dispute", "bankruptcy", "closed"],
)
def test_what_keeps_a_case_from_an_attorney(api: factories.ApiClient, case: Case, arrange: Any, code: str) -> None:
    attorney()
    arrange(case)
    before = Case.objects.get().status
    refused(api.post(f"/v1/cases/{case.id}/escalate"), 409, code)
    assert Case.objects.get().status == before and not Referral.objects.exists()


def test_with_nobody_to_ask_the_case_stays_as_it_is(api: factories.ApiClient, case: Case) -> None:
    refused(api.post(f"/v1/cases/{case.id}/escalate"), 409, "no_attorney")
    case.refresh_from_db()
    assert case.status == "active" and Step.objects.get(case=case).status == "planned"


def test_a_recalled_case_goes_back_to_its_attorney(api: factories.ApiClient, case: Case) -> None:
    attorney()
    api.post(f"/v1/cases/{case.id}/escalate")
    referral = Referral.objects.get()
    operations.accept_referral(referral_id=referral.id, by="attorney:x", at=referral.created_at + timedelta(days=1))
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    said = api.post(f"/v1/cases/{case.id}/unrecall").json()
    assert (said["status"], said["why"]["code"], said["next_step"]) == ("escalated", "with_attorney", None)


# --- the veto


def test_the_creditor_vetoes_a_proposal(api: factories.ApiClient, case: Case) -> None:
    attorney()
    refused(api.post(f"/v1/cases/{case.id}/veto_escalation"), 409, "escalation_not_proposed")
    Case.objects.update(status="escalation_pending")
    operations.escalate_exhausted(at=AT)
    for body in ({"reason": "We settle it."}, {}):
        said = fits(api.post(f"/v1/cases/{case.id}/veto_escalation", body), CASE_DETAIL)
        assert said["status"] == "active"
    refused(api.post(f"/v1/cases/{case.id}/veto_escalation", {"more": 1}), 400, "unknown_field")
    assert Event.objects.get(type="case.escalation_vetoed").data["reason"] == "We settle it."
    assert Referral.objects.get().status == "declined"
    operations.escalate_exhausted(at=AT + 9 * DAY)
    assert Referral.objects.count() == 1  # a veto stands
    assert api.post(f"/v1/cases/{case.id}/escalate").status_code == 200
    refused(api.post("/v1/cases/cas_0000000000000000000000/veto_escalation"), 404, "not_found")


def test_a_debt_past_its_time_goes_to_no_attorney(api: factories.ApiClient, case: Case) -> None:
    attorney()
    type(case.debtor).objects.update(region="NY")
    Case.objects.update(due_date="2014-01-01", invoice_date="2013-12-01")
    refused(api.post(f"/v1/cases/{case.id}/escalate"), 409, "attorney_not_lawful")
