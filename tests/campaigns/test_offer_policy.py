"""What an organisation grants debtors who ask for time: by the API, by the settings page, merged into every case."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns.rules import offers
from events.models import Event
from payments import operations as payments
from tests import factories
from tests.dashboard import world

PATH, PAGE = "/v1/organisation/offer_policy", "/dashboard/settings/offers"
TYPED = {
    "plans": "on",
    "min_instalment": "250.50",
    "max_instalments": "6",
    "max_months": "6",
    "grace_days": "0",
    "max_promise_days": "45",
    "answer_days": "7",
    "settlement": "90 days: 10 %\n 180 25\n\n",
    "settlement_days": "21",
    "settlement_approval": "second_person",
}
LADDER = [{"min_age_days": 90, "max_discount_percent": 10}, {"min_age_days": 180, "max_discount_percent": 25}]


@pytest.fixture
def organisation(db: None) -> Organisation:
    """One that live mode is not open for yet."""
    made = factories.organisation()
    Organisation.objects.filter(id=made.id).update(live_approved=False)
    return made


def put(organisation: Organisation, body: dict[str, Any], livemode: bool = False) -> Any:
    return factories.client(factories.api_key(organisation, livemode)).send("PUT", PATH, body)


def test_it_is_set_whole_and_holds_for_campaigns_that_do_not_say(organisation: Organisation) -> None:
    case = factories.case(organisation)
    other = factories.case(
        organisation,
        debtor=case.debtor,
        invoice_key="2",
        campaign=factories.campaign(organisation, offer_policy={"max_instalments": 2}),
    )
    assert payments.policy_of(case).max_instalments == 3
    said = put(organisation, {"max_instalments": 6, "min_instalment": 250.5})
    assert said.status_code == 200
    assert said.json()["offer_policy"] == {"max_instalments": 6, "min_instalment": 250.5}
    assert said.json()["in_force"]["max_months"] == 3 and said.json()["in_force"]["max_instalments"] == 6
    case.refresh_from_db()
    other.refresh_from_db()
    assert (payments.policy_of(case).max_instalments, payments.policy_of(other).max_instalments) == (6, 2)
    assert payments.policy_of(other).min_instalment_minor == 25_050
    assert put(organisation, {}).json()["offer_policy"] == {}
    assert Event.objects.filter(type="organisation.updated").count() == 2


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"max_instalments": 1}, "max_instalments"),
        ({"max_instalments": None}, "max_instalments"),
        ({"min_instalment": "5"}, "min_instalment"),
        ({"min_instalment": 0}, "min_instalment"),
        ({"discount": 5}, "discount"),
        ({"settlement": LADDER[::-1]}, "settlement"),
        ({"settlement": [LADDER[0], LADDER[0]]}, "settlement"),
        ({"settlement": [{"min_age_days": 0, "max_discount_percent": 91}]}, "settlement"),
        ({"settlement": [{"min_age_days": 0}]}, "settlement"),
        ({"settlement": None}, "settlement"),
        ({"settlement_approval": "anybody"}, "settlement_approval"),
        ({"settlement_days": 91}, "settlement_days"),
    ],
)
def test_a_faulty_policy_changes_nothing(organisation: Organisation, body: dict[str, Any], param: str) -> None:
    refused = put(organisation, body)
    assert refused.status_code == 400 and param in refused.content.decode()
    assert Organisation.objects.get().offer_policy == {}


def test_once_live_a_test_key_does_not_set_it(organisation: Organisation) -> None:
    Organisation.objects.update(live_approved=True)
    refused = put(organisation, {"max_months": 6})
    assert (refused.status_code, refused.json()["error"]) == (409, "live_key_required")
    assert put(organisation, {"max_months": 6}, livemode=True).status_code == 200


def test_the_settings_page_sets_it(client: Client, organisation: Organisation) -> None:
    client.force_login(world.member(organisation, "admin").user)
    assert 'value="100' in client.get("/dashboard/settings").content.decode()
    assert client.post(PAGE, TYPED).status_code == 302
    row = Organisation.objects.get()
    assert row.offer_policy == {
        "plans": True,
        "max_instalments": 6,
        "max_months": 6,
        "grace_days": 0,
        "max_promise_days": 45,
        "answer_days": 7,
        "min_instalment_minor": 25_050,
        "settlement": LADDER,
        "settlement_days": 21,
        "settlement_approval": "second_person",
    }
    audit = Event.objects.get(type="organisation.updated")
    assert audit.actor.startswith("member:") and audit.created_at <= clock.now()
    wrong = client.post(PAGE, TYPED | {"max_instalments": "99", "min_instalment": "much"})
    assert wrong.status_code == 422 and b"Nothing was saved" in wrong.content
    for typed in ("ninety", "90: 10\n90: 20", "10: 99"):
        assert client.post(PAGE, TYPED | {"settlement": typed}).status_code == 422
    assert "90 days: 10 %" in client.get("/dashboard/settings").content.decode()
    assert Organisation.objects.get().offer_policy == row.offer_policy


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_an_owner_or_admin_sets_it(client: Client, organisation: Organisation, role: str) -> None:
    client.force_login(world.member(organisation, role).user)
    assert client.post(PAGE, TYPED).status_code == 403
    assert b"Instalments at most" in client.get("/dashboard/settings").content
    assert Organisation.objects.get().offer_policy == {}


def test_the_discount_by_age_is_the_last_rung_reached() -> None:
    rungs = offers.ladder(LADDER)
    assert [offers.most_discount(rungs, age) for age in (-3, 0, 89, 90, 179, 180, 4000)] == [0, 0, 0, 10, 10, 25, 25]
    assert offers.most_discount((), 4000) == 0


def test_a_campaigns_ladder_takes_the_place_of_the_organisations_whole() -> None:
    own = {"settlement": [{"min_age_days": 0, "max_discount_percent": 5}]}
    found = offers.policy(own, {"settlement": LADDER, "settlement_approval": "auto"})
    assert (found.settlement, found.settlement_approval) == ((offers.Rung(0, 5),), "auto")
    assert offers.policy({"settlement": []}, {"settlement": LADDER}).settlement == ()
    # A row typed by hand that makes no sense gives nothing away.
    assert offers.policy({"settlement": LADDER[::-1], "settlement_approval": "x"}, {}) == offers.Policy()


def test_no_event_tells_how_much_may_be_given_up(organisation: Organisation) -> None:
    case = factories.case(organisation)
    client = factories.client(factories.api_key(organisation))
    changed = client.patch(
        f"/v1/campaigns/{case.campaign_id}", {"offer_policy": {"settlement": LADDER, "plans": False}}
    )
    assert changed.json()["offer_policy"] == {"settlement": LADDER, "plans": False}
    told = Event.objects.get(type="campaign.updated")
    assert told.data["changes"]["offer_policy"]["after"] == {"plans": False}
    public = Event.objects.filter(sequence__isnull=False)
    assert public and not any("percent" in one.payload for one in public)
