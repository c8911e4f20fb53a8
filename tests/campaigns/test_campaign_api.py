"""`/v1/campaigns`: lists, detail, changed terms, more debtors, and every action with its refusals."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from agentcollect.kit import clock
from agentcollect.kit.shapes import page
from campaigns import operations, queries
from campaigns.models import Campaign, Case, Debtor, Step
from campaigns.schema.campaigns import ADDED, CAMPAIGN, DETAIL, ENTRY
from events.models import Event
from tests import factories
from tests.campaigns.world import ROW, TUESDAY, client, fits, numbered, only, placed, refused, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return client()


@pytest.fixture(autouse=True)
def tuesday() -> Any:
    with time_machine.travel(TUESDAY, tick=False) as moment:
        yield moment


# --- reading


def test_the_detail_has_every_field_of_the_contract(api: factories.ApiClient) -> None:
    campaign = placed(api, name="March", metadata={"erp": "7"})
    said = fits(api.get(f"/v1/campaigns/{campaign.id}"), DETAIL)
    assert (said["amount_collected"], said["amount_outstanding"], said["recovery_rate"]) == (0, 15000, 0)
    assert said["cases"] == {"active": 1} and said["next_contact_at"] == "2026-03-17T15:00:00Z"
    assert said["mandate_ends_on"] == "2027-03-17" and said["completed_at"] is None
    assert {one["event"] for one in said["timeline"]} == {"case.opened", "campaign.started"}


def test_the_list_is_filtered_by_status_currency_name_and_metadata(api: factories.ApiClient, tuesday: Any) -> None:
    first = placed(api, name="March", metadata={"erp": "7"})
    tuesday.shift(1)
    second = placed(api, ROW | {"invoice_number": "2"}, currency="EUR")
    api.post(f"/v1/campaigns/{second.id}/pause")

    def found(**asked: str) -> list[str]:
        return [one["id"] for one in api.get("/v1/campaigns", asked).json()["data"]]

    assert found() == [second.id, first.id]
    assert found(status="paused") == [second.id] == found(currency="EUR")
    assert found(name="March") == [first.id] == found(**{"metadata[erp]": "7"})
    assert found(created_after="2026-03-17T13:30:01Z") == [second.id]
    refused(api.get("/v1/campaigns", {"status": "asleep"}), 400, "invalid_parameter", "status")
    refused(api.get("/v1/campaigns", {"state": "paused"}), 400, "unknown_parameter", "state")


def test_the_timeline_is_filtered_by_event_and_case(api: factories.ApiClient) -> None:
    campaign = placed(api, *numbered(2))
    case = Case.objects.order_by("id").first()
    path = f"/v1/campaigns/{campaign.id}/timeline"
    entries = api.get(path, {"event": "case.opened", "case_id": case.id}).json()["data"]
    assert [one["case_id"] for one in entries] == [case.id]
    everything = fits(api.get(path), page(ENTRY))["data"]
    assert len(everything) == 3
    refused(api.get(path, {"event": "no.such"}), 400, "invalid_parameter", "event")


def test_a_longer_list_asks_the_database_no_more(
    api: factories.ApiClient, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    placed(api)
    api.get("/v1/campaigns")
    with django_assert_max_num_queries(3) as few:
        api.get("/v1/campaigns")
    asked = len(few)
    for n in range(5):
        placed(api, *numbered(1, begin=n), opened=False)
    with django_assert_num_queries(asked):
        assert len(api.get("/v1/campaigns").json()["data"]) == 6


def test_a_campaign_of_many_asks_the_database_no_more(
    api: factories.ApiClient, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    one, many = placed(api), placed(api, *numbered(12))
    api.get(f"/v1/campaigns/{one.id}")
    for path in ("", "/cases?expand=debtor,campaign", "/contacts?expand=debtor", "/timeline"):
        with django_assert_max_num_queries(6) as few:
            assert api.get(f"/v1/campaigns/{one.id}{path}").status_code == 200
        with django_assert_num_queries(len(few)):
            assert api.get(f"/v1/campaigns/{many.id}{path}").status_code == 200


# --- terms


def test_terms_change_while_it_runs_and_say_what_was_before(api: factories.ApiClient) -> None:
    campaign = placed(api, metadata={"erp": "7", "old": "x"}, brand={"from_email": "ar@yourcompany.com"})
    body = {
        "name": "Spring",
        "escalation": "never",
        "mandate_months": 6,
        "metadata": {"old": None, "new": "y"},
        "brand": {"from_email": "billing@yourcompany.com", "colors": {"primary": "#123456"}},
    }
    said = fits(api.patch(f"/v1/campaigns/{campaign.id}", body), DETAIL)
    assert (said["name"], said["escalation"], said["mandate_ends_on"]) == ("Spring", "never", "2026-09-17")
    assert said["metadata"] == {"erp": "7", "new": "y"}
    assert said["brand"]["from_email"] == "billing@yourcompany.com" and said["brand"]["name"] == "Your Company Inc."
    assert said["brand"]["colors"] == {"primary": "#123456"}

    (event,) = told("campaign.updated")
    assert event["changes"]["escalation"] == {"before": "auto", "after": "never"}
    assert event["change"] == "name, metadata, escalation, mandate ends at, brand"
    assert Event.objects.get(type="campaign.updated").actor.startswith("key:")


def test_changing_nothing_records_nothing(api: factories.ApiClient) -> None:
    campaign = placed(api, name="March")
    for body in ({}, {"name": "March"}, {"mandate_months": 12}, {"metadata": {}}, {"brand": {}}):
        assert api.patch(f"/v1/campaigns/{campaign.id}", body).status_code == 200
    assert told("campaign.updated") == []


def test_null_clears_and_a_cleared_part_of_the_brand_is_the_default_again(api: factories.ApiClient) -> None:
    campaign = placed(api, name="March", metadata={"a": "b"}, brand={"name": "Other", "phone": "+1 555 0100"})
    body = {"name": None, "metadata": None, "brand": {"name": None, "phone": None}}
    said = api.patch(f"/v1/campaigns/{campaign.id}", body).json()
    assert (said["name"], said["metadata"]) == ("", {})
    assert said["brand"]["name"] == "Your Company Inc." and "phone" not in said["brand"]


def test_another_logo_is_fetched(api: factories.ApiClient) -> None:
    campaign = placed(api, brand={"logo_url": "https://yourco.com/a.png"})
    Campaign.objects.update(logo_state="ready", logo_file="logos/x.png")
    api.patch(f"/v1/campaigns/{campaign.id}", {"brand": {"name": "Same logo"}})
    campaign.refresh_from_db()
    assert (campaign.logo_state, campaign.logo_file) == ("ready", "logos/x.png")
    api.patch(f"/v1/campaigns/{campaign.id}", {"brand": {"logo_url": "https://yourco.com/b.png"}})
    campaign.refresh_from_db()
    assert (campaign.logo_url, campaign.logo_state, campaign.logo_file) == ("https://yourco.com/b.png", "pending", "")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"nmae": "x"}, "unknown_field", "nmae"),
        ({"name": 7}, "invalid_type", "name"),
        ({"name": "x" * 121}, "invalid_text", "name"),
        ({"escalation": "maybe"}, "invalid_choice", "escalation"),
        ({"escalation": None}, "invalid_type", "escalation"),
        ({"mandate_months": 25}, "invalid_type", "mandate_months"),
        ({"metadata": {"k" * 41: "v"}}, "invalid_metadata", "metadata"),
        ({"brand": {"from_email": "no"}}, "invalid_email", "brand.from_email"),
        ({"brand": {"colour": "red"}}, "unknown_field", "brand.colour"),
        (b"{", "malformed_json", ""),
        (b"[]", "invalid_type", ""),
        (b'{"name":"a\\u0000b"}', "invalid_text", "name"),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, bytes) else "raw",
)
def test_terms_that_are_refused(api: factories.ApiClient, body: Any, code: str, param: str) -> None:
    campaign = placed(api)
    refused(api.patch(f"/v1/campaigns/{campaign.id}", body), 400, code, param)
    assert told("campaign.updated") == []


def test_every_fault_is_named_at_once(api: factories.ApiClient) -> None:
    campaign = placed(api)
    body = {"escalation": "maybe", "mandate_months": 0, "brand": {"domain": "-", "colors": {"primary": "red"}}}
    said = refused(api.patch(f"/v1/campaigns/{campaign.id}", body), 400, "invalid_type")
    assert {one["param"] for one in said["errors"]} == {
        *body.keys() - {"brand"},
        "brand.domain",
        "brand.colors.primary",
    }


def test_a_mandate_cannot_be_shortened_into_the_past(api: factories.ApiClient, tuesday: Any) -> None:
    campaign = placed(api)
    tuesday.shift(timedelta(days=70))
    refused(api.patch(f"/v1/campaigns/{campaign.id}", {"mandate_months": 2}), 409, "mandate_over", "mandate_months")


def test_a_finished_campaign_only_changes_its_name_and_metadata(api: factories.ApiClient) -> None:
    campaign = placed(api)
    api.post(f"/v1/campaigns/{campaign.id}/cancel")
    assert api.patch(f"/v1/campaigns/{campaign.id}", {"name": "old", "metadata": {"a": "b"}}).status_code == 200
    said = refused(api.patch(f"/v1/campaigns/{campaign.id}", {"escalation": "never"}), 409, "illegal_transition")
    assert said["state"] == "cancelled"


# --- more debtors


def test_debtors_are_added_to_a_running_campaign(api: factories.ApiClient) -> None:
    campaign = placed(api)
    rows = [ROW | {"invoice_number": "SECOND", "invoice_amount": 100.5}, *numbered(1)]
    said = fits(api.post(f"/v1/campaigns/{campaign.id}/debtors", {"debtors": rows}), ADDED, 201)
    assert (said["debtors_added"], said["debtors_enrolled"], said["debtors_unique"]) == (2, 3, 2)
    assert (said["amount_added"], said["total_amount"]) == (15100.5, 30100.5)
    ids = [one["id"] for one in said["cases"]]
    numbers = [Case.objects.get(id=case_id).invoice_number for case_id in ids]
    assert numbers == ["SECOND", "N-0"] == [one["invoice_number"] for one in said["cases"]]

    (event,) = told("campaign.updated")
    assert event["changes"]["debtors_enrolled"] == {"before": 1, "after": 3}
    assert operations.open_campaign(campaign_id=campaign.id, at=TUESDAY) == 2
    # One message for each debtor: the first invoice's lists the second.
    assert Step.objects.filter(campaign=campaign, status="planned").count() == 2
    assert len(told("case.opened")) == 3
    assert queries.figures(campaign.id)["placed"] == 3_010_050


def test_an_addition_is_all_or_nothing(api: factories.ApiClient) -> None:
    campaign = placed(api)
    path = f"/v1/campaigns/{campaign.id}/debtors"
    rows = [*numbered(1), numbered(2)[1] | {"invoice_amount": -1}, numbered(3)[2] | {"currency": "EUR"}]
    said = refused(api.post(path, {"debtors": rows}), 400, "invalid_amount", "debtors[1].invoice_amount")
    assert {one["param"] for one in said["errors"]} == {"debtors[1].invoice_amount", "debtors[2].currency"}
    said = refused(api.post(path, {"debtors": [*numbered(1), ROW]}), 400, "duplicate_invoice")
    assert said["errors"][0]["case_id"] == only(campaign).id
    refused(api.post(path, {"debtors": [*numbered(1), *numbered(1)]}), 400, "duplicate_invoice")
    foreign = {"debtors": [numbered(1)[0] | {"country": "FR"}]}
    refused(api.post(path, foreign), 422, "country_not_enabled", "debtors[0].country")
    for bad, code in (({}, "missing_field"), ({"debtors": []}, "no_debtors"), ({"debtors": 1}, "invalid_type")):
        refused(api.post(path, bad), 400, code)
    assert (Case.objects.count(), Debtor.objects.count()) == (1, 1) and told("campaign.updated") == []


def test_a_campaign_never_grows_past_500(api: factories.ApiClient) -> None:
    campaign = placed(api)
    Campaign.objects.update(debtors_enrolled=499)
    path = f"/v1/campaigns/{campaign.id}/debtors"
    said = refused(api.post(path, {"debtors": numbered(2)}), 400, "too_many_debtors")
    assert "takes 1 more" in said["message"]
    assert api.post(path, {"debtors": numbered(1)}).status_code == 201
    refused(api.post(path, {"debtors": numbered(1, begin=7)}), 400, "too_many_debtors")
    refused(api.post(path, {"debtors": numbered(501)}), 400, "too_many_debtors")


def test_the_number_of_statements_does_not_follow_the_debtors(
    api: factories.ApiClient, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    campaign = placed(api)
    path = f"/v1/campaigns/{campaign.id}/debtors"
    api.post(path, {"debtors": numbered(1)})
    with django_assert_max_num_queries(30) as few:
        api.post(path, {"debtors": numbered(1, begin=1)})
    with django_assert_num_queries(len(few)):
        api.post(path, {"debtors": numbered(40, begin=2)})


def test_a_paused_campaign_takes_debtors_and_opens_them_when_it_goes_on(api: factories.ApiClient) -> None:
    campaign = placed(api)
    api.post(f"/v1/campaigns/{campaign.id}/pause")
    assert api.post(f"/v1/campaigns/{campaign.id}/debtors", {"debtors": numbered(1)}).status_code == 201
    assert operations.open_cases(at=TUESDAY) == 0
    api.post(f"/v1/campaigns/{campaign.id}/resume")
    assert operations.open_cases(at=TUESDAY) == 1


def test_a_finished_campaign_takes_no_debtors(api: factories.ApiClient) -> None:
    campaign = placed(api)
    api.post(f"/v1/campaigns/{campaign.id}/complete")
    said = refused(
        api.post(f"/v1/campaigns/{campaign.id}/debtors", {"debtors": numbered(1)}), 409, "illegal_transition"
    )
    assert said["state"] == "completed"


# --- actions


def test_actions_repeated_are_200_and_record_nothing(api: factories.ApiClient) -> None:
    campaign = placed(api)
    for action, status, event in (
        ("pause", "paused", "campaign.paused"),
        ("resume", "active", "campaign.resumed"),
        ("complete", "completed", "campaign.completed"),
    ):
        for _ in range(2):
            said = fits(api.post(f"/v1/campaigns/{campaign.id}/{action}"), DETAIL)
            assert said["status"] == status
        assert len(told(event)) == 1


@pytest.mark.parametrize("action", ["pause", "resume", "complete"])
def test_a_cancelled_campaign_stays_cancelled(api: factories.ApiClient, action: str) -> None:
    campaign = placed(api)
    api.post(f"/v1/campaigns/{campaign.id}/cancel")
    said = refused(api.post(f"/v1/campaigns/{campaign.id}/{action}"), 409, "illegal_transition")
    assert said["state"] == "cancelled" and "cancelled" in said["message"]


def test_an_action_takes_no_body(api: factories.ApiClient) -> None:
    campaign = placed(api)
    refused(api.post(f"/v1/campaigns/{campaign.id}/pause", {"until": "x"}), 400, "unknown_field", "until")
    assert api.post(f"/v1/campaigns/{campaign.id}/pause", {}).status_code == 200


def test_a_pause_leaves_what_is_planned(api: factories.ApiClient) -> None:
    campaign = placed(api)
    before = Step.objects.values_list("id", "due_at", "status").get()
    api.post(f"/v1/campaigns/{campaign.id}/pause")
    api.post(f"/v1/campaigns/{campaign.id}/resume")
    assert Step.objects.values_list("id", "due_at", "status").get() == before


def test_completing_early_says_who_ended_it_and_closes_what_is_open(api: factories.ApiClient) -> None:
    campaign = placed(api)
    said = api.post(f"/v1/campaigns/{campaign.id}/complete").json()
    assert said["completed_at"] == clock.iso(TUESDAY) and said["cases"] == {"closed": 1}
    (event,) = told("campaign.completed")
    assert (event["reason"], event["placed"], event["cases"]) == ("ended_by_you", 15000, 1)
    assert [(one["reason"], one["balance"]) for one in told("case.closed")] == [("uncollectible", 15000)]


def test_completing_waits_for_a_payment_on_its_way(api: factories.ApiClient) -> None:
    campaign = placed(api)
    held = operations.hold(kind="payment_processing", on=only(campaign), by="debtor", at=TUESDAY)
    assert api.post(f"/v1/campaigns/{campaign.id}/complete").json()["status"] == "completing"
    assert operations.end_mandates(at=TUESDAY) == 0
    operations.release(hold=held, by="engine", at=TUESDAY)
    assert operations.end_mandates(at=TUESDAY) == 1
    (event,) = told("campaign.completed")
    assert event["reason"] == "ended_by_you"


def test_a_listed_campaign_has_its_shape(api: factories.ApiClient) -> None:
    placed(api)
    fits(api.get("/v1/campaigns"), page(CAMPAIGN))
