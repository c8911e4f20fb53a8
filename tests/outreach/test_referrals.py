"""Who has a creditor's cases: `/v1/referrals`, and an attorney's no, as operations write it down."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import User
from events.models import Event
from outreach.models import Attorney, Referral
from tests import factories, rows
from tests.outreach import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(rf: RequestFactory) -> Any:
    request = rf.get("/admin")
    request.user = User.objects.create_superuser("ops@example.com", "x" * 12)
    request._messages = type("Quiet", (), {"add": lambda *_: None})()
    return request


def test_a_creditor_sees_who_has_its_cases(empty_redis: None) -> None:
    case = world.case()
    api = factories.client(factories.api_key(case.organisation))
    other = factories.case(case.organisation, False, campaign=case.campaign)
    coming = rows.referral(other, status="proposed", attorney=None)
    asked = rows.referral(case, status="accepted", accepted_at=world.AT)
    listed = api.get("/v1/referrals").json()["data"]
    assert [one["id"] for one in listed] == [asked.id, coming.id] and listed[1]["attorney"] is None
    assert listed[0] == api.get(f"/v1/referrals/{asked.id}").json()
    assert listed[0]["attorney"] == {
        "name": "Dana Whitfield",
        "firm": "Whitfield & Rowe LLP",
        "bar_state": "NY",
        "bar_number": "1",
    }
    for asked_for, found in (
        (f"case_id={case.id}", [asked.id]),
        ("status=proposed", [coming.id]),
        (f"campaign_id={case.campaign_id}", [asked.id, coming.id]),
        (f"debtor_id={other.debtor_id}&expand=case", [coming.id]),
    ):
        assert [one["id"] for one in api.get(f"/v1/referrals?{asked_for}").json()["data"]] == found, asked_for
    assert api.get("/v1/referrals?status=odd").status_code == 400
    assert api.get("/v1/referrals/rfl_none").status_code == 404
    narrow = factories.client(factories.api_key(case.organisation, scopes=["payments:read"]))
    assert narrow.get("/v1/referrals").status_code == 403


def test_operations_write_down_that_an_attorney_declined(request_: Any) -> None:
    """The next one is asked at once; who pressed is on record; a second press says that nothing is offered."""
    case = world.case(livemode=False, status="escalation_pending")
    type(case.debtor).objects.filter(id=case.debtor_id).update(region="NY")
    asked = rows.referral(case, offered_at=world.AT)
    next_one = Attorney.objects.create(
        name="Kim Lee", firm="Lee", bar_state="NY", bar_number="2", licence_expires_on="2099-12-31", sandbox=True
    )
    page = admin.site.get_model_admin(Referral)
    assert "decline" in page.get_actions(request_)
    for _ in range(2):
        page.decline(request_, Referral.objects.filter(id=asked.id))
    asked.refresh_from_db()
    assert (asked.status, asked.reason) == ("declined", "the attorney declined")
    assert Event.objects.get(type="referral.declined").actor == "ops:ops@example.com"
    assert Referral.objects.get(status="offered").attorney_id == next_one.id
