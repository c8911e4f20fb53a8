"""What time it is where a surface acts: the wall's, or that of the test clock something is on."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import timeline
from accounts.models import TestClock
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case, Debtor
from events.models import Event
from tests import factories
from tests.factories import client

pytestmark = pytest.mark.django_db

THEN = datetime(2031, 3, 4, 15, 0, tzinfo=UTC)
BODY = {
    "company": "Your Company Inc.",
    "debtors": [
        {
            "company_name": "Acme Corp",
            "contact_email": "ap@acmecorp.com",
            "invoice_amount": 15000,
            "invoice_date": "2031-01-15",  # the future, on the wall
            "invoice_number": "INV-1",
        }
    ],
}
# Arguments of addresses that name nothing in a story: credentials, endpoints, files, requests, settings.
ON_THE_WALL = set(
    (
        "clock_id delivery_id domain_id endpoint_id event_id exclusion_id export_id invitation_id "
        "item_id key_id line_id log_id member_id object_id payout_id public_id "
        "remit_to_id replay_id statement_id token_id webhook_id "
    ).split()
)


@pytest.fixture
def organisation() -> Any:
    return factories.organisation()


def test_a_campaign_lives_by_its_clock(organisation: Any) -> None:
    key, clock = factories.api_key(organisation), factories.test_clock(organisation, THEN)
    answer = client(key).post("/v1/campaigns", BODY | {"test_clock": clock.id})
    assert answer.status_code == 201, answer.json()
    said = answer.json()
    assert said["test_clock"] == clock.id and said["created_at"] == "2031-03-04T15:00:00Z"
    assert said["first_contact_at"] > said["created_at"]
    for model in (Campaign, Case, Debtor):
        assert list(model.objects.values_list("clock_id", "created_at")) == [(clock.id, THEN)]
    assert Event.objects.get(type="campaign.started").created_at == THEN
    clock.refresh_from_db()
    assert clock.stirred_at is not None, "its driver is asked to open the cases"
    held = client(key).post(
        f"/v1/cases/{Case.objects.get().id}/hold", {"kind": "creditor_pause", "reason": "they called"}
    )
    assert held.status_code == 200, held.json()
    assert Event.objects.get(type="case.held").created_at == THEN
    shown = client(key).get(f"/v1/cases?test_clock={clock.id}").json()["data"]
    assert [case["test_clock"] for case in shown] == [clock.id]
    assert client(key).get("/v1/debtors?test_clock=clk_0000000000000000000000").json()["data"] == []


def test_the_same_company_on_another_clock_is_another_debtor(organisation: Any) -> None:
    key = factories.api_key(organisation)
    for clock in (factories.test_clock(organisation, THEN), factories.test_clock(organisation, THEN)):
        assert client(key).post("/v1/campaigns", BODY | {"test_clock": clock.id}).status_code == 201
    assert Debtor.objects.count() == 2


@pytest.mark.parametrize("livemode", [False, True])
def test_a_clock_of_somebody_else_is_unknown(organisation: Any, livemode: bool) -> None:
    theirs = factories.test_clock(organisation if livemode else factories.organisation("Else"), THEN)
    answer = client(factories.api_key(organisation, livemode)).post("/v1/campaigns", BODY | {"test_clock": theirs.id})
    assert answer.status_code == 400
    assert answer.json()["error"] == "unknown_test_clock" and answer.json()["param"] == "test_clock"
    assert not Campaign.objects.exists()


def test_nothing_is_done_on_a_clock_that_goes(organisation: Any) -> None:
    clock = factories.test_clock(organisation, THEN, status=TestClock.Status.DELETING)
    with pytest.raises(ApiError, match="being deleted"):
        timeline.act(clock.id)
    assert timeline.now(clock.id) == THEN


def test_every_address_says_whose_time_it_is() -> None:
    """A new kind of thing in an address is either on a timeline (settings.TIMELINES) or on the wall (above)."""
    named = {name for name in _arguments(get_resolver().url_patterns) if name.endswith("_id")}
    assert named - set(settings.TIMELINES) - ON_THE_WALL == set()


def test_every_timeline_is_found() -> None:
    for model, path in settings.TIMELINES.values():
        assert list(apps.get_model(model)._default_manager.values_list(path)) == []


def _arguments(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for one in patterns:
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                found |= _arguments(one.url_patterns)
        else:
            found |= set(one.pattern.converters)
    return found
