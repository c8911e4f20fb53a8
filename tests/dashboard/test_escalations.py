"""The page of upcoming escalations: when, how much, what stands in the way, and the creditor's word."""

import pytest
from django.test import Client

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Case, Debtor
from outreach import operations
from outreach.models import Referral
from outreach.operations import escalation
from tests import factories
from tests.dashboard import world
from tests.outreach.test_escalation import attorney

PAGE = "/dashboard/escalations"


@pytest.fixture
def case(busy: world.Busy) -> Case:
    """A case that is to be offered in two days."""
    attorney()
    Debtor.objects.update(region="NY")
    open_ = Case.objects.filter(status="active", closed_at=None).select_related("debtor", "campaign__organisation")
    found = next(case for case in open_.order_by("id") if not escalation.why_not(case, at=clock.now()))
    Case.objects.filter(id=found.id).update(status="escalation_pending")
    operations.escalate_exhausted(at=clock.now())
    assert Referral.objects.get().status == "proposed"
    return found


def text(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_proposal_is_shown_with_what_stands_in_its_way(owner: Client, case: Case) -> None:
    page = text(owner)
    assert case.debtor.name in page and "unless you veto it before" in page and 'class="quiet">nothing' in page
    campaigns.hold(kind="bankruptcy", on=case, by="debtor", at=clock.now())
    page = text(owner)
    assert "on hold (bankruptcy)" in page


@pytest.mark.parametrize(("press", "status"), [("veto", "declined"), ("escalate", "offered")])
def test_the_creditors_word(owner: Client, case: Case, press: str, status: str) -> None:
    assert owner.post(f"{PAGE}/{case.id}/{press}", {"reason": "ours"}, follow=True).status_code == 200
    assert Referral.objects.get().status == status
    assert ("has not answered yet" in text(owner)) == (press == "escalate")


def test_who_may_not_act_changes_nothing(owner: Client, case: Case) -> None:
    viewer = Client()
    viewer.force_login(world.member(case.organisation, "viewer").user)
    assert "Veto<" not in text(viewer)
    assert viewer.post(f"{PAGE}/{case.id}/veto").status_code == 403
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other"), "owner").user)
    assert case.debtor.name not in text(stranger)
    assert stranger.post(f"{PAGE}/{case.id}/veto").status_code == 404
    assert Referral.objects.get().status == "proposed"
